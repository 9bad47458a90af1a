import type { CustomerPanelResult, OrderTotal } from "../../../../common/ui/wire"
import { ordersOf, type Order } from "./shop-shape"

/** What the daemon says of a customer's purchases, in one response. */

export interface Panel {
  customer: number
  /** By currency. */
  totals: readonly OrderTotal[]
  /** Those under way first, then the newest. */
  orders: Order[]
  /** There are more than these. */
  more: boolean
  /** Rows of the orders that belong to the open incident: also other people's. */
  linked: ReadonlySet<number>
  /** Other people's, whose number was written into the conversation. */
  named: Order[]
}

/** Reads a response of `customer.panel`. */
export function panelOf({ customer, totals, orders, links, named }: CustomerPanelResult): Panel {
  const all = totals.reduce((sum, one) => sum + one.orders, 0)
  return {
    customer: customer.id,
    totals,
    orders: ordersOf(orders),
    more: all > orders.length,
    linked: new Set(links.map(({ order }) => order)),
    named: ordersOf(named),
  }
}

/** Rows of linked orders that are not the customer's, or not among the first. */
export const linkedElsewhere = ({ linked, orders }: Panel): number[] =>
  [...linked].filter((row) => !orders.some(({ id }) => id === row))
