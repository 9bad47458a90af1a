import { batch, effect, signal } from "@preact/signals"
import type {
  ClockExplainResult,
  Incident,
  IncidentDetail,
  Message,
} from "../../../../common/ui/wire"
import { call, onEvent, onFresh } from "./app"
import { put } from "./queue"
import { incidentId, route } from "./route"
import { dialog } from "./screen"
import { failed } from "./toasts"

/** The conversation that is open. */
export const talk = signal<IncidentDetail | null>(null)
export const talkState = signal<"none" | "loading" | "ready" | "error">("none")
export const talkError = signal<unknown>(null)
/** How the deadline of the open incident came about. */
export const working = signal<ClockExplainResult | null>(null)
/** The receipt that was asked for: of any clock of the incident. */
export const receipt = signal<ClockExplainResult | null>(null)

const GATHER_MS = 120
/** So many pages of older messages are loaded for one that was found. */
const REACH_PAGES = 20
let turn = 0

/** Messages that were loaded by "earlier ones" stay over a reload. */
function joined(old: IncidentDetail | null, next: IncidentDetail): IncidentDetail {
  const [first] = next.messages
  if (!old || old.incident.id !== next.incident.id || !first) return next
  const before = old.messages.filter((one) => one.number < first.number)
  if (before.length === 0) return next
  return {
    ...next,
    messages: [...before, ...next.messages],
    more_before: old.more_before ?? null,
  }
}

async function explain(one: Incident): Promise<void> {
  const clock = one.clock
  if (!clock) {
    working.value = null
    return
  }
  try {
    const answer = await call("clock.explain", { id: clock.id })
    if (talk.peek()?.incident.clock?.id === clock.id) working.value = answer
  } catch {
    working.value = null
  }
}

let opened = ""

/** Tells once that somebody looks at the incident: a breach's cause may be
 * that nobody did. By WhatsApp the customer sees it, so it is told of each
 * message of theirs, while the page is in sight. */
function noteOpened(detail: IncidentDetail): void {
  const { id, channel } = detail.incident
  const heard = detail.messages.filter((one) => one.direction === "in")
  const newest = channel === "whatsapp" ? (heard.pop()?.number ?? 0) : 0
  const now = `${id} ${newest}`
  if (opened === now || (opened.startsWith(`${id} `) && document.hidden)) return
  opened = now
  call("incident.opened", { id }).catch(() => (opened = ""))
}

/** Shows the receipt of a clock. */
export async function openReceipt(clock: number): Promise<void> {
  receipt.value = await call("clock.explain", { id: clock })
  dialog.value = "working"
}

export async function reloadTalk(): Promise<void> {
  const id = incidentId.peek()
  const mine = ++turn
  if (id === null) return
  try {
    const { detail } = await call("incident.get", { id })
    if (mine !== turn) return
    batch(() => {
      talk.value = joined(talk.peek(), detail)
      talkState.value = "ready"
    })
    put(detail.incident)
    void explain(detail.incident)
    noteOpened(detail)
  } catch (error) {
    if (mine !== turn) return
    batch(() => {
      talkError.value = error
      talkState.value = "error"
    })
  }
}

/** Loads older messages of the open conversation. */
export async function loadEarlier(): Promise<void> {
  const now = talk.peek()
  if (!now?.more_before) return
  const answer = await call("message.list", {
    incident: now.incident.id,
    before: now.more_before,
  })
  const then = talk.peek()
  if (!then || then.incident.id !== now.incident.id) return
  talk.value = {
    ...then,
    messages: [...answer.messages, ...then.messages],
    more_before: answer.more_before ?? null,
  }
}

/** Loads as many older messages as it takes to show the one that was found. */
async function reach(number: number): Promise<void> {
  for (let page = 0; page < REACH_PAGES; page++) {
    const before = talk.peek()?.more_before
    if (!before || number >= before || route.peek().at !== number) return
    await loadEarlier()
  }
}

/** What a write gave back is shown at once. */
export function putIncident(one: Incident): void {
  put(one)
  const now = talk.peek()
  if (now && now.incident.id === one.id) talk.value = { ...now, incident: one }
}

export function putMessage(incident: number, message: Message): void {
  const now = talk.peek()
  if (!now || now.incident.id !== incident) return
  const others = now.messages.filter((one) => one.id !== message.id)
  talk.value = { ...now, messages: [...others, message] }
}

/** Number of the last message that is on the screen. */
export const seen = (): number =>
  Math.max(0, ...(talk.peek()?.messages.map((one) => one.number) ?? []))

export function startTalk(): void {
  let gather: ReturnType<typeof setTimeout> | undefined
  let ready = false
  onFresh(() => {
    ready = true
    void reloadTalk()
  })
  onEvent((event) => {
    if (event.incident !== incidentId.peek()) return
    clearTimeout(gather)
    gather = setTimeout(() => void reloadTalk(), GATHER_MS)
  })
  effect(() => {
    const id = incidentId.value
    if (talk.peek()?.incident.id === id) return
    batch(() => {
      talk.value = null
      working.value = null
      talkState.value = id === null ? "none" : "loading"
    })
    turn++
    if (ready) void reloadTalk()
  })
  effect(() => {
    const number = route.value.at
    if (number !== null && talkState.value === "ready")
      void reach(number).catch(() => undefined)
  })
  effect(() => {
    const { clock } = route.value
    if (clock !== null && talkState.value === "ready")
      void openReceipt(clock).catch(failed)
  })
}
