import type { Incident } from "../../../../common/ui/wire"

/** What may be written to a customer now, and until when: of channels that
 * have a window. */

/** Nearer to its end than this, a window is said to close. */
export const WARN_MS = 60 * 60 * 1000

export interface Window {
  state: "free" | "closing" | "template" | "no"
  /** Until it closes; 0: it is closed, or nobody knows. */
  left: number
}

/** What the desk says of an incident, at an instant; null: the incident's channel knows no window. */
export function windowOf(one: Pick<Incident, "can_reply" | "can_reply_until">, now: number): Window | null {
  const may = one.can_reply
  if (!may) return null
  if (may === "no") return { state: "no", left: 0 }
  const until = one.can_reply_until ? Date.parse(one.can_reply_until) : Number.NaN
  if (may !== "free" || until <= now) return { state: "template", left: 0 }
  const left = Number.isNaN(until) ? 0 : until - now
  return { state: left > 0 && left <= WARN_MS ? "closing" : "free", left }
}
