import { h, icon, put } from "./dom"
import { bytes } from "../../../common/ui/duration"
import type { LineFile, SentFile } from "./frames"
import { type Shown, shown } from "./order"
import { parts } from "./parts"
import type { Talk } from "./state"
import { hour } from "./when"
import { dayLabel, type Words } from "./words"

export interface LogOptions {
  talk: Talk
  words: Words
  now(): number
  /** Brings an agent's file. */
  download(file: LineFile): Promise<void>
}

/** Lines of one person within so long are one group. */
const GROUP_MS = 5 * 60_000

interface Row {
  root: HTMLElement
  name: HTMLElement
  foot: HTMLElement
  state: string
}

/** The conversation. A row stays the same element when it is acknowledged. */
export function logView({ talk, words: w, now, download }: LogOptions) {
  const { say } = w
  const rows = new Map<string, Row>()
  const days = new Map<string, HTMLElement>()
  const list = h("div", { class: "lines", role: "log", "aria-label": say("log.label"), tabindex: "0" })
  const failed = h("p", { class: "bad", role: "alert", hidden: true })

  const fileLink = (file: LineFile | SentFile): HTMLElement => {
    const inner = [
      icon("file", 16),
      h("span", { class: "file-name" }, file.filename),
      h("span", { class: "file-size" }, bytes(file.size, w.language)),
    ]
    if (!("message" in file) || !file.message) return h("span", { class: "file" }, ...inner)
    const button = h("button", { class: "file", type: "button" }, ...inner)
    button.setAttribute("aria-label", say("file.get", { name: file.filename }))
    button.addEventListener("click", () => {
      put(failed, "")
      button.setAttribute("aria-busy", "true")
      download(file)
        .catch(() => put(failed, say("file.failed", { name: file.filename })))
        .finally(() => button.removeAttribute("aria-busy"))
    })
    return button
  }

  const textOf = (text: string): (Node | string)[] =>
    parts(text).map((one) =>
      one.href
        ? h("a", { href: one.href, target: "_blank", rel: "noopener noreferrer nofollow" }, one.text)
        : one.text,
    )

  const make = ({ line, draft }: Shown): Row => {
    const who = line?.who ?? "customer"
    const text = line?.text ?? draft?.text ?? ""
    const files = line?.files ?? draft?.files ?? []
    const name = h("p", { class: "who" })
    const foot = h("p", { class: "foot" })
    const bubble = h("div", { class: "bubble" })
    if (text) bubble.append(h("p", { class: "text" }, ...textOf(text)))
    for (const file of files) bubble.append(fileLink(file))
    const root = h("div", { class: `line ${who === "customer" ? "own" : who}` }, name, bubble, foot)
    return { root, name, foot, state: "" }
  }

  const nameOf = ({ line }: Shown): string => {
    if (!line || line.who === "customer") return say("line.you")
    if (line.who === "bot") return line.name || say("who.bot")
    return line.name || say("who.agent")
  }

  /** Under the line: when, and how far it got. */
  const foot = (row: Row, one: Shown, last: boolean): void => {
    const { line, draft } = one
    const own = !line || line.who === "customer"
    const at = line ? Date.parse(line.at) : (draft?.at ?? 0)
    const state = draft ? (draft.refused ? "failed" : "sending") : own ? "sent" : ""
    const key = `${state}${last}`
    if (row.state === key) return
    row.state = key
    row.root.classList.toggle("failed", state === "failed")
    row.root.classList.toggle("sending", state === "sending")
    row.root.classList.toggle("last", last)
    const words = state && say(`line.${state as "failed" | "sending" | "sent"}`)
    row.foot.replaceChildren(
      h("time", { datetime: new Date(at).toISOString() }, hour(at, w.place)),
      ...(words ? [` · `, h("span", { class: "state" }, words)] : []),
    )
    if (!draft?.refused) return
    const act = (key: "line.retry" | "line.drop", then: () => void): HTMLElement =>
      h("button", { class: "link", type: "button", onclick: then }, say(key))
    row.foot.append(
      " ",
      act("line.retry", () => talk.retry(draft.id)),
      act("line.drop", () => talk.discard(draft.id)),
    )
  }

  /** The end was in sight when the visitor last scrolled. */
  let stay = true
  const toEnd = (): void => {
    list.scrollTop = list.scrollHeight
    stay = true
  }
  list.addEventListener("scroll", () => {
    stay = list.scrollHeight - list.scrollTop - list.clientHeight < 80
  })
  // A keyboard on the screen, or somebody who types: the end stays in sight.
  new ResizeObserver(() => stay && toEnd()).observe(list)

  return {
    root: h("div", { class: "log" }, list, failed),
    toEnd,
    render() {
      const all = shown(talk.state.lines, talk.state.drafts)
      const wanted: HTMLElement[] = []
      const live = new Set<string>()
      let before = { who: "", at: 0, day: "" }
      all.forEach((one, n) => {
        const row = rows.get(one.key) ?? make(one)
        rows.set(one.key, row)
        live.add(one.key)
        const at = one.line ? Date.parse(one.line.at) : (one.draft?.at ?? 0)
        const day = dayLabel(w, at, now())
        if (day !== before.day) {
          const mark = days.get(day) ?? h("p", { class: "day" }, day)
          days.set(day, mark)
          wanted.push(mark)
        }
        const who = nameOf(one)
        const same = day === before.day && who === before.who && at - before.at < GROUP_MS
        put(row.name, who)
        row.root.classList.toggle("same", same)
        const next = all[n + 1]
        const nextAt = next?.line ? Date.parse(next.line.at) : (next?.draft?.at ?? 0)
        foot(row, one, !next || nameOf(next) !== who || nextAt - at >= GROUP_MS)
        wanted.push(row.root)
        before = { who, at, day }
      })
      for (const [key, row] of rows)
        if (!live.has(key)) {
          row.root.remove()
          rows.delete(key)
        }
      for (const mark of days.values()) if (!wanted.includes(mark)) mark.remove()
      wanted.forEach((one, n) => {
        if (list.children[n] !== one) list.insertBefore(one, list.children[n] ?? null)
      })
      if (stay) toEnd()
    },
  }
}
