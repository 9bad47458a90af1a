// A daemon and a gateway with many shops, each of which stands for a store of
// its own; and what the desk then has of a shop, as facts in the readers' form.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { startDaemon } from '../lib/bus.mjs'
import { startShop } from '../lib/shop.mjs'
import { until } from '../lib/wait.mjs'

/** Without what is not known, and instants without the thousandths that no shop has. */
function known(v) {
  if (Array.isArray(v)) return v.map(known)
  if (typeof v === 'string') return v.replace(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.000Z$/, '$1Z')
  if (v === null || typeof v !== 'object') return v
  return Object.fromEntries(
    Object.entries(v)
      .filter(([, one]) => one !== null && one !== '')
      .map(([name, one]) => [name, known(one)]),
  )
}

const iso = (ms) => (ms ? known(new Date(ms).toISOString()) : undefined)

export class Stand {
  static async start() {
    const stand = new Stand()
    stand.daemon = await startDaemon()
    stand.control = await stand.daemon.connect('control')
    return stand
  }

  /** Add a shop before the gateway begins; its webhooks' path. */
  async shop(name, kind, settings, secrets) {
    const path = createHash('sha256').update(name).digest('hex').slice(0, 32)
    await this.control.call('connection.add', { name, kind, settings: { ...settings, ...(kind === 'prestashop' || kind === 'magento' ? {} : { path }) }, secrets })
    return path
  }

  async open(options = {}) {
    this.gateway = await startShop({ socket: this.daemon.socket('shop'), dir: this.daemon.dir, ...options })
  }

  hooks = async (connection, state) => (await this.control.call('hook.list', { limit: 100, connection, ...(state && { state }) })).hooks

  /** Until nothing waits; and look. */
  async settled() {
    await until(async () => {
      for (const state of ['waiting', 'taken']) if ((await this.control.call('hook.list', { limit: 1, state })).hooks.length > 0) return false
      return true
    }, 'webhooks to be applied')
    this.look()
  }

  notices = async (connection) => (await this.control.call('account.list', { connection, limit: 100 })).events

  sql(text) {
    const out = execFileSync('sqlite3', ['-readonly', '-json', join(this.daemon.dir, 'postigo.db'), text], { encoding: 'utf8', maxBuffer: 1 << 26 })
    return out.trim() === '' ? [] : JSON.parse(out)
  }

  /** Read the store once, for all that is asked of it until the next look. */
  look() {
    this.rows = {
      orders: this.sql(
        "SELECT o.id, c.name AS shop, (SELECT json_group_array(json_object('product_id', l.product_id, 'variant_id', l.variant_id)) FROM (SELECT * FROM order_line WHERE order_id = o.id ORDER BY number) l) AS ids FROM shop_order o JOIN connection c ON c.id = o.connection_id ORDER BY o.external_id",
      ),
      parcels: this.sql(
        "SELECT s.*, coalesce(o.external_id, s.order_ref) AS ref, coalesce(c.name, '') AS shop FROM shipment s LEFT JOIN shop_order o ON o.id = s.order_id LEFT JOIN connection c ON c.id = coalesce(o.connection_id, s.order_connection_id) WHERE s.tracked IS NOT NULL ORDER BY s.id",
      ),
      // the address that was told, not the carrier's that stands for it
      urls: new Map(this.sql("SELECT id, coalesce(listed ->> '$.tracking_url', tracked ->> '$.tracking_url') AS url FROM shipment").map(({ id, url }) => [id, url])),
    }
  }

  /** A shop's orders as a whole, by external id; with products' ids, which no screen shows. */
  orders(connection) {
    const rows = this.rows.orders.filter(({ shop }) => shop === connection)
    return Promise.all(
      rows.map(async ({ id, ids }) => {
        const { order: detail } = await this.control.call('order.get', { id })
        const { order, buyer, lines, shipments, ...more } = detail
        const products = JSON.parse(ids)
        const told = shipments.map((one) => ({ ...one, tracking_url: this.rows.urls.get(one.id) ?? null }))
        return known({ ...order, ...more, customer: buyer, lines: lines.map((line, i) => ({ ...line, ...products[i] })), shipments: told })
      }),
    )
  }

  /** Parcels that somebody told of by themselves, and whose order is a shop's; "": is not known. */
  parcels(connection, listed = true) {
    const rows = this.rows.parcels.filter((row) => row.shop === connection && (listed || row.listed === null))
    return rows.map((row) =>
      known({
        external_id: row.external_id,
        order: row.ref,
        order_number: row.ref === '' ? '' : `#${row.ref}`,
        carrier: row.carrier,
        tracking_number: row.tracking_number,
        tracking_url: this.rows.urls.get(row.id) ?? null,
        lines: JSON.parse(row.lines),
        status: row.status,
        status_raw: row.status_raw,
        status_at: iso(row.status_ms),
        updated_at: iso(JSON.parse(row.tracked).updated_ms),
      }),
    )
  }

  /** What the desk has of a shop, as the facts it was told. */
  async facts(connection) {
    const orders = await this.orders(connection)
    const told = orders.map((order) => (order.placed_at.startsWith('1970') ? { kind: 'delete', order: order.external_id } : { kind: 'order', order }))
    const refunds = orders.flatMap((o) => o.refunds.map((r) => ({ kind: 'refund', order: o.external_id, refund: { ...r, currency: o.currency } })))
    const customers = orders.map((o) => ({ kind: 'customer', customer: o.customer }))
    const listed = orders.flatMap((o) => o.shipments.map((s) => ({ kind: 'shipment', shipment: { ...s, order: o.external_id } })))
    const waiting = this.parcels(connection, false).map((shipment) => ({ kind: 'shipment', shipment }))
    return { told, refunds, customers, parcels: [...listed, ...waiting] }
  }

  /** In order: a gateway that ends otherwise is an error. */
  async stop() {
    const ended = await this.gateway?.stop()
    await this.daemon.stop()
    if (ended && ended.code !== 0) throw new Error(`postigo-shop ended with ${ended.code ?? ended.signal}:\n${this.gateway.log().slice(-4000)}`)
  }

  async end() {
    await this.stop()
    this.daemon.remove()
  }
}
