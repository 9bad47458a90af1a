// The commerce corpus: what each of its bodies must become. expected.jsonl has
// names of its own for some members; what they are in the neutral order
// (schema/ORDERS.md) is said here. A member that is named must match, null
// means that it is absent.
import { createHmac } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { differs } from '../whatsapp/differs.mjs'

const shared = process.env.POSTIGO_SHARED ?? join(process.env.POSTIGO_SRCDIR, '../shared')
export const corpus = join(shared, 'corpus/commerce')
/** What node:test's option says where the corpus is not there. */
export const skip = existsSync(join(corpus, 'expected.jsonl')) ? false : 'the corpus is not there'

/** Whose bodies they are: the kind of connection, what signs, which header has the topic, how many are judged. */
export const PLATFORMS = {
  woocommerce: {
    kind: 'woocommerce',
    secret: 'postigo-corpus-woo-secret',
    signature: 'X-WC-Webhook-Signature',
    topic: 'X-WC-Webhook-Topic',
    count: 17,
  },
  shopify: {
    kind: 'shopify',
    secret: 'postigo-corpus-shopify-secret',
    signature: 'X-Shopify-Hmac-Sha256',
    topic: 'X-Shopify-Topic',
    count: 13,
  },
  prestashop: { kind: 'prestashop', count: 10 },
  magento2: { kind: 'magento', count: 3 },
  aftership: { kind: 'aftership', secret: 'postigo-corpus-aftership-secret', signature: 'aftership-hmac-sha256', count: 4 },
}

export const bytes = (file) => readFileSync(join(corpus, file))
const all = skip ? [] : bytes('expected.jsonl').toString('utf8').trim().split('\n').map((line) => JSON.parse(line))
/** Lines of a platform that are about one body. */
export const lines = (platform) => all.filter((line) => line.file && line.platform === platform)
export const line = (file) => all.find((one) => one.file === file)
/** Lines about the end of several bodies. */
export const sequences = all.filter((one) => one.sequence)

/** Is it the shop's, or an answer of it? What is not is refused before anybody reads it. */
export function isTheirs({ file, headers = {}, request, platform }) {
  const { secret, signature } = PLATFORMS[platform]
  if (request || headers['Content-Type'] === 'application/x-www-form-urlencoded') return true // an answer; the ping
  return headers[signature] === createHmac('sha256', secret).update(bytes(file)).digest('base64')
}

/** The members of o under other names; those that are named null are left out. */
const renamed = (o, names) =>
  Object.fromEntries(
    Object.entries(o)
      .filter(([name]) => names[name] !== null)
      .map(([name, v]) => [names[name] ?? name, v]),
  )
const pieces = (items, line) => items?.map((x) => renamed(x, { [line]: 'line' }))
/** A clock in Madrid in June, in UTC. */
const utc = (local) => new Date(`${local.replace(' ', 'T')}+02:00`).toISOString().replace('.000', '')

/** What the corpus says of an order, in the words of the neutral order. */
function order({ placed_at_local, updated_at_local, currency_external_id, customer, ...e }) {
  const want = renamed(e, { items: 'lines', items_count: null })
  if (placed_at_local) Object.assign(want, { placed_at: utc(placed_at_local), updated_at: utc(updated_at_local) })
  if (currency_external_id) want.currency = null // a number, until it is joined
  if (customer) want.customer = renamed(customer, { phone: 'phone_raw' })
  return want
}

/** A shipment of the corpus may be several parcels. */
const parcels = ({ tracking_numbers, tracking_number, ...e }) =>
  (tracking_numbers ?? [tracking_number]).map((number) => ({
    ...renamed(e, { external_id: null, order_external_id: 'order', carrier_external_id: null }),
    tracking_number: number,
  }))

const refund = ({ order_external_id: order, items, ...e }) => ({ order, refund: { ...e, ...(items && { lines: pieces(items, 'line_item_id') }) } })
const of = (facts, kind) => facts.filter((fact) => fact.kind === kind)

/** One way to judge for each member that expect may have: what is wrong, or undefined. */
const JUDGES = {
  order(want, facts) {
    const have = facts.find((f) => f.kind === 'order')?.order
    if (want.items_count !== undefined && have?.lines.length !== want.items_count) return `${have?.lines.length} lines, wanted ${want.items_count}`
    return differs(have && { customer: {}, ...have }, order(want), 'order')
  },
  orders: (want, facts) => differs(of(facts, 'order').length, want, 'orders'),
  external_ids: (want, facts) => differs(of(facts, 'order').map((f) => f.order.external_id).sort(), want, 'external ids'),
  customer: (want, facts) => differs(facts.find((f) => f.kind === 'customer')?.customer, want, 'customer'),
  shipment(want, facts) {
    const all = renamed(want, { order_external_id: 'order', items: 'lines', name: null }) // it is nobody's number
    if (want.items) all.lines = pieces(want.items, 'external_id')
    return differs(facts.find((f) => f.kind === 'shipment')?.shipment ?? {}, all, 'shipment')
  },
  shipments: (want, facts) => differs(of(facts, 'shipment').map((f) => f.shipment), want.flatMap(parcels), 'shipments'),
  tracking(want, facts) {
    const [fact] = of(facts, 'shipment')
    const { at, event_id, substatus_raw, ...rest } = want
    const all = { ...rest, ...(at && { status_at: at }), ...(substatus_raw && { status_raw: substatus_raw }) }
    return differs(fact, { shipment: all, ...(event_id && { event_id }) }, 'fact')
  },
  refund: (want, facts) => differs(of(facts, 'refund')[0] ?? {}, refund(want), 'refund'),
  refunds: (want, facts) => differs(of(facts, 'refund'), want.map(refund), 'refunds'),
  deleted: (want, facts) => differs(facts, [{ kind: 'delete', order: want.external_id }], 'facts'),
  privacy(want, facts) {
    const topic = { customer_redact: 'customers/redact', shop_redact: 'shop/redact' }[want.kind]
    const { customer_external_id: id, shop_domain, email, phone, orders } = want
    const body = { ...(shop_domain && { shop_domain }), ...(id && { customer: { email, phone }, orders_to_redact: orders }) }
    return differs(facts, [{ kind: 'privacy', topic, ...(id && { id }), body }], 'facts')
  },
  connection: (want, facts) => differs(facts, [{ kind: 'uninstalled' }], 'facts'),
  connection_warning: (want, facts) => differs(facts, [{ kind: 'nothing', code: 'rest_error' }], 'facts'),
}

/** What is wrong with an error that was said, or with that none was. */
function judgeError({ refused, error: want = {} }, { error, retry }) {
  if (error === undefined) return 'it was read'
  if (refused && !/DOCTYPE/.test(error)) return error
  if (want.code && !new RegExp(`error ${want.code}\\b`).test(error)) return error
  return want.retry !== undefined && retry !== want.retry ? `retry is ${retry}` : undefined
}

/** What is wrong with what was said of a line's body, {facts} or {error, retry}; undefined: nothing. */
export function judge({ expect }, said) {
  if (expect.error || expect.refused) return judgeError(expect, said)
  if (Object.keys(expect).length === 0) return differs((said.facts ?? []).filter((f) => f.kind !== 'nothing'), [], 'facts')
  if (!said.facts) return said.error
  return Object.entries(expect)
    .map(([name, want]) => JUDGES[name](want, said.facts))
    .find((x) => x)
}
