import type { JSX } from "preact"
import { date } from "../../../../common/ui/duration"
import { now } from "../state/now"
import { daysLate, isOver, tellingParcel } from "../state/shop-days"
import type { Order, Parcel } from "../state/shop-shape"
import { ot, oword } from "../state/shop-text"
import { language } from "../state/text"

/** A day in the language of the page; nothing of what is no instant. */
export function Day({ at }: { at: string }): JSX.Element | null {
  const instant = Date.parse(at)
  if (!Number.isFinite(instant)) return null
  return <time dateTime={at}>{date(instant, now.value, language.value)}</time>
}

const BAD: readonly string[] = ["exception", "attempt_failed", "returned", "expired"]

/** Where a parcel is; trouble has a mark besides its colour. */
export function ParcelState({ parcel }: { parcel: Parcel }): JSX.Element {
  const bad = BAD.includes(parcel.status)
  return (
    <span class={bad ? "o-chip bad" : parcel.status === "delivered" ? "o-chip good" : "o-chip"}>
      {bad && <span aria-hidden="true">▲ </span>}
      {parcel.status === "unknown" && parcel.raw ? parcel.raw : oword("ship", parcel.status)}
    </span>
  )
}

const UNPAID: readonly string[] = ["pending", "failed", "voided", "partially_paid"]

function PaymentState({ order }: { order: Order }): JSX.Element | null {
  if (order.payment === "" || order.payment === "unknown") return null
  const bad = order.payment === "failed" || (UNPAID.includes(order.payment) && isOver(order) && order.state !== "cancelled")
  return <span class={bad ? "o-chip bad" : "o-chip"}>{oword("pay", order.payment)}</span>
}

/** How far the goods are: of the parcel that says most, else of the order. */
function GoodsState({ order }: { order: Order }): JSX.Element | null {
  const parcel = tellingParcel(order.detail?.parcels ?? [])
  if (order.state === "cancelled") return <span class="o-chip bad">{oword("order_state", "cancelled")}</span>
  if (parcel) return <ParcelState parcel={parcel} />
  if (order.delivered !== "") return <span class="o-chip good">{oword("ship", "delivered")}</span>
  const known = order.fulfilment !== "" && order.fulfilment !== "unknown"
  if (known) return <span class="o-chip">{oword("fulfilment", order.fulfilment)}</span>
  // A state that nobody knows is shown as the shop wrote it.
  return order.raw === "" ? null : <span class="o-chip">{order.raw}</span>
}

/** "3 days late": by the promised day. */
export function Late({ order }: { order: Order }): JSX.Element | null {
  const days = daysLate(order, now.value)
  if (days === 0) return null
  return (
    <span class="o-chip bad">
      <span aria-hidden="true">▲ </span>
      {ot(order.delivered === "" ? "late.is" : "late.was", { n: days })}
    </span>
  )
}

/** Payment, goods, delay: what an agent looks for first. */
export function OrderChips({ order }: { order: Order }): JSX.Element {
  return (
    <span class="o-chips">
      <Late order={order} />
      <GoodsState order={order} />
      <PaymentState order={order} />
      {order.test && <span class="o-chip">{ot("order.test")}</span>}
      {order.deleted && <span class="o-chip bad">{ot("order.deleted")}</span>}
    </span>
  )
}
