import { effect, signal } from "@preact/signals"
import type { FileIn } from "../../../../common/ui/wire"
import { incidentId } from "./route"
import type { Chosen, TemplateAnswer } from "./templates"

export type Mode = "reply" | "note"

/** A template that was chosen instead of a text. */
export interface TemplateDraft {
  chosen: Chosen
  /** As it is sent; null: something is lacking. */
  ready: TemplateAnswer | null
  /** As the customer will read it. */
  text: string
}

/** What was written for an incident and has not been sent. */
export interface Draft {
  reply: string
  note: string
  files: FileIn[]
  savedReply: string
  /** State that the incident gets by the answer. */
  after: string
  /** It is the written answer to the claim. */
  claim: boolean
  /** Number of the message that is quoted, where a channel can. */
  quotes: number | null
  /** Titles of buttons below the text, where a channel can. */
  buttons: string[]
  template: TemplateDraft | null
}

const STORE = "postigo.draft."
const blank: Draft = {
  reply: "",
  note: "",
  files: [],
  savedReply: "",
  after: "pending_customer",
  claim: false,
  quotes: null,
  buttons: [],
  template: null,
}

/** The draft of the open incident; kept over a reload until it is sent. */
export const draft = signal<Draft>(blank)
/** Never remembered: a reply must not become a note by habit, nor back. */
export const mode = signal<Mode>("reply")

function read(incident: number): Draft {
  const text = localStorage.getItem(STORE + incident)
  if (!text) return blank
  try {
    return { ...blank, ...(JSON.parse(text) as Partial<Draft>) }
  } catch {
    return blank
  }
}

function write(incident: number, next: Draft): void {
  const empty = !next.reply && !next.note && next.files.length === 0 && next.template === null
  if (empty) localStorage.removeItem(STORE + incident)
  else localStorage.setItem(STORE + incident, JSON.stringify(next))
}

/** The draft of an incident, open or not. */
export const draftOf = (incident: number): Draft =>
  incidentId.peek() === incident ? draft.peek() : read(incident)

/** Changes the draft of an incident, open or not. */
export function editDraft(incident: number, change: Partial<Draft>): void {
  const next = { ...draftOf(incident), ...change }
  if (incidentId.peek() === incident) draft.value = next
  write(incident, next)
}

export const hasDraft = (incident: number): boolean =>
  localStorage.getItem(STORE + incident) !== null

export function startDrafts(): void {
  effect(() => {
    const id = incidentId.value
    mode.value = "reply"
    draft.value = id === null ? blank : read(id)
  })
}
