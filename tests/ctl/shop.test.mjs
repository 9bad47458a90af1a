// What an operator asks about shops: does one work, which of its webhooks could
// not be understood, and have them taken again.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { FakeShopify } from '../lib/fake-shopify.mjs'
import { FakeWoo } from '../lib/fake-woo.mjs'
import { addShop, startShop } from '../lib/shop.mjs'
import { until } from '../lib/wait.mjs'
import { lines, postigo } from './command.mjs'

const woo = new FakeWoo()
const shopify = new FakeShopify()
let daemon
let control
let gateway
const run = (...args) => postigo(['--dir', daemon.dir, ...args])
const json = async (...args) => {
  const end = await run('--json', ...args)
  assert.equal(end.code, 0, end.out + end.err)
  return lines(end.out)
}
const dead = () => json('shop', 'dead')

before(async () => {
  daemon = await startDaemon()
  control = await daemon.connect('control')
  await woo.listen()
  await shopify.listen()
  woo.path = await addShop(control, { name: 'tienda', settings: woo.settings, secrets: woo.secrets })
  await addShop(control, { name: 'cerrada', kind: 'shopify', settings: shopify.settings, secrets: { ...shopify.secrets, access_token: 'otra' } })
  await addShop(control, { name: 'propia', kind: 'orders', settings: {}, secrets: { secret: 'secreto' } })
  gateway = await startShop({ socket: daemon.socket('shop'), dir: daemon.dir })
})
after(async () => {
  await woo.close()
  await shopify.close()
  await gateway?.stop()
  control?.close()
  await daemon?.stop()
  daemon?.remove()
})

test('a shop that works says so, and one that does not says why', async () => {
  assert.equal((await run('connection', 'test', 'tienda')).code, 0)
  assert.equal((await run('connection', 'test', 'propia')).code, 0)
  const end = await run('connection', 'test', 'cerrada')
  assert.notEqual(end.code, 0)
  assert.match(end.out + end.err, /the shop does not accept the key/u)
  await control.call('connection.update', { name: 'cerrada', secrets: shopify.secrets })
  await until(async () => (await run('connection', 'test', 'cerrada')).code === 0, 'the new key to be known')
  await woo.close()
  assert.notEqual((await run('connection', 'test', 'tienda')).code, 0)
  await woo.listen(Number(new URL(woo.base).port))
})

test('webhooks that cannot be understood are listed and taken again', async () => {
  const text = '{"id": 17, "stat'
  assert.equal((await gateway.deliver(woo.path, text, { secret: woo.secret, topic: 'order.updated' })).status, 200)
  const [row] = await until(async () => ((rows) => rows.length > 0 && rows)(await dead()), 'the webhook to be dead')
  assert.equal(row.connection, 'tienda')
  assert.match(row.why, /order\.updated/)
  assert.match((await run('shop', 'dead')).out, new RegExp(`^${row.id} .* tienda `, 'mu'))
  assert.deepEqual(await json('shop', 'dead', '--connection', 'propia'), [])
  assert.deepEqual(await json('whatsapp', 'dead'), [], 'each gateway has its own')
  const ended = (instant) =>
    until(async () => {
      const { hook } = await control.call('hook.get', { id: row.id })
      return hook.state === 'dead' && hook.ended_at > instant && hook.ended_at
    }, 'it to be dead once more')
  assert.deepEqual(await json('shop', 'replay', String(row.id)), [{ again: 1 }])
  await ended(row.ended_at)
  assert.deepEqual(await json('whatsapp', 'replay', '--all'), [{ again: 0 }])
  assert.deepEqual(await json('shop', 'replay', '--all'), [{ again: 1 }])
  assert.equal((await run('shop', 'replay')).code, 64)
  assert.equal((await run('shop', 'replay', '999999')).code, 65)
})

test('as many as were asked for, below the one that was named', async () => {
  for (let n = 0; n < 3; n++) assert.equal((await gateway.deliver(woo.path, `{"n": ${n}`, { secret: woo.secret, topic: 'order.updated' })).status, 200)
  const all = await until(async () => ((rows) => rows.length === 4 && rows)(await dead()), 'all to be dead')
  const two = await json('shop', 'dead', '--limit', '2')
  assert.deepEqual(
    two.map((r) => r.id),
    all.slice(0, 2).map((r) => r.id),
  )
  const rest = await json('shop', 'dead', '--before', String(two[1].id))
  assert.deepEqual(
    rest.map((r) => r.id),
    all.slice(2).map((r) => r.id),
  )
})
