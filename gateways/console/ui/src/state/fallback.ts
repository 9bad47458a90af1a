import { call } from "./app"
import { reloadTalk } from "./talk"
import { done, failed } from "./toasts"
import { t } from "./text"

/** Sends by the customer's other channel what did not arrive. */
export async function fallBack(delivery: number): Promise<void> {
  try {
    await call("delivery.fallback", { delivery })
    done(t("fallback.done"), null)
    await reloadTalk()
  } catch (error) {
    failed(error)
  }
}
