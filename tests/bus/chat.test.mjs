// The daemon's side of live chat: visitors, their own incident and nothing
// else, lines by number, what both sides are told.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'

const NOTE_MS = 30000 // a state is waited for this long at most
const MINUTE = 60

const BOOK = `queue "general" { title "General" }
queue "envios" { title "Envíos" }
calendar "tienda" {
    timezone "Europe/Madrid"
    mon-fri 09:00-14:00, 16:00-19:00
}
policy "chat" {
    via chat
    calendar "tienda"
    first response 2m
    next response 3m
}
policy "correo" {
    calendar "tienda"
    first response 4h
    next response 8h
}
rule "envio" {
    on contact via chat
    if subject or body matches /\\bpedido\\b/
    then reason order_status, queue "envios", tag "envio"
    example "mi pedido"
    counterexample "hola"
}
`

const sha = (b) => createHash('sha256').update(b).digest('hex')
const word = (w) => (e) => {
  assert.equal(e.word, w, e.message)
  return true
}

let daemon
let clockFile
let control // without a person: sets the desk up
let laura // an agent on the console socket
let chat // a chat gateway

/** The daemon's clock, in seconds from the machine's. */
const shift = (s) => writeFileSync(clockFile, String(s))
const shifted = () => Number(readFileSync(clockFile, 'utf8'))

/** An admin's handle on the control socket. */
async function admin() {
  const c = await daemon.connect('control')
  const token = readFileSync(join(daemon.dir, 'admin.token'), 'utf8')
  const { handle } = await c.call('session.open', { token })
  return { ...caller(c, handle), client: c }
}

const caller = (client, handle) => ({
  client,
  handle,
  call: (method, params = {}) => client.call(method, params, { as: handle }),
})

async function staff() {
  const client = await daemon.connect('console')
  const token = readFileSync(join(daemon.dir, 'laura.token'), 'utf8')
  const { handle } = await client.call('session.open', { token })
  await client.call('events.subscribe')
  return caller(client, handle)
}

/** A visitor of a site on a gateway's connection. */
async function visitor(options = {}, on = chat) {
  const started = await on.call('visitor.start', { connection: 'tienda', name: 'Marta', network: '192.0.2.7', ...options })
  return { ...caller(on, started.handle), ...started }
}

async function write(v, id, text, more = {}) {
  return v.call('chat.write', { id, text, ...more })
}

async function answer(incident, text, more = {}) {
  const { detail } = await laura.call('incident.get', { id: incident })
  return laura.call('incident.answer', { id: incident, text, seen: detail.incident.messages, ...more })
}

const sql = (text) => execFileSync('sqlite3', ['-readonly', join(daemon.dir, 'postigo.db'), text], { encoding: 'utf8' }).trim()

async function reconnect() {
  control = await daemon.connect('control')
  chat = await daemon.connect('chat')
  laura = await staff()
}

async function start(dir) {
  return startDaemon({ dir, env: { POSTIGO_TEST_CLOCK_FILE: clockFile } })
}

before(async () => {
  clockFile = join(mkdtempSync(join(tmpdir(), 'postigo-clock-')), 'clock')
  shift(0)
  daemon = await start()
  const c = await daemon.connect('control')
  const ana = await c.call('agent.add', { email: 'admin@tienda.example', name: 'Admin', role: 'admin' })
  const lau = await c.call('agent.add', { email: 'laura@tienda.example', name: 'Laura', role: 'agent' })
  for (const [who, file] of [
    [ana.agent.id, 'admin.token'],
    [lau.agent.id, 'laura.token'],
  ])
    writeFileSync(join(daemon.dir, file), (await c.call('token.add', { agent: who, label: 'test' })).token, { mode: 0o600 })
  await c.call('desk.set', { name: 'Tienda Olmo', language: 'es' })
  await c.call('book.apply', { text: BOOK })
  for (const connection of [
    { name: 'correo', kind: 'pipe', settings: { address: 'hola@olmo.example', from_name: 'Tienda Olmo', out: '/tmp/none' } },
    {
      name: 'tienda',
      kind: 'chat',
      settings: {
        origins: 'https://olmo.example https://www.olmo.example:8443',
        title: 'Olmo',
        color: '#336699',
        greeting_es: 'Hola',
        mail: 'correo',
        remember_days: 10,
      },
    },
    { name: 'otra', kind: 'chat', settings: { origins: 'http://localhost:8000', title: 'Otra', language: 'en' } },
  ])
    await c.call('connection.add', connection)
  c.close()
  await reconnect()
})

