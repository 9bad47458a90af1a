// What WhatsApp brings, on the bus: one message is one message whatever its
// redelivery is called; which incident it belongs to; files, reactions,
// echoes, changes. Everything ends with a store in which fsck finds nothing.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { until } from '../lib/wait.mjs'

const sha = (b) => createHash('sha256').update(b).digest('hex')
const octets = (b) => ({ sha256: sha(b), bytes: b.length, data: b.toString('base64') })
const settings = (number, more = {}) => ({ phone_number_id: number, waba_id: '7001', display_number: '+34 600 000 001', ...more })
const secrets = { access_token: 'token', app_secret: 'secret', verify_token: 'word' }
const T0 = Date.now() - 3600_000
const at = (s) => new Date(Math.floor(T0 / 1000) * 1000 + s * 1000).toISOString()

let daemon, control, console_, wa, admin
let serial = 0
before(async () => {
  daemon = await startDaemon()
  control = await daemon.connect('control')
  for (const [name, number] of [
    ['uno', '111'],
    ['dos', '222'],
  ])
    await control.call('connection.add', { name, kind: 'whatsapp', settings: settings(number), secrets })
  const person = await control.call('agent.add', { email: 'laura@tienda.example', name: 'Laura', role: 'admin' })
  console_ = await daemon.connect('console')
  const login = await console_.call('session.login', { email: 'laura@tienda.example', password: person.password, network: '127.0.0.1' })
  const session = await console_.call('session.open', { cookie: login.cookie })
  admin = (method, params) => console_.call(method, params, { as: session.handle })
  wa = await daemon.connect('whatsapp')
})
after(async () => {
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigod'), ['--fsck', '--dir', daemon.dir])
  daemon.remove()
})

/** Parameters of contact.add; who: digits. */
function message(who, more = {}, { connection = 'uno', text = 'hola', s = 0, id = `wamid.${++serial}` } = {}) {
  const whatsapp = { id, type: 'text', supported: true, from: who, wa_id: who, profile_name: `Persona ${who}`, ...more }
  return {
    connection,
    digest: sha(id),
    received_at: at(s),
    channel: 'whatsapp',
    text,
    raw: octets(Buffer.from(JSON.stringify({ whatsapp, text }))),
    whatsapp,
  }
}
const add = (...a) => wa.call('contact.add', message(...a))
const get = async (id) => (await admin('incident.get', { id })).detail
const texts = (detail) => detail.messages.map((m) => m.text)
const refused = (word) => (e) => {
  assert.equal(e.word, word)
  return true
}

test('a redelivery with another name is the first one; the same id at two numbers is two', async () => {
  const first = message('34600100001', {}, { id: 'wamid.same' })
  const a = await wa.call('contact.add', first)
  const again = structuredClone(first)
  again.whatsapp.profile_name = 'Otro nombre'
  again.raw = octets(Buffer.from('{"other":"bytes"}'))
  again.digest = sha('whatever')
  assert.deepEqual(await wa.call('contact.add', again), a)
  assert.deepEqual(await wa.call('contact.add', first), a)
  const b = await wa.call('contact.add', { ...first, connection: 'dos' })
  assert.notEqual(b.message, a.message)
  assert.notEqual(b.incident, a.incident)
  const detail = await get(a.incident)
  assert.equal(detail.messages.length, 1)
  assert.equal(detail.incident.channel, 'whatsapp')
  assert.equal(detail.incident.subject, 'hola')
  assert.equal(detail.incident.customer.name, 'Persona 34600100001')
})

test('the same message at once, from two connections of a gateway, is one', async () => {
  const other = await daemon.connect('whatsapp')
  const one = message('34600100010', {}, { id: 'wamid.at-once' })
  const made = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? wa : other).call('contact.add', one)))
  assert.deepEqual(new Set(made.map((m) => JSON.stringify(m))).size, 1)
  assert.equal((await get(made[0].incident)).messages.length, 1)
  other.close()
})

test('out of order: nothing is dropped, and it is shown by the instants of the channel', async () => {
  const who = '34600100002'
  const b = await add(who, {}, { text: 'segundo', s: 20 })
  const a = await add(who, {}, { text: 'primero', s: 10 })
  assert.equal(a.incident, b.incident)
  assert.deepEqual([b.number, a.number], [1, 2])
  assert.deepEqual(texts(await get(a.incident)), ['primero', 'segundo'])
})

