// What goes out by WhatsApp, on the bus: what an answer becomes, what the
// gateway is given and reports, what Meta says afterwards in any order, and
// when one may not write. Everything ends with a store in which fsck finds
// nothing.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { until } from '../lib/wait.mjs'
import { addNumber } from '../lib/whatsapp.mjs'

const sha = (b) => createHash('sha256').update(b).digest('hex')
const HOUR_MS = 3600_000
const LEASE_MS = 150_000

let daemon, control, console_, wa, agent
let serial = 0
before(async () => {
  daemon = await startDaemon()
  control = await daemon.connect('control')
  await addNumber(control)
  await addNumber(control, { name: 'callada', phone: '209988776655443', settings: { read_receipts: false } })
  const person = await control.call('agent.add', { email: 'ana@tienda.example', name: 'Ana', role: 'agent' })
  console_ = await daemon.connect('console')
  const login = await console_.call('session.login', { email: 'ana@tienda.example', password: person.password, network: '127.0.0.1' })
  const { handle } = await console_.call('session.open', { cookie: login.cookie })
  agent = (method, params) => console_.call(method, params, { as: handle })
  wa = await daemon.connect('whatsapp')
})
after(async () => {
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigod'), ['--fsck', '--dir', daemon.dir])
  daemon.remove()
})

/** Somebody writes; ago: how long since, in ms. */
async function writes(who, { connection = 'tienda', ago = 0, id = `wamid.in.${++serial}` } = {}) {
  const raw = Buffer.from(id)
  const added = await wa.call('contact.add', {
    connection,
    digest: sha(id),
    received_at: new Date(Date.now() - ago).toISOString(),
    channel: 'whatsapp',
    text: '¿Dónde está mi pedido?',
    raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') },
    whatsapp: { id, type: 'text', supported: true, from: who, wa_id: who, profile_name: 'Lucía' },
  })
  return { ...added, wamid: id }
}
const detail = async (id) => (await agent('incident.get', { id })).detail
const delivery = async (incident, n) => (await detail(incident)).messages.find((m) => m.number === n).delivery
const answer = (id, more) => agent('incident.answer', { id, text: 'Sale hoy', seen: 99, ...more })
const take = async () => (await wa.call('outbox.take', { max: 20, lease_ms: LEASE_MS })).deliveries
const report = (d, result, more) => wa.call('outbox.report', { delivery: d.id, attempt: d.attempt, result, ...more })
const status = (external_id, word, more) => wa.call('status.add', { connection: 'tienda', external_id, status: word, at: new Date().toISOString(), ...more })

/** An answer that the gateway has. */
async function taken(who) {
  const { incident } = await writes(who)
  const { message } = await answer(incident)
  const [d] = await take()
  assert.equal(d.message, message.id)
  return { incident, number: message.number, d }
}

test('an answer is the messages that it needs, and the gateway is told each', async () => {
  const { incident, wamid } = await writes('34600200001')
  const file = (filename, content_type) => {
    const octets = Buffer.from(filename)
    return { filename, content_type, size: octets.length, sha256: sha(octets), inline: false, data: octets.toString('base64') }
  }
  const files = [file('nota.ogg', 'audio/ogg; codecs=opus'), file('foto.jpg', 'image/jpeg'), file('guia.pdf', 'application/pdf')]
  const { message } = await answer(incident, { text: '**Mira**', attachments: files, quotes: 1 })
  const [first, second, third] = await take()
  assert.equal(first.text, '**Mira**')
  assert.equal(first.message, message.id)
  assert.equal(first.whatsapp.kind, 'media')
  assert.equal(first.whatsapp.file.filename, 'foto.jpg')
  assert.equal(first.whatsapp.quotes, wamid)
  assert.deepEqual(first.whatsapp.to, { wa_id: '34600200001' })
  assert.deepEqual([second, third].map((d) => [d.text, d.whatsapp.file.filename, d.whatsapp.quotes]), [
    ['', 'nota.ogg', undefined],
    ['', 'guia.pdf', undefined],
  ])
  assert.equal(new Set([first, second, third].map((d) => d.key)).size, 3)
  for (const d of [first, second, third]) assert.deepEqual(await report(d, 'sent', { external_id: `wamid.out.${d.id}`, to: { wa_id: '34600200001' } }), { state: 'sent' })
  assert.equal((await delivery(incident, message.number)).external_id, `wamid.out.${first.id}`)
})