after(async () => {
  const problems = await control.call('store.check')
  assert.deepEqual(problems.problems, [])
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  daemon.remove()
  rmSync(dirname(clockFile), { recursive: true })
})

test('a site says what it is and when it is open', async () => {
  const base = Date.now()
  const at = async (iso) => {
    shift(Math.round((Date.parse(iso) - base) / 1000))
    return (await chat.call('chat.site', { connection: 'tienda' })).site
  }
  const back = shifted()
  // Monday 12 January 2026: 10:30 in Madrid
  let site = await at('2026-01-12T09:30:00Z')
  assert.deepEqual([site.name, site.title, site.language, site.color, site.desk], ['tienda', 'Olmo', 'es', '#336699', 'Tienda Olmo'])
  assert.deepEqual(site.greeting, { es: 'Hola' })
  assert.deepEqual(site.origins, ['https://olmo.example', 'https://www.olmo.example:8443'])
  assert.deepEqual([site.open, site.opens_at, site.closes_at], [true, null, '2026-01-12T13:00:00.000Z'])
  assert.deepEqual([site.promise_s, site.remember_days], [120, 10])
  site = await at('2026-01-12T13:10:00Z')
  assert.deepEqual([site.open, site.opens_at, site.closes_at], [false, '2026-01-12T15:00:00.000Z', null])
  site = await at('2026-01-16T18:30:00Z')
  assert.deepEqual([site.open, site.opens_at], [false, '2026-01-19T08:00:00.000Z'])
  // the night in which clocks go forward
  site = await at('2026-03-27T18:30:00Z')
  assert.equal(site.opens_at, '2026-03-30T07:00:00.000Z')
  shift(back)
  assert.equal((await chat.call('chat.site', { connection: 'otra' })).site.language, 'en')
  await assert.rejects(chat.call('chat.site', { connection: 'correo' }), word('not_found'))
  await assert.rejects(chat.call('chat.site', { connection: 'nada' }), word('not_found'))
})

test('a line is an incident like any other, and its answer comes by number', async () => {
  const v = await visitor({ email: 'Marta@cliente.example' })
  let { chat: c, lines, more } = await v.call('chat.get', { from: 0 })
  assert.deepEqual([c.state, c.incident, c.last, lines, more], ['start', null, 0, [], false])
  const first = await write(v, 'l1', 'Hola, ¿dónde está mi pedido?', { page: 'https://olmo.example/zapatos' })
  assert.equal(first.number, 1)
  await chat.note((n) => n.method === 'visitor.changed' && n.params.handles.includes(v.handle), NOTE_MS)
  ;({ chat: c, lines } = await v.call('chat.get', { from: 0 }))
  assert.deepEqual([c.state, c.incident, c.ref, c.last, c.name], ['waiting', first.incident, `P-${first.incident}`, 1, 'Marta'])
  assert.deepEqual(
    lines.map((l) => [l.number, l.who, l.name, l.text, l.id, l.files]),
    [[1, 'customer', 'Marta', 'Hola, ¿dónde está mi pedido?', 'l1', []]],
  )
  assert.equal(lines[0].at, first.at)
  const { detail } = await laura.call('incident.get', { id: first.incident })
  assert.deepEqual([detail.incident.channel, detail.incident.connection, detail.incident.queue], ['chat', 'tienda', 'envios'])
  assert.deepEqual(detail.incident.tags, ['envio'])
  assert.equal(detail.incident.subject, 'Hola, ¿dónde está mi pedido?')
  assert.equal(detail.clocks[0].name, 'first_response')
  assert.equal(detail.clocks[0].start_at.slice(0, 19), first.at.slice(0, 19))
  assert.deepEqual(detail.incident.customer.identities.map((i) => [i.kind, i.value, i.verified]), [['email', 'marta@cliente.example', false]])
  assert.deepEqual([detail.visitor.online, detail.visitor.page, detail.rating], [true, 'https://olmo.example/zapatos', null])
  assert.ok(detail.messages[0].raw.sha256)

  chat.notes.length = 0
  const said = await answer(first.incident, 'Sale hoy.')
  assert.equal(said.message.delivery, null)
  await chat.note((n) => n.method === 'visitor.changed' && n.params.handles.includes(v.handle), NOTE_MS)
  ;({ chat: c, lines } = await v.call('chat.get', { from: 1 }))
  assert.equal(c.state, 'talking')
  assert.deepEqual(lines.map((l) => [l.number, l.who, l.name, l.text]), [[2, 'agent', 'Laura', 'Sale hoy.']])
  assert.equal((await laura.call('incident.get', { id: first.incident })).detail.clocks[0].state, 'fulfilled')

  assert.equal((await v.call('chat.got', { number: 2 })).number, 2)
  const told = await laura.client.note((n) => n.method === 'visitor.state' && n.params.incident === first.incident && n.params.got === 2, NOTE_MS)
  assert.equal(told.params.online, true)
  assert.equal((await v.call('chat.got', { number: 1 })).number, 2)
  assert.equal((await v.call('chat.got', { number: 99 })).number, 2)
})

