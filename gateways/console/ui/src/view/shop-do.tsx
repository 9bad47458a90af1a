import type { JSX } from "preact"
import { linkOrder } from "../state/shop"
import type { Order } from "../state/shop-shape"
import { ot } from "../state/shop-text"
import { OrderPage } from "./shop-page"

/** What an agent does with an order. */
export function OrderDo({ order, linked }: { order: Order; linked: boolean }): JSX.Element {
  return (
    <div class="o-do">
      <button type="button" class="as-link" onClick={() => void linkOrder(order, !linked)}>
        {ot(linked ? "link.take" : "link.give")}
      </button>
      <OrderPage order={order} />
      {order.url && (
        <a href={order.url} target="_blank" rel="noreferrer noopener">
          {ot("order.in_shop")}
          <span class="sr">{` ${ot("ship.new_tab")}`}</span>
        </a>
      )}
    </div>
  )
}
