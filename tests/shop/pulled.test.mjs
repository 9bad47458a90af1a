// Answers of the corpus, served by a small fake of each shop to a gateway that
// asks: what is then stored must be what expected.jsonl says, also when it was
// asked twice. What an order is joined with and the corpus has not is made
// here. Where the corpus is not there, this suite says so.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename } from 'node:path'
import { after, before, test } from 'node:test'
import { filesIn } from '../lib/files.mjs'
import { until } from '../lib/wait.mjs'
import { PLATFORMS, bytes, judge, line, lines, skip } from './corpus.mjs'
import { Stand } from './stand.mjs'

const json = (file) => JSON.parse(bytes(file))
const PRESTA = { zone: 'Europe/Madrid', country: 'ES' }
/** Of PrestaShop: what the corpus has not. */
const JOINS = {
  order_states: { order_states: [{ id: 2, paid: '1', shipped: '0', unremovable: '1', template: 'payment' }, { id: 4, paid: '1', shipped: '1', unremovable: '1', template: 'shipped' }] },
  currencies: { currencies: [{ id: 1, iso_code: 'EUR' }] },
  countries: { countries: [{ id: 6, iso_code: 'ES' }] },
  addresses: { addresses: [{ id: 12, id_country: '6', firstname: 'Pau', lastname: 'Serra i Puig', phone: '', phone_mobile: '600 44 55 66' }] },
  carriers: { carriers: [{ id: 3, name: 'MRW', url: 'https://mrw.example/?n=@' }] },
  order_details: [],
  order_payments: [],
  order_histories: [],
}
const presta = (orders, joins = JOINS) => (path) => {
  const resource = path.replace('/api/', '')
  const theirs = { orders, customers: 'prestashop_customer.json', order_carriers: 'prestashop_order_carriers.json', order_slip: 'prestashop_order_slip.json' }
  return theirs[resource] ? bytes(theirs[resource]) : JSON.stringify(joins[resource] ?? { errors: [{ code: 14, message: 'no' }] })
}
const magento = (path) =>
  ({ '/rest/V1/orders': bytes('magento_orders.json'), '/rest/V1/shipments': bytes('magento_shipments.json'), '/rest/V1/creditmemos': bytes('magento_creditmemos.json') })[path]
const shopify = (orders) => () =>
  JSON.stringify({ data: { orders: { pageInfo: { hasNextPage: false, endCursor: 'x' }, nodes: orders } } })
const woo = (orders) => (path, url) => {
  if (path === '/wp-json/wc/v3/orders/1042/refunds') return JSON.stringify(REFUNDS)
  if (path !== '/wp-json/wc/v3/orders') return undefined
  return url.searchParams.get('status') === 'trash' ? '[]' : orders
}

/** Of WooCommerce: for which lines money went back. */
const REFUNDS = [
  {
    id: 1100,
    date_created_gmt: '2026-06-09T16:00:00',
    amount: '59.95',
    line_items: [{ id: 7, quantity: -1, total: '-59.95', meta_data: [{ id: 8, key: '_refunded_item_id', value: '1' }] }],
  },
]

