// Templates and ratings between Meta's side and a desk: a rule's reply goes as
// its template where the window is closed, an agent's template is what was
// approved, and a tap on the five rates without a word to answer.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { noGraph as skip, startGraph } from '../lib/graph.mjs'
import { until } from '../lib/wait.mjs'
import { addNumber, startGateway } from '../lib/whatsapp.mjs'

const HOUR = 3600
const now = () => Math.floor(Date.now() / 1000)
let daemon, control, console_, graph, gateway, staff

const body = (text) => [{ type: 'BODY', text }]
const TEMPLATES = [
  { name: 'aviso', language: 'es_MX', category: 'UTILITY', components: body('Hola {{1}}, tu consulta {{2}} está en marcha.') },
  { name: 'notice', language: 'en', category: 'UTILITY', components: body('Hello {{name}}.') },
  {
    name: 'oferta',
    language: 'es',
    category: 'MARKETING',
    components: [{ type: 'HEADER', format: 'TEXT', text: 'Para {{1}}' }, ...body('Mira {{1}}.'), { type: 'FOOTER', text: 'Tienda Sol' }, { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Ver', url: 'https://tienda.example/{{1}}' }] }],
  },
]
const BOOK = `
queue "general" { title "General" }
reply "aviso" {
    title "Aviso"
    text es "Hola, {customer.first_name}: {incident.ref}."
    template es "aviso" with "{customer.first_name}", "{incident.ref}"
    template en "notice" with "{customer.first_name}"
}
reply "mudo" { title "Mudo" text "Hola." }
rule "avisa" {
    on contact via whatsapp
    if body contains "avisa"
    then send reply "aviso"
    example "avisa"
    counterexample "hola"
}
rule "calla" {
    on contact via whatsapp
    if body contains "calla"
    then send reply "mudo"
    example "calla"
    counterexample "hola"
}
rule "cierra" {
    on contact via whatsapp
    if body contains "cierra"
    then state solved
    example "cierra"
    counterexample "hola"
}
`

/** A customer writes; seconds: how long ago. */
async function write(from, text, seconds = 0, more = {}) {
  await graph.post('inbound', { from, text, timestamp: now() - seconds, contact: { name: `Ana ${from}` }, ...more })
  const found = await until(async () => (await staff('incident.list', { view: 'all', channel: 'whatsapp' })).incidents.find((i) => i.customer.name === `Ana ${from}`), 'the incident')
  return found.id
}
const detail = async (id) => (await staff('incident.get', { id })).detail
const outgoing = async (id) => (await detail(id)).messages.filter((m) => m.direction === 'out')
/** What Graph took, to a number. */
const sent = (to, type) => until(async () => (await graph.get('state')).messages.find((m) => m.wa_id === to && m.type === type)?.payload, `a ${type} to ${to}`)
const refused = (word, text) => (e) => {
  assert.equal(e.word, word)
  assert.match(e.message, text)
  return true
}

before(async () => {
  if (skip) return
  daemon = await startDaemon()
  control = await daemon.connect('control')
  gateway = await startGateway({ socket: daemon.socket('whatsapp'), dir: daemon.dir, ready: false })
  graph = await startGraph({ webhook: gateway.webhook() })
  await graph.post('templates', { strict: true, templates: TEMPLATES })
  await addNumber(control, { graph, settings: { survey: true, language: 'es' } })
  await control.call('book.apply', { text: BOOK })
  const person = await control.call('agent.add', { email: 'laura@tienda.example', name: 'Laura', role: 'admin' })
  console_ = await daemon.connect('console')
  const login = await console_.call('session.login', { email: 'laura@tienda.example', password: person.password, network: '127.0.0.1' })
  const session = await console_.call('session.open', { cookie: login.cookie })
  staff = (method, params) => console_.call(method, params, { as: session.handle })
  await until(async () => (await staff('template.list')).templates.length === 3, 'the templates')
})
after(async () => {
  if (skip) return
  await gateway.stop()
  await graph.stop()
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigod'), ['--fsck', '--dir', daemon.dir])
  daemon.remove()
})

test('a rule sends its reply where the window is open, its template where it is closed', { skip }, async () => {
  const open = await write('34600300001', 'avisa')
  assert.deepEqual((await outgoing(open)).map((m) => m.text), [`Hola, Ana: P-${open}.`])
  assert.equal((await sent('34600300001', 'text')).text.body, `Hola, Ana: P-${open}.`)
  const closed = await write('34600300002', 'avisa', 25 * HOUR)
  const text = `Hola Ana, tu consulta P-${closed} está en marcha.`
  assert.deepEqual((await outgoing(closed)).map((m) => m.text), [text])
  const { template } = await sent('34600300002', 'template')
  assert.deepEqual(template, {
    name: 'aviso',
    language: { code: 'es_MX' },
    components: [{ type: 'body', parameters: [{ type: 'text', text: 'Ana' }, { type: 'text', text: `P-${closed}` }] }],
  })
})

test('a reply without a template is left, and says why', { skip }, async () => {
  const id = await write('34600300003', 'calla', 25 * HOUR)
  assert.deepEqual(await outgoing(id), [])
  const left = (await detail(id)).events.filter((e) => e.kind === 'incident.classified').flatMap((e) => e.data.left ?? [])
  assert.deepEqual(left.map((x) => x.why), ['window'])
})

test('an agent answers by a template; what was not approved so is refused here', { skip }, async () => {
  const id = await write('34600300004', 'hola', 25 * HOUR)
  const answer = (template, more = {}) => staff('incident.answer', { id, text: '', seen: 99, template, ...more })
  await assert.rejects(staff('incident.answer', { id, text: 'Hola', seen: 99 }), refused('window_closed', /./u))
  const oferta = { name: 'oferta', language: 'es', parameters: ['la mesa', 'mesa'], header: 'Ana' }
  await assert.rejects(answer({ ...oferta, parameters: ['la mesa'] }), refused('template', /takes 2 parameters, not 1/u))
  await assert.rejects(answer({ ...oferta, header: undefined }), refused('template', /header takes a parameter/u))
  await assert.rejects(answer({ ...oferta, parameters: ['la\nmesa', 'mesa'] }), refused('template', /line break/u))
  await assert.rejects(answer({ ...oferta, language: 'pt' }), refused('template', /no template/u))
  const shown = await staff('template.preview', { connection: 'tienda', ...oferta })
  const read = 'Para Ana\n\nMira la mesa.\n\nTienda Sol\n\n[Ver] https://tienda.example/mesa'
  assert.deepEqual(shown, { text: read })
  assert.equal((await answer(oferta)).message.text, read)
  assert.deepEqual((await sent('34600300004', 'template')).template.components, [
    { type: 'header', parameters: [{ type: 'text', text: 'Ana' }] },
    { type: 'body', parameters: [{ type: 'text', text: 'la mesa' }] },
    { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: 'mesa' }] },
  ])
})

