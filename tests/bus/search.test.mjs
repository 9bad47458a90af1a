// Searching: what is found, in which order, by whom; an index that is behind,
// absent, damaged or ahead; a daemon that is killed while it indexes.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { BusError, startDaemon } from '../lib/bus.mjs'
import { sleep } from '../lib/wait.mjs'

const INDEX_MS = 60000 // an index that is behind is waited for this long at most
const MANY = process.env.POSTIGO_SANITIZED === '1' ? 600 : 3000 // messages of a long series

const sha = (b) => createHash('sha256').update(b).digest('hex')
const refused = (word) => (e) => {
  assert.ok(e instanceof BusError, e.message)
  assert.equal(e.word, word, e.message)
  return true
}

let daemon
let control
let mail
let laura // an agent's token
let serial = 0

/** Mails with one text each, many under way at once. */
async function contacts(texts) {
  const out = []
  for (let i = 0; i < texts.length; i += 64) out.push(...(await Promise.all(texts.slice(i, i + 64).map((t) => contact('Serie', t)))))
  return out.map((r) => r.incident)
}

/** Every incident that a search finds, over all its pages. */
async function all(text) {
  const seen = []
  for (let after; ; ) {
    const r = await ask(text, { limit: 100, ...(after && { after }) })
    seen.push(...ids(r))
    if (!r.next) return seen
    after = r.next
  }
}

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

