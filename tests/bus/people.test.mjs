// Who is who, on the bus: two people are made one, answered, and are two again;
// what proves an address; what shops ask for on behalf of people.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'

const sha = (b) => createHash('sha256').update(b).digest('hex')
const octets = (b) => ({ sha256: sha(b), bytes: b.length, data: b.toString('base64') })
const BOOK = `
queue "general" { title "General" }
calendar "siempre" { timezone "Europe/Madrid" mon-sun 00:00-24:00 }
policy "todo" { via whatsapp, email calendar "siempre" first response 4h next response 8h }
`
let daemon, control, wa, mail, shop, staff, outsider
let serial = 0

before(async () => {
  daemon = await startDaemon()
  control = await daemon.connect('control')
  const person = await control.call('agent.add', { email: 'laura@tienda.example', name: 'Laura', role: 'admin' })
  outsider = await daemon.connect('console')
  const login = await outsider.call('session.login', { email: 'laura@tienda.example', password: person.password, network: '127.0.0.1' })
  const { handle } = await outsider.call('session.open', { cookie: login.cookie })
  staff = (method, params) => outsider.call(method, params, { as: handle })
  await control.call('connection.add', {
    name: 'correo',
    kind: 'pipe',
    settings: { address: 'hola@olmo.example', from_name: 'Olmo', out: '/tmp/none', auth_server: 'mx.olmo.example' },
  })
  await control.call('connection.add', {
    name: 'numero',
    kind: 'whatsapp',
    settings: { phone_number_id: '111', waba_id: '7001', display_number: '+34 600 000 001' },
    secrets: { access_token: 'token', app_secret: 'secret', verify_token: 'word' },
  })
  await control.call('connection.add', { name: 'tienda', kind: 'orders', settings: {}, secrets: { secret: 'a-secret-of-the-shop' } })
  const { version } = await staff('book.get', {})
  await staff('book.apply', { text: BOOK, base: version, comment: 'todo' })
  ;[wa, mail, shop] = [await daemon.connect('whatsapp'), await daemon.connect('mail'), await daemon.connect('shop')]
})
after(async () => {
  const { problems } = await control.call('store.check', {})
  assert.deepEqual(problems, [])
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigod'), ['--fsck', '--dir', daemon.dir])
  daemon.remove()
})

/** A message by WhatsApp. */
async function writes(from, name) {
  const id = `wamid.q${++serial}`
  const whatsapp = { id, type: 'text', supported: true, from, profile_name: name }
  return wa.call('contact.add', {
    connection: 'numero',
    digest: sha(id),
    received_at: new Date().toISOString(),
    channel: 'whatsapp',
    text: 'hola',
    raw: octets(Buffer.from(JSON.stringify(whatsapp))),
    whatsapp,
  })
}
/** A mail; results: what the mailbox's server noted of it. */
async function mails(address, results) {
  const id = `q${++serial}@mail.test`
  const raw = Buffer.from(id)
  return mail.call('contact.add', {
    connection: 'correo',
    external_id: id,
    digest: sha(raw),
    received_at: new Date().toISOString(),
    channel: 'email',
    from: { address },
    subject: 'Pedido',
    text: 'hola',
    raw: octets(raw),
    headers: results ? [{ name: 'Authentication-Results', value: results }] : [],
  })
}
const get = async (r) => (await staff('incident.get', { id: r.incident })).detail
const owner = async (r) => (await get(r)).incident.customer
const refused = (word) => (e) => {
  assert.equal(e.word, word)
  return true
}

test('two people are made one, answered, and are two again: everything is where it belongs', async () => {
  const byMail = await mails('ana@mail.test')
  const byPhone = await writes('34600300001', 'Lucía')
  const ana = await owner(byMail)
  const lucia = await owner(byPhone)
  assert.notEqual(ana.id, lucia.id)
  const { merge, customer } = await staff('customer.merge', { customer: ana.id, gone: lucia.id })
  assert.equal(customer.name, 'Lucía')
  assert.deepEqual(
    customer.identities.map((i) => i.kind),
    ['email', 'whatsapp'],
  )
  assert.equal((await owner(byPhone)).id, ana.id)
  assert.equal((await staff('customer.get', { id: lucia.id })).customer.merged_into, ana.id)
  await assert.rejects(staff('customer.merge', { customer: ana.id, gone: lucia.id }), refused('conflict'))
  await assert.rejects(staff('identity.add', { customer: lucia.id, kind: 'email', value: 'lucia@mail.test' }), refused('conflict'))
  // answered on both channels, and both write on
  for (const r of [byMail, byPhone]) await staff('incident.answer', { id: r.incident, text: 'Sale hoy', seen: 0, override: true })
  const { deliveries } = await wa.call('outbox.take', { max: 20, lease_ms: 60000 })
  assert.deepEqual(
    deliveries.map((d) => d.whatsapp.to),
    [{ wa_id: '34600300001' }],
  )
  await staff('incident.set', { id: byPhone.incident, state: 'spam' })
  const later = [await mails('ana@mail.test'), await writes('34600300001', 'Lucía')]
  assert.notEqual(later[1].incident, byPhone.incident)
  for (const r of later) assert.equal((await owner(r)).id, ana.id)
  const { items } = await staff('customer.timeline', { customer: ana.id })
  assert.deepEqual(new Set(items.map((i) => i.channel)), new Set(['email', 'whatsapp']))
  assert.equal(items.length, 6)
  const said = await staff('customer.suggestions', { customer: ana.id })
  assert.deepEqual(
    said.merges.map((m) => [m.id, m.kept, m.gone, m.agent.name, m.identities, m.incidents]),
    [[merge, ana.id, lucia.id, 'Laura', 2, 1]],
  )
  const back = await staff('customer.unmerge', { merge })
  assert.deepEqual(
    [back.customer, back.other].map((c) => [c.id, c.identities.map((i) => i.kind)]),
    [
      [ana.id, ['email']],
      [lucia.id, ['whatsapp']],
    ],
  )
  assert.equal((await owner(byMail)).id, ana.id)
  assert.equal((await owner(byPhone)).id, lucia.id)
  assert.equal((await owner(later[0])).id, ana.id)
  assert.equal((await owner(later[1])).id, lucia.id)
  assert.equal(back.customer.name, '')
  assert.equal(back.other.name, 'Lucía')
  // who reads the answers: those of the phone are in the phone's incident
  const texts = async (r) => (await get(r)).messages.map((m) => m.text)
  assert.deepEqual(await texts(byPhone), ['hola', 'Sale hoy'])
  await assert.rejects(staff('customer.unmerge', { merge }), refused('conflict'))
  const { incident } = await get(later[1])
  assert.equal(incident.customer.id, lucia.id)
})

