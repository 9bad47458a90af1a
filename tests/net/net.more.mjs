// The transport against a real Dovecot and a real Postfix.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort, until } from '../lib/wait.mjs'
import { dir, password, refused, servers, session, skip, ways } from './lib.mjs'

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
  for (const [kind, where] of ways())
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
