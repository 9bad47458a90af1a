// A WooCommerce on loopback: REST v3 of orders with pages and Basic auth, and
// webhooks that are never tried again and switched off after some failures.
import { FakeShop } from './fake-shop.mjs'

const FAILURES_MAX = 5
const iso = (s) => new Date(s * 1000).toISOString().slice(0, 19)

export class FakeWoo extends FakeShop {
  constructor(options) {
    super({ secret: 'gancho', ...options })
    this.key = 'ck_clave'
    this.password = 'cs_secreto'
  }

  get settings() {
    return { url: this.base, zone: 'Europe/Madrid', country: 'ES' }
  }

  get secrets() {
    return { webhook_secret: this.secret, consumer_key: this.key, consumer_secret: this.password }
  }

  /** Make or change an order; its webhook is built when it is sent. */
  save(id, { total = '10.00', status = 'processing', email = `cliente${id}@example.es` } = {}) {
    const before = this.orders.get(id)
    const changed_s = this.tick()
    const made_s = before?.made_s ?? changed_s
    this.orders.set(id, { id, total, status, email, made_s, changed_s })
    this.tell(before ? 'order.updated' : 'order.created', this.resource(this.orders.get(id)))
  }

  remove(id) {
    if (this.orders.delete(id)) this.tell('order.deleted', { id })
  }

  resource({ id, total, status, email, made_s, changed_s }) {
    return {
      id,
      number: String(id),
      status,
      currency: 'EUR',
      total,
      date_created_gmt: iso(made_s),
      date_modified_gmt: iso(changed_s),
      date_paid_gmt: status === 'pending' ? null : iso(made_s),
      customer_id: 0,
      billing: { first_name: 'Ana', last_name: 'Gil', email, phone: '600 11 22 33', country: 'ES' },
      shipping: [],
      payment_method: 'bacs',
      payment_method_title: 'Transferencia',
      line_items: [{ id: id * 10, name: 'Taza &ndash; azul', product_id: 7, quantity: 1, total, price: Number(total) }],
      refunds: [],
      meta_data: [],
    }
  }

  answer(req) {
    const url = new URL(req.url, this.base)
    const allowed = `Basic ${Buffer.from(`${this.key}:${this.password}`).toString('base64')}`
    if (req.headers.authorization !== allowed) return { status: 401, body: { code: 'woocommerce_rest_cannot_view', message: 'no', data: { status: 401 } } }
    if (url.pathname !== '/wp-json/wc/v3/orders') return { status: 404, body: { code: 'rest_no_route' } }
    const word = (name) => url.searchParams.get(name)
    const from_s = Date.parse(`${word('modified_after')}Z`) / 1000
    const bin = word('status') === 'trash'
    const all = this.since(from_s + 1).filter((o) => (o.status === 'trash') === bin)
    const per = Number(word('per_page'))
    const page = Number(word('page'))
    return {
      body: all.slice((page - 1) * per, page * per).map((o) => this.resource(o)),
      headers: { 'x-wp-total': all.length, 'x-wp-totalpages': Math.ceil(all.length / per) },
    }
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
      'x-wc-webhook-delivery-id': String(this.now_s),
      'x-wc-webhook-signature': this.signature(text),
    }
  }

  failed() {
    if (++this.failures > FAILURES_MAX) this.on = false
  }
}
