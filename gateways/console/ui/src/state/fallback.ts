import { call } from "./app"
import { reloadTalk } from "./talk"
import { done, failed } from "./toasts"
import { t } from "./text"

/** What can be done with a message that did not arrive, or may not have. */

async function act(what: Promise<unknown>, said: string): Promise<void> {
  try {
    await what
    done(said, null)
    await reloadTalk()
  } catch (error) {
    failed(error)
  }
}

/** Sends it by the customer's other channel. */
export const fallBack = (delivery: number): Promise<void> =>
  act(call("delivery.fallback", { delivery }), t("fallback.done"))

/** Sends it once more. */
export const sendAgain = (delivery: number): Promise<void> =>
  act(call("delivery.again", { delivery }), t("again.done"))
