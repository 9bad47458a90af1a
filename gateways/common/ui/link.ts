import type { Typing, VisitorNews } from "./news"
import type { Agent, Event, MethodName, Params, Result } from "./wire"

/** What the server says first on every connection. */
export interface Hello {
  agent: Agent
  desk: { name: string; language: string }
  number: number
  version: string
  /** The server's clock, where it tells it. */
  now?: string
}

/** What a call is refused with. `code` is a machine word of PROTOCOL.md. */
export class CallError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly data: Record<string, unknown>,
  ) {
    super(message)
  }
}

/** The part of a WebSocket that the link uses. */
export type Socket = Pick<
  WebSocket,
  "send" | "close" | "onmessage" | "onclose"
>

/**
 * connecting: not yet there; live: all well; lost: the socket is gone;
 * down: the gateway is there, the daemon is not; over: the session ended.
 */
export type LinkState = "connecting" | "live" | "lost" | "down" | "over"

export interface LinkOptions {
  open(): Socket
  /** Runs `then` after `ms`; returns what calls it off. */
  after(ms: number, then: () => void): () => void
  /** From 0 to 1. */
  random(): number
  newKey(): string
  writes: ReadonlySet<string>
  onHello(hello: Hello, first: boolean): void
  onEvent(event: Event): void
  /** Somebody types, or stops. Never repeated. */
  onTyping?(typing: Typing): void
  /** A visitor came, went, or has seen more. Never repeated. */
  onVisitor?(visitor: VisitorNews): void
  /** Events are missing: load everything anew, then call `ready`. */
  onGone(): void
  onState(state: LinkState): void
}

export interface Link {
  call<M extends MethodName>(
    method: M,
    params: Params<M>,
    key?: string,
  ): Promise<Result<M>>
  /** The first load is done: events may come from here on. */
  ready(): void
  /** Tries at once instead of waiting for the next attempt. */
  hurry(): void
  /** Highest number of an event that was handed on. */
  last(): number
}

interface Waiting {
  frame: string
  /** How often the server put it off. */
  refusals: number
  resolve(result: unknown): void
  reject(error: Error): void
}

/** First and longest pause between attempts. */
const PAUSE_MS = 500
const PAUSE_MAX_MS = 30_000
/** A request that is unanswered for so long means that the socket is dead. */
const SILENCE_MS = 20_000
/** Requests under way; more are refused here. */
const WAITING_MAX = 256
/** A request that is refused for the moment is asked again so often. */
const REFUSALS_MAX = 5
const REFUSED_PAUSE_MS = 1000
/** The gateway closes with this code when the session is over. */
const CLOSE_SESSION_OVER = 4001

/**
 * A connection that goes on by itself: it reconnects with growing pauses,
 * resumes from the last event, and asks again what was not answered. A write
 * keeps its key, so asking again is harmless.
 */
