// Order, repeats, events, octets: what the turn promises.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'

let daemon
before(async () => {
  daemon = await startDaemon()
})
after(async () => {
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  daemon.remove()
})

const sha = (b) => createHash('sha256').update(b).digest('hex')
const refused = (word) => (e) => {
  assert.equal(e.word, word)
  return true
}
async function put(c, upload, bytes, { chunk = 300000, digest = sha(bytes) } = {}) {
  let last
  for (let at = 0; at === 0 || at < bytes.length; at += chunk) {
    const end = at + chunk >= bytes.length
    last = await c.call('blob.put', {
      upload,
      offset: at,
      data: bytes.subarray(at, at + chunk).toString('base64'),
      ...(end && { end, sha256: digest }),
    })
  }
  return last
}

test('responses to writes come in their order', async () => {
  const c = await daemon.connect('control')
  const order = []
  await Promise.all(Array.from({ length: 1000 }, (_, i) => c.call('desk.set', { name: `Orden ${i}` }).then(() => order.push(i))))
  assert.deepEqual(order, [...order].sort((a, b) => a - b))
  assert.equal(order.length, 1000)
  c.close()
})

test('a read sees what its connection wrote before', async () => {
  const c = await daemon.connect('control')
  for (let i = 0; i < 100; i++) {
    const write = c.call('desk.set', { name: `Leer ${i}` })
    const read = c.call('desk.get')
    assert.equal((await read).name, `Leer ${i}`)
    await write
  }
  c.close()
})

test('a request that fails undoes only itself', async () => {
  const c = await daemon.connect('control')
  const calls = [
    c.call('desk.set', { name: 'Antes' }),
    c.call('desk.set', { language: 'xx' }).then(
      () => 'ok',
      () => 'refused',
    ),
    c.call('desk.set', { language: 'en' }),
  ]
  assert.equal((await Promise.all(calls))[1], 'refused')
  const desk = await c.call('desk.get')
  assert.deepEqual([desk.name, desk.language], ['Antes', 'en'])
  c.close()
})

test('a command key does a thing once', async () => {
  const c = await daemon.connect('control')
  const first = await c.call('desk.set', { name: 'Una vez' }, { key: 'k-1' })
  await c.call('desk.set', { name: 'Otra' })
  assert.deepEqual(await c.call('desk.set', { name: 'Una vez' }, { key: 'k-1' }), first)
  assert.equal((await c.call('desk.get')).name, 'Otra')
  await assert.rejects(c.call('desk.set', { name: 'Distinta' }, { key: 'k-1' }), refused('key_reused'))
  c.close()
})

test('a command key keeps no text: a repeat reads it from its row', async () => {
  const c = await daemon.connect('control')
  const { incident } = await c.call('incident.create', {
    channel: 'phone',
    direction: 'in',
    name: 'Nombre Propio',
    address: '+34600555123',
    subject: 'Asunto propio',
    text: 'Texto propio',
  })
  const params = { id: incident.id, text: 'Nota con un texto propio' }
  const first = await c.call('incident.note', params, { key: 'k-note' })
  assert.equal(first.message.text, params.text)
  assert.deepEqual(await c.call('incident.note', params, { key: 'k-note' }), first)
  const made = { channel: 'phone', direction: 'in', customer: incident.customer.id, subject: 'Otro propio', text: 'Más texto propio' }
  const one = await c.call('incident.create', made, { key: 'k-create' })
  assert.deepEqual(await c.call('incident.create', made, { key: 'k-create' }), one)
  const kept = execFileSync('sqlite3', [join(daemon.dir, 'postigo.db'), 'SELECT response FROM command_key'], { encoding: 'utf8' })
  assert.match(kept, /"id":/)
  assert.doesNotMatch(kept, /propio|Propio|600555123/)
  c.close()
})

test('events come once, in order, from where one asked', async () => {
  const writer = await daemon.connect('control')
  const live = await daemon.connect('console')
  const { number: from } = await live.call('events.subscribe')
  for (let i = 0; i < 10; i++) await writer.call('desk.set', { name: `Suceso ${i}` })
  const last = writer.lastNumber
  await live.note((n) => n.method === 'event' && n.params.number === last)
  const numbers = live.notes.filter((n) => n.method === 'event').map((n) => n.params.number)
  assert.deepEqual(
    numbers,
    Array.from({ length: last - from }, (_, i) => from + 1 + i),
  )
  const late = await daemon.connect('console')
  assert.equal((await late.call('events.subscribe', { from: from + 2 })).number, from + 2)
  await writer.call('desk.set', { name: 'Y uno' })
  await late.note((n) => n.method === 'event' && n.params.number === writer.lastNumber)
  assert.deepEqual(
    late.notes.filter((n) => n.method === 'event').map((n) => n.params.number),
    Array.from({ length: writer.lastNumber - from - 2 }, (_, i) => from + 3 + i),
  )
  await assert.rejects(late.call('events.subscribe', { from: 1e9 }), refused('gone'))
  for (const c of [writer, live, late]) c.close()
})

