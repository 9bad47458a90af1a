// A first reading that is longer than a run may be, and is cut by a kill: it
// goes on from its mark, and fires no rule to its end.
import assert from 'node:assert/strict'
import test from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { FakeWoo } from '../lib/fake-woo.mjs'
import { addShop, startShop } from '../lib/shop.mjs'
import { until } from '../lib/wait.mjs'

const ORDERS = 6000 // two to a page; a run ends after 2,000 requests
const A_SECOND = 2
const KILLED_AT = 700
const LONG_MS = 900_000

test('a reading that is cut, and one that is too long, go on from their mark', async (t) => {
  const daemon = await startDaemon()
  let gateway
  t.after(async () => {
    gateway?.child.kill('SIGKILL')
    await daemon.stop()
    daemon.remove()
  })
  const control = await daemon.connect('control')
  const woo = await new FakeWoo().listen()
  woo.per_page_max = 2
  const first_s = woo.now_s() - 86_400
  for (let id = 1; id <= ORDERS; id++) woo.change(id, { changed_s: first_s + Math.floor(id / A_SECOND) })
  await addShop(control, { name: 'larga', settings: woo.settings, secrets: woo.secrets })
  const start = () => startShop({ socket: daemon.socket('shop'), dir: daemon.dir, every: 3600 })
  gateway = await start()
  await until(() => woo.counts.asked >= KILLED_AT, 'a part to be read', LONG_MS)
  await gateway.stop('SIGKILL')
  gateway = await start()
  const found = async (id) => (await control.call('order.find', { q: `W-${id}` })).orders.some((o) => o.number === `W-${id}`)
  await until(() => found(ORDERS), 'the last order', LONG_MS)
  await until(async () => (await control.call('connection.list')).connections[0].state === 'ok', 'the reading to end', LONG_MS)
  for (let id = 1; id <= ORDERS; id++) assert.ok(await found(id), `order ${id}`)
  assert.ok(woo.counts.asked < 3 * ORDERS, `${woo.counts.asked} requests: it went on from its mark`)
  assert.ok(woo.counts.asked > KILLED_AT + 2000, 'one run was too long')
  const quiet = async () => {
    for (let from = 0; ; ) {
      const { events } = await control.call('events.since', { from, limit: 1000 })
      if (events.length === 0) return true
      if (events.some((e) => e.kind === 'order.created')) return false
      from = events.at(-1).number
    }
  }
  assert.ok(await quiet(), 'what there was fires no rule')
  await woo.close()
  assert.equal((await gateway.stop()).code, 0)
})
