import type { JSX } from "preact"
import { useComputed } from "@preact/signals"
import { absolute, clockTime, span } from "../../../../common/ui/duration"
import type { Event, EventData, EventKind } from "../../../../common/ui/wire"
import { agentName, me } from "../state/app"
import { now } from "../state/now"
import { counts } from "../state/queue"
import { dialog } from "../state/screen"
import { language, t, word } from "../state/text"
import { whyOf } from "../state/trial"

const TOLD: readonly string[] = [
  "incident.classified",
  "incident.undecided",
  "incident.assigned",
  "incident.changed",
  "clock.fulfilled",
  "clock.reopened",
  "clock.breached",
  "clock.paused",
  "clock.resumed",
  "clock.retargeted",
  "clock.warned",
  "clock.escalated",
  "claim.registered",
  "claim.withdrawn",
  "incident.merged",
  "delivery.bounced",
  "identity.changed",
  "chat.ended",
  "rating.added",
  "consent.changed",
  "window.closing",
]

const DECIDED: readonly string[] = ["incident.classified", "incident.undecided"]

function askWhy(event: Event): void {
  if (event.incident === null || event.incident === undefined) return
  // An undecided one is told with the decision beside it.
  const one = event.kind === "incident.classified" ? event.number : null
  whyOf.value = { incident: event.incident, event: one, all: false }
  dialog.value = "why"
}

/** Whether an event has a line in the conversation. */
export const tells = (event: Event): boolean => TOLD.includes(event.kind)

const data = <K extends EventKind>(event: Event): Partial<EventData[K]> =>
  (event.data ?? {}) as Partial<EventData[K]>

const who = (event: Event): string =>
  event.agent
    ? event.agent.id === me.value?.id
      ? t("row.you")
      : event.agent.name
    : "Postigo"

/** A value of a field as people call it. */
export function fieldValue(field: string, code: unknown): string {
  // Which note it was stands beside, as a message.
  if (["note", "notify", "webhook", "fallback"].includes(field)) return ""
  if (field === "assign") return code === null ? "—" : agentName(Number(code))
  if (field === "snooze") return span(Number(code) * 1000)
  if (field === "wake_ms" && code !== null) return absolute(Number(code), language.value)
  if (Array.isArray(code)) return code.map(String).join(", ") || "—"
  if (code === null || code === undefined || code === "") return "—"
  const text = String(code)
  if (field === "queue")
    return counts.value?.queues.find((one) => one.name === text)?.title ?? text
  return ["state", "priority", "reason"].includes(field) ? word(field, text) : text
}

function classified(event: Event): string {
  const found = data<"incident.classified">(event)
  const rules = (Array.isArray(found.rules) ? found.rules : []) as { rule?: string }[]
  const names = [...new Set(rules.map((one) => t("event.quote", { name: one.rule ?? "" })))]
  if (names.length === 0) return t("event.no_rule")
  const set = Object.entries((found.set ?? {}) as Record<string, unknown>)
    .filter(([field, to]) => field === "assign" || (to !== null && to !== "" && String(to) !== ""))
    .map(([field, to]) => `${word("field", field)} ${fieldValue(field, to)}`.trim())
  return t("event.classified", {
    n: names.length,
    rules: names.join(", "),
    set: set.length > 0 ? `: ${set.join(", ")}` : "",
  })
}

function changed(event: Event): string {
  const set = (data<"incident.changed">(event).set ?? {}) as Record<string, unknown>
  const parts = Object.entries(set).map(([field, pair]) => {
    const [, after] = Array.isArray(pair) ? (pair as unknown[]) : [null, pair]
    return `${word("field", field)}: ${fieldValue(field, after)}`
  })
  const what = parts.join(", ")
  return t("event.changed", {
    who: who(event),
    what: what.charAt(0).toUpperCase() + what.slice(1),
  })
}

function assigned(event: Event): string {
  const to = data<"incident.assigned">(event).to ?? null
  if (to === null) return t("event.unassigned", { who: who(event) })
  const name = to === me.value?.id ? t("who.to_you") : agentName(to)
  if (event.agent?.id === to) return t("event.took", { who: name })
  return t("event.assigned", { who: who(event), to: name })
}

const clockOf = (event: Event): string =>
  word("clock", data<"clock.breached">(event).name ?? "").toLowerCase()

function retargeted(event: Event): string {
  const due = data<"clock.retargeted">(event).to_due_s
  const clock = clockOf(event)
  if (due === null || due === undefined) return t("event.retargeted_never", { clock })
  return t("event.retargeted", { clock, at: absolute(due * 1000, language.value) })
}

/** What a report said of a mail of ours. */
const kindOf = (event: Event): string => String((event.data as { kind?: string } | null)?.kind ?? "")

const CLOCKS = {
  "clock.fulfilled": "event.fulfilled",
  "clock.reopened": "event.reopened",
  "clock.breached": "event.breached",
  "clock.paused": "event.paused",
  "clock.resumed": "event.resumed",
  "clock.warned": "event.warned",
} as const
const isClock = (kind: string): kind is keyof typeof CLOCKS => kind in CLOCKS

function sentence(event: Event): string {
  if (isClock(event.kind)) return t(CLOCKS[event.kind], { clock: clockOf(event) })
  switch (event.kind) {
    case "incident.classified":
      return classified(event)
    case "incident.undecided":
      return t("event.undecided")
    case "incident.assigned":
      return assigned(event)
    case "incident.changed":
      return changed(event)
    case "clock.escalated":
      return t("event.escalated", {
        clock: clockOf(event),
        n: data<"clock.escalated">(event).level ?? 1,
      })
    case "clock.retargeted":
      return retargeted(event)
    case "claim.registered":
      return t("event.claimed", { who: who(event) })
    case "claim.withdrawn":
      return t("event.unclaimed", { who: who(event) })
    case "incident.merged":
      return t("event.merged", { id: data<"incident.merged">(event).into ?? 0, who: who(event) })
    case "delivery.bounced":
      return word("bounced", kindOf(event))
    case "identity.changed":
      return data<"identity.changed">(event).failed
        ? t("event.address_failed")
        : t("event.address_again", { who: who(event) })
    case "consent.changed":
      return t(data<"consent.changed">(event).consent === "out" ? "event.consent_out" : "event.consent_in")
    case "window.closing":
      return t("event.window_closing")
    case "chat.ended":
      return t("event.chat_ended")
    default:
      return t("event.rated", { n: data<"rating.added">(event).score ?? 0 })
  }
}

/** Something that happened, as a small line between the messages. */
export function EventLine({ event }: { event: Event }): JSX.Element {
  const at = Date.parse(event.at)
  const time = useComputed(() => clockTime(at, now.value, language.value))
  const returned = event.kind === "delivery.bounced" && ["failed", "complaint"].includes(kindOf(event))
  const bad = event.kind === "clock.breached" || event.kind === "clock.reopened" || returned
  return (
    <p class={bad ? "ev bad" : "ev"}>
      <time dateTime={event.at} title={absolute(at, language.value)}>
        {time.value}
      </time>
      {" · "}
      {sentence(event)}
      {DECIDED.includes(event.kind) && (
        <button type="button" class="as-link why-do" onClick={() => askWhy(event)}>
          {t("why.ask")}
        </button>
      )}
    </p>
  )
}
