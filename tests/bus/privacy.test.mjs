// A shop asks that a person be forgotten: no file of the desk has them any more,
// and what is another's stays.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { filesIn } from '../lib/files.mjs'
import { startPersons } from '../lib/persons.mjs'
import { sleep, WAIT_MS } from '../lib/wait.mjs'

const WORDS = ['vera.olvido@mail.test', 'Vera Olvido', '+34600987123', 'Calle del Silencio', '77001122', 'timbre roto']
const ORDER = {
  external_id: '5550001',
  number: 'V-1001',
  currency: 'EUR',
  total: '31.40',
  placed_at: '2026-06-01T10:00:00Z',
  state: 'open',
  note: 'timbre roto',
  customer: { external_id: '77001122', email: 'vera.olvido@mail.test', phone_e164: '+34600987123', name: 'Vera Olvido' },
  shipping: { name: 'Vera Olvido', address_1: 'Calle del Silencio 4', country: 'ES' },
}
const OTHER = { ...ORDER, external_id: '5550002', number: 'V-1002', note: '', customer: { external_id: '88', email: 'queda@mail.test', name: 'Queda' }, shipping: {} }

/** Which of the words stand in which files of a folder. */
function traces(dir, words) {
  return filesIn(dir).flatMap((f) => {
    const octets = readFileSync(f)
    return words.filter((w) => octets.includes(w)).map((w) => `${w} in ${f}`)
  })
}

test('whom a shop asks to forget is in no file: orders, raw texts, deliveries, names, notes', async (t) => {
  const desk = await startPersons()
  t.after(() => desk.daemon.remove())
  const put = async (body) => {
    const raw = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    const octets = { sha256: createHash('sha256').update(raw).digest('hex'), bytes: raw.length, data: raw.toString('base64') }
    await desk.shop.call('hook.put', { connection: 'tienda', body: octets, received_at: new Date().toISOString() })
  }
  const take = async () => (await desk.shop.call('hook.take', { max: 100, lease_ms: 60000 })).hooks
  const end = (h, result, why) => desk.shop.call('hook.end', { hook: h.id, attempt: h.attempt, result, ...(why && { why }) })

  // two orders with their texts, one delivery that nobody can read
  for (const body of [ORDER, OTHER, `{"email":"${WORDS[0]}"`]) await put(body)
  const [one, two, three] = await take()
  const [vera] = await desk.buys({ ...ORDER, raw: JSON.stringify(ORDER) })
  const [queda] = await desk.buys({ ...OTHER, raw: JSON.stringify(OTHER) })
  await end(one, 'done')
  await end(two, 'done')
  await end(three, 'dead', 'truncated')
  const [whose] = await desk.buyer(vera)
  await desk.staff('customer.note', { customer: whose, text: 'Vera Olvido pide siempre de regalo' })
  // somebody wrote without a name, was made one with her, and is called as she was
  const mail = await desk.mails('anonima@mail.test')
  const writer = await desk.owner(mail)
  await desk.staff('customer.merge', { customer: writer.id, gone: whose })
  assert.equal((await desk.owner(mail)).name, 'Vera Olvido')
  assert.ok(traces(desk.daemon.dir, WORDS).length >= WORDS.length)

  await put({ customer: { id: 77001122, email: WORDS[0], phone: WORDS[2] }, orders_to_redact: [5550001] })
  const [asked] = await take()
  const { id } = await desk.shop.call('privacy.put', { connection: 'tienda', topic: 'customers/redact', id: '77001122', body: { orders_to_redact: [5550001] } })
  await end(asked, 'done')
  for (const until = Date.now() + WAIT_MS; ; await sleep(20)) {
    const { requests } = await desk.staff('privacy.list', { waiting: true })
    if (!requests.some((r) => r.id === id)) break
    assert.ok(Date.now() < until, 'it is never done')
  }
  assert.equal((await desk.owner(mail)).name, '')
  await assert.rejects(desk.staff('order.get', { id: vera }), { word: 'not_found' })
  assert.equal((await desk.staff('order.get', { id: queda })).order.buyer.email, 'queda@mail.test')
  const { requests } = await desk.staff('privacy.list', {})
  assert.deepEqual([requests[0].kind, requests[0].orders, requests[0].external_id], ['customer_redact', 1, ''])

  const { problems } = await desk.control.call('store.check', {})
  assert.deepEqual(problems, [])
  // SQLite's log goes with the end
  assert.deepEqual(await desk.daemon.stop(), { code: 0, signal: null })
  assert.deepEqual(traces(desk.daemon.dir, WORDS), [])
  assert.ok(traces(desk.daemon.dir, ['queda@mail.test']).length)
  execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigod'), ['--fsck', '--dir', desk.daemon.dir])
})
