// Orders of shops on the bus: each telling twice and in any order is one state,
// also past a kill -9; who may do what; a customer's panel.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'

const fsck = (dir) => execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigod'), ['--fsck', '--dir', dir])
const refused = (word) => (e) => {
  assert.equal(e.word, word)
  return true
}

// a test that fails leaves its daemon behind
const daemons = []
after(() => Promise.all(daemons.map((d) => d.kill())))

async function desk(options) {
  const daemon = await startDaemon(options)
  daemons.push(daemon)
  const control = await daemon.connect('control')
  const { connections } = await control.call('connection.list')
  if (!connections.length)
    for (const name of ['uno', 'dos'])
      await control.call('connection.add', { name, kind: 'orders', settings: {}, secrets: { secret: 'secreto' } })
  const shop = await daemon.connect('shop')
  const put = async (orders, more) => (await shop.call('order.put', { connection: 'uno', orders, ...more })).results
  return { daemon, control, shop, put }
}

/** The example of the page, with members changed. */
const example = JSON.parse(
  readFileSync(join(process.env.POSTIGO_SRCDIR, 'schema/ORDERS.md'), 'utf8').match(/```json\n(.*?)```/s)[1],
)
const order = (id, more) => ({ ...example, external_id: id, number: `N-${id}`, ...more })

/** Without rows and our own instants. */
function bare(detail) {
  const { order, shipments, incidents, ...rest } = detail
  const { id, as_of, customer, connection, ...told } = order
  return { ...rest, order: told, shipments: shipments.map(({ id, ...s }) => s) }
}

const found = async (control, q) => (await control.call('order.find', { q })).orders

test('the example of the page is stored as it was told', async () => {
  const { daemon, control, put } = await desk()
  const [first] = await put([example])
  assert.equal(first.change, 'new')
  const { order } = await control.call('order.get', { id: first.order })
  assert.equal(order.order.total, '80.75')
  assert.equal(order.order.refunded_total, '7.95')
  assert.equal(order.order.number, '2026-1042')
  assert.equal(order.order.promised_at, '2026-06-05T21:59:59.000Z')
  assert.deepEqual(order.lines.map((l) => [l.name, l.quantity, l.total]), [
    ['Zapatillas', 1, '59.95'],
    ['Calcetines (pack 3)', 2, '15.90'],
  ])
  assert.equal(order.shipments[0].tracking_number, 'PQ4A7Z0400012340128006X')
  assert.equal(order.refunds[0].amount, '7.95')
  assert.equal(order.payments[0].transaction_id, 'RS-778899')
  assert.equal(order.buyer.email, 'lucia.gomez@example.es')
  await daemon.stop()
  fsck(daemon.dir)
})

test('each telling twice, and each pair in both orders, is one state', async () => {
  const { daemon, control, shop, put } = await desk()
  const at = (hour) => `2026-06-09T${hour}:00:00Z`
  const tellings = [
    (id) => put([order(id, { updated_at: at('10'), refunds: [], payment_state: 'paid', shipments: [] })]),
    (id) => put([order(id, { updated_at: at('11'), shipments: [{ tracking_number: `T${id}`, carrier: 'SEUR', status: 'shipped', shipped_at: at('10') }] })]),
    (id) => put([order(id, { updated_at: at('11'), note: 'la misma hora', shipments: [] })], { source: 'poll' }),
    (id) => put([order(id, { updated_at: at('12'), state: 'cancelled', cancelled_at: at('12') })]),
    (id) => shop.call('order.gone', { connection: 'uno', external_id: id, at: at('11') }),
    (id) => shop.call('shipment.put', { connection: 'dos', shipments: [{ tracking_number: `t-${id}`, carrier: 'seur-api', status: 'delivered', updated_at: at('13'), checkpoints: [{ at: at('13'), place: 'Lugo' }] }] }),
  ]
  let next = 100
  const state = async (list) => {
    const id = `Q${next++}Q`
    for (const i of list) await tellings[i](id)
    // the oldest of all names the row
    const [{ order: row }] = await put([order(id, { updated_at: at('09') })])
    const { order: detail } = await control.call('order.get', { id: row })
    return JSON.stringify(bare(detail)).replaceAll(id, 'ID')
  }
  const all = tellings.map((_, i) => i)
  for (const a of all)
    for (const b of all.filter((b) => b > a)) {
      const first = await state([a, b])
      for (const list of [[b, a], [a, a, b, b], [b, a, b, a]]) assert.equal(await state(list), first, `${list}`)
    }
  await daemon.stop()
  fsck(daemon.dir)
})

test('what was answered is there after kill -9', async () => {
  let d = await desk()
  await d.put([order('1'), order('2')])
  await d.daemon.kill()
  d = await desk({ dir: d.daemon.dir })
  assert.equal((await found(d.control, 'N-1')).length, 1)
  assert.deepEqual((await d.put([order('1'), order('2')])).map((r) => r.change), ['same', 'same'])
  await d.daemon.stop()
  fsck(d.daemon.dir)
})

