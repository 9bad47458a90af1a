import type { JSX } from "preact"
import { useSignal } from "@preact/signals"
import { pageOf, sendPage } from "../state/shop-page"
import type { Order } from "../state/shop-shape"
import { ot } from "../state/shop-text"
import { t } from "../state/text"

/** Asks once more before something leaves the house. */
function SendPage({ order }: { order: Order }): JSX.Element {
  const asked = useSignal(false)
  const busy = useSignal(false)
  const send = async (): Promise<void> => {
    busy.value = true
    await sendPage(order)
    busy.value = false
    asked.value = false
  }
  if (!asked.value)
    return (
      <button type="button" class="as-link" onClick={() => (asked.value = true)}>
        {ot("page.send")}
      </button>
    )
  return (
    <span class="o-ask" role="group" aria-label={ot("page.ask", { number: order.number })}>
      {ot("page.ask", { number: order.number })}
      <button type="button" class="btn" disabled={busy.value} ref={(one) => one?.focus()} onClick={() => void send()}>
        {ot("page.yes")}
      </button>
      <button type="button" class="btn quiet" onClick={() => (asked.value = false)}>
        {t("do.cancel")}
      </button>
    </span>
  )
}

/** The page of an order: sent to the customer, or looked at as they do. */
export function OrderPage({ order }: { order: Order }): JSX.Element {
  const see = async (): Promise<void> => {
    const url = await pageOf(order)
    if (url !== "") window.open(url, "_blank", "noopener,noreferrer")
  }
  return (
    <>
      <SendPage order={order} />
      <button type="button" class="as-link" onClick={() => void see()}>
        {ot("page.see")}
      </button>
    </>
  )
}
