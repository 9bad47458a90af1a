// A Shopify on loopback: GraphQL of orders with cursors and points, and
// webhooks that are tried again under the same id.
import { randomUUID } from 'node:crypto'
import { expected, money, payment, total } from './fake-order.mjs'
import { FakeShop } from './fake-shop.mjs'

const POINTS = 2000
const COST = 12 // points of one order of a page
const iso = (s) => new Date(s * 1000).toISOString().replace('.000Z', 'Z')
const set = (cents) => ({ shop_money: { amount: money(cents), currency_code: 'EUR' } })
const gid = (type, id) => `gid://shopify/${type}/${id}`

function fulfilment(order) {
  if (order.state === 'completed') return 'fulfilled'
  return order.parcels.length > 0 ? 'partial' : null
}

export class FakeShopify extends FakeShop {
  constructor(options) {
    super({ secret: 'cliente', retries: [100, 200, 400, 800, 1600, 1600, 1600, 1600], ...options })
    this.token = 'shpat_ficha'
    this.domain = 'tienda-demo.myshopify.com'
    this.rate = 1000 // points that come back in a second
    this.points = POINTS
    this.points_ms = Date.now()
    this.throttled = 0
  }

  get settings() {
    return { shop_domain: this.domain, url: this.base, country: 'ES' }
  }

  get secrets() {
    return { access_token: this.token, client_secret: this.secret }
  }

  topic(before) {
    return before ? 'orders/updated' : 'orders/create'
  }

  /** No list says so: its webhook is tried until it is taken. */
  remove(id) {
    const order = this.orders.get(id)
    if (!this.orders.delete(id)) return
    this.gone.set(id, this.expected(order).number)
    this.tell('orders/delete', { id }, { sure: true })
  }

  /** As webhooks and REST have it. */
  resource(order) {
    const at = iso(order.made_s)
    return {
      id: order.id,
      name: `#S${order.id}`,
      created_at: at,
      processed_at: at,
      updated_at: iso(order.changed_s),
      cancelled_at: order.state === 'cancelled' ? at : null,
      closed_at: order.state === 'completed' ? at : null,
      currency: 'EUR',
      financial_status: payment(order),
      fulfillment_status: fulfilment(order),
      email: order.email,
      phone: null,
      note: order.note,
      test: false,
      total_price: money(total(order)),
      total_price_set: set(total(order)),
      customer: null,
      line_items: order.lines.map((l) => ({ id: l.id, title: l.name, name: l.name, sku: l.sku, quantity: l.quantity, price: money(l.cents), price_set: set(l.cents), properties: [] })),
      fulfillments: order.parcels.map((p) => ({
        id: Number(p.id),
        order_id: order.id,
        status: 'success',
        shipment_status: null,
        created_at: iso(p.at_s),
        updated_at: iso(p.at_s),
        tracking_company: p.company,
        tracking_number: p.number,
        tracking_numbers: [p.number],
        line_items: [],
      })),
      refunds: order.refunds.map((r) => ({
        id: r.id,
        order_id: order.id,
        created_at: iso(r.at_s),
        note: r.reason,
        refund_line_items: [],
        transactions: [
          { kind: 'refund', status: 'failure', amount: money(r.cents), currency: 'EUR' },
          { kind: 'refund', status: 'success', amount: money(r.cents), currency: 'EUR' },
        ],
      })),
    }
  }

  /** As GraphQL has it, under the names that the query asks for. */
  node(order) {
    const o = this.resource(order)
    const word = (s) => s.toUpperCase()
    return {
      ...o,
      id: gid('Order', o.id),
      financial_status: word(o.financial_status),
      fulfillment_status: { fulfilled: 'FULFILLED', partial: 'PARTIALLY_FULFILLED' }[o.fulfillment_status] ?? 'UNFULFILLED',
      tags: [],
      line_items: { pageInfo: { hasNextPage: false }, nodes: o.line_items.map(({ name, ...l }) => ({ ...l, name, id: gid('LineItem', l.id) })) },
      fulfillments: o.fulfillments.map((f) => ({
        id: gid('Fulfillment', f.id),
        name: `#S${o.id}.1`,
        status: word(f.status),
        shipment_status: null,
        created_at: f.created_at,
        updated_at: f.updated_at,
        tracking_info: [{ company: f.tracking_company, number: f.tracking_number, url: null }],
        line_items: { nodes: [] },
      })),
      refunds: o.refunds.map((r) => ({
        id: gid('Refund', r.id),
        created_at: r.created_at,
        note: r.note,
        refund_line_items: { nodes: [] },
        transactions: { nodes: r.transactions.map((t) => ({ kind: word(t.kind), status: word(t.status), amount_set: { shop_money: { amount: t.amount, currency_code: t.currency } } })) },
      })),
      returns: { nodes: [] },
    }
  }

  expected(order) {
    return { ...expected(order), number: `#S${order.id}`, raw_status: payment(order) }
  }

  /** Points come back by the second. */
  pay(cost) {
    const now = Date.now()
    this.points = Math.min(POINTS, this.points + ((now - this.points_ms) * this.rate) / 1000)
    this.points_ms = now
    if (cost > this.points) return false
    this.points -= cost
    return true
  }

  answer(req, text) {
    if (req.headers['x-shopify-access-token'] !== this.token) return { status: 401, body: { errors: '[API] Invalid API key or access token' } }
    if (!req.url.endsWith('/graphql.json')) return { status: 404, body: { errors: 'Not Found' } }
    const { first, after, query } = JSON.parse(text).variables
    const cost = first * COST
    const bucket = () => ({ cost: { requestedQueryCost: cost, throttleStatus: { maximumAvailable: POINTS, currentlyAvailable: Math.floor(this.points), restoreRate: this.rate } } })
    if (!this.pay(cost)) {
      this.throttled++
      return { body: { errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED' } }], extensions: bucket() } }
    }
    const from_s = Date.parse(/'([^']+)'/.exec(query)[1]) / 1000
    const place = after === null ? null : after.split(':').map(Number)
    const all = this.since(from_s).filter((o) => place === null || o.changed_s > place[0] || (o.changed_s === place[0] && o.id > place[1]))
    const page = all.slice(0, first)
    const last = page.at(-1)
    return {
      body: {
        data: { orders: { pageInfo: { hasNextPage: all.length > first, endCursor: last ? `${last.changed_s}:${last.id}` : null }, nodes: page.map((o) => this.node(o)) } },
        extensions: bucket(),
      },
    }
  }

  headers(topic, text) {
    return {
      'content-type': 'application/json',
      'x-shopify-topic': topic,
      'x-shopify-hmac-sha256': this.signature(text),
      'x-shopify-shop-domain': this.domain,
      // the same of each try, and of a delivery that comes twice
      'x-shopify-webhook-id': randomUUID(),
    }
  }
}