test('a quoted message decides, then the newest conversation; solved ones open again, closed ones are followed', async () => {
  const who = '34600100003'
  const first = await add(who, {}, { id: 'wamid.old', text: 'el pedido' })
  await admin('incident.set', { id: first.incident, state: 'solved' })
  const again = await add(who, {}, { text: 'sigue mal', s: 5 })
  assert.equal(again.incident, first.incident)
  assert.equal((await get(first.incident)).incident.state, 'open')
  await admin('incident.set', { id: first.incident, state: 'spam' })
  const other = await add(who, {}, { text: 'otra cosa', s: 6 })
  assert.notEqual(other.incident, first.incident)
  await admin('incident.set', { id: first.incident, state: 'open' })
  const quoting = await add(who, { context_id: 'wamid.old', context_from: who }, { text: 'esto', s: 7 })
  assert.equal(quoting.incident, first.incident)
  const shown = (await get(first.incident)).messages.find((m) => m.id === quoting.message)
  assert.deepEqual(shown.quotes, { message: first.message, incident: first.incident, number: 1, who: 'customer', text: 'el pedido' })
  assert.equal(shown.matched, 'quoted')
  assert.equal(shown.whatsapp.context_from, undefined)
  // what a stranger quotes is not theirs
  const stranger = await add('34600100099', { context_id: 'wamid.old' }, { text: 'yo', s: 8 })
  assert.notEqual(stranger.incident, first.incident)
  for (const id of [first.incident, other.incident]) {
    await admin('incident.set', { id, state: 'solved' })
    await admin('incident.set', { id, state: 'closed' })
  }
  const follows = await add(who, {}, { text: 'de nuevo', s: 9 })
  assert.equal((await get(follows.incident)).follows, other.incident)
  // what was merged goes on where it was merged into
  const into = await add('34600100093', {}, { text: 'somos de la misma casa', s: 9 })
  await admin('incident.merge', { id: follows.incident, into: into.incident })
  assert.equal((await add(who, {}, { text: 'hola otra vez', s: 10 })).incident, into.incident)
})

test('a group keeps out of the private conversation', async () => {
  const who = '34600100004'
  const own = await add(who, {}, { text: 'en privado' })
  const group = await add(who, { group_id: 'grupo.1' }, { text: 'en el grupo', s: 1 })
  assert.notEqual(group.incident, own.incident)
  assert.equal((await add(who, { group_id: 'grupo.1' }, { text: 'más', s: 2 })).incident, group.incident)
  assert.equal((await add(who, {}, { text: 'y más', s: 3 })).incident, own.incident)
})

test('a file is fetched after its message: here once, or gone', async () => {
  const digest = createHash('sha256').update('una foto').digest()
  const media = { id: '1234', kind: 'image', mime_type: 'image/jpeg; a=b', sha256: digest.toString('base64'), filename: '../x\u202egpj.exe', url: 'https://lookaside.fbsbx.com/1' }
  const m = await add('34600100005', { type: 'image', media }, { text: 'mira' })
  const { jobs } = await wa.call('job.take', { max: 20, lease_ms: 60000 })
  const job = jobs.find((j) => j.kind === 'media.fetch' && j.payload.message === m.message)
  assert.deepEqual(job.payload, {
    message: m.message,
    position: 1,
    connection: 'uno',
    media: '1234',
    kind: 'image',
    content_type: 'image/jpeg',
    filename: '__.xgpj.exe'.replace('__.', '_._'),
    url: media.url,
    sha256: digest.toString('hex'),
  })
  let shown = (await get(m.incident)).messages[0]
  assert.deepEqual(shown.media, [{ position: 1, state: 'pending', why: '', content_type: 'image/jpeg', filename: '_._xgpj.exe' }])
  assert.equal(shown.whatsapp.media.url, undefined)
  await wa.call('blob.put', { upload: 'm', offset: 0, data: Buffer.from('una foto').toString('base64'), end: true, sha256: digest.toString('hex') })
  const put = { message: m.message, position: 1, sha256: digest.toString('hex'), content_type: 'image/png', warning: 'hash_differs' }
  assert.equal((await wa.call('media.put', put)).state, 'here')
  assert.equal((await wa.call('media.put', put)).state, 'here')
  assert.equal((await wa.call('media.put', { message: m.message, position: 1, gone: 'expired' })).state, 'here')
  shown = (await get(m.incident)).messages[0]
  assert.deepEqual([shown.media[0].state, shown.media[0].why], ['here', 'hash_differs'])
  assert.deepEqual([shown.attachments.length, shown.attachments[0].content_type], [1, 'image/png'])
  const got = await wa.call('blob.get', { message: m.message, sha256: put.sha256, offset: 0, length: 100 })
  assert.equal(Buffer.from(got.data, 'base64').toString(), 'una foto')
  await assert.rejects(wa.call('media.put', { message: m.message, position: 2, gone: 'x' }), refused('not_found'))

  await until(async () => (await admin('incident.search', { text: 'xgpj' })).hits.length, 'the name of a file that came later is found')

  const never = await add('34600100005', { type: 'video', media: { kind: 'video', id: '9' }, error_codes: [131052] }, { text: '', s: 1 })
  shown = (await get(never.incident)).messages.find((x) => x.id === never.message)
  assert.deepEqual([shown.media[0].state, shown.media[0].why], ['gone', 'unavailable'])
  const bad = await add('34600100005', { type: 'image', media: { kind: 'image', id: '../../me' } }, { text: '', s: 2 })
  shown = (await get(bad.incident)).messages.find((x) => x.id === bad.message)
  assert.equal(shown.media[0].why, 'bad_id')
  assert.equal((await wa.call('job.take', { max: 20, lease_ms: 60000 })).jobs.filter((j) => j.payload.message > m.message).length, 0)
})

