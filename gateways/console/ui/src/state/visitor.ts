import { effect, signal } from "@preact/signals"
import type { Typing, VisitorNews } from "../../../../common/ui/news"
import { call, linkState, onTyping, onVisitor } from "./app"
import { draft, mode } from "./drafts"
import { incidentId } from "./route"
import { talk } from "./talk"

/** Who writes in the open conversation at this moment. */
export const typing = signal<Typing | null>(null)
/** What is newer than what `incident.get` said of the visitor. */
export const news = signal<VisitorNews | null>(null)

/** Typing is over without another word after this long. */
const TYPING_MS = 6000
/** It is told again while it goes on. */
const TELL_MS = 3000

let stop: ReturnType<typeof setTimeout> | undefined
let told = { incident: 0, at: 0 }
let looked: { incident: number | null; text: string } = { incident: null, text: "" }

function show(next: Typing): void {
  if (next.incident !== incidentId.peek()) return
  clearTimeout(stop)
  typing.value = next.on ? next : null
  if (next.on) stop = setTimeout(() => (typing.value = null), TYPING_MS)
}

function tell(incident: number, on: boolean): void {
  told = { incident, at: on ? Date.now() : 0 }
  if (linkState.peek() === "live")
    void call("incident.typing", { id: incident, on }).catch(() => undefined)
}

/** The draft of a chat, or of WhatsApp, changed: the customer sees that somebody writes. To open
 * an incident that has a draft is not typing. */
function follow(): void {
  const id = incidentId.value
  const text = draft.value.reply
  const live = ["chat", "whatsapp"].includes(talk.value?.incident.channel ?? "")
  const writes = live && mode.value === "reply" && text.trim() !== ""
  const typed = looked.incident === id && looked.text !== text
  looked = { incident: id, text }
  if (told.at > 0 && (told.incident !== id || !writes)) tell(told.incident, false)
  if (id === null || !writes || !typed || Date.now() - told.at < TELL_MS) return
  tell(id, true)
}

export function startVisitor(): void {
  onTyping(show)
  onVisitor((next) => {
    if (next.incident === incidentId.peek()) news.value = next
  })
  effect(() => {
    void incidentId.value
    clearTimeout(stop)
    typing.value = null
    news.value = null
  })
  effect(follow)
}