test('a repeat of a line gives the first response', async () => {
  const v = await visitor()
  const one = await write(v, 'a', 'Una vez')
  assert.deepEqual(await write(v, 'a', 'Una vez'), one)
  const both = await Promise.all([write(v, 'b', 'Dos'), write(v, 'b', 'Dos'), write(v, 'b', 'Dos')])
  assert.deepEqual(both[1], both[0])
  assert.deepEqual(both[2], both[0])
  const { lines } = await v.call('chat.get', { from: 0 })
  assert.deepEqual(lines.map((l) => [l.number, l.text]), [
    [1, 'Una vez'],
    [2, 'Dos'],
  ])
  // the same id of another visitor is another line
  const w = await visitor()
  assert.notEqual((await write(w, 'a', 'Una vez')).incident, one.incident)
})

test('a token is of one site and of one visitor', async () => {
  const v = await visitor()
  const { incident } = await write(v, '1', 'De Marta')
  const open = (connection, token) => chat.call('visitor.open', { connection, token })
  const again = await open('tienda', v.token)
  assert.equal(again.chat.incident, incident)
  assert.notEqual(again.handle, v.handle)
  await assert.rejects(open('otra', v.token), word('no_session'))
  await assert.rejects(open('tienda', v.token.slice(0, -1) + (v.token.endsWith('A') ? 'B' : 'A')), word('no_session'))
  await assert.rejects(open('tienda', ''), word('no_session'))
  const w = await visitor({ name: 'Otro' })
  assert.deepEqual((await w.call('chat.get', { from: 0 })).lines, [])
  await assert.rejects(w.call('chat.got', { number: 1 }), word('conflict'))
  await assert.rejects(w.call('chat.rate', { score: 5 }), word('conflict'))
  await assert.rejects(w.call('chat.end'), word('conflict'))
  // whatever else is named, the incident is that of the handle
  const { lines } = await w.call('chat.get', { from: 0, incident, visitor: v.visitor })
  assert.deepEqual(lines, [])
})

test('a visitor may nothing but chat, and nobody else may that', async () => {
  const v = await visitor()
  const { incident } = await write(v, '1', 'Hola')
  for (const method of ['incident.list', 'incident.get', 'incident.answer', 'events.since', 'connection.list', 'customer.find'])
    await assert.rejects(v.call(method, { id: incident, text: 'x', seen: 0, from: 0 }), word('no_method'))
  for (const method of ['chat.site', 'connection.mine', 'outbox.take', 'job.take', 'visitor.start'])
    await assert.rejects(v.call(method, { connection: 'tienda', max: 1, lease_ms: 1000, name: 'x', network: 'x' }), word('not_allowed'))
  await assert.rejects(chat.call('chat.get', { from: 0 }), word('not_allowed'))
  await assert.rejects(chat.call('chat.get', { from: 0 }, { as: 'h9999.1' }), word('no_session'))
  await assert.rejects(laura.call('chat.get', { from: 0 }), word('no_method'))
  const other = await daemon.connect('chat')
  await assert.rejects(other.call('chat.get', { from: 0 }, { as: v.handle }), (e) => e.word === 'no_session')
  other.close()
})

test('notes, strangers and mails that repeat are not shown', async () => {
  const v = await visitor({ email: 'nota@cliente.example' })
  const { incident } = await write(v, '1', 'Hola')
  chat.notes.length = 0
  await laura.call('incident.note', { id: incident, text: 'SECRETO de la mesa' })
  await answer(incident, 'Una respuesta')
  await chat.note((n) => n.method === 'visitor.changed', NOTE_MS)
  const { lines, chat: c } = await v.call('chat.get', { from: 0 })
  assert.deepEqual(lines.map((l) => [l.number, l.text]), [
    [1, 'Hola'],
    [3, 'Una respuesta'],
  ])
  assert.equal(c.last, 3)
  assert.ok(!JSON.stringify(chat.notes).includes('SECRETO'))
  await v.call('chat.rate', { score: 2, comment: 'Un comentario' })
  assert.ok(!JSON.stringify(await v.call('chat.get', { from: 0 })).includes('Un comentario'))
})