/** Each shop: its kind, what answers, and which lines are judged by what is then stored. */
const SHOPS = skip
  ? {}
  : {
      'presta-json': { kind: 'prestashop', answer: presta('prestashop_order.json'), judged: ['prestashop_order.json', 'prestashop_customer.json', 'prestashop_order_carriers.json', 'prestashop_order_slip.json'] },
      'presta-xml': { kind: 'prestashop', answer: presta('prestashop_order.xml'), judged: ['prestashop_order.xml'] },
      'presta-states': { kind: 'prestashop', answer: presta('prestashop_order.json', { ...JOINS, order_states: [] }), judged: [] },
      'presta-key': { kind: 'prestashop', answer: presta('prestashop_order.json', { ...JOINS, currencies: undefined }), judged: [] },
      'presta-list': { kind: 'prestashop', answer: presta('prestashop_orders_list.json'), judged: ['prestashop_orders_list.json'] },
      'presta-empty': { kind: 'prestashop', answer: presta('prestashop_orders_empty.json'), judged: ['prestashop_orders_empty.json'] },
      'presta-xxe': { kind: 'prestashop', answer: presta('bad_prestashop_xxe.xml'), judged: ['bad_prestashop_xxe.xml'] },
      'presta-bomb': { kind: 'prestashop', answer: presta('bad_prestashop_bomb.xml'), judged: ['bad_prestashop_bomb.xml'] },
      'presta-error': { kind: 'prestashop', answer: presta('bad_prestashop_error.xml'), judged: ['bad_prestashop_error.xml'] },
      magento: { kind: 'magento', answer: magento, judged: ['magento_orders.json', 'magento_shipments.json', 'magento_creditmemos.json'] },
      'woo-html': { kind: 'woocommerce', answer: woo(bytes('bad_woo_html_instead_of_json.html')), judged: ['bad_woo_html_instead_of_json.html'] },
      // what webhooks of the corpus say, asked for
      'woo-orders': { kind: 'woocommerce', answer: woo(`[${bytes('woo_order_updated_completed.json')}]`), judged: ['woo_order_updated_completed.json'] },
      'woo-refunds': { kind: 'woocommerce', answer: woo(`[${bytes('woo_order_updated_partial_refund.json')}]`), judged: ['woo_order_updated_partial_refund.json'] },
      'shopify-orders': { kind: 'shopify', answer: shopify([json('shopify_orders_updated_fulfilled.json')]), judged: ['shopify_orders_updated_fulfilled.json'] },
      'shopify-refund': {
        kind: 'shopify',
        answer: shopify([{ ...json('shopify_orders_create_fixture.json'), updated_at: '2016-06-20T17:35:06Z', refunds: [json('shopify_refunds_create_fixture.json')] }]),
        judged: ['shopify_refunds_create_fixture.json'],
      },
    }
const SETTINGS = {
  prestashop: [PRESTA, { key: 'K' }],
  magento: [{ country: 'ES' }, { token: 'T' }],
  woocommerce: [{ zone: 'Europe/Madrid', country: 'ES' }, { consumer_key: 'ck', consumer_secret: 'cs', webhook_secret: PLATFORMS.woocommerce.secret }],
  shopify: [{ shop_domain: 'tienda-demo.myshopify.com', country: 'ES' }, { access_token: 'T', client_secret: PLATFORMS.shopify.secret }],
}
const asked = new Map() // how often a shop was asked for orders
const paths = new Map() // of webhooks
let stand
let server

const address = (name) => `http://127.0.0.1:${server.address().port}/${name}`

function serve(req, res) {
  const url = new URL(req.url, 'http://x')
  const [, name, ...rest] = url.pathname.split('/')
  const path = `/${rest.join('/')}`
  if (/orders$|graphql/.test(path) && url.searchParams.get('status') !== 'trash') asked.set(name, (asked.get(name) ?? 0) + 1)
  req.resume()
  const body = SHOPS[name].answer(path, url)
  res.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
  res.end(body ?? '{"message":"no such resource"}')
}

/** Until each shop has been asked for its orders so often, and what came was stored. */
const runs = (n) => until(() => Object.keys(SHOPS).every((name) => (asked.get(name) ?? 0) >= n), `${n} runs of each shop`)

before(async () => {
  if (skip) return
  server = createServer(serve)
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  stand = await Stand.start()
  for (const [name, { kind }] of Object.entries(SHOPS)) {
    const [settings, secrets] = SETTINGS[kind]
    paths.set(name, await stand.shop(name, kind, { ...settings, url: address(name) }, secrets))
  }
  await stand.open({ every: 1 })
})

after(async () => {
  await stand?.end()
  server?.close()
})

/** How a shop's connection is, once it was read. */
const health = async (name) => (await stand.control.call('connection.list', {})).connections.find((c) => c.name === name)

/** What is stored of a shop, in the form of what a reader says of one answer. */
async function stored(name, { expect }) {
  const { told, refunds, customers, parcels } = await stand.facts(name)
  if (expect.refund || expect.refunds) return { facts: refunds }
  if (expect.customer) return { facts: customers }
  if (expect.shipments) return { facts: parcels }
  return { facts: told }
}