/** A note of the agent Laura, on a connection of its own. */
async function note(id, text) {
  const c = await daemon.connect('console')
  const { handle } = await c.call('session.open', { token: laura })
  await c.call('incident.note', { id, text }, { as: handle })
  c.close()
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
  const { agent } = await control.call('agent.add', { email: 'laura@tienda.example', name: 'Laura', role: 'agent' })
  laura = (await control.call('token.add', { agent: agent.id, label: 'test' })).token
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

test('words, phrases, words that must not be there, beginnings', async () => {
  const a = await contact('Pedido 1001', 'El sofá verde llegó con una pata coja.')
  const b = await contact('Pedido 1002', 'El sofá azul llegó bien; la lámpara verde, no.')
  await complete()
  assert.deepEqual(ids(await ask('sofa verde ')), [b.incident, a.incident])
  assert.deepEqual(ids(await ask('"sofá verde"')), [a.incident])
  assert.deepEqual(marked((await ask('"sofá verde"')).hits[0]), ['sofá verde'])
  assert.deepEqual(ids(await ask('sofa -azul ')), [a.incident])
  assert.deepEqual(ids(await ask('sofa -"verde llego" ')), [b.incident])
  assert.deepEqual(ids(await ask('lamp* sofa ')), [b.incident])
  // a beginning has three letters
  assert.deepEqual(ids(await ask('la* sofa ')), [b.incident])
  assert.deepEqual(ids(await ask('so')), [])
  // a phrase that is being typed
  assert.deepEqual(ids(await ask('"sofa ver')), [a.incident])
  // words of one message, not of one incident
  assert.deepEqual(ids(await ask('coja azul ')), [])
  for (const nothing of ['', ' ', '-sofa', '¡!', '"', '""', '*', '-', '- -']) assert.deepEqual(ids(await ask(nothing)), [], nothing)
})

test('subjects, people and names of files are found', async () => {
  const data = Buffer.from('octets of a file')
  const file = { filename: 'factura-proforma_2026.pdf', content_type: 'application/pdf', size: data.length, sha256: sha(data) }
  const a = await contact('Presupuesto bodega', 'Adjunto lo acordado.', {
    from: { address: 'aitor.echeverria@bodega.example', name: 'Aitor Echeverría' },
    attachments: [{ ...file, data: data.toString('base64'), inline: false }],
  })
  await complete()
  for (const text of ['proforma', 'echeverria', 'aitor.echeverria@bodega.example', '@bodega.example', 'presupuesto bodega '])
    assert.deepEqual(ids(await ask(text)), [a.incident], text)
  assert.deepEqual(marked((await ask('proforma')).hits[0]), ['proforma'])
  assert.deepEqual(marked((await ask('echeverría ')).hits[0]), ['Echeverría', 'echeverria'])
  // notes are found too: staff alone search
  await note(a.incident, 'Llamar el martes a su gestoría.')
  await complete()
  const [hit] = (await ask('gestoria')).hits
  assert.deepEqual([hit.incident.id, hit.number], [a.incident, 2])
})

test('an incident is found by its number before anything else', async () => {
  const a = await contact('Sin más', 'Nada de particular.')
  const b = await contact('Sobre otra', `Escribo por la P-${a.incident} de ayer.`)
  await complete()
  for (const text of [`P-${a.incident}`, `p-${a.incident}`, `${a.incident}`, `#${a.incident}`, ` P-${a.incident} `]) {
    const r = await ask(text)
    assert.equal(ids(r)[0], a.incident, text)
    assert.deepEqual(r.hits[0].marks, [])
    assert.equal(r.hits[0].snippet, 'Nada de particular.')
    assert.ok(ids(r).includes(b.incident), text)
  }
  const first = await ask(`P-${a.incident}`, { limit: 1 })
  assert.deepEqual(ids(first), [a.incident])
  assert.deepEqual(ids(await ask(`P-${a.incident}`, { limit: 1, after: first.next })), [b.incident])
  assert.deepEqual(ids(await ask('P-999999999')), [])
  assert.deepEqual(ids(await ask('999999999999999999999999999')), [])
})

test('one hit an incident, the newest message first, page by page', async () => {
  const want = []
  for (let i = 0; i < 7; i++) {
    const first = await contact(`Taller ${i}`, `Consulta sobre una bicicleta de taller número ${i}.`)
    want.unshift(first.incident)
  }
  // two of them are written in again: they come first
  for (const id of [want[6], want[3]]) {
    await note(id, 'La bicicleta ya salió.')
    want.splice(want.indexOf(id), 1)
    want.unshift(id)
  }
  await complete()
  assert.deepEqual(ids(await ask('bicicleta')), want)
  assert.equal((await ask('bicicleta')).next, null)
  for (const limit of [1, 2, 3, 7]) {
    const seen = []
    let after
    let pages = 0
    do {
      const r = await ask('bicicleta', { limit, ...(after && { after }) })
      assert.ok(r.hits.length <= limit)
      seen.push(...ids(r))
      after = r.next
      // what comes meanwhile is not in a later page
      if (pages++ === 0) await note(want[0], 'Bicicleta otra vez.')
      await complete()
    } while (after)
    assert.deepEqual(seen, want, `limit ${limit}`)
  }
})

test('no text is syntax', async () => {
  const a = await contact('Rareza', 'palabra NEAR otra OR alguna AND ninguna NOT subject rowid')
  await complete()
  const hostile = [
    'NEAR(palabra otra)', 'palabra NEAR/2 otra', 'palabra OR inexistenteXYZ', 'subject:palabra', '{subject body}:palabra', '^palabra',
    '" OR 1=1 --', "' OR ''='", 'palabra" OR "x', 'words MATCH \'x\'', 'a AND', 'AND', 'OR', 'NOT', 'NOT palabra', '(((((', ')', '((palabra)',
    '"""', '"palabra""', '-"', '-"palabra', '--palabra', '*palabra', 'pal*abra', '**', '\\', '\u0001', 'palabra\u0007', '%_%', 'rank:1', '+palabra +otra',
    'palabra - otra', 'İstanbul ǅ ﬁ', '\u{1f3fa}', '\u0301', 'a\u0301a\u0301', 'x'.repeat(200), '"'.repeat(200), '('.repeat(200), '*'.repeat(200),
  ]
  for (const text of hostile) {
    const r = await ask(text)
    assert.equal(typeof r.cut, 'boolean', text)
    for (const hit of r.hits) for (const [from, to] of hit.marks) assert.ok(from < to && to <= hit.snippet.length, text)
  }
  // words of the index's language are words
  assert.deepEqual(ids(await ask('palabra OR inexistenteXYZ ')), [])
  assert.deepEqual(ids(await ask('ninguna NOT subject ')), [a.incident])
  assert.deepEqual(ids(await ask('subject:palabra ')), [])
  await assert.rejects(ask('a '.repeat(40)), refused('bad_params'))
  await assert.rejects(ask('x'.repeat(201)), refused('bad_params'))
  await assert.rejects(ask('x'.repeat(10240)), refused('bad_params'))
  await assert.rejects(ask('*'.repeat(1000)), refused('bad_params'))
  await assert.rejects(ask('a', { limit: 0 }), refused('bad_params'))
  await assert.rejects(ask('a', { limit: 101 }), refused('bad_params'))
  for (const after of ['', 'x', '1', '1.', '1.2x', '0.0', '-1.-1', '5.9', '99999999999999999999.1'])
    await assert.rejects(ask('a', { after }), refused('bad_params'), after)
})

test('staff alone may search', async () => {
  for (const [role, why] of Object.entries({ mail: 'no_method', chat: 'no_method', console: 'not_allowed' })) {
    const c = await daemon.connect(role)
    await assert.rejects(c.call('incident.search', { text: 'palabra' }), refused(why), role)
    c.close()
  }
  const c = await daemon.connect('console')
  const { handle } = await c.call('session.open', { token: laura })
  const r = await c.call('incident.search', { text: 'gestoria' }, { as: handle })
  assert.equal(r.hits.length, 1)
  c.close()
})

/** Stop, do something to the folder, start again there. */
async function restart(between = () => {}) {
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  between(join(daemon.dir, 'search.db'))
  await open({ dir: daemon.dir })
}

function removeIndex(path) {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
}

const made = () => daemon.log().split('search.made').length - 1

test('an index that is behind says so, and catches up', async () => {
  const texts = Array.from({ length: MANY }, (_, i) => `remesa cuenta n${i} de la serie`)
  const want = (await contacts(texts)).reverse()
  let before = 0
  for (;;) {
    const r = await ask('remesa', { limit: 1 })
    assert.ok(r.indexed <= r.last && r.indexed >= before)
    before = r.indexed
    if (r.indexed === r.last) break
    await sleep(5)
  }
  assert.deepEqual(await all('remesa'), want)
  assert.deepEqual(await all(`"cuenta n${MANY - 1}"`), [want[0]])
  const health = (await control.call('status.get')).health.find((h) => h.name === 'search')
  assert.deepEqual(health, { name: 'search', ok: true, detail: 'complete' })
})

test('an index that is absent, damaged or of another version is made anew', async () => {
  const roto = ids(await ask('roto'))
  const path = join(daemon.dir, 'search.db')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  const harm = {
    absent: removeIndex,
    empty: (p) => (removeIndex(p), writeFileSync(p, '')),
    'no database': (p) => (removeIndex(p), writeFileSync(p, 'x'.repeat(20000))),
    'another version': (p) => {
      const bytes = readFileSync(p)
      bytes[63]++ // user_version, in the header
      rmSync(p + '-wal', { force: true })
      rmSync(p + '-shm', { force: true })
      writeFileSync(p, bytes)
    },
    'without its log': (p) => rmSync(p + '-wal', { force: true }),
  }
  for (const [name, how] of Object.entries(harm)) {
    const was = made()
    await restart(how)
    await complete()
    assert.deepEqual(ids(await ask('roto')), roto, name)
    if (name !== 'without its log') assert.equal(made(), was + 1, name)
  }
  // whatever is not there is seen by the next search or the next message
  removeIndex(path)
  await contact('Otra', 'otra más')
  await complete()
  assert.deepEqual(ids(await ask('roto')), roto)
  assert.ok(existsSync(path))
})

test('an index that is ahead of the store is made anew', async () => {
  const store = join(daemon.dir, 'postigo.db')
  const kept = join(daemon.dir, 'kept.db')
  await complete()
  await restart(() => copyFileSync(store, kept))
  const [later] = await contacts(['algo irrepetible', 'y más'])
  await complete()
  assert.deepEqual(ids(await ask('irrepetible')), [later])
  await restart(() => {
    copyFileSync(kept, store)
    for (const suffix of ['-wal', '-shm']) rmSync(store + suffix, { force: true })
  })
  const r = await complete()
  assert.deepEqual(ids(await ask('irrepetible')), [])
  const [again] = await contacts(['cosa distinta'])
  assert.equal(again, later, 'numbers go on from the older store')
  await complete()
  assert.deepEqual(ids(await ask('cosa distinta ')), [again])
  assert.ok((await ask('cosa')).last > r.last)
  rmSync(kept)
})

test('kill -9 while it indexes: nothing is missing, nothing is double', async () => {
  const want = await all('remesa')
  assert.equal(want.length, MANY)
  await restart(removeIndex)
  for (let i = 0; i < 6; i++) {
    await sleep(10 + 40 * i)
    await daemon.kill()
    if (i === 3) removeIndex(join(daemon.dir, 'search.db'))
    await open({ dir: daemon.dir })
  }
  await complete()
  assert.deepEqual(await all('remesa'), want)
})
