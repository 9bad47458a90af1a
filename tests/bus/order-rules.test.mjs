// What shops tell of orders, as the desk book's rules hear it: incidents that
// open by themselves, a day that passes, the order that a customer names, what
// saved replies say, and the page that the buyer sees.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { until } from '../lib/wait.mjs'
import { TestClock } from '../replay/desk.mjs'

const clock = new TestClock()
const START = '2026-01-12T09:30:00Z'
let daemon, control, mail, chat, laura
let n = 0

const BOOK = `
queue "general" { title "General" }
queue "envios" { title "Envíos" }
calendar "siempre" { timezone "Europe/Madrid" mon-sun 00:00-24:00 }
policy "pedidos" { via order calendar "siempre" proactive 3h }
policy "correo" { calendar "siempre" first response 4h }
reply "va" { title "Va" text es """{order.number|"tu pedido"}: {order.total|"sin importe"}, {order.lines}""" text en """{order.number|"your order"}: {order.total}""" }
rule "tarde" { on order.late if order.delay < 2d then queue "envios", reason delivery_late, priority high, send reply "va" }
rule "problema" { on order.exception then queue "envios", reason stuck_in_transit }
rule "vuelve" { on order.return if return.state is approved then reason return_request }
`

before(async () => {
  clock.set(START)
  daemon = await startDaemon({ env: clock.env })
  ;[control, mail, chat] = await Promise.all(['control', 'mail', 'chat'].map((role) => daemon.connect(role)))
  const { agent } = await control.call('agent.add', { email: 'laura@tienda.example', name: 'Laura', role: 'agent' })
  const { token } = await control.call('token.add', { agent: agent.id, label: 'test' })
  const client = await daemon.connect('console')
  const { handle } = await client.call('session.open', { token })
  laura = { call: (method, params) => client.call(method, params, { as: handle }) }
  await control.call('connection.add', { name: 'correo', kind: 'pipe', settings: { address: 'hola@olmo.example', from_name: 'Tienda', out: '/tmp/none' } })
  await control.call('connection.add', { name: 'web', kind: 'orders', settings: {}, secrets: { secret: 's'.repeat(40) } })
  await control.call('book.apply', { text: BOOK })
})
after(async () => {
  const { problems } = await control.call('store.check', {})
  assert.deepEqual(problems, [])
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigod'), ['--dir', daemon.dir, '--fsck'], { stdio: 'pipe' })
  daemon.remove()
  clock.remove()
})

/** An order of EUR 61.80 that was placed at the start. */
const order = (number, more = {}) => ({
  external_id: number,
  number,
  state: 'open',
  payment_state: 'paid',
  currency: 'EUR',
  total: '61.80',
  placed_at: START,
  updated_at: START,
  customer: { email: `${number}@x.example`, name: 'Eva Gil', locale: 'es_ES' },
  lines: [{ external_id: '1', name: 'Taza', quantity: 2, total: '61.80' }],
  ...more,
})
async function put(one, more = {}) {
  const { results } = await control.call('order.put', { connection: 'web', orders: [one], source: 'hook', ...more })
  assert.ok(results[0].order, JSON.stringify(results))
  return results[0].order
}
const ofOrders = async () => (await control.call('incident.list', { view: 'all', limit: 100 })).incidents.filter((i) => i.channel === 'order')
const sent = async () => (await mail.call('outbox.take', { max: 20, lease_ms: 600000 })).deliveries
const detail = async (id) => (await control.call('incident.get', { id })).detail

test('a day that passes opens an incident, with the promise of a first word and a mail to the buyer', async () => {
  const id = await put(order('1042', { promised_at: '2026-01-12T12:00:00Z' }))
  assert.deepEqual(await ofOrders(), [])
  clock.set('2026-01-12T12:00:05Z')
  const [incident] = await until(async () => (await ofOrders()).length === 1 && ofOrders(), 'the incident')
  assert.equal(incident.queue, 'envios')
  assert.equal(incident.reason, 'delivery_late')
  const { clocks, messages } = await detail(incident.id)
  assert.deepEqual(clocks.map((c) => c.name), ['proactive'])
  assert.deepEqual(messages.map((m) => m.direction), ['note', 'out'])
  assert.equal(messages[1].text, '1042: 61,80\u00a0€, 2 x Taza')
  assert.deepEqual((await sent()).map((d) => [d.subject, d.to]), [['Pedido 1042', [{ name: 'Eva Gil', address: '1042@x.example' }]]])
  // and what happens next joins it
  await put(order('1042', { updated_at: '2026-01-12T12:30:00Z', shipments: [{ external_id: 's', status: 'exception', status_at: '2026-01-12T12:30:00Z' }] }))
  assert.equal((await ofOrders()).length, 1)
  const kinds = (await control.call('events.since', { from: 0, limit: 1000 })).events.filter((e) => e.data.order === id).map((e) => e.kind)
  assert.ok(kinds.includes('order.late') && kinds.includes('shipment.exception'), kinds.join(' '))
})

test('an incident whose customer never wrote is answered at an address that their order names, or at none', async () => {
  const more = (number) => ({ shipments: [{ external_id: number, status: 'exception', status_at: START }] })
  const mute = await put(order('1050', { ...more('1050'), customer: { external_id: 'c1050', name: 'Ana Sol' } }))
  const { order: kept } = await control.call('order.get', { id: mute })
  const { id, customer } = (await ofOrders()).find((i) => i.customer.id === kept.order.customer)
  const answer = async () => laura.call('incident.answer', { id, text: 'Lo miramos', seen: 1 })
  await assert.rejects(answer(), /no address/)
  // what somebody noted is not proved, and an order of somebody else names somebody else
  await laura.call('identity.add', { customer: customer.id, kind: 'email', value: 'quiza@x.example' })
  await laura.call('order.link', { incident: id, order: await put(order('1051')) })
  await assert.rejects(answer(), /no address/)
  await put(order('1050', { ...more('1050'), updated_at: '2026-01-12T10:00:00Z', customer: { external_id: 'c1050', email: 'ana@x.example', name: 'Ana Sol' } }))
  await answer()
  assert.deepEqual((await sent()).map((d) => d.to), [[{ name: 'Ana Sol', address: 'ana@x.example' }]])
})