test('files are read by the line that has them', async () => {
  const v = await visitor()
  const bytes = Buffer.from('una foto')
  const file = { filename: 'foto.png', content_type: 'image/png', size: bytes.length, sha256: sha(bytes), inline: false }
  await chat.call('blob.put', { upload: 'u1', offset: 0, data: bytes.toString('base64'), end: true, sha256: file.sha256 })
  await assert.rejects(write(v, 'x', '', { attachments: [{ ...file, sha256: sha('nunca') }] }), word('blob_missing'))
  const { incident } = await write(v, '1', '', { attachments: [file] })
  const { lines } = await v.call('chat.get', { from: 0 })
  assert.equal(lines[0].files[0].filename, 'foto.png')
  const get = (who, message, sha256) => who.call('blob.get', { sha256, message, offset: 0, length: 100 })
  const got = await get(v, lines[0].files[0].message, file.sha256)
  assert.equal(Buffer.from(got.data, 'base64').toString(), 'una foto')
  const w = await visitor()
  await assert.rejects(get(w, lines[0].files[0].message, file.sha256), word('not_found'))
  const { message } = await laura.call('incident.note', { id: incident, text: 'nota' })
  await assert.rejects(get(v, message.id, file.sha256), word('not_found'))
  // the octets of the frame itself are the desk's alone
  const { detail } = await laura.call('incident.get', { id: incident })
  await assert.rejects(get(v, detail.messages[0].id, detail.messages[0].raw.sha256), word('not_found'))
})

test('a killed daemon leaves neither gap nor repeat', async () => {
  const v = await visitor()
  const { incident } = await write(v, '0', 'cero')
  const acked = new Map()
  let next = 1
  for (let round = 0; round < 3; round++) {
    const burst = []
    for (let i = 0; i < 12; i++) {
      const id = String(next++)
      burst.push(
        v.call('chat.write', { id, text: `línea ${id}` }).then(
          (r) => acked.set(id, r.number),
          () => {},
        ),
      )
    }
    if (round === 1) await Promise.race(burst)
    await daemon.kill()
    await Promise.all(burst)
    daemon = await start(daemon.dir)
    await reconnect()
    const again = await chat.call('visitor.open', { connection: 'tienda', token: v.token })
    Object.assign(v, caller(chat, again.handle))
    // the widget sends again what was not acknowledged
    for (let id = next - 12; id < next; id++) {
      const r = await write(v, String(id), `línea ${id}`)
      assert.equal(r.incident, incident)
      if (acked.has(String(id))) assert.equal(r.number, acked.get(String(id)))
      acked.set(String(id), r.number)
    }
  }
  const seen = []
  for (let from = 0, more = true; more; ) {
    const page = await v.call('chat.get', { from, limit: 5 })
    seen.push(...page.lines)
    more = page.more
    from = page.lines.at(-1).number
  }
  assert.deepEqual(seen.map((l) => l.number), Array.from({ length: next }, (_, i) => i + 1))
  assert.deepEqual(
    seen.map((l) => l.id).sort((a, b) => a - b),
    Array.from({ length: next }, (_, i) => String(i)),
  )
  for (const l of seen.slice(1)) assert.equal(l.number, acked.get(l.id))
})

test('two windows of one visitor are told alike', async () => {
  const v = await visitor()
  const second = await daemon.connect('chat')
  const two = await second.call('visitor.open', { connection: 'tienda', token: v.token })
  assert.equal(two.chat.state, 'start')
  await write(v, '1', 'Desde una')
  // the second had no incident when it was opened
  await second.note((n) => n.method === 'visitor.changed' && n.params.handles.includes(two.handle), NOTE_MS)
  second.close()
})

