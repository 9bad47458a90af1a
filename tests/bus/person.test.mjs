// Who writes by WhatsApp, on the bus: ids, numbers and their changes; words of
// consent and what they stop; what goes by the customer's other channel.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'

const sha = (b) => createHash('sha256').update(b).digest('hex')
const octets = (b) => ({ sha256: sha(b), bytes: b.length, data: b.toString('base64') })
const HOUR = 3600_000
const ANA = 'ES.13491208655302741918'
const EVA = 'ES.77777777777777777777'
const BOOK = `
queue "general" { title "General" }
calendar "siempre" { timezone "Europe/Madrid" mon-sun 00:00-24:00 }
policy "chats" { via whatsapp, email calendar "siempre" first response 4h next response 8h }
reply "acuse" { title "Acuse" language es text """Un momento, {customer.first_name}.""" }
rule "otro canal" { on undelivered via whatsapp if priority is urgent then fallback, tag "por-correo" }
rule "acuse" { on contact via whatsapp if body contains "acuse" then send reply "acuse" example "quiero un acuse" }
`

let daemon, control, wa, mail, staff, outsider
let serial = 0

const settings = (number, more = {}) => ({ phone_number_id: number, waba_id: '7001', display_number: '+34 600 000 001', ...more })
const secrets = { access_token: 'token', app_secret: 'secret', verify_token: 'word' }

before(async () => {
  daemon = await startDaemon()
  control = await daemon.connect('control')
  const person = await control.call('agent.add', { email: 'laura@tienda.example', name: 'Laura', role: 'admin' })
  outsider = await daemon.connect('console')
  const login = await outsider.call('session.login', { email: 'laura@tienda.example', password: person.password, network: '127.0.0.1' })
  const { handle } = await outsider.call('session.open', { cookie: login.cookie })
  staff = (method, params) => outsider.call(method, params, { as: handle })
  await control.call('connection.add', { name: 'correo', kind: 'pipe', settings: { address: 'hola@olmo.example', from_name: 'Olmo', out: '/tmp/none' } })
  for (const [name, number, more] of [
    ['uno', '111', { mail: 'correo' }],
    ['dos', '222', { portfolio: 'otra' }],
    ['tres', '333', { mail: 'correo', fallback: 'send', acknowledge: true }],
  ])
    await control.call('connection.add', { name, kind: 'whatsapp', settings: settings(number, more), secrets })
  const { version } = await staff('book.get', {})
  await staff('book.apply', { text: BOOK, base: version, comment: 'canales' })
  ;[wa, mail] = [await daemon.connect('whatsapp'), await daemon.connect('mail')]
})
after(async () => {
  const { problems } = await control.call('store.check', {})
  assert.deepEqual(problems, [])
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigod'), ['--fsck', '--dir', daemon.dir])
  daemon.remove()
})

/** Somebody writes; card: what the message says of them. */
async function writes(card, { text = 'hola', connection = 'uno', ago = 0 } = {}) {
  const id = `wamid.p${++serial}`
  const whatsapp = { id, type: 'text', supported: true, ...card }
  return wa.call('contact.add', {
    connection,
    digest: sha(id),
    received_at: new Date(Date.now() - ago).toISOString(),
    channel: 'whatsapp',
    text,
    raw: octets(Buffer.from(JSON.stringify(whatsapp))),
    whatsapp,
  })
}
const get = async (r) => (await staff('incident.get', { id: r.incident })).detail
const customer = async (r) => (await get(r)).incident.customer
const warnings = async (r) => (await get(r)).messages.find((m) => m.id === r.message).warnings
const values = (c) => c.identities.filter((i) => !i.gone).map((i) => `${i.kind} ${i.value}`)
const bots = async (r) => (await get(r)).messages.filter((m) => m.author.kind === 'bot').map((m) => m.text)
const refused = (word) => (e) => {
  assert.equal(e.word, word)
  return true
}
/** What is to be sent in an incident, taken. */
async function taken(r, role = wa) {
  const { deliveries } = await role.call('outbox.take', { max: 20, lease_ms: 60000 })
  return deliveries.filter((d) => d.incident === r.incident)
}
const answer = async (r, text, more = {}) => staff('incident.answer', { id: r.incident, text, seen: 0, override: true, ...more })

test('a number, its other form and an id are one person; the answer goes where the last word came from', async () => {
  const a = await writes({ from: '5215512345678', profile_name: 'Ana', username: 'ana.olmo' })
  const b = await writes({ from: '525512345678', user_id: ANA })
  assert.equal(b.incident, a.incident)
  const c = await writes({ user_id: ANA })
  assert.equal(c.incident, a.incident)
  const who = await customer(a)
  assert.equal(who.name, 'Ana')
  assert.deepEqual(values(who), ['whatsapp 5215512345678', 'whatsapp 525512345678', `bsuid ${ANA}`])
  assert.equal(who.identities[0].username, 'ana.olmo')
  assert.ok(who.identities.every((i) => i.verified), 'the network says who writes')
  await answer(a, 'Hola, Ana')
  const [d] = await taken(a)
  assert.deepEqual(d.whatsapp.to, { wa_id: '525512345678', user_id: ANA })
})

