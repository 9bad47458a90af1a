import type { Order, Parcel } from "./shop-shape"

/** What is late, what may still go back, and what is open: by the days of the
 * person who looks. */

const DAY_MS = 86_400_000

/** The number of a local day, so that two of them can be subtracted. */
function dayOf(at: number): number {
  const day = new Date(at)
  return Math.round(Date.UTC(day.getFullYear(), day.getMonth(), day.getDate()) / DAY_MS)
}

/** Whole days from one instant to another, by the calendar; negative: before. */
export const daysBetween = (from: number, to: number): number => dayOf(to) - dayOf(from)

/** Has nothing to be waited for? */
export const isOver = (order: Order): boolean =>
  order.delivered !== "" || order.state === "cancelled" || order.state === "completed" || order.deleted

/** Days after the promised one: of what came, how late it was; 0: none. */
export function daysLate(order: Order, now: number): number {
  const promised = Date.parse(order.promised)
  if (!Number.isFinite(promised) || order.state === "cancelled" || order.deleted) return 0
  const came = Date.parse(order.delivered)
  return Math.max(0, daysBetween(promised, Number.isFinite(came) ? came : now))
}

/** Days in which a line may still be sent back; null: not known, or over. */
export function daysToReturn(until: string, now: number): number | null {
  const end = Date.parse(until)
  return Number.isFinite(end) && end >= now ? daysBetween(now, end) : null
}

const RANK: readonly string[] = ["exception", "attempt_failed", "available_for_pickup", "out_for_delivery", "in_transit", "shipped", "pending"]

/** The parcel that says most of an order: trouble first, then the nearest. */
export function tellingParcel(parcels: readonly Parcel[]): Parcel | null {
  const rank = ({ status }: Parcel): number => {
    const at = RANK.indexOf(status)
    return at < 0 ? RANK.length : at
  }
  return [...parcels].sort((a, b) => rank(a) - rank(b))[0] ?? null
}
