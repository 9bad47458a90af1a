// The transport against a real Dovecot and a real Postfix, with certificates
// that are good and with three kinds that are not.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { MailServers } from '../lib/mailservers.mjs'
import { freePort, until } from '../lib/wait.mjs'

const probe = join(process.env.POSTIGO_BUILDDIR, 'tests/net/probe')
const skip = MailServers.cannot()
if (skip) console.error(`skipped: ${skip}`)

/** @type {MailServers} */
let servers
let dir
before(async () => {
  if (skip) return
  dir = mkdtempSync(join(tmpdir(), 'postigo-net-'))
  servers = await MailServers.start(['ana', 'tienda'])
})
after(async () => {
  await servers?.stop()
  if (dir) rmSync(dir, { recursive: true, force: true })
})

/** A session of the probe: lines in, objects out. */
class Session {
  constructor(kind, where, login = {}, environment = {}) {
    const env = { ...process.env, PROBE_CA: servers.ca, ...environment }
    if (login.user) env.PROBE_USER = login.user
    if (login.password) env.PROBE_PASSWORD = login.password
    if (login.token) env.PROBE_TOKEN = login.token
    if (env.PROBE_CA === '') delete env.PROBE_CA
    const [host, port, security] = where
    this.child = spawn(probe, [kind, host, String(port), security], { env, stdio: ['pipe', 'pipe', 'pipe'] })
    this.said = []
    this.errors = ''
    let rest = ''
    this.child.stdout.setEncoding('utf8').on('data', (text) => {
      rest += text
      const lines = rest.split('\n')
      rest = lines.pop()
      for (const line of lines) this.said.push(JSON.parse(line))
    })
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.errors += text))
    this.child.stdin.on('error', () => {})
    this.ended = new Promise((done) => this.child.once('close', (code) => done((this.code = code))))
  }

  async next() {
    await until(() => this.said.length > 0 || this.code !== undefined, 'an answer of the probe')
    assert.ok(this.said.length > 0, `the probe ended with ${this.code}: ${this.errors}`)
    return this.said.shift()
  }

  async ask(...words) {
    this.child.stdin.write(`${words.join('\t')}\n`)
    const said = await this.next()
    assert.equal(said.did, words[0])
    return said
  }

  async done() {
    this.child.stdin.end()
    assert.equal(await this.ended, 0, this.errors)
    assert.equal(this.errors, '')
  }
}

const password = (user) => ({ user, password: `${user}-secret` })

async function session(kind, where, login, environment) {
  const s = new Session(kind, where, login, environment)
  const opened = await s.next()
  assert.equal(opened.outcome, 'ok', opened.text)
  return s
}

async function refused(kind, where, login, environment) {
  const s = new Session(kind, where, login, environment)
  const opened = await s.next()
  await s.done()
  assert.notEqual(opened.outcome, 'ok')
  assert.doesNotMatch(opened.text, /secret/)
  return opened
}

/** After a change of certificates: the servers' old processes go by and by. */
async function refusedWith(words, kind, where, environment) {
  let said
  await until(
    async () => words.test((said = await refusal(kind, where, environment))?.text),
    `${words} of ${where}`,
  )
  assert.deepEqual([said.outcome, said.class], ['perm', 'tls'], said.text)
}

async function refusal(kind, where, environment) {
  const s = new Session(kind, where, password('ana'), environment)
  const opened = await s.next()
  await s.done()
  return opened.outcome === 'ok' ? { text: '' } : opened
}

async function taken(kind, where, environment) {
  await until(async () => (await refusal(kind, where, environment)).text === '', `${where} to be taken`)
}

function file(name, octets) {
  const path = join(dir, name)
  writeFileSync(path, octets)
  return path
}

const mail = (id, text = 'Hola, ¿qué tal?\r\n.\r\n..dos\r\nfin') =>
  Buffer.from(
    `From: Ana <ana@localhost>\r\nTo: tienda@localhost\r\nSubject: Hola\r\nMessage-ID: <${id}@localhost>\r\n` +
      `MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${text}\r\n`,
  )

async function deliver(id, ...to) {
  const s = await session('smtp', servers.smtps, password('ana'))
  const sent = await s.ask('send', 'ana@localhost', file(`${id}.eml`, mail(id)), ...(to.length ? to : ['tienda@localhost']))
  await s.done()
  return sent
}

