import { CLOSED_TOKEN_ENDED, type Chat, type Down, type Start } from "./frames"
import { frameOf, lineOf, merge, unread } from "./order"
import { outbox } from "./outbox"
import { pipe } from "./pipe"
import type { State, Talk, TalkOptions } from "./state"
import { typing } from "./typing"

/** A line that is unanswered for so long means that the connection is dead. */
const ACK_MS = 20_000

/** A visitor's conversation: what was said, and what still has to be. */
export function talk(options: TalkOptions): Talk {
  const { keep } = options
  const state: State = {
    site: null,
    chat: null,
    lines: [],
    drafts: [],
    known: keep.token() !== null,
    link: "connecting",
    filling: false,
    starting: false,
    typing: "",
    refused: null,
    gone: false,
  }
  let start: Start | null = null
  /** Highest number that came in order: where to resume. */
  let last = 0
  let got = 0
  let inSight = false
  /** The draft under way: one at a time keeps them in order. */
  let flying = ""
  let pausedUntil = 0
  let ended: number | null = null
  let rating: { score: number; comment: string } | null = null
  let ending = false
  const putTwice = new Set<string>()
  let stopAck = (): void => {}

  const put = (change: Partial<State>): void => {
    Object.assign(state, change)
    options.changed()
  }
  const drafts = outbox(keep, () => put({ drafts: drafts.all() }))
  state.drafts = drafts.all()
  const types = typing(
    options.now,
    options.after,
    (on) => state.link === "live" && state.known && line.send({ t: "typing", on }),
    (name) => put({ typing: name }),
  )

  /** Sends the oldest draft if none is under way. */
  const flush = (): void => {
    if (state.link !== "live" || flying || options.now() < pausedUntil) return
    if ((start && state.starting) || !state.known) return
    const next = drafts.next()
    if (!next) return
    if (!line.send(frameOf(next))) return
    flying = next.id
    stopAck()
    stopAck = options.after(ACK_MS, () => line.renew())
  }

  const resume = (): void => {
    pausedUntil = 0
    flush()
  }
  const landed = (): void => {
    stopAck()
    flying = ""
  }
  const sayGot = (): void => {
    if (!inSight || last <= got) return
    got = last
    line.send({ t: "got", number: got })
  }

  /** What was asked before the connection was lost is asked again. */
  const askAgain = (): void => {
    if (start && state.starting) line.send({ t: "start", ...start })
    if (ending) line.send({ t: "end" })
    if (rating) sendRating()
    if (got > (state.chat?.got ?? 0) && state.known) line.send({ t: "got", number: got })
    flush()
  }

  function sendRating(): void {
    if (!rating) return
    const { score, comment } = rating
    line.send({ t: "rate", score, ...(comment && { comment }) })
  }

  /** Numbers begin anew with each incident; a line may open the last one again. */
  const setChat = (chat: Chat): boolean => {
    const old = state.chat?.incident ?? null
    if (chat.incident !== null && chat.incident === ended && chat.state === "ended") return false
    if (old !== null && chat.incident !== old) {
      state.lines = []
      last = got = 0
    }
    if (chat.incident !== null) ended = null
    state.chat = chat
    got = Math.max(got, chat.got)
    return true
  }

  const onHello = (frame: Down & { t: "hello" }): void => {
    line.settled()
    if (frame.gone) {
      keep.dropToken()
      Object.assign(state, { known: false, gone: true, chat: null, lines: [] })
      last = got = 0
    }
    const before = last
    if (frame.expires_at) keep.extend(frame.expires_at)
    const own = frame.chat ? setChat(frame.chat) : false
    state.filling = own && (frame.chat?.last ?? 0) > last
    put({ site: frame.site, link: "live" })
    // Another incident since: what came before `from` is missing.
    if (before > 0 && last === 0 && !frame.gone) return line.renew()
    askAgain()
  }

  const onLines = (frame: Down & { t: "lines" }): void => {
    if (!setChat(frame.chat)) return
    const fresh = frame.lines.filter((one) => one.number > last)
    const newest = frame.lines.reduce((n, one) => Math.max(n, one.number), last)
    const lines = merge(state.lines, frame.lines)
    last = newest
    const ids = new Set(frame.lines.map((one) => one.id))
    const spoke = fresh.some((one) => one.who !== "customer")
    if (ids.has(flying)) landed()
    Object.assign(state, { lines, filling: frame.more, ...(spoke && { typing: "" }) })
    drafts.drop((id) => ids.has(id))
    sayGot()
    flush()
  }

  const onAck = (frame: Down & { t: "ack" }): void => {
    const draft = state.drafts.find((one) => one.id === frame.id)
    if (flying === frame.id) landed()
    // Its place is known; what lies before it may still be on its way, so
    // `last` waits for the server's own lines.
    if (draft) state.lines = merge(state.lines, [lineOf(draft, frame.number, frame.at)])
    drafts.drop((id) => id === frame.id)
    flush()
  }

  /** The server forgot a line's files: once more, and then the line. */
  const putAgain = (id: string): boolean => {
    const draft = drafts.all().find((one) => one.id === id)
    const put = draft && !putTwice.has(id) ? options.putAgain(draft.files) : null
    if (!put) return false
    putTwice.add(id)
    pausedUntil = Infinity
    put.then(resume, resume)
    return true
  }

  /** Later, with the time that the server names; or never. */
  const onRefused = (frame: Down & { t: "refused" }): void => {
    if (frame.re === "write" && frame.id) {
      if (flying === frame.id) landed()
      if (frame.code === "no_session") return lose()
      if (frame.retry_ms !== undefined) {
        pausedUntil = options.now() + frame.retry_ms
        return void options.after(frame.retry_ms, resume)
      }
      if (frame.code === "bad_file" && putAgain(frame.id)) return
      drafts.mark(frame.id, frame.code)
      return flush()
    }
    if (frame.re === "got" || frame.re === "typing") return
    // The desk was away for a moment: nobody needs to know.
    if (frame.retry_ms !== undefined && frame.code !== "too_many")
      return void options.after(frame.retry_ms, askAgain)
    if (frame.re === "start") {
      start = null
      state.starting = false
    }
    if (frame.re === "rate") rating = null
    if (frame.re === "end") ending = false
    put({ refused: { re: frame.re, code: frame.code } })
  }

  /** The token is no longer good; what was not sent stays. */
  function lose(): void {
    keep.dropToken()
    drafts.store()
    last = got = 0
    put({ known: false, gone: true, chat: null, lines: [], typing: "" })
  }

  const onFrame = (frame: Down): void => {
    switch (frame.t) {
      case "hello":
        return onHello(frame)
      case "started":
        keep.setToken(frame.token, frame.expires_at, start?.remember === true)
        drafts.store()
        start = null
        setChat(frame.chat)
        put({ known: true, gone: false, starting: false, refused: null })
        return flush()
      case "lines":
        return onLines(frame)
      case "rated":
      case "ended":
      case "chat":
        if (frame.t === "rated") rating = null
        if (frame.t === "ended") ending = false
        setChat(frame.chat)
        return put({})
      case "ack":
        return onAck(frame)
      case "typing":
        return types.heard(frame.name, frame.on)
      case "site":
        return put({ site: frame.site })
      case "daemon":
        landed()
        put({ link: frame.up ? "live" : "down" })
        if (frame.up) askAgain()
        return
      case "refused":
        return onRefused(frame)
    }
  }

  const line = pipe({
    ...options,
    onOpen() {
      const token = keep.token()
      state.known = token !== null
      const incident = state.chat?.incident
      const place = last && incident ? { from: last, incident } : {}
      line.send({ t: "open", ...(token && { token, ...place }) })
    },
    onFrame,
    onLost(code) {
      landed()
      if (code === CLOSED_TOKEN_ENDED) lose()
      put({ link: state.site ? "lost" : "connecting", typing: "" })
    },
  })

  return {
    state,
    start(asked) {
      start = asked
      put({ starting: true, refused: null })
      if (state.link === "live") line.send({ t: "start", ...asked })
    },
    write(text, files, page) {
      types.sent()
      const taken = drafts.add({ id: options.newId(), text, files, page, at: options.now() })
      flush()
      return taken
    },
    retry(id) {
      drafts.mark(id)
      flush()
    },
    discard: (id) => drafts.drop((one) => one === id),
    typing: types.own,
    visible(on) {
      inSight = on
      sayGot()
      put({})
    },
    unread: () => unread(state.lines, got),
    end() {
      ending = true
      line.send({ t: "end" })
    },
    rate(score, comment) {
      rating = { score, comment }
      put({ refused: null })
      sendRating()
    },
    again() {
      ended = state.chat?.incident ?? null
      last = got = 0
      const blank = { incident: null, ref: null, rated: null, last: 0, got: 0 }
      const chat = state.chat && { ...state.chat, ...blank, state: "start" as const }
      put({ chat, lines: [], refused: null })
    },
    forget() {
      keep.forget()
      last = got = 0
      ended = null
      drafts.clear()
      put({ known: false, gone: false, chat: null, lines: [], typing: "" })
      line.renew()
    },
    hurry: () => line.hurry(),
  }
}
