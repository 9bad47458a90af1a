import { findOrders, showOrder } from "../state/shop"
import { amountText, ot } from "../state/shop-text"

const SHOWN_MAX = 4

interface Entry {
  id: string
  text: string
  act(): void
}

/** Orders that fit what was typed, for the palette; each opens the dialog. */
export async function orderEntries(text: string): Promise<Entry[]> {
  const found = await findOrders(text)
  return found.slice(0, SHOWN_MAX).map((one) => ({
    id: `order-${one.id}`,
    text: [ot("find.order", { number: one.number }), one.buyer, amountText(one.total, one.currency)]
      .filter(Boolean)
      .join(" · "),
    act: () => showOrder(one.number),
  }))
}
