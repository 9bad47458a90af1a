// Below the reserve of the disk what comes from outside is refused, staff work
// on, and everything is taken again by itself.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { sleep, until } from '../lib/wait.mjs'

const sha256 = (s) => createHash('sha256').update(s).digest('hex')
const HUGE = 16 * 1024 * 1024 // MiB: more than any disk that this runs on has left

const raw = Buffer.from('From: c@correo.example\r\n\r\nhola\r\n')
const contact = (n) => ({
  connection: 'bus',
  external_id: `<reserve.${n}@correo.example>`,
  digest: sha256(`body ${n}`),
  received_at: '2026-01-05T09:00:00.000Z',
  channel: 'email',
  from: { address: `c${n}@correo.example` },
  subject: `Prueba ${n}`,
  text: 'hola',
  raw: { sha256: sha256(raw), bytes: raw.length, data: raw.toString('base64') },
})
const chunk = (upload, offset, bytes, more = {}) => ({ upload, offset, data: bytes.toString('base64'), ...more })
const full = (e) => {
  assert.equal(e.outcome, 'temp')
  assert.equal(e.word, 'full')
  assert.ok(e.data.retry_after_ms > 0)
  return true
}

test('below the reserve: contacts, chats and uploads are refused, staff work on', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'postigo-reserve-'))
  const settings = join(dir, 'postigo.conf')
  const set = (mib) => writeFileSync(settings, `limits { reserve = ${mib} }\n`)
  set(0)
  const daemon = await startDaemon({ args: ['--config', settings] })
  const times = (event) => daemon.log().split(`"event":"${event}"`).length - 1
  const reload = async (mib) => {
    set(mib)
    process.kill(daemon.pid, 'SIGHUP')
  }
  try {
    const control = await daemon.connect('control')
    await control.call('connection.add', {
      name: 'bus',
      kind: 'pipe',
      settings: { address: 'bus@tienda.example', from_name: 'Tienda', out: join(dir, 'out') },
    })
    await control.call('connection.add', {
      name: 'tienda',
      kind: 'chat',
      settings: { origins: 'http://127.0.0.1:9', title: 'Tienda' },
    })
    const person = await control.call('agent.add', { email: 'laura@tienda.example', name: 'Laura', role: 'admin' })
    const console_ = await daemon.connect('console')
    const login = await console_.call('session.login', { email: 'laura@tienda.example', password: person.password, network: '127.0.0.1' })
    const { handle } = await console_.call('session.open', { cookie: login.cookie })
    const mail = await daemon.connect('mail')
    const chat = await daemon.connect('chat')
    const { incident } = await mail.call('contact.add', contact(0))
    const visitor = await chat.call('visitor.start', { connection: 'tienda', name: 'Eva', remember: false, network: '127.0.0.1' })
    await chat.call('chat.write', { id: 'l1', text: 'hola' }, { as: visitor.handle })
    const begun = Buffer.from('a file of two pieces')
    await mail.call('blob.put', chunk('begun', 0, begun.subarray(0, 9)))

    await reload(HUGE)
    await until(() => times('disk.low') === 1, 'the reserve is reached')
    await assert.rejects(mail.call('contact.add', contact(1)), full)
    await assert.rejects(mail.call('contact.add', contact(0)), full, 'a repeat may wait as well')
    await assert.rejects(mail.call('blob.put', chunk('new', 0, begun)), full)
    await assert.rejects(chat.call('chat.write', { id: 'l2', text: 'sigo aquí' }, { as: visitor.handle }), full)
    await assert.rejects(
      chat.call('visitor.start', { connection: 'tienda', name: 'Ana', remember: false, network: '127.0.0.1' }),
      full,
    )
    const put = await mail.call('blob.put', chunk('begun', 9, begun.subarray(9), { end: true, sha256: sha256(begun) }))
    assert.equal(put.bytes, begun.length, 'what was begun is ended')

    // In their order: a contact that is refused does not overtake another's answer.
    const order = []
    const note = (name) => () => order.push(name)
    await Promise.all([
      mail.call('outbox.take', { max: 1, lease_ms: 1000 }).then(note('first')),
      mail.call('contact.add', contact(2)).catch(note('refused')),
      mail.call('outbox.take', { max: 1, lease_ms: 1000 }).then(note('last')),
    ])
    assert.deepEqual(order, ['first', 'refused', 'last'])

    // Staff read, answer, note, set.
    const seen = await console_.call('incident.get', { id: incident }, { as: handle })
    const last = seen.detail.messages.at(-1).number
    const answered = await console_.call('incident.answer', { id: incident, text: 'Enseguida', seen: last }, { as: handle })
    assert.equal(answered.message.direction, 'out')
    await console_.call('incident.note', { id: incident, text: 'el disco' }, { as: handle })
    const { deliveries } = await mail.call('outbox.take', { max: 1, lease_ms: 60000 })
    await mail.call('outbox.report', { delivery: deliveries[0].id, attempt: deliveries[0].attempt, result: 'sent' })

    const status = await control.call('status.get', {})
    const disk = status.health.find((h) => h.name === 'disk')
    assert.equal(disk.ok, false)
    assert.match(disk.detail, /refused/)
    assert.ok(status.refused.full >= 6)
    await sleep(1500)
    assert.equal(times('disk.low'), 1, 'said once')
    // what was written meanwhile is indexed when there is space: the index is
    // derived, and does not take what staff can use
    await until(() => times('search.waits') >= 1, 'the index waits')

    await reload(0)
    await until(() => times('disk.enough') === 1, 'above the reserve again')
    const taken = await mail.call('contact.add', contact(1))
    assert.ok(taken.incident > incident)
    await chat.call('chat.write', { id: 'l2', text: 'sigo aquí' }, { as: visitor.handle })
    const after = await control.call('status.get', {})
    assert.equal(after.health.find((h) => h.name === 'disk').ok, true)
    assert.deepEqual(
      (await control.call('store.check', {})).problems,
      [],
    )
    assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  } finally {
    await daemon.kill()
    daemon.remove()
    rmSync(dir, { recursive: true, force: true })
  }
})
