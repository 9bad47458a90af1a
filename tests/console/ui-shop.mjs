// What the stand-in's desk has of shops: a customer with orders of every kind,
// one who may be the same person, and the settings of two shops.
import { addIncident, addMessage, event } from "./ui-desk.mjs"

/** The incident of somebody who bought, and the one of who may be the same. */
export const BUYER = 80
export const TWIN = 81
export const TRACKING = "https://carrier.example/t/PQ4A7Z0400012340128006X"
const DAY = 24 * 60

/** An OrderDetail: what it is in a list, and all the rest. */
function whole(order, more) {
  return {
    order: {
      connection: "tienda-web", url: null, state: "open", payment_state: "paid", fulfilment_state: "unfulfilled", raw_status: "processing",
      currency: "EUR", refunded_total: null, promised_at: null, delivered_at: null, test: false, deleted: false, customer: BUYER, basis: "email",
      buyer_name: "Lucía Gómez Peña", ...order,
    },
    cancel_reason: "", note: "", tags: [], buyer: { email: "lucia.gomez@correo.example" }, billing: {}, shipping: {}, line_count: 0,
    lines: [], payments: [], refunds: [], returns: [], shipments: [], incidents: [], ...more,
  }
}

const line = (n, more) => ({ line: n, external_id: String(n), sku: "", name: "", variant: "", quantity: 1, refunded_quantity: 0, returned_quantity: 0, properties: [], ...more })

function ordersOf(desk) {
  const { at } = desk
  const told = { as_of: at(-2), updated_at: at(-2) }
  return [
    whole(
      {
        ...told, id: 501, external_id: "1042", number: "2026-1042", fulfilment_state: "partial", total: "80.75", refunded_total: "7.95",
        placed_at: at(-8 * DAY), promised_at: at(-3 * DAY), url: "https://tienda.example/admin/1042",
      },
      {
        note: "Dejadlo en portería, <b>gracias</b>", tags: ["regalo"],
        lines: [
          line(1, { sku: "ZAP-ABR-38", name: "Zapatillas Abril", variant: "38", total: "59.95", return_until: at(9 * DAY), properties: [{ name: "Grabado", value: "L.G." }] }),
          line(2, { sku: "CAL-3", name: "Calcetines (pack 3)", quantity: 2, total: "15.90", refunded_quantity: 1, returned_quantity: 1 }),
        ],
        payments: [{ method: "redsys", title: "Tarjeta", transaction_id: "", amount: "80.75", status: "paid", at: at(-8 * DAY) }],
        shipments: [{
          id: 1, external_id: "t1", carrier: "Correos Express", tracking_number: "PQ4A7Z0400012340128006X", tracking_url: TRACKING, status: "exception", status_raw: "",
          status_at: at(-200), estimated_at: at(-3 * DAY), lines: [],
          checkpoints: [{ at: at(-2 * DAY), status: "in_transit", text: "En la delegación", place: "Madrid" }, { at: at(-200), status: "exception", text: "Dirección incompleta", place: "Getafe" }],
        }],
        refunds: [{ external_id: "9001", amount: "7.95", reason: "talla", at: at(-DAY), lines: [] }],
        returns: [{ external_id: "R1", status: "in_transit", reason: "pequeños", at: at(-DAY), lines: [{ line: "2", quantity: 1 }], steps: [] }],
      },
    ),
    whole(
      {
        ...told, id: 503, external_id: "77", number: "WC-77", state: "unknown", payment_state: "unknown", fulfilment_state: "unknown", raw_status: "esperando-al-taller",
        currency: "JPY", total: "12000", placed_at: at(-40 * DAY), basis: "phone",
      },
      {},
    ),
    whole(
      {
        ...told, id: 502, external_id: "977", number: "2026-0977", state: "completed", payment_state: "refunded", fulfilment_state: "fulfilled", raw_status: "refunded",
        total: "34.00", refunded_total: "34.00", placed_at: at(-90 * DAY), delivered_at: at(-80 * DAY),
      },
      { lines: [line(1, { name: "Gorra de lana", total: "34.00", refunded_quantity: 1 })] },
    ),
  ]
}

