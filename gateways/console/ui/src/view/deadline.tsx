import { useComputed } from "@preact/signals"
import type { JSX } from "preact"
import { absolute, countdown } from "../../../../common/ui/duration"
import type { Incident } from "../../../../common/ui/wire"
import { now } from "../state/now"
import { urgency } from "../state/order"
import { language, t } from "../state/text"

const MARKS = { over: "▲", risk: "◔", ontime: "●" } as const
const PAUSED: readonly string[] = ["pending_customer", "on_hold", "snoozed"]
const ENDED: readonly string[] = ["solved", "closed", "spam", "merged"]

/** The time that is left, by shape, word and colour. */
export function Deadline({ incident }: { incident: Incident }): JSX.Element | null {
  const due = incident.due_at ?? null
  const level = useComputed(() => (due ? urgency(due, now.value) : "paused"))
  const left = useComputed(() =>
    due ? countdown(Date.parse(due) - now.value) : "",
  )
  if (!due) {
    if (ENDED.includes(incident.state)) return null
    return (
      <span class="sla paused">
        <span aria-hidden="true">❚❚</span>
        {t(PAUSED.includes(incident.state) ? "deadline.paused" : "deadline.none")}
      </span>
    )
  }
  const kind = level.value
  const mark = kind === "paused" ? "" : MARKS[kind]
  return (
    <span class={`sla ${kind}`} title={absolute(Date.parse(due), language.value)}>
      <span aria-hidden="true">{mark}</span>
      <span class="sr">{t(`deadline.${kind === "paused" ? "none" : kind}`)}</span>
      {left.value}
    </span>
  )
}