/** The same line, of an order that is joined with what it names. */
function joined(one) {
  const { order } = one.expect
  if (!order) return one
  const { currency_external_id, shipments, ...rest } = order
  return { ...one, expect: { order: { ...rest, ...(shipments?.length && { shipments }), ...(currency_external_id && { currency: 'EUR' }) } } }
}

const isBad = ({ expect }) => expect.refused || expect.error

test('what shops answer is stored as the corpus says, also when it is asked for twice', { skip }, async () => {
  for (const times of [2, 3]) {
    await runs(times)
    stand.look()
    const wrong = []
    for (const [name, { judged }] of Object.entries(SHOPS))
      for (const one of judged.map(line).filter((one) => !isBad(one))) {
        const how = judge(joined(one), await stored(name, one))
        if (how) wrong.push(`${name}: ${one.file}, ${times}: ${how}`)
      }
    assert.deepEqual(wrong, [])
  }
})

test('every answer of the corpus is served', { skip }, () => {
  const served = Object.values(SHOPS).flatMap(({ judged }) => judged)
  for (const platform of Object.keys(PLATFORMS)) for (const { file, request } of lines(platform)) if (request) assert.ok(served.includes(file), file)
})

test('for which lines money went back is asked for, and a webhook that does not say it takes it not away', { skip }, async () => {
  const said = async () => {
    const [order] = await stand.orders('woo-refunds')
    return [order.refunds.map(({ at, lines }) => ({ at, lines })), order.lines.map((one) => one.refunded_quantity)]
  }
  const want = [[{ at: '2026-06-09T16:00:00Z', lines: [{ line: '1', quantity: 1 }] }], [1, 0]]
  assert.deepEqual(await said(), want)
  const { file, headers } = line('woo_order_updated_partial_refund.json')
  const { status } = await stand.gateway.deliver(paths.get('woo-refunds'), bytes(file), { secret: null, headers: { ...headers, 'X-WC-Webhook-Source': address('woo-refunds') } })
  assert.equal(status, 200)
  await stand.settled()
  assert.deepEqual(await said(), want)
})

test('what may not be read stores nothing, and its connection says why', { skip }, async () => {
  const why = { 'presta-xxe': /DOCTYPE/, 'presta-bomb': /DOCTYPE/, 'presta-error': /error 26/, 'woo-html': /page/ }
  stand.look()
  for (const [name, words] of Object.entries(why)) {
    const told = await until(async () => {
      const c = await health(name)
      return c.state === 'failing' && c
    }, `${name} to fail`)
    assert.match(told.state_detail, words, name)
    assert.deepEqual(await stand.orders(name), [], name)
  }
  for (const name of ['presta-json', 'presta-empty', 'magento', 'woo-orders', 'shopify-orders']) await until(async () => (await health(name)).state === 'ok', `${name} to be well`)
})

test('a state that nobody knows is kept as it is', { skip }, async () => {
  const [unknown] = await stand.orders('presta-states')
  assert.deepEqual([unknown.raw_status, unknown.state, unknown.payment_state, unknown.total], ['2', 'unknown', 'unknown', '61.80'])
  const [known] = await stand.orders('presta-json')
  assert.deepEqual([known.raw_status, known.state, known.payment_state], ['2', 'open', 'partially_refunded'])
})

test('amounts of a currency that the key may not read are not known, and all else is', { skip }, async () => {
  const [order] = await stand.orders('presta-key')
  assert.deepEqual([order.number, order.state, order.lines[0].name, order.lines[0].quantity], ['XKBKNABJK', 'open', 'Taza (Color : Rojo)', 2])
  for (const name of ['currency', 'total', 'refunded_total']) assert.equal(order[name], undefined, name)
  assert.deepEqual([order.lines[0].unit_price, order.payments[0].amount, order.refunds], [undefined, undefined, []])
})

test('no password, key or card is anywhere in the store', { skip }, async () => {
  await stand.stop()
  const files = filesIn(stand.daemon.dir)
  assert.ok(files.some((path) => basename(path) === 'postigo.db'))
  const secret = /notarealhash|secure_key|passwd|stripe_tok|cc_last4/
  for (const path of files) assert.equal(secret.exec(readFileSync(path).toString('latin1'))?.[0], undefined, path)
})
