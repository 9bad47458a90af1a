import { call } from "./app"
import { failed } from "./toasts"

/** Why somebody is away. */
export const AWAY = ["break", "meeting", "training", "absence", "holiday", "other"] as const
export type AwayReason = (typeof AWAY)[number]

/** The list of agents follows by itself: the daemon tells of the change. */
export async function goAway(reason: AwayReason): Promise<void> {
  try {
    await call("agent.away", { reason })
  } catch (error) {
    failed(error)
  }
}

export async function comeBack(): Promise<void> {
  try {
    await call("agent.back", {})
  } catch (error) {
    failed(error)
  }
}
