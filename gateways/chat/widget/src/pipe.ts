import { CLOSED_TOO_MANY, type Down, type Up } from "./frames"

/** The part of a WebSocket that is used. */
export type Socket = Pick<WebSocket, "send" | "close" | "onopen" | "onmessage" | "onclose">

export interface PipeOptions {
  open(): Socket
  /** Runs `then` after `ms`; gives what calls it off. */
  after(ms: number, then: () => void): () => void
  /** From 0 to 1. */
  random(): number
  onOpen(): void
  onFrame(frame: Down): void
  /** Gone; the next attempt comes by itself. */
  onLost(code: number): void
}

export interface Pipe {
  /** False: there is no connection. */
  send(frame: Up): boolean
  /** The server has greeted: the next pause is a short one again. */
  settled(): void
  /** Tries now instead of after the pause. */
  hurry(): void
  /** Leaves this connection and makes another at once. */
  renew(): void
}

/** First and longest pause between attempts, and after "too many". */
const PAUSE_MS = 500
const PAUSE_MAX_MS = 30_000
const PAUSE_TOO_MANY_MS = 60_000
/** A quiet connection is asked so often, and is dead without an answer. */
const PING_MS = 25_000
const SILENCE_MS = 15_000
const OPEN_MS = 20_000

/** How long to wait before attempt `n`: grows, and half of it is chance. */
export function pause(n: number, random: number): number {
  const longest = Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** n)
  return longest / 2 + (random * longest) / 2
}

/** A connection that comes back by itself. */
export function pipe(options: PipeOptions): Pipe {
  let socket: Socket | null = null
  let isOpen = false
  let attempts = 0
  let stopTimer = (): void => {}

  const timer = (ms: number, then: () => void): void => {
    stopTimer()
    stopTimer = options.after(ms, then)
  }

  const leave = (code: number): void => {
    const old = socket
    socket = null
    isOpen = false
    stopTimer()
    if (old) {
      old.onopen = old.onmessage = old.onclose = null
      old.close()
    }
    options.onLost(code)
  }

  const lose = (code: number): void => {
    leave(code)
    const wait = pause(attempts, options.random())
    attempts += 1
    timer(code === CLOSED_TOO_MANY ? PAUSE_TOO_MANY_MS + wait : wait, connect)
  }

  /** Something came: asks again after a while, and wants an answer then. */
  const quiet = (): void => {
    timer(PING_MS, () => {
      send({ t: "ping" })
      timer(SILENCE_MS, () => lose(0))
    })
  }

  const send = (frame: Up): boolean => {
    if (!isOpen) return false
    socket?.send(JSON.stringify(frame))
    return true
  }

  function connect(): void {
    stopTimer()
    const now = options.open()
    socket = now
    timer(OPEN_MS, () => lose(0))
    now.onopen = () => {
      isOpen = true
      quiet()
      options.onOpen()
    }
    now.onmessage = (message) => {
      quiet()
      let frame: Down
      try {
        frame = JSON.parse(String(message.data)) as Down
      } catch {
        return lose(0)
      }
      options.onFrame(frame)
    }
    now.onclose = (why) => lose(why.code)
  }

  connect()
  return {
    send,
    settled() {
      attempts = 0
    },
    hurry() {
      if (!socket) connect()
    },
    renew() {
      leave(0)
      connect()
    },
  }
}