test('ticks rise, whatever comes first; the lost answer to a request is found by its tracker', async () => {
  const { incident, number, d } = await taken('34600200002')
  assert.deepEqual(await status('wamid.lost', 'read', { tracker: d.key }), { fresh: true, state: 'sent' })
  assert.deepEqual(await status('wamid.lost', 'delivered', { tracker: d.key }), { fresh: true, state: 'sent' })
  assert.deepEqual(await status('wamid.lost', 'read'), { fresh: false, state: 'sent' })
  assert.deepEqual(await report(d, 'unknown'), { state: 'sent' })
  const shown = await delivery(incident, number)
  assert.equal(shown.receipt, 'read')
  assert.equal(shown.external_id, 'wamid.lost')
  assert.equal(shown.again, undefined)
  // one that is not known yet waits for its message
  const next = await taken('34600200002')
  assert.deepEqual(await status('wamid.early', 'delivered'), { fresh: true, state: null })
  assert.deepEqual(await report(next.d, 'sent', { external_id: 'wamid.early' }), { state: 'sent' })
  assert.equal((await delivery(next.incident, next.number)).receipt, 'delivered')
})

test('a word of the same second as an answer stands below it', async () => {
  const { incident } = await writes('34600200023', { ago: 5000 })
  const { message } = await answer(incident)
  const ago = Date.now() - Math.floor(Date.parse(message.at) / 1000) * 1000
  const { number } = await writes('34600200023', { ago })
  assert.deepEqual((await detail(incident)).messages.map((m) => m.number), [1, message.number, number])
  const [d] = await take()
  await report(d, 'sent', { external_id: 'wamid.second' })
})

test('a gateway that dies: what had begun is unknown, what had not goes again', async () => {
  const LEASE = 1000
  const made = []
  for (const who of ['34600200021', '34600200022']) {
    const { incident } = await writes(who)
    made.push({ incident, message: (await answer(incident)).message })
  }
  const [begun, not] = (await wa.call('outbox.take', { max: 20, lease_ms: LEASE })).deliveries
  const begin = { delivery: begun.id, attempt: begun.attempt, lease_ms: 2 * LEASE }
  assert.ok((await wa.call('outbox.begin', begin)).lease_until > begun.lease_until)
  await wa.call('outbox.begin', begin) // its answer was lost
  await assert.rejects(wa.call('outbox.begin', { ...begin, attempt: begun.attempt + 1 }), { word: 'conflict' })
  const state = (n) => delivery(made[n].incident, made[n].message.number).then((d) => d.state)
  await until(async () => (await state(0)) === 'unknown' && (await state(1)) === 'queued', 'leases to run out')
  await assert.rejects(wa.call('outbox.begin', begin), { word: 'conflict' })
  const [again] = await take()
  assert.equal(again.id, not.id)
  assert.equal(again.key, not.key)
  assert.equal(again.attempt, not.attempt + 1)
  await report(again, 'sent', { external_id: 'wamid.begun' })
})

test('a failure after all opens the incident again; the agent is told the code, and sends it once more', async () => {
  const { incident, number, d } = await taken('34600200003')
  await report(d, 'sent', { external_id: 'wamid.fails' })
  assert.equal((await detail(incident)).incident.state, 'pending_customer')
  await status('wamid.fails', 'failed', { errors: [{ code: 131000, detail: 'Something went wrong' }] })
  const now = await detail(incident)
  assert.equal(now.incident.state, 'open')
  const failed = now.messages.find((m) => m.number === number).delivery
  assert.deepEqual([failed.state, failed.error_code, failed.again], ['failed', 131000, true])
  assert.ok(now.events.some((e) => e.kind === 'delivery.failed' && e.data.code === 131000))
  await agent('delivery.again', { delivery: d.id })
  await assert.rejects(agent('delivery.again', { delivery: d.id }), (e) => e.word === 'conflict')
  const [once] = await take()
  assert.deepEqual([once.id, once.key, once.attempt], [d.id, d.key, d.attempt + 1])
  await report(once, 'sent', { external_id: 'wamid.second' })
  assert.equal((await delivery(incident, number)).state, 'sent')
})

test('131047 closes the window; a template alone may go then, and nothing is written', async () => {
  const { incident, d } = await taken('34600200004')
  await report(d, 'sent', { external_id: 'wamid.outside' })
  assert.equal((await detail(incident)).incident.can_reply, 'free')
  await status('wamid.outside', 'failed', { errors: [{ code: 131047 }] })
  assert.equal((await detail(incident)).incident.can_reply, 'template')
  const before_ = (await detail(incident)).messages.length
  await assert.rejects(answer(incident), (e) => {
    assert.equal(e.word, 'window_closed')
    assert.equal(e.data.way, 'template')
    return true
  })
  assert.equal((await detail(incident)).messages.length, before_)
})

test('whoever wrote yesterday is answered by a template; a new word opens the window', async () => {
  const { incident } = await writes('34600200005', { ago: 25 * HOUR_MS })
  const closed = (await detail(incident)).incident
  assert.equal(closed.can_reply, 'template')
  assert.ok(Date.parse(closed.can_reply_until) < Date.now())
  await writes('34600200005')
  const open = (await detail(incident)).incident
  assert.equal(open.can_reply, 'free')
  assert.ok(Date.parse(open.can_reply_until) > Date.now() + 23 * HOUR_MS)
  // nearly over: staff are told
  const other = await writes('34600200006', { ago: 23.5 * HOUR_MS })
  const told = async () => (await detail(other.incident)).events.find((e) => e.kind === 'window.closing')
  for (let i = 0; i < 600 && !(await told()); i++) await new Promise((done) => setTimeout(done, 100))
  assert.ok(await told())
})