test('the end, and what comes after it', async () => {
  const v = await visitor()
  const { incident } = await write(v, '1', 'Primera')
  await v.call('chat.got', { number: 1 })
  const { chat: c } = await v.call('chat.end')
  assert.equal(c.state, 'ended')
  assert.equal((await v.call('chat.end')).chat.state, 'ended')
  let { detail } = await laura.call('incident.get', { id: incident })
  assert.equal(detail.events.filter((e) => e.kind === 'chat.ended').length, 1)
  assert.ok(detail.visitor.ended_at)
  const next = await write(v, '2', 'Segunda')
  assert.notEqual(next.incident, incident)
  assert.equal(next.number, 1)
  ;({ detail } = await laura.call('incident.get', { id: next.incident }))
  assert.equal(detail.follows, incident)
  assert.equal((await laura.call('incident.get', { id: incident })).detail.visitor, null)
  const after1 = await v.call('chat.get', { from: 0 })
  assert.deepEqual([after1.chat.state, after1.chat.incident, after1.chat.got], ['waiting', next.incident, 0])
  assert.deepEqual(after1.lines.map((l) => l.text), ['Segunda'])
  // a repeat of a line of the first incident is still of the first
  assert.equal((await write(v, '1', 'Primera')).incident, incident)

  // solved is reopened by a line, closed for good is followed
  await answer(next.incident, 'Hecho', { state: 'solved' })
  assert.equal((await v.call('chat.get', { from: 0 })).chat.state, 'ended')
  const third = await write(v, '3', 'Una cosa más')
  assert.equal(third.incident, next.incident)
  assert.equal((await v.call('chat.get', { from: 0 })).chat.state, 'talking')
  await laura.call('incident.set', { id: next.incident, state: 'solved' })
  await laura.call('incident.set', { id: next.incident, state: 'closed' })
  const fourth = await write(v, '4', 'Y otra')
  assert.notEqual(fourth.incident, next.incident)
  assert.equal((await laura.call('incident.get', { id: fourth.incident })).detail.follows, next.incident)
})

test('a rating, once, and again with another score', async () => {
  const v = await visitor()
  const { incident } = await write(v, '1', 'Hola')
  await answer(incident, 'Hola')
  await assert.rejects(v.call('chat.rate', { score: 0 }), word('bad_params'))
  await assert.rejects(v.call('chat.rate', { score: 6 }), word('bad_params'))
  assert.equal((await v.call('chat.rate', { score: 4, comment: 'Muy bien' })).chat.rated, 4)
  assert.equal((await v.call('chat.rate', { score: 5, comment: 'Mejor' })).chat.rated, 5)
  const { detail } = await laura.call('incident.get', { id: incident })
  assert.equal(detail.rating.score, 5)
  const comment = detail.messages.find((m) => m.id === detail.rating.message)
  assert.deepEqual([comment.direction, comment.author.kind, comment.text], ['note', 'customer', 'Muy bien'])
  assert.equal(detail.messages.filter((m) => m.direction === 'note').length, 1)
  const added = detail.events.filter((e) => e.kind === 'rating.added')
  assert.deepEqual(added.map((e) => e.data.score), [4, 5])
  assert.equal(sql(`SELECT agent_id IS NOT NULL FROM rating WHERE incident_id = ${incident}`), '1')
})

test('typing is told both ways, seldom, and ends with the handle', async () => {
  const v = await visitor()
  assert.equal((await v.call('chat.typing', { on: true })).sent, false) // nothing written yet
  const { incident } = await write(v, '1', 'Hola')
  const number = sql('SELECT max(number) FROM event')
  // at once, so that no slow second lies between all of them
  const sent = await Promise.all(Array.from({ length: 50 }, () => v.call('chat.typing', { on: true })))
  assert.equal(sent[0].sent, true)
  assert.ok(sent.filter((r) => r.sent).length < 10)
  const t = await laura.client.note((n) => n.method === 'typing' && n.params.incident === incident, NOTE_MS)
  assert.deepEqual(t.params, { incident, who: 'customer', name: 'Marta', on: true })
  assert.equal((await v.call('chat.typing', { on: false })).sent, true)
  assert.equal((await v.call('chat.typing', { on: false })).sent, false)
  await laura.client.note((n) => n.method === 'typing' && n.params.incident === incident && !n.params.on, NOTE_MS)

  assert.equal((await laura.call('incident.typing', { id: incident, on: true })).sent, true)
  const at = await chat.note((n) => n.method === 'visitor.typing' && n.params.handle === v.handle, NOTE_MS)
  assert.deepEqual(at.params, { handle: v.handle, name: 'Laura', on: true })
  assert.equal((await laura.call('incident.typing', { id: incident, on: false })).sent, true)
  await chat.note((n) => n.method === 'visitor.typing' && n.params.handle === v.handle && !n.params.on, NOTE_MS)
  assert.equal(sql('SELECT max(number) FROM event'), number) // nothing was stored

  // other visitors hear nothing of it
  assert.ok(chat.notes.filter((n) => n.method === 'visitor.typing').every((n) => n.params.handle === v.handle))

  // who goes away types no more
  const gone = await daemon.connect('chat')
  const { handle } = await gone.call('visitor.open', { connection: 'tienda', token: v.token })
  assert.equal((await gone.call('chat.typing', { on: true }, { as: handle })).sent, true)
  laura.client.notes.length = 0
  gone.close()
  await laura.client.note((n) => n.method === 'typing' && n.params.incident === incident && !n.params.on, NOTE_MS)
  const other = await staff()
  assert.equal((await other.call('incident.typing', { id: incident, on: true })).sent, true)
  chat.notes.length = 0
  other.client.close()
  await chat.note((n) => n.method === 'visitor.typing' && n.params.handle === v.handle && !n.params.on, NOTE_MS)
})

