// Two customers are made one, live on, and are two again: everything is where
// it belongs, and whoever cuts the current between finds it so.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { PASSED, startPersons } from '../lib/persons.mjs'
import { sleep } from '../lib/wait.mjs'

const LOOK_MS = 60000
let desk

before(async () => {
  desk = await startPersons()
})
after(async () => {
  await sound()
  assert.deepEqual(await desk.daemon.stop(), { code: 0, signal: null })
  execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigod'), ['--fsck', '--dir', desk.daemon.dir])
  desk.daemon.remove()
})

const sound = async () => assert.deepEqual((await desk.control.call('store.check', {})).problems, [])
const sql = (text) => execFileSync('sqlite3', ['-readonly', join(desk.daemon.dir, 'postigo.db'), text], { encoding: 'utf8' }).trim()

/** Killed and started again; the store is sound each time. */
async function cut() {
  await desk.killed()
  await sound()
}

/** What a search finds, once the index is as wanted: incidents. */
async function found(text, wanted) {
  const sorted = (list) => [...list].sort((a, b) => a - b)
  for (const until = Date.now() + LOOK_MS; ; await sleep(20)) {
    const { hits } = await desk.staff('incident.search', { text })
    const is = sorted(hits.map((h) => h.incident.id))
    if (JSON.stringify(is) === JSON.stringify(sorted(wanted))) return
    assert.ok(Date.now() < until, `${text} finds ${is}, not ${wanted}`)
  }
}

const windows = () => sql('SELECT customer_id || " " || last_external_id FROM contact_window ORDER BY 1')
const links = async (order) => (await desk.staff('order.get', { id: order })).order.incidents

test('everything goes with whoever is merged, and back when they are parted', async () => {
  // Ana writes by mail and bought as 71; Lucía by WhatsApp and on the site, and bought as 72
  const mail = await desk.mails('ana@mail.test', PASSED)
  const [bought] = await desk.buys({ external_id: 'm1', customer: { external_id: '71', email: 'ana@mail.test', name: 'Ana Ruiz' } })
  const phone = await desk.writes('34600311111', 'Lucía Sanz')
  const [worn] = await desk.buys({ external_id: 'm2', customer: { external_id: '72', phone_e164: '+34600311111' } })
  const [ana, lucia] = [await desk.owner(mail), await desk.owner(phone)]
  assert.deepEqual(await desk.buyer(bought), [ana.id, 'email'])
  assert.deepEqual(await desk.buyer(worn), [lucia.id, 'phone'])
  await desk.staff('order.link', { incident: phone.incident, order: worn })
  const number = lucia.identities.find((i) => i.kind === 'whatsapp')
  await desk.staff('customer.consent', { identity: number.id, consent: 'out' })
  const visit = await desk.visits('Lu')
  const chat = await visit.call('chat.write', { id: 'l1', text: 'en la web' })
  const visitor = await desk.owner(chat)
  const pictures = { windows: windows(), ana: await desk.owner(mail), lucia: await desk.owner(phone), visitor }
  await found('ana@mail.test', [mail.incident])
  await found('34600311111', [phone.incident])

  // the visitor is Lucía, and Lucía is Ana
  const { merge: first } = await desk.staff('customer.merge', { customer: lucia.id, gone: visitor.id })
  const { merge: second } = await desk.staff('customer.merge', { customer: ana.id, gone: lucia.id })
  await cut()
  for (const r of [mail, phone, chat]) assert.equal((await desk.owner(r)).id, ana.id)
  assert.deepEqual(
    (await desk.owner(mail)).identities.map((i) => [i.kind, i.consent ?? '']),
    [
      ['email', ''],
      ['shop_customer', ''],
      ['whatsapp', 'out'],
      ['shop_customer', ''],
      ['chat', ''],
    ],
  )
  assert.deepEqual([(await desk.buyer(bought))[0], (await desk.buyer(worn))[0]], [ana.id, ana.id])
  assert.deepEqual(await links(worn), [phone.incident])
  assert.equal(windows(), pictures.windows.replace(String(lucia.id), String(ana.id)))
  await found('ana@mail.test', [mail.incident, phone.incident, chat.incident])

  // an inner merge cannot be undone before the outer one
  await assert.rejects(desk.staff('customer.unmerge', { merge: first }), { word: 'conflict' })

  // all go on, answered by staff; the power goes again
  for (const r of [mail, phone, chat]) {
    const { incident } = await desk.detail(r)
    await desk.staff('incident.answer', { id: r.incident, text: 'Sale hoy', seen: incident.messages, override: true })
    await desk.staff('incident.set', { id: r.incident, state: 'spam' })
  }
  const later = { mail: await desk.mails('ana@mail.test', PASSED), phone: await desk.writes('34600311111', 'Lucía Sanz') }
  const [bought2, worn2] = await desk.buys(
    { external_id: 'm3', customer: { external_id: '71', email: 'ana@mail.test' } },
    { external_id: 'm4', customer: { external_id: '72', phone_e164: '+34600311111' } },
  )
  await desk.staff('order.link', { incident: later.phone.incident, order: worn2 })
  await cut()

  const { customer, other } = await desk.staff('customer.unmerge', { merge: second })
  assert.deepEqual([customer.id, other.id], [ana.id, lucia.id])
  await cut()
  for (const [r, who] of [
    [mail, ana],
    [later.mail, ana],
    [phone, lucia],
    [later.phone, lucia],
    [chat, lucia],
  ])
    assert.equal((await desk.owner(r)).id, who.id, `incident ${r.incident}`)
  assert.deepEqual(await Promise.all([bought, bought2, worn, worn2].map(desk.buyer)), [
    [ana.id, 'email'],
    [ana.id, 'account'],
    [lucia.id, 'phone'],
    [lucia.id, 'account'],
  ])
  assert.deepEqual([await links(worn), await links(worn2)], [[phone.incident], [later.phone.incident]])
  assert.match(windows(), new RegExp(`^${lucia.id} wamid`))
  await found('ana@mail.test', [mail.incident, later.mail.incident])
  await found('34600311111', [phone.incident, later.phone.incident, chat.incident])

  await desk.staff('customer.unmerge', { merge: first })
  assert.equal((await desk.owner(chat)).id, visitor.id)
  assert.deepEqual((await desk.owner(mail)).identities, pictures.ana.identities)
  const kept = (list) => list.map(({ id, kind, value, consent, consent_how }) => ({ id, kind, value, consent, consent_how }))
  const marked = kept(pictures.lucia.identities).map((i) => (i.id === number.id ? { ...i, consent: 'out', consent_how: 'staff' } : i))
  assert.deepEqual(kept((await desk.owner(phone)).identities), marked)
  for (const [r, name] of [
    [mail, ''],
    [phone, 'Lucía Sanz'],
    [chat, 'Lu'],
  ])
    assert.equal((await desk.owner(r)).name, name)
  await found('34600311111', [phone.incident, later.phone.incident])
  await cut()
})
