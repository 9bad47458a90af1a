import { signal } from "@preact/signals"
import type {
  IncidentAnswerParams,
  IncidentNoteParams,
} from "../../../../common/ui/wire"
import { call, CallError, newKey } from "./app"
import { draft, editDraft, type Draft } from "./drafts"
import { putIncident, putMessage, reloadTalk, seen } from "./talk"
import { failed, say } from "./toasts"
import { t } from "./text"

/** A message on its way: shown at once, kept until the daemon has it. */
export type Sending = { key: string; at: number; failedWhy: string | null } & (
  | { kind: "answer"; params: IncidentAnswerParams }
  | { kind: "note"; params: IncidentNoteParams }
)

/** Somebody wrote since the author looked; the draft is whole again. */
export interface Guard {
  incident: number
  /** Number of the message that came meanwhile. */
  last: number
  at: string
}

const STORE = "postigo.sending"
/** What was not sent within this time is a draft again. */
const FRESH_MS = 10 * 60 * 1000

export const sending = signal<Sending[]>([])
export const guard = signal<Guard | null>(null)

function keep(next: Sending[]): void {
  sending.value = next
  if (next.length === 0) localStorage.removeItem(STORE)
  else localStorage.setItem(STORE, JSON.stringify(next))
}

const drop = (key: string): void =>
  keep(sending.peek().filter((one) => one.key !== key))

/** Puts the text back where it was written, before what is there now. */
function giveBack(one: Sending): void {
  const { id, text } = one.params
  const now: Draft = draft.peek()
  if (one.kind === "note") {
    editDraft(id, { note: now.note ? `${text}\n\n${now.note}` : text })
    return
  }
  editDraft(id, {
    reply: now.reply ? `${text}\n\n${now.reply}` : text,
    files: one.params.attachments ?? [],
    savedReply: one.params.saved_reply ?? "",
    after: one.params.state ?? "pending_customer",
  })
}

async function deliver(one: Sending): Promise<void> {
  const incident = one.params.id
  try {
    if (one.kind === "answer") {
      const answer = await call("incident.answer", one.params, one.key)
      putMessage(incident, answer.message)
      putIncident(answer.incident)
      say(t("composer.said_sent"))
    } else {
      const answer = await call("incident.note", one.params, one.key)
      putMessage(incident, answer.message)
      say(t("composer.said_noted"))
    }
    drop(one.key)
  } catch (error) {
    drop(one.key)
    giveBack(one)
    if (error instanceof CallError && error.code === "seen") {
      guard.value = {
        incident,
        last: Number(error.data["last"] ?? 0),
        at: String(error.data["at"] ?? ""),
      }
      void reloadTalk()
    } else {
      failed(error)
    }
  }
}

function send(one: Sending): void {
  keep([...sending.peek(), one])
  void deliver(one)
}

const head = (): { key: string; at: number; failedWhy: null } => ({
  key: newKey(),
  at: Date.now(),
  failedWhy: null,
})

/** Answers the customer with the draft. */
export function sendAnswer(incident: number, override = false): void {
  const now = draft.peek()
  const text = now.reply.trim()
  if (text === "") return
  const params: IncidentAnswerParams = {
    id: incident,
    text,
    seen: seen(),
    state: now.after,
    ...(override ? { override: true } : {}),
    ...(now.files.length > 0 ? { attachments: now.files } : {}),
    ...(now.savedReply ? { saved_reply: now.savedReply } : {}),
  }
  guard.value = null
  send({ ...head(), kind: "answer", params })
  editDraft(incident, {
    reply: "",
    files: [],
    savedReply: "",
    after: "pending_customer",
  })
}

/** Keeps the draft as a note that only staff sees. */
export function sendNote(incident: number): void {
  const text = draft.peek().note.trim()
  if (text === "") return
  send({ ...head(), kind: "note", params: { id: incident, text } })
  editDraft(incident, { note: "" })
}

/** What was under way when the page went is asked again with its key. */
export function startSending(): void {
  let old: Sending[] = []
  try {
    old = JSON.parse(localStorage.getItem(STORE) ?? "[]") as Sending[]
  } catch {
    old = []
  }
  const alive = old.filter((one) => Date.now() - one.at < FRESH_MS)
  keep(alive)
  for (const one of old) if (!alive.includes(one)) giveBack(one)
  for (const one of alive) void deliver(one)
}
