import { computed, signal } from "@preact/signals"
import { call, me, onFresh } from "./app"
import { OVERVIEW } from "./route"
import type { ReportAbout } from "./report-shape"

/** Which reports the desk has, and the pages of ours. */

export const kinds = signal<readonly ReportAbout[] | null>(null)
export const kindsError = signal<unknown>(null)

export async function loadKinds(): Promise<void> {
  try {
    kinds.value = (await call("report.list", {})).reports
    kindsError.value = null
  } catch (error) {
    kindsError.value = error
  }
}
onFresh(() => void loadKinds())

export const kindOf = (name: string): ReportAbout | undefined =>
  kinds.value?.find((one) => one.report === name)

/** In this order; what the desk does not have is left out. How many agents a
 * day needs is no report of the list: it is asked for by itself. */
const ORDER = [
  "today",
  "promises",
  "breaches",
  "times",
  "margins",
  "backlog",
  "volume",
  "agents",
  "kept",
  "staffing",
] as const

export const mayPlan = computed(() => ["manager", "admin"].includes(me.value?.role ?? ""))

export const pages = computed(() => {
  const known = (kinds.value ?? []).map((one) => one.report)
  const listed = ORDER.filter((one) => one === "staffing" || known.includes(one))
  const others = known.filter((one) => !(ORDER as readonly string[]).includes(one))
  return [OVERVIEW, ...listed, ...others, ...(mayPlan.value ? ["plans"] : [])]
})
