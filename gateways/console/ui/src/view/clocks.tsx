import type { JSX } from "preact"
import { useComputed } from "@preact/signals"
import { countdown } from "../../../../common/ui/duration"
import type { Clock, IncidentDetail } from "../../../../common/ui/wire"
import { now } from "../state/now"
import { urgency } from "../state/order"
import { openReceipt } from "../state/talk"
import { t, word } from "../state/text"
import { failed } from "../state/toasts"

/** So many are shown; the oldest stay behind "all". */
const SHOWN = 6

function how(clock: Clock): string {
  if (clock.state === "running") {
    if (clock.paused) return t("clocks.paused")
    if (!clock.due_at) return t("deadline.none")
    return countdown(Date.parse(clock.due_at) - now.value)
  }
  if (clock.breached) return t("clocks.breached")
  return t(clock.state === "fulfilled" ? "clocks.fulfilled" : "clocks.cancelled")
}

function level(clock: Clock): string {
  if (clock.breached) return "over"
  if (clock.state !== "running" || clock.paused || !clock.due_at)
    return clock.state === "fulfilled" ? "ontime" : "paused"
  return urgency(clock.due_at, now.value)
}

function Chip({ clock }: { clock: Clock }): JSX.Element {
  const said = useComputed(() => how(clock))
  const kind = useComputed(() => level(clock))
  return (
    <li>
      <button
        type="button"
        class={`clock-chip ${kind.value}`}
        title={t("receipt.working")}
        onClick={() => void openReceipt(clock.id).catch(failed)}
      >
        <span>{word("clock", clock.name)}</span> <b>{said.value}</b>
      </button>
    </li>
  )
}

/** Every promise of the incident; each opens its receipt. */
export function Clocks({ detail }: { detail: IncidentDetail }): JSX.Element | null {
  const running = detail.incident.clock?.id
  const list = detail.clocks.filter((one) => one.id !== running).slice(-SHOWN)
  if (list.length === 0) return null
  return (
    <ul class="clock-chips" aria-label={t("clocks.title")}>
      {list.map((clock) => (
        <Chip key={clock.id} clock={clock} />
      ))}
    </ul>
  )
}