/** Adds buyer, twin and orders to a desk. */
export function addShops(desk) {
  const { at } = desk
  addIncident(desk, BUYER, {
    who: "Lucía Gómez Peña", mail: "lucia.gomez@correo.example", verified: true, subject: "¿Dónde está mi pedido?", due: 45, since: -20,
    queue: "envios", reason: "order_status", assignee: 1, text: "Hola: mi pedido 2026-1042 tenía que llegar hace días.\n\nLucía",
  })
  addIncident(desk, TWIN, {
    who: "Lucía G.", phone: "34600112233", channel: "whatsapp", subject: "", due: 60, since: -400, queue: "envios", reason: "order_status",
    text: "¿Y mi pedido?",
  })
  desk.incidents.get(BUYER).customer.identities.push({ id: 8077, kind: "shop_customer", value: "77", verified: true, shop: "tienda-web" })
  desk.shop.orders = ordersOf(desk)
  desk.shop.notes[BUYER] = {
    customer: BUYER, name: "Lucía Gómez Peña", text: "Mejor por la tarde.\nCompra para <b>regalar</b>.", agent: { id: 2, name: "Ana Ruiz" }, at: at(-3 * DAY),
  }
  desk.shop.notes[TWIN] = { customer: TWIN, name: "Lucía G.", text: "Solo WhatsApp.", agent: { id: 1, name: "Laura Marín" }, at: at(-9 * DAY) }
  desk.shop.suggestions = [{ id: 1, one: { id: TWIN, name: "Lucía G." }, other: { id: BUYER, name: "Lucía Gómez Peña" }, basis: "phone", at: at(-30) }]
}

export function shopConnections() {
  const base = { active: true, version: 1, state_at: null }
  return [
    { ...base, id: 11, name: "tienda-web", kind: "woocommerce", state: "ok", state_detail: "", secret_names: ["webhook_secret", "consumer_key", "consumer_secret"],
      settings: { url: "https://tienda.example", country: "ES", path: "0123456789abcdef0123456789abcdef", return_days: 30 } },
    { ...base, id: 12, name: "presta", kind: "prestashop", state: "failing", state_detail: "https://presta.example: 401", secret_names: ["key"],
      settings: { url: "https://presta.example", path: "f".repeat(32) } },
  ]
}

/** An older order, which only the list has. */
function old(shop, id) {
  const one = shop.orders.find(({ order }) => order.id - 100 === id)
  return one && { ...one, order: { ...one.order, id, number: `VIEJO-${id}`, state: "completed" } }
}