/** List until there are n mails from a UID on. */
async function mails(s, from, n) {
  let last
  await until(async () => (last = await s.ask('list', from, 1000)).mails.length >= n, `${n} mails`)
  return last.mails
}

test('every way in', { skip }, async () => {
  for (const where of [servers.imaps, servers.imap, ['127.0.0.1', servers.imap[1], 'none'], ['127.0.0.1', servers.imaps[1], 'tls']]) {
    const s = await session('imap', where, password('ana'))
    const selected = await s.ask('select', 'INBOX')
    assert.equal(selected.outcome, 'ok')
    assert.ok(selected.uidvalidity > 0)
    await s.done()
  }
  const token = await servers.token('ana')
  for (const where of [servers.imaps, servers.imap]) {
    const s = await session('imap', where, { user: 'ana', token })
    assert.equal((await s.ask('noop')).outcome, 'ok')
    await s.done()
  }
  for (const login of [password('ana'), { user: 'ana', token }])
    for (const where of [servers.smtps, servers.smtp]) await (await session('smtp', where, login)).done()
})

test('credentials that are refused', { skip }, async () => {
  const wrong = { user: 'ana', password: 'not-her-secret' }
  const token = `${await servers.token('ana')}x`
  for (const [kind, where] of [
    ['imap', servers.imaps],
    ['imap', servers.imap],
    ['smtp', servers.smtps],
    ['smtp', servers.smtp],
  ])
    for (const login of [wrong, { user: 'ana', token }]) {
      const said = await refused(kind, where, login)
      assert.deepEqual([said.outcome, said.class], ['perm', 'auth'], said.text)
      assert.ok(!said.text.includes(token))
    }
})

test('a mail there and back, octet by octet', { skip }, async () => {
  const odd = mail('octets', `uno\r\n.\r\n${'x'.repeat(900)}\r\n.dos\r\n..\r\nñ`)
  const s = await session('smtp', servers.smtp, password('ana'))
  const sent = await s.ask('send', 'ana@localhost', file('odd.eml', odd), 'tienda@localhost')
  assert.equal(sent.outcome, 'ok', sent.text)
  await s.done()

  const i = await session('imap', servers.imaps, password('tienda'))
  assert.equal((await i.ask('select', 'INBOX')).outcome, 'ok')
  const [got] = await mails(i, 1, 1)
  assert.equal(got.flags, 0)
  assert.ok(Math.abs(got.received - Date.now()) < 3_600_000)
  const path = join(dir, 'got.eml')
  const read = await i.ask('fetch', got.uid, 1_000_000, path)
  assert.equal(read.outcome, 'ok', read.text)
  const octets = readFileSync(path)
  assert.equal(octets.length, read.octets)
  assert.ok(octets.subarray(octets.indexOf('From: Ana')).equals(odd.subarray(0)) || octets.includes('uno\r\n.\r\n'))
  const body = (b) => b.subarray(b.indexOf('\r\n\r\n'))
  assert.ok(body(octets).equals(body(odd)))
  // reading leaves no mark
  assert.equal((await i.ask('list', got.uid, 10)).mails[0].flags, 0)
  // a ceiling
  const cut = await i.ask('fetch', got.uid, 100, path)
  assert.deepEqual([cut.outcome, cut.class, cut.octets], ['perm', 'too_big', 100])
  assert.equal((await i.ask('noop')).outcome, 'ok')
  await i.done()
})

test('marking, moving, and what is gone', { skip }, async () => {
  await deliver('move')
  const i = await session('imap', servers.imap, password('tienda'))
  await i.ask('select', 'INBOX')
  const before = await mails(i, 1, 2)
  const uid = before.at(-1).uid
  assert.equal((await i.ask('seen', uid)).outcome, 'ok')
  assert.equal((await i.ask('list', uid, 10)).mails[0].flags, 1)
  assert.equal((await i.ask('move', uid, 'Soporte/Atención & más')).outcome, 'ok')
  assert.equal((await i.ask('list', uid, 10)).mails.length, 0)
  const again = await i.ask('move', uid, 'Soporte/Atención & más')
  assert.deepEqual([again.outcome, again.class], ['perm', 'gone'])
  const gone = await i.ask('fetch', uid, 1000, join(dir, 'gone.eml'))
  assert.deepEqual([gone.outcome, gone.class], ['perm', 'gone'])
  const { folders } = await i.ask('folders')
  assert.ok(folders.some((f) => f.name === 'Soporte/Atención & más'))
  assert.ok(folders.some((f) => f.name === 'Sent' && f.attributes.includes('\\Sent')))
  assert.equal((await i.ask('find', 'Soporte/Atención & más', '<move@localhost>')).uid, 1)
  await i.done()
})

