// Webhooks of shops from outside: who signed, which shop, what is kept, and a
// daemon that is away.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { addShop, sign, startShop } from '../lib/shop.mjs'
import { until } from '../lib/wait.mjs'

const SECRET = 'secretoDePrueba'
const OTHER = 'secretoDeOtraTienda'
const SHOP = 'https://tienda.example'
const DOMAIN = 'tienda-demo.myshopify.com'
let daemon
let control
let gateway
let woo
let shopify
let presta
let generic

const hooks = async (state) => (await control.call('hook.list', { limit: 100, ...(state ? { state } : {}) })).hooks
const settled = () => until(async () => (await hooks('waiting')).length + (await hooks('taken')).length === 0, 'hooks to end')
const body = (o) => JSON.stringify(o)
/** A product: no reader makes an order of it. */
const harmless = (id) => body({ id, message: 'ping' })

before(async () => {
  daemon = await startDaemon()
  control = await daemon.connect('control')
  woo = await addShop(control, { name: 'woo', settings: { url: SHOP }, secrets: { webhook_secret: SECRET } })
  shopify = await addShop(control, { name: 'shopify', kind: 'shopify', settings: { shop_domain: DOMAIN }, secrets: { client_secret: OTHER, client_secret_next: SECRET } })
  presta = await addShop(control, { name: 'presta-tienda', kind: 'prestashop', settings: { url: 'http://127.0.0.1:9' }, secrets: { key: 'K' } })
  generic = await addShop(control, { name: 'propia', kind: 'orders', settings: {}, secrets: { secret: SECRET } })
  gateway = await startShop({ socket: daemon.socket('shop'), dir: daemon.dir })
})

after(async () => {
  await gateway?.stop()
  await daemon.stop()
  daemon.remove()
})

test('what is well signed is kept, with its topic, and answered 200', async () => {
  const text = harmless(1)
  const answer = await gateway.deliver(woo, text, { secret: SECRET, topic: 'product.updated', headers: { 'x-wc-webhook-source': `${SHOP}/` } })
  assert.equal(answer.status, 200)
  assert.equal(answer.text, '')
  await settled()
  const [hook] = await hooks()
  const { body: kept } = await control.call('hook.get', { id: hook.id })
  const octets = Buffer.from(kept, 'base64').toString()
  assert.equal(octets, `postigo-hook: 1\ntopic: product.updated\ntype: application/json\n\n${text}`)
})

test('a deletion is of the shop’s clock, which may be ahead of ours', async () => {
  const soon = (s) => new Date(Date.now() + s * 1000).toISOString()
  const order = { id: 5001, order_number: 5001, name: '#5001', currency: 'EUR', total_price: '10.00', created_at: soon(59), updated_at: soon(60), line_items: [] }
  const told = (topic, text, at) => gateway.deliver(shopify, text, { kind: 'shopify', secret: SECRET, topic, headers: { 'x-shopify-shop-domain': DOMAIN, ...(at ? { 'x-shopify-triggered-at': at } : {}) } })
  const there = async () => (await control.call('order.find', { q: '#5001' })).orders.length
  assert.equal((await told('orders/create', body(order), soon(60))).status, 200)
  await until(there, 'the order')
  assert.equal((await told('orders/delete', body({ id: 5001 }), soon(61))).status, 200)
  await until(async () => !(await there()), 'the order to go')
})

test('nothing is kept of a signature that is wrong, absent, in another form or of another secret', async () => {
  const before = (await hooks()).length
  const text = harmless(2)
  const header = (value) => ({ secret: null, headers: { 'x-wc-webhook-signature': value } })
  const bad = [
    { secret: OTHER },
    { secret: null },
    header(''),
    header(Buffer.from(sign(text, SECRET), 'base64').toString('hex')),
    header(`sha256=${sign(text, SECRET)}`),
    header(sign(`${text} `, SECRET)),
    { kind: 'shopify', secret: SECRET },
    { secret: SECRET, headers: { 'x-wc-webhook-source': 'https://otra.example/' } },
  ]
  for (const options of bad) assert.equal((await gateway.deliver(woo, text, options)).status, 401, JSON.stringify(options))
  assert.equal((await hooks()).length, before)
  // the shop is not kept waiting until the desk has heard of it
  const told = () => control.call('account.list', { limit: 10, connection: 'woo' })
  const { events } = await until(async () => ((await told()).events.length > 0 ? told() : null), 'what the desk is told')
  assert.deepEqual(
    events.map((e) => e.code),
    ['bad_signature'],
  )
})

test('either secret of an app signs, and for its own shop alone', async () => {
  const text = harmless(3)
  const options = (secret, domain) => ({ kind: 'shopify', secret, topic: 'domains/create', headers: { 'x-shopify-shop-domain': domain } })
  assert.equal((await gateway.deliver(shopify, text, options(SECRET, DOMAIN))).status, 200)
  assert.equal((await gateway.deliver(shopify, text, options(OTHER, DOMAIN.toUpperCase()))).status, 200)
  assert.equal((await gateway.deliver(shopify, text, options(SECRET, 'otra.myshopify.com'))).status, 401)
})