export function link(options: LinkOptions): Link {
  const waiting = new Map<number, Waiting>()
  let socket: Socket | null = null
  let greeted = false
  let known = false
  let loaded = false
  let nextId = 1
  let last = 0
  let attempts = 0
  let state: LinkState = "connecting"
  let stopPause: (() => void) | null = null
  let stopWatch: (() => void) | null = null

  const become = (next: LinkState): void => {
    if (state === next) return
    state = next
    options.onState(next)
  }

  const watch = (): void => {
    stopWatch?.()
    stopWatch = null
    if (waiting.size === 0 || state !== "live") return
    stopWatch = options.after(SILENCE_MS, () => drop())
  }

  const sendAll = (): void => {
    for (const one of waiting.values()) socket?.send(one.frame)
    watch()
  }

  const resume = (): void => {
    if (loaded) socket?.send(JSON.stringify({ resume: last }))
  }

  /** A refusal for the moment: the same request once more, with its key. */
  const askAgain = (
    id: number,
    one: Waiting,
    data: Record<string, unknown>,
  ): boolean => {
    const outcome = data["outcome"]
    if (outcome !== "temp" && outcome !== "unsure") return false
    if (state === "down") return true
    if (++one.refusals > REFUSALS_MAX) return false
    const pause = Number(data["retry_after_ms"] ?? REFUSED_PAUSE_MS)
    options.after(pause, () => {
      if (state === "live" && waiting.has(id)) socket?.send(one.frame)
    })
    return true
  }

  const settle = (frame: Record<string, unknown>): void => {
    const id = Number(frame["id"])
    const one = waiting.get(id)
    if (!one) return
    const error = (frame["error"] ?? null) as Record<string, unknown> | null
    const data = (error?.["data"] ?? {}) as Record<string, unknown>
    if (error && askAgain(id, one, data)) return
    waiting.delete(id)
    watch()
    if (error) {
      one.reject(
        new CallError(
          String(error["code"] ?? data["code"] ?? "error"),
          String(error["message"] ?? ""),
          data,
        ),
      )
    } else {
      one.resolve(frame["result"])
    }
  }

  const take = (frame: Record<string, unknown>): void => {
    if ("hello" in frame) {
      const hello = frame["hello"] as Hello
      const first = !known
      greeted = true
      known = true
      attempts = 0
      if (first) last = hello.number
      become("live")
      resume()
      sendAll()
      options.onHello(hello, first)
    } else if ("event" in frame) {
      const event = frame["event"] as Event
      if (event.number <= last) return
      last = event.number
      options.onEvent(event)
    } else if ("typing" in frame) {
      options.onTyping?.(frame["typing"] as Typing)
    } else if ("visitor" in frame) {
      options.onVisitor?.(frame["visitor"] as VisitorNews)
    } else if ("gone" in frame) {
      loaded = false
      if (typeof frame["number"] === "number") last = frame["number"]
      options.onGone()
    } else if ("down" in frame) {
      become("down")
      watch()
    } else if ("up" in frame) {
      become("live")
      resume()
      sendAll()
    } else if ("id" in frame) {
      settle(frame)
    }
  }

  const retry = (): void => {
    const longest = Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** attempts)
    attempts += 1
    stopPause?.()
    stopPause = options.after(
      PAUSE_MS / 2 + options.random() * longest,
      connect,
    )
  }

  const lose = (code: number): void => {
    socket = null
    greeted = false
    stopWatch?.()
    stopWatch = null
    if (code === CLOSE_SESSION_OVER) {
      become("over")
      return
    }
    become(known ? "lost" : "connecting")
    retry()
  }

  const drop = (): void => {
    const old = socket
    if (!old) return
    old.onclose = null
    old.onmessage = null
    old.close()
    lose(0)
  }

  function connect(): void {
    stopPause?.()
    stopPause = null
    const now = options.open()
    socket = now
    now.onmessage = (message) => {
      if (socket !== now || typeof message.data !== "string") return
      take(JSON.parse(message.data) as Record<string, unknown>)
    }
    now.onclose = (why) => {
      if (socket === now) lose(why.code)
    }
  }

  connect()

  return {
    call(method, params, key) {
      if (waiting.size >= WAITING_MAX)
        return Promise.reject(new CallError("busy", "too many requests", {}))
      const id = nextId++
      const request: Record<string, unknown> = { id, method, params }
      if (options.writes.has(method)) request["key"] = key ?? options.newKey()
      const frame = JSON.stringify(request)
      return new Promise((resolve, reject) => {
        waiting.set(id, {
          frame,
          refusals: 0,
          resolve: resolve as (result: unknown) => void,
          reject,
        })
        if (greeted && state === "live") {
          socket?.send(frame)
          watch()
        }
      })
    },
    ready() {
      loaded = true
      if (greeted) resume()
    },
    hurry() {
      if (!socket && state !== "over") connect()
    },
    last: () => last,
  }
}