test('a mail proves its address if the server of the mailbox says so, and nobody else', async () => {
  const proved = async (r) => (await owner(r)).identities.find((i) => i.kind === 'email').verified
  const from = 'eva@mail.test'
  assert.equal(await proved(await mails(from)), false)
  assert.equal(await proved(await mails(from, 'evil.example; dmarc=pass header.from=mail.test')), false)
  assert.equal(await proved(await mails(from, 'mx.olmo.example; dmarc=fail header.from=mail.test')), false)
  const r = await mails(from, 'mx.olmo.example; spf=pass smtp.mailfrom=mail.test; dmarc=pass (p=reject) header.from=mail.test')
  assert.equal(await proved(r), true)
})

test('an order finds its buyer by what is proved; what is not is suggested, and Postigo joins no two accounts', async () => {
  const order = (external_id, customer) => ({ external_id, currency: 'EUR', total: '19.90', placed_at: '2026-06-01T10:00:00Z', state: 'open', customer })
  const bought = async (...orders) => {
    const { results } = await shop.call('order.put', { connection: 'tienda', orders })
    const all = await Promise.all(results.map(({ order: id }) => staff('order.get', { id })))
    return all.map(({ order }) => [order.order.customer ?? 0, order.order.basis ?? ''])
  }
  const passed = 'mx.olmo.example; dmarc=pass header.from=mail.test'
  // somebody who wrote, and proved it, bought
  const rosa = await owner(await mails('rosa@mail.test', passed))
  assert.deepEqual(await bought(order('o1', { external_id: '501', email: 'Rosa@mail.test' })), [[rosa.id, 'email']])
  // another account with the same address is not joined, but suggested
  const [[other, basis]] = await bought(order('o2', { external_id: '502', email: 'rosa@mail.test' }))
  assert.notEqual(other, rosa.id)
  assert.equal(basis, 'account')
  const { suggestions } = await staff('customer.suggestions', { customer: rosa.id })
  assert.deepEqual(
    suggestions.map((s) => [s.basis, new Set([s.one.id, s.other.id])]),
    [['email', new Set([rosa.id, other])]],
  )
  // who bought first and writes then: suggested, and joined by the first mail that proves it
  const [[buyer]] = await bought(order('o3', { external_id: '503', email: 'teo@mail.test', name: 'Teo' }))
  const teo = await owner(await mails('teo@mail.test'))
  assert.notEqual(teo.id, buyer)
  const open = await staff('customer.suggestions', { customer: teo.id })
  assert.deepEqual(
    open.suggestions.map((s) => s.basis),
    ['email_unverified'],
  )
  const known = await owner(await mails('teo@mail.test', passed))
  assert.equal(known.id, teo.id)
  assert.equal(known.name, 'Teo')
  assert.deepEqual(await bought(order('o4', { external_id: '503' })), [[teo.id, 'account']])
  // a number of WhatsApp
  const sol = await owner(await writes('34600300009', 'Sol'))
  assert.deepEqual(await bought(order('o5', { external_id: '504', phone_e164: '+34600300009' })), [[sol.id, 'phone']])
  // merged by hand and parted: orders too, and one that came between
  const { merge } = await staff('customer.merge', { customer: sol.id, gone: teo.id })
  assert.deepEqual(await bought(order('o6', { external_id: '503' })), [[sol.id, 'account']])
  await staff('customer.unmerge', { merge })
  const { items } = await staff('customer.timeline', { customer: teo.id })
  assert.equal(items.filter((i) => i.kind === 'order').length, 3)
})

test('a shop asks for a person: it is done, told and listed; what is known waits for an administrator', async () => {
  const { id } = await shop.call('privacy.put', { connection: 'tienda', topic: 'customers/redact', id: '207119551', body: { orders_to_redact: [299938] } })
  for (let i = 0; ; i++) {
    const { requests } = await staff('privacy.list', { waiting: true })
    if (!requests.some((r) => r.id === id)) break
    assert.ok(i < 600, 'it is never done')
    await new Promise((go) => setTimeout(go, 50))
  }
  const asked = await shop.call('privacy.put', { connection: 'tienda', topic: 'customers/data_request', id: '207119551', body: {} })
  assert.deepEqual((await staff('privacy.get', { id: asked.id })).orders, [])
  await staff('privacy.done', { id: asked.id })
  const { requests } = await staff('privacy.list', {})
  assert.deepEqual(
    requests.map((r) => [r.kind, r.external_id, Boolean(r.done_at)]),
    [
      ['data_request', '', true],
      ['customer_redact', '', true],
    ],
  )
  await assert.rejects(shop.call('privacy.put', { connection: 'tienda', topic: 'orders/create' }), refused('bad_params'))
})
