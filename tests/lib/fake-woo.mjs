// A WooCommerce on loopback: REST v3 of orders with pages and Basic auth, and
// webhooks that are never tried again and switched off after some failures.
import { expected, money, payment, refunded, total } from './fake-order.mjs'
import { FakeShop } from './fake-shop.mjs'

const FAILURES_MAX = 5
const STATUS = { completed: 'completed', cancelled: 'cancelled' }
const iso = (s) => new Date(s * 1000).toISOString().slice(0, 19)
const entities = (s) => s.replaceAll('&', '&amp;').replaceAll('–', '&ndash;')

/** Its one word for everything. */
function status(order) {
  if (order.deleted) return 'trash'
  return STATUS[order.state] ?? (order.paid ? 'processing' : 'pending')
}

export class FakeWoo extends FakeShop {
  constructor(options) {
    super({ secret: 'gancho', ...options })
    this.key = 'ck_clave'
    this.password = 'cs_secreto'
    this.per_page_max = 100
  }

  get settings() {
    return { url: this.base, zone: 'Europe/Madrid', country: 'ES' }
  }

  get secrets() {
    return { webhook_secret: this.secret, consumer_key: this.key, consumer_secret: this.password }
  }

  topic(before) {
    return before ? 'order.updated' : 'order.created'
  }

  /** Into the bin, where the API still has it. */
  bin(id) {
    const order = this.orders.get(id)
    if (order === undefined || order.deleted) return
    order.deleted = true
    order.changed_s = this.now_s()
    this.tell('order.deleted', { id })
  }

  restore(id) {
    const order = this.orders.get(id)
    if (order === undefined || !order.deleted) return
    order.deleted = false
    order.changed_s = this.now_s()
    this.tell('order.restored', this.resource(order))
  }

  /** In no list any more. It was in the bin before, as WooCommerce has it. */
  remove(id) {
    const order = this.orders.get(id)
    if (!this.orders.delete(id)) return
    this.gone.set(id, this.expected(order).number)
    this.tell('order.deleted', { id })
  }

  resource(order) {
    const sum = total(order)
    return {
      id: order.id,
      number: `W-${order.id}`,
      status: status(order),
      currency: 'EUR',
      total: money(sum),
      date_created_gmt: iso(order.made_s),
      date_modified_gmt: iso(order.changed_s),
      date_paid_gmt: order.paid ? iso(order.made_s) : null,
      date_completed_gmt: order.state === 'completed' ? iso(order.made_s) : null,
      customer_id: 0,
      customer_note: order.note,
      billing: { first_name: 'Ana', last_name: 'Gil', email: order.email, phone: '600 11 22 33', country: 'ES' },
      shipping: [],
      payment_method: 'bacs',
      payment_method_title: 'Transferencia',
      line_items: order.lines.map((l) => ({ id: l.id, name: entities(l.name), product_id: 7, sku: l.sku, quantity: l.quantity, total: money(l.quantity * l.cents), price: l.cents / 100 })),
      refunds: order.refunds.map((r) => ({ id: r.id, reason: r.reason, total: `-${money(r.cents)}` })),
      meta_data:
        order.parcels.length === 0
          ? []
          : [
              {
                id: 1,
                key: '_wc_shipment_tracking_items',
                value: order.parcels.map((p) => ({ tracking_provider: '', custom_tracking_provider: p.company, custom_tracking_link: '', tracking_number: p.number, date_shipped: String(p.at_s), tracking_id: p.id })),
              },
            ],
    }
  }

  /** What the desk should have of it. */
  expected(order) {
    const fields = expected(order)
    // A bin is a cancelled order, and who never paid for it owes nothing.
    if (order.deleted) fields.state = 'cancelled'
    if (order.deleted && payment(order) === 'pending') fields.payment_state = 'voided'
    if (refunded(order) >= total(order) && order.paid) fields.payment_state = 'refunded'
    return { ...fields, number: `W-${order.id}`, raw_status: status(order) }
  }

  answer(req) {
    const url = new URL(req.url, this.base)
    const allowed = `Basic ${Buffer.from(`${this.key}:${this.password}`).toString('base64')}`
    if (req.headers.authorization !== allowed) return { status: 401, body: { code: 'woocommerce_rest_cannot_view', message: 'no', data: { status: 401 } } }
    const [, one] = /^\/wp-json\/wc\/v3\/orders\/(\d+)\/refunds$/.exec(url.pathname) ?? []
    if (one !== undefined) return this.refunds(this.orders.get(Number(one)))
    if (url.pathname !== '/wp-json/wc/v3/orders') return { status: 404, body: { code: 'rest_no_route' } }
    const word = (name) => url.searchParams.get(name)
    if (word('dates_are_gmt') !== 'true' || word('orderby') !== 'modified' || word('order') !== 'asc') return { status: 400, body: { code: 'rest_invalid_param' } }
    const from_s = Date.parse(`${word('modified_after')}Z`) / 1000
    const bin = word('status') === 'trash'
    const all = this.since(from_s + 1).filter((o) => o.deleted === bin)
    const per = Math.min(Number(word('per_page')), this.per_page_max)
    const page = Number(word('page'))
    return {
      body: all.slice((page - 1) * per, page * per).map((o) => this.resource(o)),
      headers: { 'x-wp-total': all.length, 'x-wp-totalpages': Math.ceil(all.length / per) },
    }
  }

  /** Those of an order, which the order itself has without their lines. */
  refunds(order) {
    if (order === undefined) return { status: 404, body: { code: 'woocommerce_rest_invalid_order_id' } }
    return { body: order.refunds.map((r) => ({ id: r.id, date_created_gmt: iso(r.at_s), amount: money(r.cents), reason: r.reason, line_items: [] })) }
  }

  headers(topic, text) {
    const [resource, event] = topic.split('.')
    return {
      'content-type': 'application/json',
      'user-agent': 'WooCommerce/9.8.5 Hookshot (WordPress/6.8)',
      'x-wc-webhook-source': `${this.base}/`,
      'x-wc-webhook-topic': topic,
      'x-wc-webhook-resource': resource,
      'x-wc-webhook-event': event,
      'x-wc-webhook-id': '12',
      // a hash of the webhook and the second: two deliveries may share it
      'x-wc-webhook-delivery-id': String(this.now_s()),
      'x-wc-webhook-signature': this.signature(text),
    }
  }

  switchOn() {
    this.on = true
    this.failures = 0
  }

  failed() {
    if (++this.failures > FAILURES_MAX) this.on = false
  }
}
