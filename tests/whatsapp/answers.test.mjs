// An agent's answers through daemon, gateway and a fake Graph, and what comes
// back: ticks, the lost answer to a request, a window that Meta says is
// closed, the template that goes then.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { noGraph as skip, startGraph } from '../lib/graph.mjs'
import { until } from '../lib/wait.mjs'
import { addNumber, startGateway } from '../lib/whatsapp.mjs'

const sha = (b) => createHash('sha256').update(b).digest('hex')
// a picture of one point
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64')

let daemon, control, console_, agent, graph, gateway
before(async () => {
  if (skip) return
  daemon = await startDaemon()
  control = await daemon.connect('control')
  graph = await startGraph({ options: { autoStatus: 'sent,delivered', window: 'async' } })
  const components = [{ type: 'BODY', text: 'Seguimos con tu consulta {{1}}.' }]
  await graph.post('templates', { strict: true, templates: [{ name: 'seguimiento', language: 'es', category: 'UTILITY', body_params: 1, status: 'APPROVED', components }] })
  await addNumber(control, { graph })
  const person = await control.call('agent.add', { email: 'ana@tienda.example', name: 'Ana', role: 'agent' })
  console_ = await daemon.connect('console')
  const login = await console_.call('session.login', { email: 'ana@tienda.example', password: person.password, network: '127.0.0.1' })
  const { handle } = await console_.call('session.open', { cookie: login.cookie })
  agent = (method, params) => console_.call(method, params, { as: handle })
  gateway = await startGateway({ socket: daemon.socket('whatsapp'), dir: daemon.dir })
  await graph.post('options', { webhook: gateway.webhook() })
})
after(async () => {
  if (skip) return
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null })
  await graph.stop()
  const { problems } = await control.call('store.check', {})
  assert.deepEqual(problems, [])
  await daemon.stop()
  daemon.remove()
})

const detail = async (id) => (await agent('incident.get', { id })).detail
const messagesTo = async (who) => (await graph.get('state')).messages.filter((m) => m.to === who || m.wa_id === who)

/** The incident of a customer who writes. */
async function writes(from, text = 'Hola') {
  await graph.post('inbound', { from, text })
  return until(async () => {
    const { incidents } = await agent('incident.list', { view: 'all', limit: 100 })
    return incidents.find((i) => i.customer.identities.some((one) => one.value === from))?.id
  }, `the incident of ${from}`)
}
const answer = async (id, params) => (await agent('incident.answer', { id, seen: 99, text: '', ...params })).message
/** The deliveries of an incident, once they all have come so far. */
const arrived = (id, count, receipt = 'delivered') =>
  until(async () => {
    const list = (await detail(id)).messages.map((m) => m.delivery).filter(Boolean)
    return list.length === count && list.every((d) => d.receipt === receipt) && list
  }, `${count} deliveries that are ${receipt}`)

test('text and files are messages of their own, with ticks', { skip }, async () => {
  const id = await writes('34600300001')
  const file = (filename, content_type, octets) => ({ filename, content_type, size: octets.length, sha256: sha(octets), inline: false, data: octets.toString('base64') })
  await answer(id, { text: '**Mira**', quotes: 1, attachments: [file('foto.png', 'image/png', PNG), file('guia.pdf', 'application/pdf', Buffer.from('%PDF-1.4 nada'))] })
  const list = await arrived(id, 2)
  assert.ok(list.every((d) => d.state === 'sent' && d.external_id.startsWith('wamid.')))
  const sent = await messagesTo('34600300001')
  assert.deepEqual(
    sent.map((m) => m.type),
    ['image', 'document']
  )
})

test('buttons, a reaction', { skip }, async () => {
  const id = await writes('34600300002')
  await answer(id, { text: '¿Te sirve?', buttons: ['Sí', 'No'] })
  await arrived(id, 1)
  await agent('incident.react', { id, number: 1, emoji: '👍' })
  await until(async () => (await messagesTo('34600300002')).length === 2, 'the reaction')
  assert.deepEqual(
    (await messagesTo('34600300002')).map((m) => m.type),
    ['interactive', 'reaction']
  )
})

test('an answer to a request is lost: the message went, and goes no second time', { skip }, async () => {
  const id = await writes('34600300003')
  await graph.post('inject', [{ match: { path: '/messages', method: 'POST' }, times: 1, action: { kind: 'accept_then_reset' } }])
  await answer(id, { text: 'Una sola vez' })
  const [d] = await arrived(id, 1)
  assert.equal(d.state, 'sent')
  assert.equal((await messagesTo('34600300003')).length, 1)
})

test('Meta says that the window is closed: the answer failed, and a template goes', { skip }, async () => {
  const id = await writes('34600300004')
  await until(async () => (await agent('template.list', {})).templates.length === 1, 'the templates')
  await graph.post('clock', { advance_s: 25 * 3600 })
  const late = await answer(id, { text: 'Tarde' })
  await until(async () => (await detail(id)).messages.find((m) => m.id === late.id).delivery.error_code === 131047, 'the failure')
  const now = (await detail(id)).incident
  assert.deepEqual([now.state, now.can_reply], ['open', 'template'])
  await assert.rejects(answer(id, { text: 'Otra' }), (e) => e.word === 'window_closed')
  const sent = await answer(id, { template: { name: 'seguimiento', language: 'es', parameters: ['P-4'] } })
  await until(async () => (await detail(id)).messages.find((m) => m.id === sent.id).delivery.receipt === 'delivered', 'the template')
  assert.equal(sent.text, 'Seguimos con tu consulta P-4.')
})