test('a copy in a folder that is not there yet, and found again', { skip }, async () => {
  const i = await session('imap', servers.imaps, password('ana'))
  const octets = mail('copy')
  const kept = await i.ask('append', 'Enviados/2026', file('copy.eml', octets))
  assert.equal(kept.outcome, 'ok', kept.text)
  assert.ok(kept.uid > 0)
  assert.equal((await i.ask('find', 'Enviados/2026', '<copy@localhost>')).uid, kept.uid)
  assert.equal((await i.ask('find', 'Enviados/2026', '<other@localhost>')).uid, 0)
  assert.equal((await i.ask('find', 'Nada', '<copy@localhost>')).uid, 0)
  await i.ask('select', 'Enviados/2026')
  const [m] = (await i.ask('list', 1, 10)).mails
  assert.equal(m.flags, 1)
  const path = join(dir, 'back.eml')
  await i.ask('fetch', m.uid, 100_000, path)
  assert.ok(readFileSync(path).equals(octets))
  await i.done()
})

test('twenty megabytes in slices', { skip }, async () => {
  const text = randomBytes(15_000_000).toString('base64').replace(/.{76}/g, '$&\r\n')
  const octets = Buffer.concat([mail('large', ''), Buffer.from(text)])
  const i = await session('imap', servers.imaps, password('ana'))
  const kept = await i.ask('append', 'Grande', file('large.eml', octets))
  assert.equal(kept.outcome, 'ok', kept.text)
  await i.ask('select', 'Grande')
  const path = join(dir, 'large.got')
  const read = await i.ask('fetch', kept.uid, 50_000_000, path)
  const hash = (b) => createHash('sha256').update(b).digest('hex')
  // the line's end that was missing is added
  assert.equal(hash(readFileSync(path).subarray(0, octets.length)), hash(octets))
  assert.ok(read.octets - octets.length <= 2)
  await i.done()
})

test('IDLE hears of a mail, and a session that is cut says so', { skip }, async () => {
  const i = await session('imap', servers.imaps, password('tienda'))
  await i.ask('select', 'INBOX')
  const { mails: before } = await i.ask('list', 1, 1000)
  const waited = i.ask('idle', 100)
  await deliver('idle')
  const woke = await waited
  assert.deepEqual([woke.outcome, woke.news], ['ok', true])
  const from = (before.at(-1)?.uid ?? 0) + 1
  assert.equal((await mails(i, from, 1)).length, 1)
  // nothing new: time ends it
  const quiet = await i.ask('idle', 1)
  assert.deepEqual([quiet.outcome, quiet.news], ['ok', false])

  i.child.stdin.write('idle\t100\n')
  await until(async () => {
    await servers.kick()
    return i.said.length > 0
  }, 'the session is cut')
  const cut = await i.next()
  assert.deepEqual([cut.outcome, cut.class], ['temp', 'network'])
  const dead = await i.ask('noop')
  assert.deepEqual([dead.outcome, dead.text], [cut.outcome, cut.text])
  await i.done()
})

test('a signal interrupts from outside', { skip }, async () => {
  const i = await session('imap', servers.imap, password('tienda'))
  await i.ask('select', 'INBOX')
  i.child.stdin.write('idle\t1000\n')
  i.child.kill('SIGUSR1')
  const said = await i.next()
  assert.deepEqual([said.outcome, said.class], ['temp', 'cancelled'])
  await i.done()
})

test('recipients that are refused', { skip }, async () => {
  const some = await deliver('some', 'nadie@localhost', 'tienda@localhost')
  assert.equal(some.outcome, 'ok')
  assert.equal(some.taken, 1)
  assert.deepEqual(
    some.refused.map((r) => [r.to, r.code]),
    [['nadie@localhost', 550]],
  )
  const none = await deliver('none', 'nadie@localhost')
  assert.deepEqual([none.outcome, none.class, none.code, none.alive], ['perm', 'refused', 550, true])
})

