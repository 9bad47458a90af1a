// Mailboxes on a server: the ledger, its jobs, and a store of an earlier schema.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'

const src = process.env.POSTIGO_SRCDIR
const sha = (b) => createHash('sha256').update(b).digest('hex')
const refused = (word) => (e) => {
  assert.equal(e.word, word, e.message)
  return true
}

let daemon
let control
let mail
before(async () => {
  daemon = await startDaemon()
  await connect()
})
after(async () => {
  execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigo'), ['--dir', daemon.dir, 'check'], { stdio: 'pipe' })
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  daemon.remove()
})
async function connect() {
  control = await daemon.connect('control')
  mail = await daemon.connect('mail')
}

const add = (name, settings = {}) =>
  control.call('connection.add', {
    name,
    kind: 'mailbox',
    settings: { address: `${name}@tienda.example`, from_name: 'Tienda', imap_host: 'imap.tienda.example', ...settings },
    secrets: { password: 'clave' },
  })
const at = (connection, more = {}) => ({ connection, folder: 'INBOX', uid_validity: 7, ...more })
const open = (connection, more = {}) => mail.call('mailbox.open', at(connection, { uid_next: 1, start: 'new', ...more }))
const absent = async (connection, uids, more = {}) => (await mail.call('mailbox.absent', at(connection, { uids, ...more }))).uids
function contact(connection, id, place, more = {}) {
  const raw = Buffer.from(`octets of ${id}`)
  return {
    connection,
    external_id: `<${id}@cliente.example>`,
    digest: sha(`body ${id}`),
    received_at: '2026-01-05T09:00:00.000Z',
    channel: 'email',
    from: { address: 'lucia@cliente.example' },
    subject: `Asunto ${id}`,
    text: `Texto ${id}`,
    raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') },
    ...(place && { mailbox: { folder: 'INBOX', uid_validity: 7, ...place } }),
    ...more,
  }
}
/** Every job that is due, taken; those of other tests are ended. */
async function jobs(connection, kind) {
  const { jobs: list } = await mail.call('job.take', { max: 20, lease_ms: 60000 })
  for (const j of list) await mail.call('job.report', { job: j.id, attempt: j.attempt, ok: true })
  return list.filter((j) => j.connection === connection && j.kind === kind).map((j) => j.payload)
}
async function agent() {
  const { agent: a } = await control.call('agent.add', { email: `a${randomBytes(4).toString('hex')}@tienda.example`, name: 'Ana', role: 'admin', password: 'una clave larga' })
  const { token } = await control.call('token.add', { agent: a.id, label: 'prueba' })
  const desk = await daemon.connect('console')
  const { handle } = await desk.call('session.open', { token })
  return { desk, as: { as: handle } }
}

test('the gateway gets settings and secrets, nobody else does', async () => {
  await add('ajustes', { imap_port: 993, poll_s: 5 })
  const { connections } = await mail.call('connection.mine')
  const one = connections.find((c) => c.name === 'ajustes')
  assert.deepEqual([one.kind, one.settings.imap_port, one.secrets.password], ['mailbox', 993, 'clave'])
  const listed = (await control.call('connection.list')).connections.find((c) => c.name === 'ajustes')
  assert.deepEqual([listed.secret_names, listed.secrets], [['password'], undefined])
})

test('every method of the ledger is the mail role’s alone', async () => {
  await add('solo')
  await open('solo')
  const calls = {
    'mailbox.open': at('solo', { uid_next: 1, start: 'new' }),
    'mailbox.absent': at('solo', { uids: [1] }),
    'mailbox.seen': at('solo', { next_uid: 1 }),
    'mailbox.refuse': at('solo', { uid: 1, code: 'refused', bytes: 1 }),
  }
  const person = await agent()
  for (const role of ['chat', 'whatsapp', 'shop', 'control', 'console']) {
    const peer = await daemon.connect(role)
    for (const [method, params] of Object.entries(calls)) await assert.rejects(peer.call(method, params), (e) => e.code === -32601 || e.word === 'not_allowed', `${role} ${method}`)
    peer.close()
  }
  for (const [method, params] of Object.entries(calls)) await assert.rejects(person.desk.call(method, params, person.as), (e) => e.code === -32601 || e.word === 'not_allowed', method)
  // the list and deliveries are for more
  assert.ok((await control.call('mailbox.list')).mailboxes.some((m) => m.connection === 'solo'))
  assert.ok((await person.desk.call('mailbox.list', {}, person.as)).mailboxes.length > 0)
  const chat = await daemon.connect('chat')
  await assert.rejects(chat.call('mailbox.list'), (e) => e.code === -32601 || e.word === 'not_allowed')
  chat.close()
  person.desk.close()
})