test("WooCommerce's ping is answered 200 and changes nothing", async () => {
  const before = (await hooks()).length
  const ping = (path, text) => gateway.deliver(path, text, { secret: null, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  assert.equal((await ping(woo, 'webhook_id=12')).status, 200)
  assert.equal((await ping(woo, 'webhook_id=12&order=1')).status, 401)
  assert.equal((await ping(woo, 'webhook_id=')).status, 401)
  assert.equal((await ping(generic, 'webhook_id=12')).status, 401)
  assert.equal((await hooks()).length, before)
})

test('a request of HTTP/1.0 is answered as any', async () => {
  const text = harmless(4)
  const answer = await new Promise((done, failed) => {
    const parts = []
    const s = connect(gateway.port, '127.0.0.1', () =>
      s.write(`POST /shop/${woo} HTTP/1.0\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\nX-WC-Webhook-Topic: product.updated\r\nX-WC-Webhook-Signature: ${sign(text, SECRET)}\r\n\r\n${text}`),
    )
    s.on('data', (p) => parts.push(p))
    s.on('end', () => done(Buffer.concat(parts).toString()))
    s.on('error', failed)
  })
  assert.match(answer, /^HTTP\/1\.[01] 200 /)
})

test('paths, methods and length', async () => {
  const text = harmless(5)
  assert.equal((await gateway.deliver('0'.repeat(32), text, { secret: SECRET })).status, 404)
  assert.equal((await gateway.deliver(`${woo}0`, text, { secret: SECRET })).status, 404)
  assert.equal((await gateway.deliver(presta, text, { secret: SECRET })).status, 404)
  assert.equal((await gateway.ask('GET', `/shop/${woo}`)).status, 405)
  assert.equal((await gateway.ask('GET', '/')).status, 404)
  assert.equal((await gateway.ask('GET', '/healthz')).status, 200)
  const large = await gateway.ask('POST', `/shop/${woo}`, { headers: { 'content-length': 4 * 1024 * 1024 + 1, 'x-wc-webhook-signature': sign('', SECRET) } })
  assert.equal(large.status, 413)
})

test('what is signed and cannot be read is set aside, with what it was', async () => {
  assert.equal((await gateway.deliver(woo, '{"id": 17, "stat', { secret: SECRET, topic: 'order.updated' })).status, 200)
  await settled()
  const dead = await hooks('dead')
  assert.equal(dead.length, 1)
  assert.match(dead[0].why, /order\.updated/)
})

test('a body that does not fit into a request of the bus is read as any', async () => {
  const order = { external_id: 'G1', number: 'G1', updated_at: '2026-06-01T10:00:00Z', lines: [] }
  for (let i = 0; i < 900; i++) order.lines.push({ external_id: String(i), name: 'Taza '.repeat(30), quantity: 1 })
  const text = body(order)
  assert.ok(text.length > 128 * 1024)
  assert.equal((await gateway.deliver(generic, text, { kind: 'orders', secret: SECRET })).status, 200)
  await settled()
  const { orders } = await control.call('order.find', { q: 'G1' })
  assert.equal(orders.length, 1)
  assert.equal((await control.call('order.get', { id: orders[0].id })).order.line_count, 900)
})

test('a gateway of shops reads no files of messages', async () => {
  const shop = await daemon.connect('shop')
  const asked = shop.call('blob.get', { sha256: '0'.repeat(64), message: 1, offset: 0, length: 10 })
  await assert.rejects(asked, { word: 'not_allowed' })
  shop.close()
})

test('a daemon that stands still is 503 before Shopify hangs up', async () => {
  process.kill(daemon.pid, 'SIGSTOP')
  const began = performance.now()
  try {
    const answer = await gateway.deliver(shopify, harmless(7), { kind: 'shopify', secret: SECRET, topic: 'domains/create' })
    assert.equal(answer.status, 503)
    // 3 s; what WhatsApp has would be 10
    assert.ok(performance.now() - began < 8000)
  } finally {
    process.kill(daemon.pid, 'SIGCONT')
  }
})

test('a daemon that is away is 503, and what came afterwards is kept', async () => {
  await daemon.stop()
  await until(async () => (await gateway.ask('GET', '/readyz')).status === 503, 'the gateway to see it')
  assert.equal((await gateway.deliver(woo, harmless(6), { secret: SECRET, topic: 'product.updated' })).status, 503)
  daemon = await startDaemon({ dir: daemon.dir })
  control = await daemon.connect('control')
  await until(async () => (await gateway.deliver(woo, harmless(6), { secret: SECRET, topic: 'product.updated' })).status === 200, 'it to be taken')
  assert.equal((await gateway.ask('GET', '/healthz')).status, 200)
})

test('the store is as it says it is', async () => {
  assert.ok((await hooks()).length > 0)
  assert.deepEqual((await control.call('store.check', {})).problems, [])
})