test('an empty sender, and a mail over the size', { skip }, async () => {
  const s = await session('smtp', servers.smtp, password('ana'))
  const bounce = await s.ask('send', '', file('null.eml', mail('null')), 'tienda@localhost')
  assert.equal(bounce.outcome, 'ok', bounce.text)
  const big = await s.ask('send', 'ana@localhost', file('big.eml', Buffer.alloc(61_000_000, 'a\r\n')), 'tienda@localhost')
  assert.deepEqual([big.outcome, big.class], ['perm', 'too_big'])
  await s.done()
})

// Each ending of a mail that ever fooled a server, in one body: one mail.
test('nothing in a mail ends it', { skip }, async () => {
  const ends = ['\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r', '\r.\r\n', '\r\n.\r', '\r\n.\r\n', '\n.\r']
  const text = ends.map((e, k) => `parte ${k}${e}MAIL FROM:<malo@localhost>\r\nRCPT TO:<ana@localhost>\r\nDATA\r\n`).join('')
  const s = await session('smtp', servers.smtp, password('ana'))
  const sent = await s.ask('send', 'ana@localhost', file('smuggle.eml', mail('smuggle', text)), 'tienda@localhost')
  assert.equal(sent.outcome, 'ok', sent.text)
  const after = await s.ask('send', 'ana@localhost', file('after.eml', mail('after')), 'tienda@localhost')
  assert.equal(after.outcome, 'ok')
  await s.done()
  const i = await session('imap', servers.imaps, password('tienda'))
  let uid
  await until(async () => (uid = (await i.ask('find', 'INBOX', '<after@localhost>')).uid) > 0, 'the mail after it')
  const whole = (await i.ask('find', 'INBOX', '<smuggle@localhost>')).uid
  assert.ok(whole > 0)
  const path = join(dir, 'smuggled.got')
  await i.ask('fetch', whole, 1_000_000, path)
  const got = readFileSync(path, 'latin1')
  for (let k = 0; k < ends.length; k++) assert.ok(got.includes(`parte ${k}`), `part ${k}`)
  await i.done()
})

test('nobody there, nowhere, and clear text to far away', { skip }, async () => {
  const port = await freePort()
  const closed = await refused('imap', ['127.0.0.1', port, 'tls'], password('ana'))
  assert.deepEqual([closed.outcome, closed.class], ['temp', 'network'])
  assert.match(closed.text, /Connection refused/)
  const far = await refused('imap', ['192.0.2.1', 143, 'none'], password('ana'))
  assert.deepEqual([far.outcome, far.class], ['perm', 'refused'])
  const plain = await refused('imap', ['localhost', servers.imap[1], 'tls'], password('ana'))
  assert.deepEqual([plain.outcome, plain.class], ['perm', 'tls'])
})

const ways = () => [
  ['imap', servers.imaps],
  ['imap', servers.imap],
  ['smtp', servers.smtps],
  ['smtp', servers.smtp],
]

test('an authority that nobody named', { skip }, async () => {
  for (const [kind, where] of ways()) {
    const said = await refused(kind, where, password('ana'), { PROBE_CA: '' })
    assert.deepEqual([said.outcome, said.class], ['perm', 'tls'])
    assert.match(said.text, /^the certificate of localhost does not verify: (unable to get local issuer|self-signed) certificate/)
  }
  const missing = await refused('imap', servers.imaps, password('ana'), { PROBE_CA: '/nonexistent' })
  assert.match(missing.text, /no certificates can be read from '\/nonexistent'/)
})

for (const [name, words] of [
  ['wrong', /^the certificate of localhost is for wrong\.example, not for localhost$/],
  ['expired', /^the certificate of localhost expired on \d{4}-\d\d-\d\d$/],
  ['unknown', /^the certificate of localhost does not verify: self-signed certificate$/],
])
  test(`a certificate that is ${name}`, { skip }, async () => {
    await servers.certificate(name)
    for (const [kind, where] of ways()) await refusedWith(words, kind, where)
    await servers.certificate('good')
    for (const [kind, where] of ways()) await taken(kind, where)
  })

// One certificate of the server's own, named by its file, is enough.
test('a certificate that is named by itself', { skip }, async () => {
  const pinned = { PROBE_CA: join(servers.dir, 'tls', 'unknown.pem') }
  for (const [kind, where] of ways()) await refusedWith(/does not verify/, kind, where, pinned)
  await servers.certificate('unknown')
  for (const [kind, where] of ways()) await taken(kind, where, pinned)
  await servers.certificate('good')
  for (const [kind, where] of ways()) await refusedWith(/does not verify/, kind, where, pinned)
})
