// A Shopify on loopback: GraphQL of orders with cursors and points, and
// webhooks that are tried again under the same id.
import { randomUUID } from 'node:crypto'
import { FakeShop } from './fake-shop.mjs'

const POINTS = 2000
const COST = 12 // points of one order of a page
const iso = (s) => new Date(s * 1000).toISOString().replace('.000Z', 'Z')
const set = (amount) => ({ shop_money: { amount, currency_code: 'EUR' } })

export class FakeShopify extends FakeShop {
  constructor(options) {
    super({ secret: 'cliente', retries: [100, 200, 400, 800, 1600, 3200], ...options })
    this.token = 'shpat_ficha'
    this.domain = 'tienda-demo.myshopify.com'
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

  save(id, { total = '10.00', paid = true, email = `cliente${id}@example.es` } = {}) {
    const before = this.orders.get(id)
    const changed_s = this.tick()
    const made_s = before?.made_s ?? changed_s
    this.orders.set(id, { id, total, paid, email, made_s, changed_s })
    this.tell(before ? 'orders/updated' : 'orders/create', this.resource(this.orders.get(id)))
  }

  /** As webhooks and REST have it. */
  resource({ id, total, paid, email, made_s, changed_s }) {
    return {
      id,
      name: `#${id}`,
      created_at: iso(made_s),
      processed_at: iso(made_s),
      updated_at: iso(changed_s),
      cancelled_at: null,
      closed_at: null,
      currency: 'EUR',
      financial_status: paid ? 'paid' : 'pending',
      fulfillment_status: null,
      email,
      phone: null,
      test: false,
      total_price: total,
      total_price_set: set(total),
      customer: null,
      line_items: [{ id: id * 10, title: 'Taza', name: 'Taza', quantity: 1, price: total, price_set: set(total), properties: [] }],
      fulfillments: [],
      refunds: [],
    }
  }

  /** As GraphQL has it, under the names that the query asks for. */
  node(order) {
    const o = this.resource(order)
    return {
      ...o,
      id: `gid://shopify/Order/${o.id}`,
      financial_status: o.financial_status.toUpperCase(),
      fulfillment_status: 'UNFULFILLED',
      tags: [],
      line_items: { pageInfo: { hasNextPage: false }, nodes: o.line_items.map((l) => ({ ...l, id: `gid://shopify/LineItem/${l.id}` })) },
      returns: { nodes: [] },
    }
  }

  /** Points come back, a hundred a second. */
  pay(cost) {
    const now = Date.now()
    this.points = Math.min(POINTS, this.points + (now - this.points_ms) / 10)
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
    const bucket = () => ({ cost: { requestedQueryCost: cost, throttleStatus: { maximumAvailable: POINTS, currentlyAvailable: Math.floor(this.points), restoreRate: 100 } } })
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
      'x-shopify-webhook-id': randomUUID(),
    }
  }
}
