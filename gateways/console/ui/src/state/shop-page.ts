import { call } from "./app"
import type { Order } from "./shop-shape"
import { ot } from "./shop-text"
import { talk } from "./talk"
import { done, failed, warn } from "./toasts"

/** The page of an order that its buyer sees. */

/** Sends the customer the page of the order, by the conversation's channel. */
export async function sendPage(order: Order): Promise<void> {
  const incident = talk.peek()?.incident.id
  if (incident === undefined) return
  try {
    await call("order.send_page", { order: order.id, incident })
    done(ot("page.sent", { number: order.number }), null)
  } catch (error) {
    failed(error)
  }
}

/** The address of the customer's page of an order; "": it was refused. */
export async function pageOf(order: Order): Promise<string> {
  try {
    const { url, public: reached } = await call("order.page", { order: order.id })
    if (!reached) warn(ot("page.private"))
    return url
  } catch (error) {
    failed(error)
    return ""
  }
}
