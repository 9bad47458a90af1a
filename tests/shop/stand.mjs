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

  /** Until nothing waits. */
  settled() {
    return until(async () => {
      for (const state of ['waiting', 'taken']) if ((await this.control.call('hook.list', { limit: 1, state })).hooks.length > 0) return false
      return true
    }, 'webhooks to be applied')
  }

  notices = async (connection) => (await this.control.call('account.list', { connection, limit: 100 })).events

  sql(text) {
    const out = execFileSync('sqlite3', ['-readonly', '-json', join(this.daemon.dir, 'postigo.db'), text], { encoding: 'utf8', maxBuffer: 1 << 26 })
    return out.trim() === '' ? [] : JSON.parse(out)
  }

  /** A shop's orders as a whole, by external id. */
  async orders(connection) {
    const rows = this.sql(`SELECT o.id FROM shop_order o JOIN connection c ON c.id = o.connection_id WHERE c.name = '${connection}' ORDER BY o.external_id`)
    const all = []
    for (const { id } of rows) all.push(this.whole(id, (await this.control.call('order.get', { id })).order))
    return all
  }

  /** With what no screen shows: products' ids; and of parcels the address that was told, not the carrier's that stands for it. */
  whole(id, { order, buyer, lines, shipments, ...more }) {
    const ids = this.sql(`SELECT product_id, variant_id FROM order_line WHERE order_id = ${id} ORDER BY number`)
    const urls = this.sql(`SELECT id, coalesce(listed ->> '$.tracking_url', tracked ->> '$.tracking_url') AS url FROM shipment WHERE order_id = ${id}`)
    const told = shipments.map((s) => ({ ...s, tracking_url: urls.find((row) => row.id === s.id).url }))
    return known({ ...order, ...more, customer: buyer, lines: lines.map((line, i) => ({ ...line, ...ids[i] })), shipments: told })
  }

  /** Parcels that somebody told of by themselves, of which a shop's order, or no order, is known. */
  parcels(where) {
    return this.sql(
      `SELECT s.*, coalesce(o.external_id, s.order_ref) AS ref FROM shipment s LEFT JOIN shop_order o ON o.id = s.order_id LEFT JOIN connection c ON c.id = coalesce(o.connection_id, s.order_connection_id) WHERE s.tracked IS NOT NULL AND ${where} ORDER BY s.id`,
    ).map((row) => {
      const { updated_ms, tracking_url } = JSON.parse(row.tracked)
      return known({
        external_id: row.external_id,
        order: row.ref,
        order_number: row.ref === '' ? '' : `#${row.ref}`,
        carrier: row.carrier,
        tracking_number: row.tracking_number,
        tracking_url,
        lines: JSON.parse(row.lines),
        status: row.status,
        status_raw: row.status_raw,
        status_at: iso(row.status_ms),
        updated_at: iso(updated_ms),
      })
    })
  }

  /** What the desk has of a shop, as the facts it was told. */
  async facts(connection) {
    const orders = await this.orders(connection)
    const told = orders.map((order) => (order.placed_at.startsWith('1970') ? { kind: 'delete', order: order.external_id } : { kind: 'order', order }))
    const refunds = orders.flatMap((o) => o.refunds.map((r) => ({ kind: 'refund', order: o.external_id, refund: { ...r, currency: o.currency } })))
    const customers = orders.map((o) => ({ kind: 'customer', customer: o.customer }))
    const listed = orders.flatMap((o) => o.shipments.map((s) => ({ kind: 'shipment', shipment: { ...s, order: o.external_id } })))
    const waiting = this.parcels(`c.name = '${connection}' AND s.listed IS NULL`).map((shipment) => ({ kind: 'shipment', shipment }))
    return { told, refunds, customers, parcels: [...listed, ...waiting] }
  }

  async stop() {
    await this.gateway?.stop()
    await this.daemon.stop()
  }

  async end() {
    await this.stop()
    this.daemon.remove()
  }
}