test('a restored desk has its orders, and knows what was told', async () => {
  const { daemon, control, shop, put } = await desk()
  const [{ order: id }] = await put([order('1'), order('2')])
  await shop.call('shipment.put', { connection: 'dos', shipments: [{ tracking_number: 'waits', status: 'shipped', updated_at: '2026-06-09T10:00:00Z' }] })
  const { order: was } = await control.call('order.get', { id })
  const backup = join(daemon.dir, 'backup')
  await control.call('store.backup', { dir: backup })
  await put([order('3')])
  await daemon.stop()
  const dir = join(daemon.dir, 'again')
  execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigod'), ['--restore', backup, '--dir', dir, '--channels-on'])
  const again = await desk({ dir })
  assert.deepEqual((await again.control.call('order.get', { id })).order, was)
  assert.deepEqual((await again.put([order('1'), order('2'), order('3')])).map((r) => r.change), ['same', 'same', 'new'])
  const [parcel] = (await again.shop.call('shipment.put', { connection: 'dos', shipments: [{ tracking_number: 'waits', status: 'shipped', updated_at: '2026-06-09T10:00:00Z' }] })).results
  assert.equal(parcel.change, 'same')
  await again.daemon.stop()
  fsck(dir)
})

test('what cannot be read stops nothing else', async () => {
  const { daemon, control, put } = await desk()
  const results = await put([order('1'), { external_id: 'x', total: 'x' }, {}, order('2', { total: 'NaN' }), order('3')], { source: 'poll' })
  assert.deepEqual(results.map((r) => r.change), ['new', 'refused', 'refused', 'refused', 'new'])
  assert.match(results[3].why, /^total is not an amount$/)
  assert.equal((await found(control, 'N-2')).length, 0)
  // what was delivered is dead as a whole
  await assert.rejects(put([order('4'), {}]), refused('bad_order'))
  assert.equal((await found(control, 'N-4')).length, 0)
  await daemon.stop()
})

test('who may tell, and who may look', async () => {
  const { daemon, control, shop } = await desk()
  const mail = await daemon.connect('mail')
  const orders = { connection: 'uno', orders: [order('1')] }
  await assert.rejects(mail.call('order.put', orders), refused('no_method'))
  await assert.rejects(shop.call('order.get', { id: 1 }), refused('no_method'))
  await assert.rejects(shop.call('customer.panel', { customer: 1 }), refused('no_method'))
  await assert.rejects(control.call('order.link', { incident: 1, order: 1 }), refused('not_allowed'))
  await assert.rejects(shop.call('order.put', { ...orders, connection: 'nadie' }), refused('not_found'))
  await assert.rejects(shop.call('order.put', { ...orders, source: 'rumor' }), refused('bad_params'))
  await assert.rejects(control.call('order.get', { id: 99 }), refused('not_found'))
  await daemon.stop()
})

test('a buyer is found by whatever an agent types of them', async () => {
  const { daemon, control, put } = await desk()
  await put([order('1')])
  const numbers = async (q) => (await found(control, q)).map((o) => o.number)
  for (const q of ['+34600112233', '0034 600 112 233', 'LUCIA.GOMEZ@example.es', 'n 1']) assert.deepEqual(await numbers(q), ['N-1'], q)
  assert.deepEqual(await numbers('600 11 22 33'), [], 'no shop is of a country yet')
  const [uno] = (await control.call('connection.list')).connections
  await control.call('connection.update', { name: uno.name, settings: { country: 'ES' } })
  assert.deepEqual(await numbers('600 11 22 33'), ['N-1'], 'as the shop’s country writes it')
  assert.deepEqual(await numbers('600 11 22 34'), [])
  await daemon.stop()
})

test('a shop has a path that nobody else has, and keeps it', async () => {
  const { daemon, control } = await desk()
  const [a, b] = (await control.call('connection.list')).connections
  assert.match(a.settings.path, /^[0-9a-f]{32}$/)
  assert.notEqual(a.settings.path, b.settings.path)
  const changed = await control.call('connection.update', { name: a.name, settings: { country: 'ES' } })
  assert.equal(changed.connection.settings.path, a.settings.path)
  await assert.rejects(control.call('connection.update', { name: a.name, settings: { path: b.settings.path } }), refused('exists'))
  await assert.rejects(control.call('connection.update', { name: a.name, settings: { path: '../x' } }), refused('bad_params'))
  await daemon.stop()
})

test('a panel of 2,000 orders: totals, what is under way first, how long it takes', async (t) => {
  const { daemon, control, put } = await desk()
  const day = (i) => new Date(Date.UTC(2020, 0, 1) + i * 86400000).toISOString()
  const more = (i) => ({ placed_at: day(i), updated_at: day(i), state: i === 7 ? 'open' : 'completed', payment_state: 'paid', refunds: [] })
  for (let i = 0; i < 2000; i += 100)
    await put(Array.from({ length: 100 }, (_, k) => order(`p${i + k}`, more(i + k))), { source: 'import' })
  const [{ customer }] = await found(control, 'N-p7')
  const times = []
  let panel
  for (let i = 0; i < 200; i++) {
    const begin = process.hrtime.bigint()
    panel = await control.call('customer.panel', { customer })
    times.push(Number(process.hrtime.bigint() - begin) / 1e6)
  }
  times.sort((a, b) => a - b)
  t.diagnostic(`customer.panel of 2,000 orders: p50 ${times[100].toFixed(1)} ms, p99 ${times[198].toFixed(1)} ms, on the bus`)
  assert.equal(panel.orders.length, 10)
  assert.equal(panel.orders[0].order.external_id, 'p7')
  assert.equal(panel.orders[1].order.external_id, 'p1999')
  const [total] = panel.totals
  assert.deepEqual([total.orders, total.open, total.paid], [2000, 1, '161500.00'])
  const page = await control.call('order.list', { customer, limit: 100, before: panel.orders[1].order.id })
  assert.equal(page.orders[0].external_id, 'p1998')
  assert.equal(page.more, true)
  await daemon.stop()
  fsck(daemon.dir)
})