test('who hides the number is answered by the id', async () => {
  const a = await writes({ user_id: 'ES.1111', profile_name: 'Nadie' })
  await answer(a, 'Hola')
  const [d] = await taken(a)
  assert.deepEqual(d.whatsapp.to, { user_id: 'ES.1111' })
  const b = await writes({ from: '34600200001', user_id: 'ES.1111' })
  assert.equal(b.incident, a.incident)
  assert.deepEqual(values(await customer(a)), ['bsuid ES.1111', 'whatsapp 34600200001'])
})

test('a used number is somebody else: other incident, other customer, a warning, and no answer to the old one goes there', async () => {
  const ana = await writes({ from: '34600200002', user_id: 'ES.2222' }, { text: 'mi dirección es secreta' })
  const eva = await writes({ from: '34600200002', user_id: EVA })
  assert.notEqual(eva.incident, ana.incident)
  assert.notEqual((await customer(eva)).id, (await customer(ana)).id)
  assert.deepEqual(await warnings(eva), ['new_person_same_number'])
  await answer(ana, 'te lo mandamos a casa')
  const [d] = await taken(ana)
  assert.deepEqual(d.whatsapp.to, { user_id: 'ES.2222' })
  const { gone } = (await customer(ana)).identities.find((i) => i.kind === 'whatsapp')
  assert.equal(gone, true)
})

test('a change that WhatsApp tells of is the same person, in the same incident', async () => {
  const a = await writes({ from: '16505551234', user_id: 'US.1' })
  await writes({ from: '16505551234', type: 'system', system: { type: 'user_changed_number', wa_id: '12195555358' } }, { text: 'changed' })
  const b = await writes({ from: '12195555358', user_id: 'US.2' })
  assert.equal(b.incident, a.incident)
  assert.deepEqual(values(await customer(a)), ['whatsapp 12195555358', 'bsuid US.2'])
  assert.deepEqual(await warnings(b), [])
  const later = await writes({ from: '16505551234' })
  assert.notEqual(later.incident, a.incident)
})

test('an id means something in its own portfolio alone', async () => {
  const a = await writes({ user_id: 'ES.3333' })
  const b = await writes({ user_id: 'ES.3333' }, { connection: 'dos' })
  assert.notEqual((await customer(a)).id, (await customer(b)).id)
})

test('many at once with one number are one person', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, (_, i) => writes({ from: i % 2 ? '5511987654321' : '551187654321' })))
  assert.equal(new Set(all.map((r) => r.incident)).size, 1)
  assert.equal(values(await customer(all[0])).length, 2)
})

test('a word of consent is kept, said once, and obeyed by what goes by itself', async () => {
  const a = await writes({ from: '34600200003', profile_name: 'Rosa' }, { text: 'quiero un acuse' })
  assert.deepEqual(await bots(a), ['Un momento, Rosa.'])
  const b = await writes({ from: '34600200004' }, { text: '¡Baja!' })
  const said = await bots(b)
  assert.equal(said.length, 1)
  assert.match(said[0], /^Hecho: no te enviaremos/)
  const [identity] = (await customer(b)).identities
  assert.deepEqual([identity.consent, identity.consent_how], ['out', 'word'])
  await writes({ from: '34600200004' }, { text: 'baja' })
  await writes({ from: '34600200004' }, { text: 'quiero un acuse' })
  assert.equal((await bots(b)).length, 1)
  // an agent may answer
  await answer(b, 'Dime')
  assert.equal((await taken(b)).length, 2)
  const back = await staff('customer.consent', { identity: identity.id, consent: 'in' })
  assert.deepEqual([back.identity.consent, back.identity.consent_how], ['in', 'staff'])
  const { events } = await get(b)
  assert.deepEqual(
    events.filter((e) => e.kind === 'consent.changed').map((e) => [e.data.consent, e.agent?.name]),
    [['out', undefined]],
  )
})

test('whoever writes is told when to expect an answer, within the window, once a day', async () => {
  const a = await writes({ from: '34600200005' }, { connection: 'tres' })
  const said = await bots(a)
  assert.equal(said.length, 1)
  assert.match(said[0], /^Hemos recibido tu mensaje\. Su número es P-\d+\./)
  await staff('incident.set', { id: a.incident, state: 'spam' })
  const b = await writes({ from: '34600200005' }, { connection: 'tres' })
  assert.notEqual(b.incident, a.incident)
  assert.deepEqual(await bots(b), [])
  const old = await writes({ from: '34600200006' }, { connection: 'tres', ago: 25 * HOUR })
  assert.deepEqual(await bots(old), [])
})

