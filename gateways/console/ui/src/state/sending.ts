import { signal } from "@preact/signals"
import type {
  IncidentAnswerParams,
  IncidentNoteParams,
} from "../../../../common/ui/wire"
import { call, CallError, newKey } from "./app"
import { draft, draftOf, editDraft, type Draft, type TemplateDraft } from "./drafts"
import { rowOf } from "./queue"
import { incidentId } from "./route"
import { putIncident, putMessage, reloadTalk, seen } from "./talk"
import { failed, reason, say, warn } from "./toasts"
import { t } from "./text"

/** A message on its way: shown at once, kept until the daemon has it. */
export type Sending = { key: string; at: number; failedWhy: string | null } & (
  | { kind: "answer"; params: IncidentAnswerParams; template?: TemplateDraft }
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
/** So many incidents that were written in are remembered; the oldest goes. */
const WRITTEN_MAX = 100

export const sending = signal<Sending[]>([])
export const guard = signal<Guard | null>(null)
/** By incident: whether all that is on its way there arrives. */
const underWay = new Map<number, Promise<boolean>>()
/** By incident: numbers of what was written here; its author has seen it. */
const written = new Map<number, Set<number>>()

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
  const now: Draft = draftOf(id)
  if (one.kind === "note") {
    editDraft(id, { note: now.note ? `${text}\n\n${now.note}` : text })
    return
  }
  const { template } = one
  const reply = now.reply ? `${text}\n\n${now.reply}` : text
  editDraft(id, {
    ...(template ? { template } : { reply }),
    files: [...(one.params.attachments ?? []), ...now.files],
    quotes: one.params.quotes ?? null,
    buttons: one.params.buttons ?? [],
    savedReply: one.params.saved_reply ?? "",
    after: one.params.state ?? "pending_customer",
    claim: one.params.claim ?? false,
  })
}

/** Says why it was not sent, also to who is elsewhere by now. */
function refused(incident: number, error: unknown): void {
  const wrote = error instanceof CallError && error.code === "seen"
  if (wrote)
    guard.value = {
      incident,
      last: Number(error.data["last"] ?? 0),
      at: String(error.data["at"] ?? ""),
    }
  if (incidentId.peek() !== incident) {
    const ref = rowOf(incident)?.ref ?? `P-${incident}`
    warn(t("guard.elsewhere", { ref, why: reason(error) }))
  } else if (wrote) {
    void reloadTalk()
  } else {
    failed(error)
  }
}

function noteWritten(incident: number, number: number): void {
  const own = written.get(incident) ?? new Set<number>()
  written.delete(incident)
  written.set(incident, own.add(number))
  const [oldest] = written.keys()
  if (written.size > WRITTEN_MAX && oldest !== undefined) written.delete(oldest)
}

/** An answer that was sent before this one had its number is nothing new to
 * who wrote both. Kept as it will be asked again. */
function afterOwn(one: Sending): Sending {
  if (one.kind !== "answer") return one
  const own = written.get(one.params.id)
  let { seen: last } = one.params
  while (own?.has(last + 1)) last++
  if (last === one.params.seen) return one
  const next: Sending = { ...one, params: { ...one.params, seen: last } }
  keep(sending.peek().map((other) => (other.key === one.key ? next : other)))
  return next
}

/** Goes after what is on its way there. False: refused, and a draft again. */
async function deliver(asked: Sending, earlier: Promise<boolean>): Promise<boolean> {
  await earlier
  const one = afterOwn(asked)
  const incident = one.params.id
  try {
    if (one.kind === "answer") {
      const answer = await call("incident.answer", one.params, one.key)
      noteWritten(incident, answer.message.number)
      putMessage(incident, answer.message)
      putIncident(answer.incident)
      say(t("composer.said_sent"))
    } else {
      const answer = await call("incident.note", one.params, one.key)
      noteWritten(incident, answer.message.number)
      putMessage(incident, answer.message)
      say(t("composer.said_noted"))
    }
    drop(one.key)
    return true
  } catch (error) {
    drop(one.key)
    giveBack(one)
    refused(incident, error)
    return false
  }
}

/**
 * Waits for what is on its way to an incident. False: something was refused,
 * so whatever was to come after it must not happen.
 */
export const arrived = (incident: number): Promise<boolean> =>
  underWay.get(incident) ?? Promise.resolve(true)

function start(one: Sending): void {
  const incident = one.params.id
  const earlier = arrived(incident)
  const all = deliver(one, earlier).then(async (well) => (await earlier) && well)
  underWay.set(incident, all)
  void all.then(() => {
    if (underWay.get(incident) === all) underWay.delete(incident)
  })
}

function send(one: Sending): void {
  keep([...sending.peek(), one])
  start(one)
}

const head = (): { key: string; at: number; failedWhy: null } => ({
  key: newKey(),
  at: Date.now(),
  failedWhy: null,
})

/** A text, with what a channel can put beside it; or a template instead. */
function wordsOf(now: Draft): Pick<IncidentAnswerParams, "text" | "template" | "quotes" | "buttons"> {
  if (now.template?.ready) return { text: now.template.text, template: now.template.ready }
  const buttons = now.buttons.map((one) => one.trim()).filter(Boolean)
  return {
    text: now.reply.trim(),
    ...(now.quotes === null ? {} : { quotes: now.quotes }),
    ...(buttons.length > 0 ? { buttons } : {}),
  }
}

/** Answers the customer with the draft. */
export function sendAnswer(incident: number, override = false): void {
  const now = draft.peek()
  const { template } = now
  const words = wordsOf(now)
  if (words.text === "" || (template && !template.ready)) return
  const params: IncidentAnswerParams = {
    id: incident,
    ...words,
    seen: seen(),
    state: now.after,
    ...(override ? { override: true } : {}),
    ...(now.files.length > 0 ? { attachments: now.files } : {}),
    ...(now.savedReply ? { saved_reply: now.savedReply } : {}),
    ...(now.claim ? { claim: true } : {}),
  }
  guard.value = null
  send({ ...head(), kind: "answer", params, ...(template ? { template } : {}) })
  editDraft(incident, {
    // What was written before a template was chosen waits for the customer.
    ...(template ? {} : { reply: "" }),
    files: [],
    savedReply: "",
    after: "pending_customer",
    claim: false,
    quotes: null,
    buttons: [],
    template: null,
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
  for (const one of alive) start(one)
}