test('who is far behind is told so', async () => {
  const c = await daemon.connect('control')
  await Promise.all(Array.from({ length: 1001 }, (_, i) => c.call('desk.set', { name: `Lejos ${i}` })))
  const { number } = await c.call('events.subscribe')
  await assert.rejects(c.call('events.subscribe', { from: number - 1001 }), refused('behind'))
  assert.equal((await c.call('events.subscribe', { from: number - 1000 })).number, number - 1000)
  c.close()
})

test('a subscriber that reads too slowly is told where to go on', async () => {
  const slow = await daemon.connect('console')
  const writer = await daemon.connect('control')
  await slow.call('events.subscribe')
  slow.socket.pause()
  for (let k = 0; k < 22; k++)
    await Promise.all(Array.from({ length: 1000 }, (_, i) => writer.call('desk.set', { name: `Lento ${k} ${i}` })))
  slow.socket.resume()
  const dropped = await slow.note((n) => n.method === 'events.dropped')
  const events = slow.notes.filter((n) => n.method === 'event').map((n) => n.params.number)
  assert.equal(dropped.params.number, events.at(-1))
  assert.deepEqual(
    events,
    events.map((_, i) => events[0] + i),
  )
  await writer.call('desk.set', { name: 'Después' })
  assert.ok((await slow.call('ping')).now)
  assert.equal(slow.notes.at(-1).method, 'events.dropped', 'the subscription has ended')
  for (const c of [slow, writer]) c.close()
})

test('octets that are put are kept: small ones as rows, large ones as files', async () => {
  const c = await daemon.connect('mail')
  for (const n of [0, 1, 65536, 65537, 1000000]) {
    const bytes = randomBytes(n)
    assert.deepEqual(await put(c, `u${n}`, bytes), { bytes: n, sha256: sha(bytes) })
    const path = join(daemon.dir, 'blobs', sha(bytes).slice(0, 2), sha(bytes).slice(2))
    assert.equal(existsSync(path), n > 65536, `${n} octets`)
    if (n > 65536) assert.ok(readFileSync(path).equals(bytes))
  }
  assert.deepEqual(readdirSync(join(daemon.dir, 'blobs', 'tmp')), [])
  c.close()
})

test('an upload that is not as it says is refused', async () => {
  const c = await daemon.connect('mail')
  const bytes = randomBytes(1000)
  const part = { data: bytes.toString('base64') }
  await assert.rejects(put(c, 'a', bytes, { digest: '0'.repeat(64) }), refused('bad_params'))
  await assert.rejects(c.call('blob.put', { upload: 'b', offset: 5, ...part }), refused('bad_params'))
  await assert.rejects(c.call('blob.put', { upload: 'b', offset: 0, data: 'x' }), refused('bad_params'))
  await c.call('blob.put', { upload: 'c', offset: 0, ...part })
  await assert.rejects(c.call('blob.put', { upload: 'c', offset: 999, ...part }), refused('bad_params'))
  for (const upload of ['d', 'e', 'f']) await c.call('blob.put', { upload, offset: 0, ...part })
  await assert.rejects(c.call('blob.put', { upload: 'g', offset: 0, ...part }), refused('busy'))
  c.close()
  const other = await daemon.connect('mail')
  await assert.rejects(other.call('blob.put', { upload: 'd', offset: 1000, ...part }), refused('bad_params'))
  other.close()
})

test('large octets hold up what comes after them, and only that', async () => {
  const c = await daemon.connect('control')
  const bytes = randomBytes(350000)
  const order = []
  const calls = []
  for (let i = 0; i < 5; i++) {
    calls.push(
      c.call('blob.put', { upload: `o${i}`, offset: 0, data: bytes.toString('base64'), end: true, sha256: sha(bytes) }).then(() => order.push(2 * i)),
      c.call('desk.set', { name: `Tras ${i}` }).then(() => order.push(2 * i + 1)),
    )
  }
  await Promise.all(calls)
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  c.close()
})
