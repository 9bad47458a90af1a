import { batch, signal } from "@preact/signals"
import type { PlanAddParams, ReportPlan } from "../../../../common/ui/wire"
import { call, newKey, onEvent } from "./app"
import { rt } from "./report-text"
import { done, failed } from "./toasts"

/** Reports that are mailed on a schedule. */

export const PERIODS = ["day", "week", "month"] as const

export const plans = signal<readonly ReportPlan[] | null>(null)
export const planError = signal<unknown>(null)
/** The form is open for this one; 0: a new one; null: it is not open. */
export const planOpen = signal<number | null>(null)

export async function loadPlans(): Promise<void> {
  try {
    const answer = await call("plan.list", {})
    batch(() => {
      plans.value = answer.plans
      planError.value = null
    })
  } catch (error) {
    planError.value = error
  }
}

onEvent((event) => {
  if (event.kind === "plan.changed" && plans.peek() !== null) void loadPlans()
})

async function well(act: () => Promise<unknown>, said: string): Promise<boolean> {
  try {
    await act()
    done(said, null)
    await loadPlans()
    return true
  } catch (error) {
    failed(error)
    return false
  }
}

/** Adds a plan, or changes the one of that row. True: it is stored. */
export const savePlan = (id: number, plan: PlanAddParams): Promise<boolean> =>
  well(
    () =>
      id === 0
        ? call("plan.add", plan, newKey())
        : call("plan.update", { id, ...plan }, newKey()),
    rt("plan.saved", { name: plan.name }),
  )

export const removePlan = (plan: ReportPlan): Promise<boolean> =>
  well(() => call("plan.remove", { id: plan.id }, newKey()), rt("plan.removed", { name: plan.name }))

export const switchPlan = (plan: ReportPlan, active: boolean): Promise<boolean> =>
  well(
    () => call("plan.update", { id: plan.id, active }, newKey()),
    rt(active ? "plan.goes" : "plan.rests", { name: plan.name }),
  )

/** Sends it now, to whoever asks. */
export const tryPlan = (plan: ReportPlan): Promise<boolean> =>
  well(() => call("plan.try", { id: plan.id }, newKey()), rt("plan.tried", { name: plan.name }))
