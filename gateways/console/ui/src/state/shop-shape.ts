/** An order as plain data. It holds what a shop and its customers wrote:
 * nothing of it is believed to have a shape, and what is missing is "", 0 or an
 * empty list. */

type Bag = Readonly<Record<string, unknown>>

const isBag = (value: unknown): value is Bag => typeof value === "object" && value !== null && !Array.isArray(value)
const bag = (value: unknown): Bag => (isBag(value) ? value : {})
const bags = (value: unknown, max: number): Bag[] => (Array.isArray(value) ? value.slice(0, max).filter(isBag) : [])
const text = (value: unknown): string =>
  typeof value === "string" ? value.trim() : typeof value === "number" ? String(value) : ""
const count = (value: unknown): number => {
  const n = typeof value === "string" && value.trim() !== "" ? Number(value) : value
  return typeof n === "number" && Number.isFinite(n) && n > 0 ? n : 0
}

const LINES_MAX = 500
const PARCELS_MAX = 50
const STEPS_MAX = 100
const ORDERS_MAX = 200

/** An address that a person may follow: of the web, and nothing else. */
export function webAddress(value: unknown): string {
  try {
    const url = new URL(text(value))
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : ""
  } catch {
    return ""
  }
}

export interface OrderLine {
  number: number
  sku: string
  name: string
  variant: string
  quantity: number
  /** So many of them were paid back, and so many come back. */
  refunded: number
  returned: number
  /** Decimal text, of all of them. */
  total: string
  /** Until when it may be sent back; "": not known. */
  returnUntil: string
  properties: { name: string; value: string }[]
}

export interface Checkpoint {
  at: string
  status: string
  text: string
  place: string
}

export interface Parcel {
  id: number
  carrier: string
  tracking: string
  /** The carrier's page; "": none. */
  url: string
  status: string
  /** The source's own word. */
  raw: string
  at: string
  estimated: string
  delivered: string
  /** Newest first. */
  steps: Checkpoint[]
}

export interface Payment {
  number: number
  title: string
  status: string
  amount: string
}

/** Money that went back. */
export interface Refund {
  id: string
  amount: string
  currency: string
  reason: string
  at: string
}

/** Goods that come back. */
export interface Return {
  id: string
  status: string
  reason: string
  at: string
  quantity: number
}

/** What is known of an order besides its line in a list. */
export interface Detail {
  note: string
  cancelReason: string
  tags: string[]
  lines: OrderLine[]
  parcels: Parcel[]
  payments: Payment[]
  refunds: Refund[]
  returns: Return[]
  /** Rows of the incidents that it belongs to. */
  incidents: number[]
}

export interface Order {
  id: number
  connection: string
  number: string
  /** The order in the shop; "": none. */
  url: string
  state: string
  payment: string
  fulfilment: string
  /** The shop's own word. */
  raw: string
  currency: string
  total: string
  refunded: string
  placed: string
  /** When we were last told: "as of". */
  told: string
  /** Latest promised delivery. */
  promised: string
  delivered: string
  /** Whose it is: our row; 0: nobody's yet. */
  customer: number
  /** Who bought, as the shop names them. */
  buyer: string
  /** Why it is theirs. */
  basis: string
  test: boolean
  deleted: boolean
  /** null: it was not asked for. */
  detail: Detail | null
}

const lineOf = (one: Bag, at: number): OrderLine => ({
  number: count(one["line"]) || at + 1,
  sku: text(one["sku"]),
  name: text(one["name"]),
  variant: text(one["variant"]),
  quantity: count(one["quantity"]),
  refunded: count(one["refunded_quantity"]),
  returned: count(one["returned_quantity"]),
  total: text(one["total"]),
  returnUntil: text(one["return_until"]),
  properties: bags(one["properties"], STEPS_MAX)
    .map((each) => ({ name: text(each["name"]), value: text(each["value"]) }))
    .filter(({ name, value }) => name !== "" && value !== "" && !name.startsWith("_")),
})

const stepOf = (one: Bag): Checkpoint => ({
  at: text(one["at"]),
  status: text(one["status"]),
  text: text(one["text"]),
  place: text(one["place"]),
})

const parcelOf = (one: Bag): Parcel => ({
  id: count(one["id"]),
  carrier: text(one["carrier"]),
  tracking: text(one["tracking_number"]),
  url: webAddress(one["tracking_url"]),
  status: text(one["status"]) || "unknown",
  raw: text(one["status_raw"]),
  at: text(one["status_at"]),
  estimated: text(one["estimated_at"]),
  delivered: text(one["delivered_at"]),
  steps: bags(one["checkpoints"], STEPS_MAX)
    .map(stepOf)
    .sort((a, b) => b.at.localeCompare(a.at)),
})

const paymentOf = (one: Bag, at: number): Payment => ({
  number: at + 1,
  title: text(one["title"]) || text(one["method"]),
  status: text(one["status"]),
  amount: text(one["amount"]),
})

const refundOf = (one: Bag): Refund => ({
  id: text(one["external_id"]),
  amount: text(one["amount"]),
  currency: text(one["currency"]),
  reason: text(one["reason"]),
  at: text(one["at"]),
})

const returnOf = (one: Bag): Return => ({
  id: text(one["external_id"]),
  status: text(one["status"]),
  reason: text(one["reason"]),
  at: text(one["at"]),
  quantity: bags(one["lines"], LINES_MAX).reduce((sum, line) => sum + count(line["qty"] ?? line["quantity"]), 0),
})

const tagsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value.slice(0, STEPS_MAX) : []).map(text).filter(Boolean)

const detailOf = (one: Bag): Detail => ({
  note: text(one["note"]),
  cancelReason: text(one["cancel_reason"]),
  tags: tagsOf(one["tags"]),
  lines: bags(one["lines"], LINES_MAX).map(lineOf),
  parcels: bags(one["shipments"], PARCELS_MAX).map(parcelOf),
  payments: bags(one["payments"], PARCELS_MAX).map(paymentOf),
  refunds: bags(one["refunds"], PARCELS_MAX).map(refundOf),
  returns: bags(one["returns"], PARCELS_MAX).map(returnOf),
  incidents: (Array.isArray(one["incidents"]) ? one["incidents"] : []).map(count).filter(Boolean),
})

/** An order, as the daemon gives it: by itself, or within its details. */
export function orderOf(value: unknown): Order {
  const whole = bag(value)
  const one = isBag(whole["order"]) ? whole["order"] : whole
  return {
    id: count(one["id"]),
    connection: text(one["connection"]),
    number: text(one["number"]) || text(one["external_id"]),
    url: webAddress(one["url"]),
    state: text(one["state"]),
    payment: text(one["payment_state"]),
    fulfilment: text(one["fulfilment_state"]),
    raw: text(one["raw_status"]),
    currency: text(one["currency"]),
    total: text(one["total"]),
    refunded: text(one["refunded_total"]),
    placed: text(one["placed_at"]),
    told: text(one["as_of"]),
    promised: text(one["promised_at"]),
    delivered: text(one["delivered_at"]),
    customer: count(one["customer"]),
    buyer: text(one["buyer_name"]) || text(bag(whole["buyer"])["email"]),
    basis: text(one["basis"]),
    test: one["test"] === true,
    deleted: one["deleted"] === true,
    detail: isBag(whole["order"]) ? detailOf(whole) : null,
  }
}

/** Orders of a list; one without a row is none. */
export const ordersOf = (value: unknown): Order[] =>
  (Array.isArray(value) ? value.slice(0, ORDERS_MAX) : []).map(orderOf).filter(({ id }) => id > 0)