test('colleagues see who types in any incident', async () => {
  const { incident } = await control.call('incident.create', { channel: 'phone', direction: 'in', name: 'Ana', subject: 'Llamada', text: 'Llamó' })
  const other = await staff()
  const number = sql('SELECT max(number) FROM event')
  assert.equal((await other.call('incident.typing', { id: incident.id, on: true })).sent, true)
  const told = await laura.client.note((n) => n.method === 'typing' && n.params.incident === incident.id, NOTE_MS)
  assert.deepEqual({ ...told.params, agent: 0 }, { incident: incident.id, who: 'agent', name: 'Laura', on: true, agent: 0 })
  assert.ok(told.params.agent > 0)
  assert.equal(sql('SELECT max(number) FROM event'), number)
  other.client.close()
})

test('staff know who is there', async () => {
  const own = await daemon.connect('chat')
  const v = await visitor({}, own)
  const { incident } = await write(v, '1', 'Hola')
  const state = (online) => laura.client.note((n) => n.method === 'visitor.state' && n.params.incident === incident && n.params.online === online, NOTE_MS)
  await state(true)
  await own.call('visitor.close', { handle: v.handle })
  await state(false)
  assert.equal((await laura.call('incident.get', { id: incident })).detail.visitor.online, false)
  await assert.rejects(v.call('chat.get', { from: 0 }), word('no_session'))
  await assert.rejects(own.call('visitor.close', { handle: v.handle }), word('no_session'))
  laura.client.notes.length = 0
  await own.call('visitor.open', { connection: 'tienda', token: v.token })
  await state(true)
  own.close() // the gateway is gone, and with it everybody behind it
  await state(false)
})

test('who waits is told how many wait longer', async () => {
  const a = await visitor()
  const b = await visitor()
  const c = await visitor()
  const text = 'Espero en la cola'
  const first = await write(a, '1', text)
  await write(b, '1', text)
  await write(c, '1', 'mi pedido') // another queue
  const ahead = async (v) => (await v.call('chat.get', { from: 0 })).chat.ahead
  const before1 = await ahead(b)
  assert.ok(before1 >= 1)
  assert.equal(await ahead(a), before1 - 1)
  chat.notes.length = 0
  await answer(first.incident, 'Voy')
  await chat.note((n) => n.method === 'visitor.changed' && n.params.handles.includes(b.handle), NOTE_MS)
  assert.equal(await ahead(b), before1 - 1)
  assert.equal(await ahead(a), null)
})

test('no token and no name of a visitor is in logs, events or keys', async () => {
  const v = await visitor({ name: 'Nombre Rarísimo', email: 'rarisima@cliente.example' })
  await chat.call('chat.write', { id: '1', text: 'Texto rarísimo' }, { as: v.handle, key: 'k-raro' })
  await chat.call('visitor.open', { connection: 'tienda', token: v.token }, { key: 'k-abre' })
  const places = [daemon.log(), sql('SELECT data FROM event'), sql('SELECT response FROM command_key'), sql('SELECT action, outcome FROM audit')]
  for (const place of places) {
    assert.ok(!place.includes(v.token))
    assert.ok(!/rarísim|rarisim/i.test(place))
  }
  assert.equal(sql(`SELECT count(*) FROM visitor WHERE hash = '${sha(v.token)}'`), '1')
  const all = readFileSync(join(daemon.dir, 'postigo.db')).toString('latin1') + readFileSync(join(daemon.dir, 'postigo.db-wal')).toString('latin1')
  assert.ok(!all.includes(v.token))
})