test('a return opens an incident at the step that the book names', async () => {
  const returned = async () => (await ofOrders()).filter((i) => i.reason === 'return_request').length
  const step = (status, minute) =>
    put(order('1060', { updated_at: `2026-01-12T11:${minute}:00Z`, returns: [{ external_id: 'r', status, at: START, lines: [] }] }))
  await step('requested', '00')
  assert.equal(await returned(), 0)
  await step('approved', '10')
  assert.equal(await returned(), 1)
})

test('a page says when what is still to arrive comes, and how late it is', async () => {
  const sheet = async (number, more) => {
    const id = await put(order(number, { promised_at: '2026-01-09T22:00:00Z', updated_at: '2026-01-12T12:00:00Z', ...more }), { quiet: true })
    const { url } = await laura.call('order.page', { order: id })
    return (await chat.call('order.public', { token: url.split('/').at(-1) })).sheet
  }
  const late = await sheet('7001', {})
  assert.deepEqual([late.state, late.promised, late.late], ['Pagado, en preparación', '9 de enero de 2026', '3 días de retraso'])
  for (const [number, more, state] of [
    ['7002', { state: 'cancelled' }, 'Cancelado'],
    ['7003', { payment_state: 'refunded' }, 'Reembolsado'],
    ['7004', { shipments: [{ external_id: 's', status: 'delivered', status_at: START, delivered_at: START }] }, 'Entregado'],
  ]) {
    const { state: said, promised, late: none } = await sheet(number, more)
    assert.deepEqual([said, promised ?? null, none ?? null], [state, null, null], number)
  }
})

test('what is imported, or old when its shop first tells it, opens nothing', async () => {
  const had = (await ofOrders()).length
  const exception = { shipments: [{ external_id: 's', status: 'exception', status_at: START }] }
  await put(order('2001', exception), { source: 'import' })
  await put(order('2002', { ...exception, placed_at: '2025-12-01T10:00:00Z' }))
  assert.equal((await ofOrders()).length, had)
  await put(order('2003', exception))
  assert.equal((await ofOrders()).length, had + 1)
})

test('the page is read by its link alone, and sent to its own customer alone', async () => {
  const id = await put(order('30010', { discount_total: '5.00', shipping: { name: '[Eva](https://mal.example/)' } }))
  const { url } = await laura.call('order.page', { order: id })
  const token = url.split('/').at(-1)
  const { sheet } = await chat.call('order.public', { token })
  assert.equal(sheet.number, '30010')
  assert.equal(sheet.total, '61,80\u00a0€')
  assert.equal((await chat.call('order.public', { token, language: 'en' })).sheet.total, '€61.80')
  await assert.rejects(chat.call('order.public', { token: token.replace(/.$/, (c) => (c === '0' ? '1' : '0')) }), /no page/)
  await assert.rejects(mail.call('order.public', { token }), /order.public|not_allowed|may/)
  const text = '¿Y mi 3001-0, del 2026?'
  const raw = Buffer.from(text)
  const { incident } = await mail.call('contact.add', {
    connection: 'correo',
    external_id: `<m${++n}@x.example>`,
    digest: createHash('sha256').update(text).digest('hex'),
    received_at: (await control.call('ping')).now,
    channel: 'email',
    from: { name: 'Luis', address: 'luis@x.example' },
    subject: 'Hola',
    text,
    raw: { sha256: createHash('sha256').update(raw).digest('hex'), bytes: raw.length, data: raw.toString('base64') },
  })
  const replies = async () => (await laura.call('reply.list', { incident })).replies[0].text
  assert.equal(await replies(), 'tu pedido: sin importe, ')
  await assert.rejects(laura.call('order.send_page', { order: id, incident }), /not this customer's/)
  // the number of somebody else's order is the staff's to judge
  const { customer } = (await detail(incident)).incident
  const named = async () => (await control.call('customer.panel', { customer: customer.id, incident })).named.map((o) => o.number)
  assert.deepEqual(await named(), ['30010'])
  await laura.call('order.link', { order: id, incident })
  assert.equal(await replies(), '30010: 61,80\u00a0€, 2 x Taza')
  assert.deepEqual(await named(), [], 'what is linked is proposed no more')
  // the words of a reply are the buyer's, unless the customer's own language is known
  await put(order('30020', { customer: { email: 'joan@x.example', name: 'Joan', locale: 'en_GB' }, shipments: [{ external_id: 's', status: 'exception', status_at: START }] }))
  const theirs = (await ofOrders()).find((i) => i.customer.name === 'Joan')
  const said = (await laura.call('reply.list', { incident: theirs.id })).replies[0]
  assert.deepEqual([said.language, said.text], ['en', '30020: €61.80'])
  const { message } = await laura.call('order.send_page', { order: id, incident, language: 'en' })
  assert.equal(message.subject, 'Your order 30010')
  assert.match(message.text, /^- 2 x Taza: €61\.80$/m)
  assert.match(message.text, /^Discount: -€5\.00$/m)
  assert.match(message.text, /^\[Eva\] \(https:/m, 'no link under another name')
  assert.equal((await detail(incident)).clocks[0].state, 'running')
})