/** Fail what waits in an incident. */
async function fails(r, role = wa, more = {}) {
  const list = await taken(r, role)
  for (const d of list) await role.call('outbox.report', { delivery: d.id, attempt: d.attempt, result: 'failed', ...more })
  return list.at(-1).id
}
const email = (c, value) => staff('identity.add', { customer: c.id, kind: 'email', value })

test('by hand: what WhatsApp does not deliver goes by mail, once, and answers', async () => {
  const a = await writes({ from: '34600200007' })
  await answer(a, 'Sale **hoy**')
  const id = await fails(a, wa, { error_code: 131026 })
  assert.equal((await get(a)).incident.state, 'open')
  await assert.rejects(staff('delivery.fallback', { delivery: id }), refused('no_way'))
  assert.equal((await get(a)).messages[1].delivery.fallback, undefined)
  await email(await customer(a), 'ana@example.org')
  assert.equal((await get(a)).messages[1].delivery.fallback, 'email')
  const went = await staff('delivery.fallback', { delivery: id })
  assert.equal(went.message.fallback_of, 2)
  assert.equal(went.incident.state, 'pending_customer')
  const detail = await get(a)
  assert.equal(detail.messages[1].fallback_by, 3)
  assert.deepEqual(
    detail.clocks.map((c) => c.state),
    ['fulfilled'],
  )
  const [d] = await taken(a, mail)
  assert.deepEqual(
    d.to.map((x) => x.address),
    ['ana@example.org'],
  )
  assert.match(d.text, /^No hemos podido entregarte esto por WhatsApp[^]*Sale \*\*hoy\*\*/)
  await assert.rejects(staff('delivery.fallback', { delivery: id }), refused('conflict'))
  // and if that fails too, nothing goes round
  await mail.call('outbox.report', { delivery: d.id, attempt: d.attempt, result: 'failed' })
  await assert.rejects(staff('delivery.fallback', { delivery: d.id }), refused('conflict'))
  assert.equal((await get(a)).incident.state, 'open')
})

test('by itself, where the number says so; by a rule, where a rule does', async () => {
  const a = await writes({ from: '34600200008' }, { connection: 'tres' })
  await email(await customer(a), 'eva@example.org')
  await taken(a)
  await answer(a, 'Sale hoy')
  await fails(a)
  assert.equal((await taken(a, mail)).length, 1)
  const b = await writes({ from: '34600200009' })
  await staff('incident.set', { id: b.incident, priority: 'urgent' })
  await email(await customer(b), 'sol@example.org')
  await answer(b, 'Sale hoy')
  await fails(b)
  assert.equal((await taken(b, mail)).length, 1)
  const { events, incident } = await get(b)
  assert.deepEqual(incident.tags, ['por-correo'])
  const decided = events.findLast((e) => e.kind === 'incident.classified')
  assert.equal(decided.data.by.fallback, 'otro canal')
  const c = await writes({ from: '34600200010' })
  await email(await customer(c), 'luz@example.org')
  await answer(c, 'Sale hoy')
  await fails(c)
  assert.deepEqual(await taken(c, mail), [])
})

test('a mail that fails goes by WhatsApp while the window is open, else a template is offered', async () => {
  for (const [from, ago, address] of [
    ['34600200011', 0, 'mar@example.org'],
    ['34600200012', 25 * HOUR, 'paz@example.org'],
  ]) {
    const chat = await writes({ from }, { ago })
    await email(await customer(chat), address)
    const raw = Buffer.from(`From: ${address}\r\n\r\nhola\r\n`)
    const letter = await mail.call('contact.add', {
      connection: 'correo',
      digest: sha(raw),
      external_id: `<${from}@example.org>`,
      received_at: new Date().toISOString(),
      channel: 'email',
      subject: 'Pedido',
      text: 'hola',
      from: { address },
      raw: octets(raw),
    })
    await answer(letter, 'Sale hoy')
    const id = await fails(letter, mail)
    assert.equal((await get(letter)).messages[1].delivery.fallback, 'whatsapp')
    if (ago === 0) {
      await staff('delivery.fallback', { delivery: id })
      const [d] = await taken(letter)
      assert.equal(d.whatsapp.to.wa_id, from)
      assert.match(d.text, /^No hemos podido entregarte esto por correo[^]*Sale hoy$/)
    } else {
      await assert.rejects(staff('delivery.fallback', { delivery: id }), (e) => {
        assert.equal(e.word, 'window_closed')
        assert.deepEqual([e.data.connection, e.data.way], ['uno', 'template'])
        return true
      })
    }
  }
})
