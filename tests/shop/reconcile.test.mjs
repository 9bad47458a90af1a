// What shops are asked, when, and what is told of it: marks, pages, pauses,
// keys that are wrong, webhooks that fell silent. Each test has a shop of its
// own; all are read by one gateway, each second.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { FakeShopify } from '../lib/fake-shopify.mjs'
import { FakeWoo } from '../lib/fake-woo.mjs'
import { addShop, startShop } from '../lib/shop.mjs'
import { until } from '../lib/wait.mjs'

const HOUR_S = 3600
const DAY_S = 24 * HOUR_S
const BEFORE_MS = 10 * 60 * 1000 // of the mark
const now_s = () => Math.floor(Date.now() / 1000)
const shops = []
let daemon
let control
let gateway

before(async () => {
  daemon = await startDaemon()
  control = await daemon.connect('control')
  gateway = await startShop({ socket: daemon.socket('shop'), dir: daemon.dir, every: 1 })
})

after(async () => {
  for (const shop of shops) await shop.close()
  const ended = await gateway?.stop()
  assert.equal(ended?.code, 0, gateway?.log().slice(-2000))
  assert.deepEqual((await control.call('store.check', {})).problems, [])
  await daemon.stop()
  daemon.remove()
})

/** A shop on loopback; prepare() gives it orders before it is asked. */
async function open(name, shop, prepare = () => {}) {
  shops.push(shop)
  await shop.listen()
  prepare(shop)
  await add(name, shop)
  return shop
}

async function add(name, shop, secrets = {}) {
  const kind = shop instanceof FakeWoo ? 'woocommerce' : 'shopify'
  shop.path = await addShop(control, { name, kind, settings: shop.settings, secrets: { ...shop.secrets, ...secrets } })
}

/** The shop's webhooks come from now on. */
const listen = (shop) => (shop.hook = { port: gateway.port, path: shop.path })

const connection = async (name) => (await control.call('connection.list')).connections.find((c) => c.name === name)
/** What it says when it does not come to that is the gateway's own words. */
async function state(name, word) {
  try {
    return await until(async () => (await connection(name)).state === word && (await connection(name)), `${name} to be ${word}`)
  } catch (error) {
    const said = gateway.log().split('\n').filter((line) => line.includes(name))
    throw new Error(`${error.message}; it is ${JSON.stringify(await connection(name))}; the gateway said:\n${said.slice(-20).join('\n')}`)
  }
}
const find = async (name, number) => (await control.call('order.find', { q: number })).orders.find((o) => o.connection === name && o.number === number)
const there = (name, shop, id) => until(() => find(name, shop.expected(shop.orders.get(id)).number), `order ${id} of ${name}`)
const notices = async (name) => (await control.call('account.list', { connection: name, limit: 100 })).events
const coded = async (name, code) => (await notices(name)).filter((e) => e.code === code)
/** Another reading was made from its beginning to its end. */
async function read_again(shop) {
  const from = shop.counts.asked
  await until(() => shop.counts.asked >= from + 4, 'another reading')
}
const since = (shop) => new URL(shop.requests.at(-1).url, shop.base).searchParams.get('modified_after')

/** Numbers of the shop's orders of which an event says that they are new. */
async function created(name) {
  const all = []
  for (let from = 0; ; ) {
    const { events } = await control.call('events.since', { from, limit: 1000 })
    if (events.length === 0) break
    from = events.at(-1).number
    for (const e of events) if (e.kind === 'order.created') all.push((await control.call('order.get', { id: e.data.order })).order.order)
  }
  return all.filter((o) => o.connection === name).map((o) => o.number)
}