test('a place that is none is refused and says why', async () => {
  await add('mal')
  for (const [method, params, word] of [
    ['mailbox.open', at('nadie', { uid_next: 1, start: 'new' }), 'not_found'],
    ['mailbox.open', at('mal', { uid_next: 1, start: 'some' }), 'bad_params'],
    ['mailbox.open', at('mal', { uid_next: 0, start: 'new' }), 'bad_params'],
    ['mailbox.open', at('mal', { uid_next: 1, start: 'new', uid_validity: 2 ** 32 }), 'bad_params'],
    ['mailbox.seen', at('mal', { next_uid: 1 }), 'not_found'],
    ['mailbox.absent', at('mal', { uids: [1] }), 'not_found'],
    ['mailbox.refuse', at('mal', { uid: 1, code: 'refused', bytes: 1 }), 'not_found'],
    ['contact.add', contact('mal', 'mal-1', { uid: 1 }), 'not_found'],
    ['outbox.get', { delivery: 999999 }, 'not_found'],
  ])
    await assert.rejects(mail.call(method, params), refused(word), `${method} ${JSON.stringify(params)}`)
  await open('mal')
  await assert.rejects(mail.call('mailbox.absent', at('mal', { uids: Array.from({ length: 1001 }, (_, i) => i + 1) })), /uids/)
  await assert.rejects(mail.call('mailbox.refuse', at('mal', { uid: 1, code: 'other', bytes: 1 })), refused('bad_params'))
  await assert.rejects(mail.call('contact.add', contact('mal', 'mal-1', { uid: 0 })), refused('bad_params'))
  await assert.rejects(mail.call('mailbox.seen', at('mal', { uid_validity: 8, next_uid: 5 })), (e) => {
    assert.deepEqual([e.word, e.data.uid_validity], ['conflict', 7])
    return true
  })
})

test('a mail is stored once, whatever is repeated', async () => {
  await add('una', { handled: 'move', handled_folder: 'Hecho' })
  const first = await open('una', { uid_next: 100 })
  assert.deepEqual([first.first_uid, first.next_uid, first.renewed], [100, 100, false])
  assert.ok(Math.abs(Date.parse(first.from_at) + 3600000 - Date.now()) < 600000)
  assert.deepEqual(await absent('una', [100, 101, 102]), [100, 101, 102])
  const one = await mail.call('contact.add', contact('una', 'una-1', { uid: 100 }))
  assert.deepEqual(await mail.call('contact.add', contact('una', 'una-1', { uid: 100 })), one)
  assert.deepEqual(await absent('una', [100, 101, 102]), [101, 102])
  // the same mail a second time in the folder
  assert.deepEqual(await mail.call('contact.add', contact('una', 'una-1', { uid: 101 })), one)
  assert.deepEqual(await absent('una', [100, 101, 102]), [102])
  assert.deepEqual(await jobs('una', 'mail.handled'), [
    { folder: 'INBOX', uid_validity: 7, uid: 100 },
    { folder: 'INBOX', uid_validity: 7, uid: 101 },
  ])
  // a contact that had come without its place gets its row with the repeat
  const two = await mail.call('contact.add', contact('una', 'una-2'))
  assert.deepEqual(await mail.call('contact.add', contact('una', 'una-2', { uid: 102 })), two)
  assert.deepEqual(await absent('una', [102]), [])
  assert.deepEqual(await jobs('una', 'mail.handled'), [{ folder: 'INBOX', uid_validity: 7, uid: 102 }])
})