test('reactions: the newest stands, in any order; no clock, no state', async () => {
  const who = '34600100006'
  const m = await add(who, {}, { id: 'wamid.liked' })
  const card = (id) => ({ id, type: 'reaction', supported: true, from: who, wa_id: who })
  const react = (emoji, s, target = 'wamid.liked') =>
    wa.call('reaction.put', { connection: 'uno', target, whatsapp: card(`wamid.r${s}`), ...(emoji && { emoji }), at: at(s) })
  assert.deepEqual(await react('👍', 10), { stored: true, incident: m.incident, message: m.message })
  await react('❤️', 5) // older: too late
  const before = await get(m.incident)
  assert.deepEqual(before.messages[0].reactions.map((r) => [r.emoji, r.who]), [['👍', 'customer']])
  await react(null, 20)
  await react('😀', 15)
  const now = await get(m.incident)
  assert.deepEqual(now.messages[0].reactions, [])
  assert.equal(now.incident.messages, 1)
  assert.deepEqual(now.clocks, before.clocks)
  // the same person by another address of theirs
  await add(who, { user_id: 'ES.6' }, { text: 'y esto', s: 25 })
  await react('👍', 26)
  await wa.call('reaction.put', { connection: 'uno', target: 'wamid.liked', whatsapp: { id: 'wamid.x', type: 'reaction', supported: true, user_id: 'ES.6' }, emoji: '🎉', at: at(27) })
  assert.deepEqual((await get(m.incident)).messages[0].reactions.map((r) => r.emoji), ['🎉'])
  assert.deepEqual(await react('👍', 30, 'wamid.unknown'), { stored: false })
  assert.equal((await react('👍', 31, 'wamid.liked')).stored, true)
  await assert.rejects(wa.call('reaction.put', { connection: 'nada', target: 'x', whatsapp: card('y'), at: at(1) }), refused('not_found'))
})

test('edits and withdrawals are notes; what was stored stays', async () => {
  const who = '34600100007'
  const m = await add(who, {}, { id: 'wamid.first', text: 'pedido 1041' })
  const edit = { type: 'edit', edit: { original_message_id: 'wamid.first', type: 'text', text: 'pedido 1042' } }
  const e = await add(who, edit, { text: 'pedido 1042', s: 1 })
  const r = await add(who, { type: 'revoke', revoke: 'wamid.first' }, { text: '', s: 2 })
  assert.deepEqual([e.incident, r.incident], [m.incident, m.incident])
  const { messages, incident } = await get(m.incident)
  assert.deepEqual(messages.map((x) => [x.direction, x.author.kind, x.text]), [
    ['in', 'customer', 'pedido 1041'],
    ['note', 'customer', 'pedido 1042'],
    ['note', 'customer', ''],
  ])
  assert.equal(messages[2].whatsapp.revoke, 'wamid.first')
  assert.equal(incident.state, 'new')
  // of what is not theirs, or not known: an edit is a message; a withdrawal is
  // a note where they write, and nothing where they do not
  assert.equal((await add(who, { type: 'revoke', revoke: 'wamid.nobody' }, { text: '', s: 3 })).incident, m.incident)
  const other = await add('34600100098', edit, { text: 'pedido 1043', s: 3 })
  assert.notEqual(other.incident, m.incident)
  assert.deepEqual(await add('34600100097', { type: 'revoke', revoke: 'wamid.first' }, { text: '', s: 3 }), {})
  assert.deepEqual(await add('34600100096', { type: 'request_welcome', supported: false }, { text: '', s: 3 }), {})
})

