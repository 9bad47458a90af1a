import type { JSX } from "preact"
import { useSignal } from "@preact/signals"
import type { Breach } from "../../../../common/ui/wire"
import { call } from "../state/app"
import { openReceipt, reloadTalk } from "../state/talk"
import { t, word } from "../state/text"
import { reason } from "../state/toasts"

const CAUSES = [
  "nobody_scheduled", "assignee_away", "fetched_late", "arrived_near_closing",
  "nobody_assigned", "unopened", "waiting_on_note", "reopened_late",
  "late_applied", "worked_on",
]

/** A manager knows better why the promise was broken, and says so. */
export function SayCause({ breach }: { breach: Breach }): JSX.Element {
  const cause = useSignal(breach.cause)
  const why = useSignal("")
  const problem = useSignal("")
  const busy = useSignal(false)
  const say = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (busy.value) return
    busy.value = true
    problem.value = ""
    try {
      await call("breach.say", {
        clock: breach.clock,
        cause: cause.value,
        reason: why.value.trim(),
      })
      void reloadTalk()
      await openReceipt(breach.clock)
    } catch (error) {
      problem.value = reason(error)
    }
    busy.value = false
  }
  return (
    <details class="say-cause">
      <summary>{t("cause.other")}</summary>
      <form class="form" onSubmit={(event) => void say(event)}>
        <label class="field">
          <span>{t("cause.cause")}</span>
          <select
            value={cause.value}
            onChange={(event) => (cause.value = event.currentTarget.value)}
          >
            {CAUSES.map((one) => (
              <option key={one} value={one}>
                {word("cause", one)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{t("cause.why")}</span>
          <textarea
            required
            rows={3}
            maxLength={10000}
            value={why.value}
            onInput={(event) => (why.value = event.currentTarget.value)}
          />
        </label>
        {problem.value && (
          <p class="form-error" role="alert">
            {problem.value}
          </p>
        )}
        <div class="form-do">
          <button type="submit" class="btn p" aria-disabled={busy.value}>
            {t("cause.do")}
          </button>
        </div>
      </form>
    </details>
  )
}
