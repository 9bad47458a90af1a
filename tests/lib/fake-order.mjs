// An order as a fake shop has it: what was bought, what went back, what was
// sent, in whole cents. The shops' forms of it, and what the desk should have,
// are made of this by two ways that share nothing else.

const CENTS = 100

/** Cents as decimal text. */
export const money = (cents) => `${Math.floor(cents / CENTS)}.${String(cents % CENTS).padStart(2, '0')}`

/** An instant as the desk says it. */
export const instant = (s) => new Date(s * 1000).toISOString()

export function newOrder(id, made_s) {
  return {
    id,
    made_s,
    changed_s: made_s,
    state: 'open', // completed, cancelled
    paid: false,
    deleted: false,
    email: `cliente${id}@example.es`,
    note: '',
    lines: [{ id: id * 10, name: 'Taza – azul', sku: `T-${id}`, quantity: 1, cents: 1000 }],
    parcels: [], // {id, number, company, status, at_s}
    refunds: [], // {id, cents, reason, at_s}
  }
}

export const total = (order) => order.lines.reduce((sum, l) => sum + l.quantity * l.cents, 0)
export const refunded = (order) => order.refunds.reduce((sum, r) => sum + r.cents, 0)

/** pending, paid, partially_refunded or refunded; voided: cancelled, unpaid. */
export function payment(order) {
  if (!order.paid) return order.state === 'cancelled' ? 'voided' : 'pending'
  if (refunded(order) === 0) return 'paid'
  return refunded(order) >= total(order) ? 'refunded' : 'partially_refunded'
}

/** What the desk should say of it, without what only one kind of shop has. */
export function expected(order) {
  return {
    external_id: String(order.id),
    state: order.state,
    payment_state: payment(order),
    fulfilment_state: order.state === 'completed' ? 'fulfilled' : order.parcels.length > 0 ? 'partial' : 'unfulfilled',
    currency: 'EUR',
    total: money(total(order)),
    refunded_total: refunded(order) > 0 ? money(refunded(order)) : null,
    placed_at: instant(order.made_s),
    updated_at: instant(order.changed_s),
    deleted: order.deleted,
    note: order.note,
    email: order.email,
    lines: order.lines.map((l) => `${l.id} ${l.sku} ${l.name}: ${l.quantity} x ${money(l.cents)} = ${money(l.quantity * l.cents)}`),
    refunds: order.refunds.map((r) => `${r.id}: ${money(r.cents)} ${r.reason}`),
    parcels: order.parcels.map((p) => `${p.id} ${p.company} ${p.number}: ${p.status}`).sort(),
  }
}

/** The same of order.get's answer. */
export function found({ order, lines, refunds, shipments, note, buyer }) {
  return {
    external_id: order.external_id,
    number: order.number,
    raw_status: order.raw_status,
    state: order.state,
    payment_state: order.payment_state,
    fulfilment_state: order.fulfilment_state,
    currency: order.currency,
    total: order.total,
    refunded_total: order.refunded_total === undefined || order.refunded_total === '0.00' ? null : order.refunded_total,
    placed_at: order.placed_at,
    updated_at: order.updated_at,
    deleted: order.deleted,
    note,
    email: buyer.email,
    lines: lines.map((l) => `${l.external_id} ${l.sku} ${l.name}: ${l.quantity} x ${l.unit_price} = ${l.total}`),
    refunds: refunds.map((r) => `${r.external_id}: ${r.amount} ${r.reason}`),
    parcels: shipments.map((p) => `${p.external_id} ${p.carrier} ${p.tracking_number}: ${p.status}`).sort(),
  }
}

const between = (random, lo, hi) => lo + Math.floor(random() * (hi - lo))

/** What may happen to an order; each says false if it cannot happen now. */
const HAPPENINGS = [
  (o) => !o.paid && o.state === 'open' && (o.paid = true),
  (o, random) => (o.note = `nota ${between(random, 0, 1e6)}`),
  (o, random) => {
    if (o.paid || o.lines.length > 4) return false
    o.lines.push({ id: o.id * 10 + o.lines.length, name: 'Plato & fuente', sku: `P-${o.lines.length}`, quantity: between(random, 1, 4), cents: between(random, 1, 50_000) })
    return true
  },
  (o, random, s) => {
    if (!o.paid || o.state === 'cancelled' || o.parcels.length > 1) return false
    const n = o.parcels.length + 1
    o.parcels.push({ id: `${o.id}0${n}`, number: `ES${o.id}${n}`, company: 'Correos', status: 'shipped', at_s: s })
    return true
  },
  (o, random, s) => {
    const left = total(o) - refunded(o)
    if (!o.paid || left <= 0 || o.refunds.length > 3) return false
    const cents = random() < 0.3 ? left : between(random, 1, left + 1)
    o.refunds.push({ id: Number(`${o.id}${o.refunds.length + 1}`), cents, reason: `motivo ${o.refunds.length}`, at_s: s })
    return true
  },
  (o) => o.paid && o.state === 'open' && (o.state = 'completed'),
  (o, random) => o.state === 'open' && o.parcels.length === 0 && random() < 0.3 && (o.state = 'cancelled'),
]

/** Something happens to it. */
export function happen(order, random, s) {
  for (;;) if (HAPPENINGS[between(random, 0, HAPPENINGS.length)](order, random, s)) return
}
