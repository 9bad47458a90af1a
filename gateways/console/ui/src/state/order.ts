/** How a list keeps still under the hand. */

export interface Arranged {
  /** What to show, in order. */
  order: number[]
  /** Shown still, although it has left the list. */
  left: ReadonlySet<number>
  /** New ones that wait until the hand is gone. */
  waiting: number[]
}

/**
 * Arranges a list anew. `held`: a hand is on it, so nothing that is shown may
 * move or vanish, and what is new waits. An empty list holds nothing.
 */
export function arrange(
  shown: readonly number[],
  fresh: readonly number[],
  held: boolean,
): Arranged {
  if (!held || shown.length === 0)
    return { order: [...fresh], left: new Set(), waiting: [] }
  const present = new Set(fresh)
  const before = new Set(shown)
  return {
    order: [...shown],
    left: new Set(shown.filter((id) => !present.has(id))),
    waiting: fresh.filter((id) => !before.has(id)),
  }
}

/** The rows whose look has changed between two loads of the list. */
export function changed<T extends { id: number; updated_at: string }>(
  before: ReadonlyMap<number, T>,
  fresh: readonly T[],
): Set<number> {
  const found = new Set<number>()
  for (const one of fresh) {
    const old = before.get(one.id)
    if (old && old.updated_at !== one.updated_at) found.add(one.id)
  }
  return found
}

/** Which row to go to from `from`; null: there is none. */
export function neighbour(
  order: readonly number[],
  from: number | null,
  step: 1 | -1,
): number | null {
  if (order.length === 0) return null
  const at = from === null ? -1 : order.indexOf(from)
  if (at < 0) return order[step === 1 ? 0 : order.length - 1] ?? null
  return order[Math.min(order.length - 1, Math.max(0, at + step))] ?? null
}

export type Urgency = "over" | "risk" | "ontime"

/** Due within this time is "at risk", as the daemon counts it. */
export const RISK_MS = 30 * 60 * 1000

/** How urgent a deadline is. */
export function urgency(dueAt: string, now: number): Urgency {
  const left = Date.parse(dueAt) - now
  if (left < 0) return "over"
  return left <= RISK_MS ? "risk" : "ontime"
}
