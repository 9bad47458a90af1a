// Searching: what is found, in which order, by whom; an index that is behind,
// absent, damaged or ahead; a daemon that is killed while it indexes.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { BusError, startDaemon } from '../lib/bus.mjs'
import { sleep } from '../lib/wait.mjs'

const INDEX_MS = 60000 // an index that is behind is waited for this long at most

const sha = (b) => createHash('sha256').update(b).digest('hex')
const refused = (word) => (e) => {
  assert.ok(e instanceof BusError, e.message)
  assert.equal(e.word, word, e.message)
  return true
}

let daemon
let control
let mail
let serial = 0

async function open(options = {}) {
  daemon = await startDaemon(options)
  control = await daemon.connect('control')
  mail = await daemon.connect('mail')
}

/** A mail of its own incident, or in that of its sender's choice. */
async function contact(subject, text, more = {}) {
  const n = ++serial
  const raw = Buffer.from(`octets ${n}`)
  return mail.call('contact.add', {
    connection: 'tienda',
    external_id: `<${n}@cliente.example>`,
    digest: sha(`body ${n}`),
    received_at: '2026-01-05T09:00:00.000Z',
    channel: 'email',
    from: { address: `cliente${n}@correo.example`, name: '' },
    subject,
    text,
    raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') },
    ...more,
  })
}

const ask = (text, more = {}) => control.call('incident.search', { text, ...more })
const ids = (r) => r.hits.map((h) => h.incident.id)

/** The index has everything that was committed before. */
async function complete() {
  for (const until = Date.now() + INDEX_MS; ; await sleep(20)) {
    const r = await ask('nada')
    if (r.indexed === r.last) return r
    assert.ok(Date.now() < until, `the index stays at ${r.indexed} of ${r.last}\n${daemon.log()}`)
  }
}

/** What a hit marks, read from its snippet by UTF-16 units. */
const marked = (hit) => hit.marks.map(([from, to]) => hit.snippet.slice(from, to))

before(async () => {
  await open()
  await control.call('connection.add', { name: 'tienda', kind: 'maildir', settings: { address: 't@tienda.example', from_name: 'Tienda', in: '/in', out: '/out' } })
})
after(async () => {
  execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigo'), ['--dir', daemon.dir, 'check'], { stdio: 'pipe' })
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  daemon.remove()
})

test('accents and case do not matter, and what matches is marked', async () => {
  const a = await contact('Devolución del pedido', 'Quería pedir la DEVOLUCIÓN de un jarrón 🏺 roto, por favor.')
  const b = await contact('Otra cosa', 'Me gustan los jarrones azules.')
  await complete()
  for (const text of ['devolucion', 'DEVOLUCIÓN ', 'devolución jarron', 'Jarrón '])
    assert.deepEqual(ids(await ask(text)), [a.incident], text)
  const [hit] = (await ask('roto')).hits
  assert.equal(hit.incident.ref, `P-${a.incident}`)
  assert.equal(hit.number, 1)
  assert.deepEqual(marked(hit), ['roto'])
  assert.deepEqual(marked((await ask('devolucion jarron roto')).hits[0]), ['DEVOLUCIÓN', 'jarrón', 'roto'])
  // the last word is being typed: it may be the beginning of a longer one
  assert.deepEqual(ids(await ask('jarr')), [b.incident, a.incident])
  assert.deepEqual(marked((await ask('jarr')).hits[0]), ['jarrones'])
  assert.deepEqual(ids(await ask('jarr ')), [])
})