test('many at once: each repeat meets its first', async () => {
  await add('muchas')
  await open('muchas')
  const second = await daemon.connect('mail')
  const all = Array.from({ length: 50 }, (_, i) => i + 1)
  const answers = await Promise.all(all.flatMap((uid) => [mail, second].map((c) => c.call('contact.add', contact('muchas', `muchas-${uid}`, { uid })))))
  for (let i = 0; i < answers.length; i += 2) assert.deepEqual(answers[i], answers[i + 1])
  assert.equal(new Set(answers.map((a) => a.message)).size, 50)
  let handled = []
  for (let part; (part = await jobs('muchas', 'mail.handled')).length; ) handled = handled.concat(part)
  assert.deepEqual(handled.map((p) => p.uid).sort((a, b) => a - b), all)
  second.close()
})

test('the cursor never goes back, and a look is noted', async () => {
  await add('cursor')
  await open('cursor', { uid_next: 10 })
  const state = async () => (await control.call('mailbox.list')).mailboxes.find((m) => m.connection === 'cursor')
  assert.equal((await state()).seen_at, null)
  assert.equal((await mail.call('mailbox.seen', at('cursor', { next_uid: 20 }))).next_uid, 20)
  assert.equal((await mail.call('mailbox.seen', at('cursor', { next_uid: 15 }))).next_uid, 20)
  const before = Date.parse((await state()).seen_at)
  assert.ok(before > 0)
  assert.equal((await mail.call('mailbox.seen', at('cursor', { next_uid: 20 }))).next_uid, 20)
  assert.ok(Date.parse((await state()).seen_at) >= before)
  assert.equal((await open('cursor', { uid_next: 99 })).next_uid, 20)
})

test('a renewed folder begins again, and repeats are harmless', async () => {
  await add('nueva')
  await open('nueva', { uid_next: 5 })
  const one = await mail.call('contact.add', contact('nueva', 'nueva-1', { uid: 5 }))
  await mail.call('mailbox.seen', at('nueva', { next_uid: 6 }))
  const again = await open('nueva', { uid_validity: 8, uid_next: 3 })
  assert.deepEqual([again.first_uid, again.next_uid, again.renewed], [1, 1, true])
  assert.equal((await open('nueva', { uid_validity: 8, uid_next: 3 })).from_at, again.from_at)
  assert.deepEqual(await absent('nueva', [1, 5], { uid_validity: 8 }), [1, 5])
  assert.deepEqual(await mail.call('contact.add', contact('nueva', 'nueva-1', { uid: 1, uid_validity: 8 })), one)
  assert.deepEqual(await absent('nueva', [1, 5], { uid_validity: 8 }), [5])
  await assert.rejects(absent('nueva', [1]), refused('conflict'))
})

test('a refused mail is counted and stays refused until it is stored', async () => {
  await add('grande')
  await open('grande')
  const refuse = (code) => mail.call('mailbox.refuse', at('grande', { uid: 3, code, bytes: 60000000 }))
  assert.deepEqual(await refuse('too_large'), { stored: true })
  assert.deepEqual(await refuse('refused'), { stored: false })
  assert.deepEqual(await absent('grande', [3]), [])
  const state = async () => {
    const m = (await control.call('mailbox.list')).mailboxes.find((x) => x.connection === 'grande')
    return [m.stored, m.refused]
  }
  assert.deepEqual(await state(), [0, 1])
  await mail.call('contact.add', contact('grande', 'grande-1', { uid: 3 }))
  assert.deepEqual(await refuse('refused'), { stored: false })
  assert.deepEqual(await state(), [1, 0])
})

test('a mailbox that is left alone makes no job', async () => {
  await add('dejada', { handled: 'leave' })
  await open('dejada')
  await mail.call('contact.add', contact('dejada', 'dejada-1', { uid: 1 }))
  assert.deepEqual(await jobs('dejada', 'mail.handled'), [])
  assert.deepEqual(await absent('dejada', [1]), [])
})

