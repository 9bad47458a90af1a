// Who is who, on the bus: two people are made one, answered, and are two again;
// what proves an address; what shops ask for on behalf of people.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { PASSED, startPersons } from '../lib/persons.mjs'

let desk, staff

before(async () => {
  desk = await startPersons()
  staff = desk.staff
})
after(async () => {
  const { problems } = await desk.control.call('store.check', {})
  assert.deepEqual(problems, [])
  assert.deepEqual(await desk.daemon.stop(), { code: 0, signal: null })
  execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigod'), ['--fsck', '--dir', desk.daemon.dir])
  desk.daemon.remove()
})

const mails = (...a) => desk.mails(...a)
const writes = (...a) => desk.writes(...a)
const owner = (r) => desk.owner(r)
const get = (r) => desk.detail(r)
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
  const { deliveries } = await desk.whatsapp.call('outbox.take', { max: 20, lease_ms: 60000 })
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
  const order = (external_id, customer) => ({ external_id, customer })
  const bought = async (...orders) => Promise.all((await desk.buys(...orders)).map(desk.buyer))
  // somebody who wrote, and proved it, bought
  const rosa = await owner(await mails('rosa@mail.test', PASSED))
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
  const known = await owner(await mails('teo@mail.test', PASSED))
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

test('who said that two are two is not asked again, and two accounts stay two whatever is proved', async () => {
  const iris = await owner(await mails('iris@mail.test', PASSED))
  await desk.buys({ external_id: 'i1', customer: { external_id: '601', email: 'iris@mail.test' } })
  // the household: the same address, another account
  const [second] = await desk.buys({ external_id: 'i2', customer: { external_id: '602', email: 'iris@mail.test' } })
  const [other] = await desk.buyer(second)
  assert.notEqual(other, iris.id)
  const open = async (id) => (await staff('customer.suggestions', { customer: id })).suggestions
  const [suggested] = await open(other)
  assert.equal(suggested.basis, 'email')
  await staff('suggestion.refuse', { id: suggested.id })
  assert.deepEqual([await open(other), await open(iris.id)], [[], []])
  await assert.rejects(staff('suggestion.refuse', { id: suggested.id }), refused('conflict'))
  // whatever comes now: a mail that proves it, an order of each
  await mails('iris@mail.test', PASSED)
  await desk.buys(
    { external_id: 'i3', customer: { external_id: '602', email: 'iris@mail.test' } },
    { external_id: 'i4', customer: { external_id: '601', email: 'iris@mail.test' } },
  )
  assert.deepEqual([await open(other), await open(iris.id)], [[], []])
  const list = async (id) => (await staff('order.list', { customer: id })).orders.map((o) => o.external_id).sort()
  assert.deepEqual([await list(iris.id), await list(other)], [
    ['i1', 'i4'],
    ['i2', 'i3'],
  ])
  // by hand they may: it is the person who says so
  const { merge } = await staff('customer.merge', { customer: iris.id, gone: other })
  assert.deepEqual(await list(iris.id), ['i1', 'i2', 'i3', 'i4'])
  await staff('customer.unmerge', { merge })
  assert.deepEqual(await list(other), ['i2', 'i3'])
})

test('an address of nobody joins nobody and suggests nobody', async () => {
  const passed = (domain) => `mx.olmo.example; dmarc=pass header.from=${domain}`
  const shared = ['info@taller.test', 'a1b2c3@marketplace.amazon.es', 'hola@olmo.example']
  for (const [i, email] of shared.entries()) {
    const who = await owner(await mails(email, passed(email.split('@')[1])))
    const [bought] = await desk.buys({ external_id: `s${i}`, customer: { external_id: `70${i}`, email } })
    const [buyer] = await desk.buyer(bought)
    assert.notEqual(buyer, who.id, email)
    assert.deepEqual((await staff('customer.suggestions', { customer: who.id })).suggestions, [], email)
  }
  const nobody = await owner(await writes('34000000000', 'Nadie'))
  const [bought] = await desk.buys({ external_id: 's9', customer: { external_id: '709', phone_e164: '+34000000000' } })
  assert.notEqual((await desk.buyer(bought))[0], nobody.id)
  // one address, six names: the neighbour who orders for the whole house
  const names = ['Ana', 'Blas', 'Cira', 'Dora', 'Eloy', 'Fe']
  await desk.buys(...names.map((name, i) => ({ external_id: `h${i}`, customer: { external_id: `71${i}`, email: 'casa@mail.test', name } })))
  const house = await owner(await mails('casa@mail.test', PASSED))
  assert.deepEqual((await staff('customer.suggestions', { customer: house.id })).suggestions, [])
  assert.deepEqual((await staff('order.list', { customer: house.id })).orders, [])
})

test('a shop asks for a person: it is done, told and listed; what is known waits for an administrator', async () => {
  const { id } = await desk.shop.call('privacy.put', { connection: 'tienda', topic: 'customers/redact', id: '207119551', body: { orders_to_redact: [299938] } })
  for (let i = 0; ; i++) {
    const { requests } = await staff('privacy.list', { waiting: true })
    if (!requests.some((r) => r.id === id)) break
    assert.ok(i < 600, 'it is never done')
    await new Promise((go) => setTimeout(go, 50))
  }
  const asked = await desk.shop.call('privacy.put', { connection: 'tienda', topic: 'customers/data_request', id: '207119551', body: {} })
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
  await assert.rejects(desk.shop.call('privacy.put', { connection: 'tienda', topic: 'orders/create' }), refused('bad_params'))
})