test('echoes: outgoing, never sent, an answer if nothing newer waits', async () => {
  const who = '34600100008'
  const m = await add(who, {}, { id: 'wamid.q', text: 'hay stock', s: 10 })
  const echo = (id, s, text, more = {}) => {
    const whatsapp = { id, type: 'text', supported: true, from: '34600000001', to: who, ...more }
    return wa.call('echo.add', { connection: 'uno', received_at: at(s), whatsapp, text, raw: octets(Buffer.from(JSON.stringify({ id, text }))) })
  }
  await echo('wamid.e0', 5, 'antes')
  assert.equal((await get(m.incident)).incident.state, 'new')
  const e = await echo('wamid.e1', 20, 'sí, queda uno')
  assert.deepEqual(await echo('wamid.e1', 20, 'sí, queda uno'), e)
  const { incident, messages, clocks } = await get(m.incident)
  assert.equal(e.incident, m.incident)
  assert.equal(incident.state, 'pending_customer')
  assert.deepEqual(texts({ messages }), ['antes', 'hay stock', 'sí, queda uno'])
  assert.deepEqual([messages[2].direction, messages[2].whatsapp.echo, messages[2].delivery], ['out', true, null])
  assert.ok(clocks.every((c) => !c.name.includes('response') || c.state === 'fulfilled'))
  assert.equal((await wa.call('outbox.take', { max: 20, lease_ms: 1000 })).deliveries.length, 0)
  const revoked = await echo('wamid.e2', 30, '', { type: 'revoke', revoke: 'wamid.e1' })
  assert.equal(revoked.incident, m.incident)
  const first = await wa.call('echo.add', { connection: 'uno', received_at: at(1), whatsapp: { id: 'wamid.e9', type: 'text', supported: true, to: '34600100095' }, text: 'buenas', raw: octets(Buffer.from('{}')) })
  assert.equal((await get(first.incident)).incident.state, 'pending_customer')
  assert.equal((await add('34600100095', {}, { text: 'dime', s: 2 })).incident, first.incident)
})

test('what is said of an account is kept, once', async () => {
  const event = { connection: 'uno', at: at(0), severity: 'warning', field: 'account_alerts', code: 'x', detail: 'y' }
  const { event: id } = await wa.call('account.event', event)
  assert.equal((await wa.call('account.event', event)).event, id)
  await wa.call('account.event', { ...event, severity: 'critical' })
  await assert.rejects(wa.call('account.event', { ...event, severity: 'grave' }), refused('bad_params'))
  const { events } = await admin('account.list', { connection: 'uno' })
  assert.deepEqual(events.map((v) => v.severity), ['critical', 'warning'])
})

test('the kind whatsapp says what is wrong with it', async () => {
  const make = (name, s, x = secrets) => control.call('connection.add', { name, kind: 'whatsapp', settings: s, secrets: x })
  await assert.rejects(make('tres', settings('111')), refused('exists'))
  await assert.rejects(make('tres', settings('12a')), /phone_number_id/)
  await assert.rejects(make('tres', settings('333', { graph_version: '25' })), /graph_version/)
  await assert.rejects(make('tres', settings('333', { graph_base: 'http://graph.example' })), /graph_base/)
  await assert.rejects(make('tres', settings('333', { fallback: 'send' })), /mail/)
  await assert.rejects(make('tres', settings('333', { media_hosts: 'https://x' })), /media_hosts/)
  await assert.rejects(make('tres', settings('333'), { access_token: 'a', app_secret: 'b' }), /verify_token/)
  await make('tres', settings('333', { graph_base: 'http://127.0.0.1:9', media_hosts: '127.0.0.1 cdn.example' }))
  assert.equal((await control.call('connection.remove', { name: 'tres' })).removed, true)
})

// last: from here on the desk has rules
test('rules know text, channel, sender and what may be sent', async () => {
  const text = `queue "general" { title "General" }
queue "envios" { title "Envíos" }
rule "envio" { on contact via whatsapp if channel is whatsapp and body contains "paquete" and sender contains "34600100011"
  and mailbox is "uno" and can_reply is free then queue "envios", tag "wa" example body "mi paquete" sender "34600100011" mailbox "uno" can_reply free }
`
  await control.call('book.apply', { text })
  const hit = await add('34600100011', {}, { text: '¿Y mi paquete?', s: 60 })
  const miss = await add('34600100012', {}, { text: '¿Y mi paquete?', s: 61 })
  assert.deepEqual([(await get(hit.incident)).incident.queue, (await get(hit.incident)).incident.tags], ['envios', ['wa']])
  assert.equal((await get(miss.incident)).incident.queue, 'general')
})
