import type { JSX } from "preact"
import { absolute, clockTime, span } from "../../../../common/ui/duration"
import type {
  Clock,
  ClockExplainResult,
  Incident,
} from "../../../../common/ui/wire"
import { now } from "../state/now"
import { urgency } from "../state/order"
import { openReceipt, working } from "../state/talk"
import { language, t, word, type Key } from "../state/text"
import { failed } from "../state/toasts"

/** Business seconds used up to now. */
export function used(explained: ClockExplainResult, at: number): number {
  let sum = 0
  for (const step of explained.steps) {
    const from = Date.parse(step.from)
    const to = Date.parse(step.to)
    if (at >= to) sum += step.counted_s
    else if (at > from && step.counted_s > 0)
      sum += Math.min(step.counted_s, (at - from) / 1000)
  }
  return Math.floor(sum)
}

/** What promised it, and why that. */
export function Source({ clock, rule }: { clock: Clock; rule: string }): JSX.Element {
  return (
    <>
      {t("receipt.policy", { policy: clock.policy })}
      {rule
        ? ` ${t("receipt.by_rule", { rule })}`
        : ` ${t("receipt.by_channel")}`}
    </>
  )
}

const sameDay = (a: number, b: number): boolean =>
  new Date(a).toDateString() === new Date(b).toDateString()

function dueKey(over: boolean, today: boolean): Key {
  if (today) return over ? "receipt.was_due" : "receipt.due"
  return over ? "receipt.was_due_day" : "receipt.due_day"
}

/** The promise that runs, and how much of it is used. */
export function Receipt({ incident }: { incident: Incident }): JSX.Element | null {
  const clock = incident.clock
  if (!clock?.due_at || clock.state !== "running") return null
  const due = Date.parse(clock.due_at)
  const level = urgency(clock.due_at, now.value)
  const found = working.value
  const explained = found?.clock.id === clock.id ? found : null
  const spent = explained ? Math.min(used(explained, now.value), clock.budget_s) : 0
  const share = clock.budget_s > 0 ? Math.min(1, spent / clock.budget_s) : 0
  const zone = explained?.zone
  return (
    <div class={`why ${level}`}>
      <p class="why-line">
        <b title={absolute(due, language.value, zone)}>
          {t(dueKey(level === "over", sameDay(due, now.value)), {
            clock: word("clock", clock.name),
            at: clockTime(due, now.value, language.value),
          })}
        </b>
        <span>
          {" · "}
          <Source clock={clock} rule={explained?.rule ?? ""} />
        </span>
      </p>
      <progress
        class="bar"
        max={clock.budget_s}
        value={level === "over" ? clock.budget_s : share * clock.budget_s}
        aria-label={t("receipt.used", {
          used: span(spent * 1000),
          budget: span(clock.budget_s * 1000),
        })}
      />
      <p class="why-foot">
        <span>
          {explained &&
            t("receipt.used", {
              used: span(spent * 1000),
              budget: span(clock.budget_s * 1000),
            })}
          {explained && ` · ${t("receipt.calendar", { calendar: clock.calendar })}`}
        </span>
        <button
          type="button"
          class="as-link"
          disabled={!explained}
          onClick={() => void openReceipt(clock.id).catch(failed)}
        >
          {t("receipt.working")}
        </button>
      </p>
    </div>
  )
}
