import { batch, signal } from "@preact/signals"
import type { Breach } from "../../../../common/ui/wire"
import { call, me, newKey } from "./app"
import { params, query, type paramsOf } from "./report"
import { rt } from "./report-text"
import { done, failed } from "./toasts"

/** The breaches of a period, a page at a time, and what a manager says of one. */

export const CAUSES = [
  "nobody_scheduled",
  "assignee_away",
  "fetched_late",
  "arrived_near_closing",
  "nobody_assigned",
  "unopened",
  "waiting_on_note",
  "reopened_late",
  "late_applied",
  "worked_on",
] as const

const PAGE = 50

export const breaches = signal<readonly Breach[] | null>(null)
export const breachError = signal<unknown>(null)
/** Where the next page begins; null: there is none. */
export const nextBreaches = signal<string | null>(null)
/** Of all pages. */
export const breachCount = signal(0)

let turn = 0

/** The ledger has no zone: its instants are instants. */
function ledgerParams(): Omit<ReturnType<typeof paramsOf>, "zone"> {
  const { zone: _, ...rest } = params.peek()
  return rest
}

async function load(before: string | null): Promise<void> {
  const mine = ++turn
  const { cause } = query.peek().filters
  try {
    const answer = await call("breach.list", {
      ...ledgerParams(),
      ...(cause === undefined ? {} : { cause }),
      ...(before === null ? {} : { before }),
      limit: PAGE,
    })
    if (mine !== turn) return
    batch(() => {
      breaches.value = before === null ? answer.breaches : [...(breaches.peek() ?? []), ...answer.breaches]
      nextBreaches.value = answer.next ?? null
      breachCount.value = answer.count
      breachError.value = null
    })
  } catch (error) {
    if (mine === turn) breachError.value = error
  }
}

/** From the first one on, as the address asks for. */
export const loadBreaches = (): void => void load(null)

export function moreOfBreaches(): void {
  const next = nextBreaches.peek()
  if (next !== null) void load(next)
}

/** Only those who answer for the desk may set a cause right. */
export const maySay = (): boolean => ["manager", "admin"].includes(me.value?.role ?? "")

/** The breach that the dialog is about; null: it is not open. */
export const saidOf = signal<Breach | null>(null)

/** Says another cause of a breach, with the reason. True: it is stored. */
export async function sayCause(clock: number, cause: string, reason: string): Promise<boolean> {
  try {
    await call("breach.say", { clock, cause, reason }, newKey())
    done(rt("breach.said"), null)
    await load(null)
    return true
  } catch (error) {
    failed(error)
    return false
  }
}