/** Methods of orders, of who is who, and of deliveries that were not read. */
export function shopMethods(desk, { refuse, tell }) {
  const shop = desk.shop
  const customerOf = (id) => [...desk.incidents.values()].find((one) => one.customer.id === id)?.customer ?? refuse("not_found")
  const orderOf = (id) => shop.orders.find(({ order }) => order.id === id) ?? old(shop, id) ?? refuse("not_found")
  const linked = (incident) => (shop.links[incident] ??= [])
  const plain = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}@.]/gu, "")
  const notesOf = (customer) => {
    const parts = shop.merges.filter(({ kept, undone_at }) => kept === customer && !undone_at).map(({ gone }) => gone)
    return [customer, ...parts].flatMap((one) => shop.notes[one] ?? [])
  }
  const ownOf = (customer) => shop.orders.filter(({ order }) => order.customer === customer)
  return {
    "customer.get": ({ id }) => ({ customer: customerOf(id) }),
    "customer.panel"({ customer, incident }) {
      const orders = ownOf(customer)
      const span = { open: 1, cancelled: 0, first_at: desk.at(-90 * DAY), last_at: desk.at(-8 * DAY) }
      return {
        customer: customerOf(customer), orders, incidents: [], at: desk.at(0),
        totals: orders.length === 0 ? [] : [
          { ...span, currency: "EUR", orders: 6, paid: "1114.75", refunded: "41.95" },
          { ...span, currency: "JPY", orders: 1, paid: "12000", refunded: "0" },
        ],
        notes: notesOf(customer),
        links: linked(incident).map((order) => ({ order, how: "hand", agent: 1, at: desk.at(0) })),
      }
    },
    "customer.note"({ customer, text, seen }) {
      if (shop.notes[customer]?.at !== seen) refuse("conflict")
      if (text === "") delete shop.notes[customer]
      else shop.notes[customer] = { customer, name: "", text, agent: { id: 1, name: "Laura Marín" }, at: new Date().toISOString() }
      tell("customer.noted", { customer })
      return { notes: notesOf(customer) }
    },
    "customer.suggestions": ({ customer }) => ({
      suggestions: shop.suggestions.filter((one) => [one.one.id, one.other.id].includes(customer)),
      merges: shop.merges.filter((one) => one.kept === customer),
    }),
    "customer.timeline"({ customer, before }) {
      const own = ownOf(customer)
      if (before) return { items: [{ at: desk.at(-100 * DAY), kind: "message", incident: TWIN, number: 1, channel: "whatsapp", detail: "out", title: "Hola, Lucía" }] }
      const bought = own.flatMap(({ order, returns }) => [
        { at: order.placed_at, kind: "order", order: order.id, title: order.number, amount: 8075, currency: "EUR" },
        ...returns.map(({ at, status }) => ({ at, kind: "return", order: order.id, title: order.number, detail: status })),
      ])
      const wrote = own.length === 0 ? [] : [{ at: desk.at(-20), kind: "message", incident: BUYER, number: 1, channel: "email", detail: "in", title: "¿Dónde está mi pedido?" }]
      return { items: [...bought, ...wrote].sort((a, b) => b.at.localeCompare(a.at)), ...(own.length === 0 ? {} : { more: "2" }) }
    },
    "order.list": ({ customer, before }) => ({
      orders: ownOf(customer).map(({ order }) => (before ? old(shop, order.id - 100).order : order)),
      more: !before,
    }),
    "order.get": ({ id }) => ({ order: orderOf(id) }),
    "order.find": ({ q }) => ({
      orders: shop.orders
        .filter(({ order, buyer, shipments }) => [order.number, buyer.email, ...shipments.map((each) => each.tracking_number)].some((text) => plain(text) === plain(q)))
        .map(({ order }) => order),
    }),
    "order.link"({ incident, order }) {
      linked(incident).push(orderOf(order).order.id)
      return { changed: true }
    },
    "order.unlink"({ incident, order }) {
      shop.links[incident] = linked(incident).filter((one) => one !== order)
      return { changed: true }
    },
    "order.page": ({ order }) => ({ url: `https://chat.tienda.example/order/${orderOf(order).order.id}`, public: true, expires_at: desk.at(DAY) }),
    "order.send_page"({ order, incident }) {
      const text = `Tu pedido ${orderOf(order).order.number}`
      const message = addMessage(desk, incident, "out", text, { kind: "agent", id: 1, name: "Laura Marín" }, new Date().toISOString(), {}, "queued")
      event(desk, "message.added", incident, { message: message.id, number: message.number, direction: "out" }, null)
      return { message }
    },
    "customer.merge"({ customer, gone }) {
      const other = structuredClone(customerOf(gone))
      const merge = shop.merges.length + 1
      shop.suggestions = shop.suggestions.filter((one) => ![one.one.id, one.other.id].includes(gone))
      customerOf(customer).identities.push(...other.identities)
      shop.merges.push({ id: merge, kept: customer, gone, gone_name: other.name, agent: { id: 1, name: "Laura Marín" }, at: new Date().toISOString(), identities: 1, incidents: 1, orders: 0 })
      tell("customer.merged", { merge, customer, gone, incidents: 1 })
      return { merge, customer: customerOf(customer) }
    },
    "customer.unmerge"({ merge }) {
      const one = shop.merges.find(({ id }) => id === merge) ?? refuse("not_found")
      const [kept, gone] = [customerOf(one.kept), customerOf(one.gone)]
      kept.identities = kept.identities.filter(({ id }) => !gone.identities.some((each) => each.id === id))
      one.undone_at = new Date().toISOString()
      return { customer: kept, other: gone }
    },
    "suggestion.refuse"({ id }) {
      shop.suggestions = shop.suggestions.filter((one) => one.id !== id)
      return { id }
    },
    "hook.list": () => ({ hooks: shop.dead }),
    "hook.again"({ id }) {
      shop.dead = shop.dead.filter((one) => one.id !== id)
      return { state: "waiting" }
    },
  }
}

/** What a desk without shops has of them. */
export const noShops = (desk) => ({
  orders: [], notes: {}, suggestions: [], links: {}, merges: [],
  dead: [{ id: 5, connection: "tienda-web", state: "dead", received_at: desk.at(-90), bytes: 1834, why: "a topic that does not fit the body" }],
})