test('what was not seen goes on by mail, once', async () => {
  const mail = await daemon.connect('mail')
  // visitors of other tests have mails of their own
  const take = async () => (await mail.call('outbox.take', { max: 20, lease_ms: 600000 })).deliveries.filter((d) => d.to[0].address.startsWith('lejos@') || d.to[0].address.startsWith('aqui@'))
  const v = await visitor({ email: 'lejos@cliente.example', language: 'en', name: 'Lejos' })
  const seen = await visitor({ email: 'aqui@cliente.example' })
  const { incident } = await write(v, '1', 'Are you there?')
  const here = await write(seen, '1', 'Hola')
  await answer(incident, 'Yes, we are.')
  await answer(incident, 'Your parcel leaves today.')
  await answer(here.incident, 'Hola, ¿sigues ahí?')
  await seen.call('chat.got', { number: 2 })
  assert.deepEqual(await take(), [])
  shift(shifted() + 9 * MINUTE)
  assert.deepEqual(await take(), [])
  mail.notes.length = 0
  shift(shifted() + 2 * MINUTE)
  await mail.note((n) => n.method === 'wake' && n.params.what === 'outbox', NOTE_MS)
  const [out, ...rest] = await take()
  assert.deepEqual(rest, [])
  assert.equal(out.subject, 'Your chat with Tienda Olmo')
  assert.deepEqual(out.to.map((t) => t.address), ['lejos@cliente.example'])
  assert.match(out.text, /Hello Lejos,[^]*Yes, we are\.[^]*Your parcel leaves today\./)
  assert.match(out.from.name, /Laura/)
  assert.match(out.reply_to.address, /^hola\+p\d+\.\d+\.[a-z2-7]{16}@olmo\.example$/)
  assert.equal(out.automatic, false)
  assert.equal((await mail.call('outbox.report', { delivery: out.id, attempt: out.attempt, result: 'sent' })).state, 'sent')

  // what went by mail is no line, and does not go twice
  const { lines } = await v.call('chat.get', { from: 0 })
  assert.deepEqual(lines.map((l) => l.text), ['Are you there?', 'Yes, we are.', 'Your parcel leaves today.'])
  await answer(incident, 'One more thing.')
  shift(shifted() + 12 * MINUTE)
  await new Promise((done) => setTimeout(done, 1500))
  assert.deepEqual(await take(), []) // one mail in 15 minutes
  mail.notes.length = 0
  shift(shifted() + 4 * MINUTE)
  await mail.note((n) => n.method === 'wake' && n.params.what === 'outbox', NOTE_MS)
  const [second] = await take()
  assert.match(second.text, /One more thing\./)
  assert.doesNotMatch(second.text, /Yes, we are/)
  await mail.call('outbox.report', { delivery: second.id, attempt: second.attempt, result: 'sent' })

  // the customer's reply by mail joins and is answered by mail; neither is a
  // line: whoever typed that address into a chat must not read its owner's mails
  const before = (await v.call('chat.get', { from: 0 })).lines.map((line) => line.text)
  const text = 'Thanks by mail'
  const raw = Buffer.from('From: lejos@cliente.example\r\n\r\nThanks by mail')
  const joined = await mail.call('contact.add', {
    connection: 'correo',
    external_id: '<r1@cliente.example>',
    digest: sha(text),
    received_at: new Date(Date.now() + shifted() * 1000).toISOString(),
    channel: 'email',
    from: { address: 'lejos@cliente.example' },
    recipients: [out.reply_to.address],
    subject: 'Re: Your chat with Tienda Olmo',
    text,
    raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') },
  })
  assert.equal(joined.incident, incident)
  const raws = (await laura.call('incident.get', { id: incident })).detail.messages.find((m) => m.text === text).raw
  assert.equal(raws.bytes, raw.length)
  const by = await answer(incident, 'You are welcome.')
  assert.equal(by.message.delivery.state, 'queued')
  const [third] = await take()
  assert.equal(third.in_reply_to, '<r1@cliente.example>')
  await mail.call('outbox.report', { delivery: third.id, attempt: third.attempt, result: 'sent' })
  const after = await v.call('chat.get', { from: 0 })
  assert.deepEqual(after.lines.map((line) => line.text), before)
  await v.call('chat.write', { id: 'back', text: 'Here again.' })
  await answer(incident, 'Welcome back.')
  assert.deepEqual((await v.call('chat.get', { from: 0 })).lines.map((line) => line.text), [...before, 'Here again.', 'Welcome back.'])
  mail.close()
})