describe('shops are read', { concurrency: true }, () => {
  test("what there was is read in silence; the mark is the shop's clock, less ten minutes", async () => {
    const woo = await open('vieja', new FakeWoo(), (w) => {
      w.skew_s = -2 * DAY_S
      w.change(1, { paid: true })
    })
    await there('vieja', woo, 1)
    await read_again(woo)
    const mark_ms = woo.orders.get(1).changed_s * 1000
    assert.equal(Date.parse(`${since(woo)}Z`), mark_ms - BEFORE_MS)
    woo.change(2)
    await there('vieja', woo, 2)
    assert.deepEqual(await created('vieja'), ['W-2'], 'what is new is told')
  })

  test('a shop that had nothing, and whose clock is slow, loses nothing', async () => {
    const woo = await open('lenta', new FakeWoo(), (w) => (w.skew_s = -HOUR_S))
    await state('lenta', 'ok')
    await read_again(woo)
    woo.change(1)
    await there('lenta', woo, 1)
    assert.deepEqual(await created('lenta'), ['W-1'], 'and it is no part of the first reading')
  })

  test('an order of next year hides none of today', async () => {
    const woo = await open('futura', new FakeWoo(), (w) => {
      w.change(1)
      w.change(2, { changed_s: now_s() + 365 * DAY_S })
    })
    await there('futura', woo, 2)
    await read_again(woo)
    woo.change(3)
    await there('futura', woo, 3)
  })

  test('every page is read, whatever the shop gives to a page', async () => {
    const woo = await open('larga', new FakeWoo(), (w) => {
      w.per_page_max = 30
      // two of three have the same second as another one
      for (let id = 1; id <= 250; id++) w.change(id, { changed_s: now_s() - HOUR_S + Math.floor(id / 3) })
      // more of one second than a page has
      for (let id = 251; id <= 320; id++) w.change(id, { changed_s: now_s() - 60 })
    })
    for (const id of woo.orders.keys()) await there('larga', woo, id)
  })

  test('a shop that counts points is asked as fast as it allows', async () => {
    const shopify = await open('puntos', new FakeShopify(), (s) => {
      s.points = 300 // a page of 20 costs 240
      s.rate = 400
      for (let id = 1; id <= 70; id++) s.change(id, { changed_s: now_s() - 60 })
    })
    for (const id of shopify.orders.keys()) await there('puntos', shopify, id)
    assert.ok(shopify.throttled <= 1, 'it waited for its points, and did not run into them')
  })

  test('too many requests, pages for people and cuts: it waits, and asks again', async () => {
    const woo = await open('rota', new FakeWoo(), (w) => {
      w.change(1)
      w.next = ['limit', 'maintenance', 'error', 'cut', 'page', 'slow']
    })
    await there('rota', woo, 1)
    await state('rota', 'ok')
    const [limit, maintenance, error] = woo.requests
    assert.ok(maintenance.at - limit.at >= 950, `${maintenance.at - limit.at} ms after 'Retry-After: 1'`)
    assert.ok(error.at - maintenance.at >= 950, `${error.at - maintenance.at} ms after 'Retry-After: 1' of a 503`)
    assert.deepEqual(woo.faulty, { limit: 1, maintenance: 1, error: 1, cut: 1, page: 1, slow: 1 })
  })

  test('a key that is wrong is said in the connection, and so is that it is right', async () => {
    const woo = new FakeWoo()
    shops.push(woo)
    await woo.listen()
    woo.change(1)
    await add('cerrada', woo, { consumer_secret: 'cs_otra' })
    const { state_detail, version } = await state('cerrada', 'failing')
    assert.equal(state_detail, 'the shop does not accept the key')
    assert.equal(await find('cerrada', 'W-1'), undefined)
    await control.call('connection.update', { name: 'cerrada', version, secrets: woo.secrets })
    const fine = await state('cerrada', 'ok')
    assert.equal(fine.state_detail, '')
    await there('cerrada', woo, 1)
  })

  test('a shop that is not there is failing, and is read when it is', async () => {
    const woo = await new FakeWoo().listen()
    shops.push(woo)
    // its port stays its own: a closed one is the next program's
    const away = (socket) => socket.destroy()
    woo.server.on('connection', away)
    woo.change(1)
    await addShop(control, { name: 'ausente', settings: woo.settings, secrets: woo.secrets })
    await state('ausente', 'failing')
    woo.server.off('connection', away)
    await state('ausente', 'ok')
    await there('ausente', woo, 1)
  })

  test('an administrator is told that webhooks fell silent, once', async () => {
    const woo = await open('muda', new FakeWoo(), (w) => w.change(1))
    await there('muda', woo, 1)
    listen(woo)
    woo.change(1)
    await woo.landed()
    assert.equal(woo.counts.told, 1)
    woo.on = false
    for (let id = 2; (await coded('muda', 'hooks_silent')).length === 0; id++) {
      woo.change(id)
      await there('muda', woo, id)
      assert.ok(id < 30, 'changes without webhooks were told')
    }
    const id = Math.max(...woo.orders.keys()) + 1
    woo.change(id)
    await there('muda', woo, id)
    const [told, ...more] = await coded('muda', 'hooks_silent')
    assert.equal(told.severity, 'warning')
    assert.equal(more.length, 0, 'it is not told with each reading')
  })

  test('a shop without webhooks, and one whose webhooks come, are not said to be silent', async () => {
    const never = await open('nunca', new FakeWoo())
    const always = await open('siempre', new FakeWoo())
    listen(always)
    for (let id = 1; id <= 3; id++) {
      for (const shop of [never, always]) shop.change(id)
      await there('nunca', never, id)
      await there('siempre', always, id)
      await Promise.all([read_again(never), read_again(always)])
    }
    assert.equal(always.counts.told, 3)
    for (const name of ['nunca', 'siempre']) assert.deepEqual(await notices(name), [])
  })

  test('a webhook that was lost is found', async () => {
    const shopify = await open('perdida', new FakeShopify(), (s) => s.change(1, { paid: true }))
    await there('perdida', shopify, 1)
    listen(shopify)
    shopify.lost = 100
    shopify.change(1, { note: 'perdido' })
    assert.equal(shopify.counts.lost, 1)
    const detail = async () => (await control.call('order.get', { id: (await find('perdida', '#S1')).id })).order
    await until(async () => (await detail()).note === 'perdido', 'what no webhook told')
  })
})