test('an answer that was sent is copied once, and can be had again', async () => {
  await add('copia', { smtp_host: 'smtp.tienda.example', sent_folder: 'Enviados', handled: 'leave' })
  await open('copia')
  const { incident } = await mail.call('contact.add', contact('copia', 'copia-1', { uid: 1 }))
  const person = await agent()
  await person.desk.call('incident.answer', { id: incident, text: 'Sale hoy', seen: 1 }, person.as)
  const { deliveries } = await mail.call('outbox.take', { max: 20, lease_ms: 60000 })
  const taken = deliveries.find((d) => d.connection === 'copia')
  assert.deepEqual((await mail.call('outbox.get', { delivery: taken.id })).delivery, taken)
  const chat = await daemon.connect('chat')
  await assert.rejects(chat.call('outbox.get', { delivery: taken.id }), refused('not_found'))
  chat.close()
  const report = (result) => mail.call('outbox.report', { delivery: taken.id, attempt: taken.attempt, result, detail: '250' })
  await report('sent')
  assert.deepEqual(await report('sent'), { state: 'sent' })
  await assert.rejects(report('failed'), refused('conflict'))
  assert.deepEqual(await jobs('copia', 'mail.copy'), [{ delivery: taken.id }])
  const { lease_until: a, ...then } = taken
  const { lease_until: b, ...now } = (await mail.call('outbox.get', { delivery: taken.id })).delivery
  assert.ok(Date.parse(a) > 0 && Date.parse(b) > 0)
  assert.deepEqual(now, then)
  person.desk.close()
})

test('a gateway is woken for the jobs that a mail makes', async () => {
  await add('despierta')
  await open('despierta')
  const waiting = await daemon.connect('mail')
  await mail.call('contact.add', contact('despierta', 'despierta-1', { uid: 1 }))
  await waiting.note((n) => n.method === 'wake' && n.params.what === 'jobs', 30000)
  assert.deepEqual(await jobs('despierta', 'mail.handled'), [{ folder: 'INBOX', uid_validity: 7, uid: 1 }])
  waiting.close()
})

test('what was noted outlives the daemon, killed or stopped', async () => {
  await add('dura')
  await open('dura', { uid_next: 50 })
  const one = await mail.call('contact.add', contact('dura', 'dura-1', { uid: 50 }))
  await mail.call('mailbox.refuse', at('dura', { uid: 51, code: 'too_large', bytes: 9 }))
  await mail.call('mailbox.seen', at('dura', { next_uid: 52 }))
  for (const end of ['kill', 'stop']) {
    await daemon[end]()
    daemon = await startDaemon({ dir: daemon.dir })
    await connect()
    const again = await open('dura', { uid_next: 60, start: 'all' })
    assert.deepEqual([again.first_uid, again.next_uid, again.renewed], [50, 52, false])
    assert.deepEqual(await absent('dura', [50, 51, 52]), [52])
    assert.deepEqual(await mail.call('contact.add', contact('dura', 'dura-1', { uid: 50 })), one)
  }
  assert.deepEqual(await jobs('dura', 'mail.handled'), [{ folder: 'INBOX', uid_validity: 7, uid: 50 }])
})

test('a store of an earlier schema is brought up to date and goes on', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'postigo-test-'))
  execFileSync('sqlite3', [join(dir, 'postigo.db')], { input: readFileSync(join(src, 'tests/unit/store-0001.sql')) })
  writeFileSync(join(dir, 'desk.key'), randomBytes(32), { mode: 0o600 })
  const count = (table) => Number(execFileSync('sqlite3', [join(dir, 'postigo.db'), `SELECT count(*) FROM ${table}`]))
  const were = ['message', 'incident', 'attachment', 'audit'].map(count)
  const old = await startDaemon({ dir })
  try {
    const c = await old.connect('control')
    const m = await old.connect('mail')
    assert.deepEqual(['message', 'incident', 'attachment', 'audit'].map(count), were)
    assert.deepEqual((await c.call('store.check')).problems, [])
    assert.equal((await c.call('incident.list', { view: 'all' })).incidents.length, were[1])
    await c.call('connection.add', { name: 'buzon', kind: 'mailbox', settings: { address: 'b@tienda.example', from_name: 'T', imap_host: 'localhost' } })
    await m.call('mailbox.open', at('buzon', { uid_next: 1, start: 'new' }))
    // a reply to a mail of before joins its incident
    const { incident } = await m.call('contact.add', contact('buzon', 'vieja', { uid: 1 }, { from: { address: 'c1@cliente.example' }, references: ['<m1@cliente.example>'] }))
    assert.equal(incident, 1)
    assert.deepEqual((await c.call('store.check')).problems, [])
  } finally {
    assert.deepEqual(await old.stop(), { code: 0, signal: null })
  }
  const again = await startDaemon({ dir })
  assert.deepEqual(await again.stop(), { code: 0, signal: null })
  again.remove()
})