test('a token that is not used ends, and its incident stays', async () => {
  const v = await visitor()
  const kept = await visitor({ remember: true })
  const { incident } = await write(v, '1', 'Hola')
  await write(kept, '1', 'Hola')
  const day = 24 * 3600
  chat.notes.length = 0
  shift(shifted() + day + MINUTE)
  await chat.note((n) => n.method === 'session.ended' && n.params.handle === v.handle, NOTE_MS)
  await assert.rejects(v.call('chat.get', { from: 0 }), word('no_session'))
  await assert.rejects(chat.call('visitor.open', { connection: 'tienda', token: v.token }), word('no_session'))
  assert.equal((await kept.call('chat.get', { from: 0 })).lines.length, 1)
  shift(shifted() + 9 * day)
  const again = await chat.call('visitor.open', { connection: 'tienda', token: kept.token })
  assert.equal(again.chat.last, 1)
  // used: it lives ten days from now
  shift(shifted() + 9 * day)
  assert.ok(await chat.call('visitor.open', { connection: 'tienda', token: kept.token }))
  shift(shifted() + 11 * day)
  await assert.rejects(chat.call('visitor.open', { connection: 'tienda', token: kept.token }), word('no_session'))
  assert.equal(sql(`SELECT count(*) FROM incident WHERE id = ${incident}`), '1')
})

test('a thousand windows on one connection, and one that closes', async () => {
  const own = await daemon.connect('chat')
  const many = []
  for (let i = 0; i < 1000; i += 100)
    many.push(
      ...(await Promise.all(
        Array.from({ length: 100 }, () => own.call('visitor.start', { connection: 'tienda', name: 'Muchos', network: '192.0.2.9' })),
      )),
    )
  const a = caller(own, many[500].handle)
  const { incident } = await write(a, '1', 'Uno de mil')
  own.notes.length = 0
  await answer(incident, 'Hola, uno de mil')
  const told = await own.note((n) => n.method === 'visitor.changed', NOTE_MS)
  assert.deepEqual(told.params.handles, [a.handle])
  await Promise.all(many.map((m) => own.call('visitor.close', { handle: m.handle })))
  own.close()
})

test('a site that is removed takes its visitors with it', async () => {
  await control.call('connection.add', { name: 'breve', kind: 'chat', settings: { origins: 'https://breve.example', title: 'Breve' } })
  const v = await chat.call('visitor.start', { connection: 'breve', name: 'Nadie', network: '192.0.2.9' })
  assert.equal((await control.call('connection.remove', { name: 'breve' })).removed, true)
  await assert.rejects(chat.call('chat.get', { from: 0 }, { as: v.handle }), word('no_session'))
  await assert.rejects(control.call('connection.remove', { name: 'tienda' }), word('conflict'))
})

test('settings of a site are looked at', async () => {
  const add = (settings) => control.call('connection.add', { name: 'mala', kind: 'chat', settings: { title: 'x', ...settings } })
  for (const origins of [
    '',
    ' ',
    'olmo.example',
    'http://olmo.example',
    'https://olmo.example/',
    'https://olmo.example/path',
    'https://Olmo.example',
    'https://olmo.example:',
    'https://olmo.example:port',
    'https://a@olmo.example',
    'https://*.olmo.example',
    'null',
    '*',
    'https://olmo.example,https://b.example',
    Array.from({ length: 21 }, (_, i) => `https://s${i}.example`).join(' '),
  ])
    await assert.rejects(add({ origins }), word('bad_params'), origins)
  for (const more of [{ color: 'red' }, { color: '#12345' }, { remember_days: 366 }, { remember_days: -1 }, { mail: 'nada' }, { mail: 'tienda' }, { language: 'fr' }, { secret: 'x' }])
    await assert.rejects(add({ origins: 'https://olmo.example', ...more }), word('bad_params'), JSON.stringify(more))
  for (const [i, origins] of ['http://localhost:8080', 'http://127.0.0.1:80', 'http://[::1]:3000', 'https://a.example https://b.example:8443'].entries()) {
    const name = `buena${i}`
    await control.call('connection.add', { name, kind: 'chat', settings: { title: 'x', origins } })
    await control.call('connection.remove', { name })
  }
})
