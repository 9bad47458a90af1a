import type { TimelineItem } from "../../../../common/ui/wire"
import { call } from "./app"
import { money, minorText } from "./shop-money"

/** What happened with a customer, over all channels and orders. */

export interface TimelinePage {
  /** Newest first. */
  items: readonly TimelineItem[]
  /** Where the page after it begins; "": there is none. */
  more: string
}

/** The newest ones, or those after the page that ended at `before`. */
export async function loadTimeline(customer: number, before: string): Promise<TimelinePage> {
  const { items, more } = await call("customer.timeline", { customer, ...(before === "" ? {} : { before }) })
  return { items, more: more ?? "" }
}

/** The amount of a moment in a language; "": it has none. */
export function amountOf({ amount, currency }: TimelineItem, language: string): string {
  const text = minorText(amount, currency ?? "")
  return text === "" ? "" : money(text, currency ?? "", language)
}