test('an incident that is opened is marked as read, once; that somebody types is told', async () => {
  const { incident, wamid } = await writes('34600200007')
  const type = () => agent('incident.typing', { id: incident, on: true })
  await agent('incident.opened', { id: incident })
  await agent('incident.opened', { id: incident })
  const jobs = (await wa.call('job.take', { max: 20, lease_ms: 5000 })).jobs.filter((j) => j.kind === 'whatsapp.read')
  assert.deepEqual(
    jobs.map((j) => j.payload),
    [{ message: wamid, typing: false }]
  )
  await type()
  const note = await wa.note((n) => n.method === 'wake' && n.params.what === 'typing')
  assert.deepEqual(note.params, { what: 'typing', connection: 'tienda', wamid })
  const quiet = await writes('34600200008', { connection: 'callada' })
  await agent('incident.opened', { id: quiet.incident })
  assert.ok(!(await wa.call('job.take', { max: 20, lease_ms: 5000 })).jobs.some((j) => j.kind === 'whatsapp.read'))
})

test('an agent reacts; it answers nothing', async () => {
  const { incident, wamid } = await writes('34600200009')
  await agent('incident.react', { id: incident, number: 1, emoji: '👍' })
  const [d] = await take()
  assert.deepEqual(d.whatsapp.reaction, { message: wamid, emoji: '👍' })
  const shown = await detail(incident)
  assert.equal(shown.incident.state, 'new')
  assert.deepEqual(
    shown.messages[0].reactions.map((r) => [r.emoji, r.who]),
    [['👍', 'agent']]
  )
  await report(d, 'sent', { external_id: 'wamid.reaction' })
})

test('what is asked by buttons, and what is too long', async () => {
  const { incident } = await writes('34600200010')
  await answer(incident, { text: '¿Te sirve?', buttons: ['Sí', 'No'] })
  const [d] = await take()
  assert.equal(d.whatsapp.kind, 'interactive')
  assert.equal(d.whatsapp.interactive.body, '¿Te sirve?')
  assert.deepEqual(
    d.whatsapp.interactive.buttons.map((b) => b.title),
    ['Sí', 'No']
  )
  await assert.rejects(answer(incident, { text: 'a'.repeat(4097) }), (e) => e.word === 'text_too_long' && e.data.characters === 4097)
  await report(d, 'sent', { external_id: 'wamid.buttons' })
})

test('hundreds of statuses in any order leave each delivery where the highest says', async () => {
  const { incident } = await writes('34600200011')
  const sent = []
  for (let i = 0; i < 3; i++) {
    const octets = Buffer.from('una foto')
    const files = Array.from({ length: 20 }, (_, k) => ({
      filename: `${k}.jpg`,
      content_type: 'image/jpeg',
      size: octets.length,
      sha256: sha(octets),
      inline: false,
      ...(k === 0 ? { data: octets.toString('base64') } : {}),
    }))
    await answer(incident, { attachments: files })
    for (let got; (got = await take()).length > 0; ) sent.push(...got)
  }
  assert.equal(sent.length, 60)
  const words = ['sent', 'delivered', 'read']
  const all = sent.flatMap((d, i) => words.map((word, k) => ({ d, id: `wamid.many.${i}`, word, order: (i * 7 + k * 13) % 17 })))
  all.sort((a, b) => a.order - b.order)
  // half of them before the request that sent them is answered, each twice
  const half = all.length / 2
  await Promise.all(all.slice(0, half).flatMap((s) => [status(s.id, s.word), status(s.id, s.word)]))
  await Promise.all(sent.map((d, i) => report(d, 'sent', { external_id: `wamid.many.${i}` })))
  await Promise.all(all.slice(half).map((s) => status(s.id, s.word, { tracker: s.d.key })))
  const shown = (await detail(incident)).messages.filter((m) => m.delivery)
  assert.equal(shown.length, 60)
  assert.deepEqual([...new Set(shown.map((m) => `${m.delivery.state} ${m.delivery.receipt}`))], ['sent read'])
})

test('rules ask what may be answered, of the first message and of later ones', async () => {
  const text = `
queue "general" { title "General" }
rule "free" {
    on contact via whatsapp
    if can_reply is free
    then tag "libre"
}
rule "late" {
    on contact via whatsapp
    if can_reply is template
    then tag "tarde"
}
`
  await control.call('book.apply', { text, note: 'can_reply' })
  const now = await writes('34600200012')
  assert.deepEqual((await detail(now.incident)).incident.tags, ['libre'])
  const late = await writes('34600200013', { ago: 30 * HOUR_MS })
  assert.deepEqual((await detail(late.incident)).incident.tags, ['tarde'])
})