test('a saved reply comes with its templates filled in', { skip }, async () => {
  const id = await write('34600300005', 'hola')
  const { replies } = await staff('reply.list', { incident: id })
  assert.deepEqual(replies.find((r) => r.name === 'aviso').templates, [
    { language: 'es', name: 'aviso', parameters: ['Ana', `P-${id}`] },
    { language: 'en', name: 'notice', parameters: ['Ana'] },
  ])
  assert.deepEqual(replies.find((r) => r.name === 'mudo').templates, [])
})

test('when Meta says that a template changed, it is read anew', { skip }, async () => {
  await graph.post('templates', { templates: [{ ...TEMPLATES[1], status: 'PAUSED' }] })
  await gateway.deliver(JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '102290129340398', time: now(), changes: [{ field: 'message_template_status_update', value: { event: 'PAUSED', message_template_id: 1, message_template_name: 'notice', message_template_language: 'en', reason: 'NONE' } }] }] }))
  await until(async () => (await staff('template.list', { connection: 'tienda' })).templates.find((t) => t.name === 'notice').status === 'PAUSED', 'the new state')
})

test('a solved incident is asked about once, and the first tap rates it', { skip }, async () => {
  const from = '34600300006'
  const id = await write(from, 'hola')
  await staff('incident.set', { id, state: 'solved' })
  const { interactive } = await sent(from, 'interactive')
  const rows = interactive.action.sections.flatMap((s) => s.rows)
  assert.deepEqual(rows.map((r) => r.id), [5, 4, 3, 2, 1].map((n) => `rate:${id}:${n}`))
  const tap = (n) => ({ type: 'interactive', interactive: { type: 'list_reply', list_reply: { id: `rate:${id}:${n}`, title: rows.find((r) => r.id.endsWith(`:${n}`)).title } } })
  await write(from, '', 0, { type: 'interactive', message: tap(4) })
  const rated = await until(async () => {
    const d = await detail(id)
    return d.rating ? d : undefined
  }, 'the rating')
  assert.equal(rated.rating.score, 4)
  assert.equal(rated.incident.state, 'solved')
  const last = rated.messages.at(-1)
  assert.deepEqual([last.direction, last.author?.kind ?? last.author], ['note', 'customer'])
  await write(from, '', 0, { type: 'interactive', message: tap(1) })
  await until(async () => (await detail(id)).messages.length > rated.messages.length, 'the second tap')
  const after = await detail(id)
  assert.deepEqual([after.rating.score, after.incident.state], [4, 'solved'])
  await staff('incident.set', { id, state: 'open' })
  await staff('incident.set', { id, state: 'solved' })
  assert.equal((await outgoing(id)).length, 1)
})

test('a rule that solves has them asked as well', { skip }, async () => {
  const from = '34600300008'
  const id = await write(from, 'cierra')
  assert.equal((await detail(id)).incident.state, 'solved')
  const { interactive } = await sent(from, 'interactive')
  assert.equal(interactive.body.text, (await outgoing(id))[0].text)
})

test('a tap on what somebody else was asked is a message as any other', { skip }, async () => {
  const asked = (await staff('incident.list', { view: 'all', channel: 'whatsapp' })).incidents.find((i) => i.customer.name === 'Ana 34600300006')
  const id = await write('34600300007', '', 0, { type: 'interactive', message: { type: 'interactive', interactive: { type: 'list_reply', list_reply: { id: `rate:${asked.id}:1`, title: '1' } } } })
  assert.notEqual(id, asked.id)
  assert.equal((await detail(id)).messages[0].direction, 'in')
  assert.equal((await detail(asked.id)).rating.score, 4)
})
