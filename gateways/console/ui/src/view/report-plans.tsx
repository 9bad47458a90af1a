import type { JSX } from "preact"
import { useEffect } from "preact/hooks"
import { useSignal } from "@preact/signals"
import { absolute } from "../../../../common/ui/duration"
import type { ReportPlan } from "../../../../common/ui/wire"
import { agentName } from "../state/app"
import {
  loadPlans,
  planError,
  planOpen,
  plans,
  removePlan,
  switchPlan,
  tryPlan,
} from "../state/report-plans"
import { kindOf } from "../state/report-catalogue"
import { amount, rt, rword } from "../state/report-text"
import { go, reportHref, route } from "../state/route"
import { language, t } from "../state/text"
import { DialogBox } from "./parts"
import { Failure } from "./report"
import { PlanForm } from "./report-plan-form"

/** Schedules: which reports are mailed, when and to whom. */

const two = (n: number): string => String(n).padStart(2, "0")
export const timeOf = (minute: number): string => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`

const when = (at: string | null | undefined, zone: string): string =>
  at ? absolute(Date.parse(at), language.value, zone) : "—"

function Threshold({ plan }: { plan: ReportPlan }): JSX.Element | null {
  const { below, above } = plan
  const unit = kindOf(plan.report)?.figures[0]?.unit ?? "count"
  const told = [
    ...(below === null || below === undefined ? [] : [rt("plan.only_below", { bound: amount(below, unit) })]),
    ...(above === null || above === undefined ? [] : [rt("plan.only_above", { bound: amount(above, unit) })]),
  ]
  return told.length === 0 ? null : <p class="muted">{told.join(" · ")}</p>
}

function Remove({ plan, close }: { plan: ReportPlan; close(): void }): JSX.Element {
  return (
    <DialogBox title={rt("plan.remove_title", { name: plan.name })} closeLabel={t("do.close")} close={close}>
      <p class="lead">{rt("plan.remove_lead")}</p>
      <div class="form-do">
        <button type="button" class="btn" data-first onClick={close}>
          {t("do.cancel")}
        </button>
        <button type="button" class="btn p" onClick={() => void removePlan(plan).then(close)}>
          {rt("plan.remove")}
        </button>
      </div>
    </DialogBox>
  )
}

function Plan({ plan }: { plan: ReportPlan }): JSX.Element {
  const removing = useSignal(false)
  return (
    <li class={plan.active ? "plan" : "plan off"}>
      <div class="log-head">
        <b>{plan.name}</b>
        <span class="chip">{rword("reports", plan.report)}</span>
        {!plan.active && <span class="chip paused">{rt("plan.off")}</span>}
      </div>
      <p>
        {rt("plan.when", {
          period: rword("period", plan.period),
          at: timeOf(plan.minute),
          zone: plan.zone,
        })}
        {" · "}
        {plan.agents.map(agentName).join(", ")}
      </p>
      <Threshold plan={plan} />
      <p class="muted">
        {plan.active && rt("plan.next", { at: when(plan.next_at, plan.zone) })}
        {plan.last_at && ` · ${rt("plan.last", { at: when(plan.last_at, plan.zone) })}`}
      </p>
      <div class="log-do">
        <button type="button" class="as-link" onClick={() => void tryPlan(plan)}>
          {rt("plan.try")}
        </button>
        <button type="button" class="as-link" onClick={() => (planOpen.value = plan.id)}>
          {rt("plan.edit")}
        </button>
        <button type="button" class="as-link" onClick={() => void switchPlan(plan, !plan.active)}>
          {rt(plan.active ? "plan.rest" : "plan.go")}
        </button>
        <button type="button" class="as-link" onClick={() => (removing.value = true)}>
          {rt("plan.remove")}
        </button>
      </div>
      {removing.value && <Remove plan={plan} close={() => (removing.value = false)} />}
    </li>
  )
}

export function Plans(): JSX.Element {
  const asked = new URLSearchParams(route.value.report?.query ?? "").get("new")
  useEffect(() => void loadPlans(), [])
  useEffect(() => {
    if (asked !== null) planOpen.value = 0
    return () => {
      planOpen.value = null
    }
  }, [asked])
  const close = (): void => {
    planOpen.value = null
    if (asked !== null) go(reportHref("plans"), true)
  }
  const shown = plans.value
  if (planError.value !== null) return <Failure error={planError.value} again={() => void loadPlans()} />
  if (shown === null) return <div class="book-wait" aria-busy="true" />
  return (
    <div class="report-out plans">
      <div class="plans-head">
        <p>{rt("plan.lead")}</p>
        <button type="button" class="btn p" onClick={() => (planOpen.value = 0)}>
          {rt("plan.add")}
        </button>
      </div>
      {shown.length === 0 ? (
        <div class="empty">
          <p class="empty-title">{rt("plan.none")}</p>
        </div>
      ) : (
        <ul>
          {shown.map((plan) => (
            <Plan key={plan.id} plan={plan} />
          ))}
        </ul>
      )}
      {planOpen.value !== null && (
        <PlanForm key={planOpen.value} of={shown.find((one) => one.id === planOpen.value) ?? null} close={close} />
      )}
    </div>
  )
}
