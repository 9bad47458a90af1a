// Mails of a real Dovecot, whatever happens while they are taken in.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { startDaemon } from '../lib/bus.mjs'
import { cannot, Desk, mail, Servers, sleep, until } from './lib.mjs'

const skip = cannot()
let servers
let users = 0
const user = () => `tienda${++users}`

/** Hundredths of a second of processor time that a process has had. */
function cpuTicks(pid) {
  const f = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /, '').split(' ')
  return Number(f[11]) + Number(f[12])
}

/** A server in front of port that never says UIDNEXT. */
async function withoutUidnext(t, port) {
  const open = new Set()
  const server = createServer((client) => {
    const behind = connect(port, '127.0.0.1')
    for (const [s, other] of [[client, behind], [behind, client]]) {
      open.add(s)
      s.on('error', () => {})
      s.on('close', () => other.destroy())
    }
    let rest = ''
    client.pipe(behind)
    behind.on('data', (d) => {
      const lines = (rest + d.toString('latin1')).split('\n')
      rest = lines.pop()
      for (const line of lines) if (!client.destroyed) client.write(line.replace(/\[UIDNEXT \d+\]/, '[X-NEXT]') + '\n', 'latin1')
    })
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => {
    for (const s of open) s.destroy()
    server.close()
  })
  return server.address().port
}

/** A server in front of port that counts what is fetched. */
async function counting(t, port) {
  const open = new Set()
  const seen = { fetched: 0 }
  const server = createServer((client) => {
    const behind = connect(port, '127.0.0.1')
    for (const [s, other] of [[client, behind], [behind, client]]) {
      open.add(s)
      s.on('error', () => {})
      s.on('close', () => other.destroy())
    }
    client.on('data', (d) => (seen.fetched += (d.toString('latin1').match(/UID FETCH [\d:]+ [^\r\n]*BODY/gi) ?? []).length))
    client.pipe(behind)
    behind.pipe(client)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => {
    for (const s of open) s.destroy()
    server.close()
  })
  seen.port = server.address().port
  return seen
}

before(async () => {
  if (!skip) servers = await Servers.start(['ana', ...Array.from({ length: 11 }, (_, i) => `tienda${i + 1}`)])
})
after(() => servers?.stop())

test('handled mail is moved, or left alone', { skip }, async (t) => {
  const moved = user()
  const left = user()
  const desk = await Desk.open(t)
  await desk.add(servers.mailbox(moved, { handled: 'move', handled_folder: 'Hechos' }))
  await desk.add(servers.mailbox(left, { handled: 'leave' }))
  for (const name of [moved, left]) {
    await desk.state(name, 'ok')
    await servers.deliver(`${name}@localhost`, mail({ subject: `Para ${name}`, to: `${name}@localhost` }))
    await desk.incident(`Para ${name}`)
  }
  await until(() => servers.mails(moved, 'Hechos').length === 1 && servers.mails(moved).length === 0, 'the mail to be moved')
  assert.ok(servers.names(left).every((n) => !/:2,.*S/.test(n)))
  assert.equal((await desk.mailboxes()).find((m) => m.connection === left).stored, 1)
  // what the customer never sees: a flag taken back, a mail moved by hand
  await servers.deliver(`${left}@localhost`, mail({ subject: 'Otra', to: `${left}@localhost` }))
  await desk.incident('Otra')
  assert.equal((await desk.list()).length, 3)
})

test('what lay there before is taken only if asked for; the same mail twice is one', { skip }, async (t) => {
  const fresh = user()
  const all = user()
  const desk = await Desk.open(t)
  for (const name of [fresh, all]) for (const i of [1, 2, 3]) servers.drop(name, mail({ id: `v${i}.${name}@cliente.example`, subject: `Vieja ${i}` }))
  servers.drop(all, mail({ id: `v1.${all}@cliente.example`, subject: 'Vieja 1' }))
  await desk.add(servers.mailbox(fresh))
  await desk.add(servers.mailbox(all, { start: 'all' }))
  await desk.state(fresh, 'ok')
  await until(async () => (await desk.mailboxes()).find((m) => m.connection === all)?.stored === 4, 'all of them')
  assert.deepEqual((await desk.list()).map((i) => `${i.connection} ${i.subject} ${i.messages}`).sort(), [1, 2, 3].map((i) => `${all} Vieja ${i} 1`))
})

test('a server that says no UIDNEXT: what lay there before stays there', { skip }, async (t) => {
  const me = user()
  for (const i of [1, 2]) servers.drop(me, mail({ subject: `Vieja ${i}` }))
  const port = await withoutUidnext(t, servers.imap)
  const desk = await Desk.open(t)
  await desk.add(servers.mailbox(me, { imap_port: port, imap_security: 'none' }))
  await desk.state(me, 'ok')
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Nueva', to: `${me}@localhost` }))
  await desk.incident('Nueva')
  assert.deepEqual((await desk.list()).map((i) => i.subject), ['Nueva'])
})

test('killed and started again in the middle: every mail is one incident', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t, { env: { POSTIGO_TEST_LEASE_MS: '10000' } })
  const n = 60
  for (let i = 0; i < n; i++) servers.drop(me, mail({ subject: `Mitad ${i}`, body: 'x'.repeat(i * 500) }))
  await desk.add(servers.mailbox(me, { start: 'all', handled: 'move', handled_folder: 'Hechos' }))
  for (const some of [5, 25, 45]) {
    await until(async () => (await desk.list()).length >= some, `${some} incidents`)
    await desk.stopGateway('SIGKILL')
    desk.startGateway()
  }
  await until(async () => (await desk.list()).length >= n, 'all incidents')
  await until(() => servers.mails(me, 'Hechos').length === n && !servers.mails(me).length, 'all moved', 120000)
  const subjects = (await desk.list()).map((i) => i.subject)
  assert.equal(new Set(subjects).size, n)
  assert.equal(subjects.length, n)
  assert.ok((await desk.list()).every((i) => i.messages === 1))
})

test('a folder whose UIDs begin anew: nothing is lost or doubled', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  servers.drop(me, mail({ subject: 'De antes' }))
  const old = servers.names(me)[0]
  utimesSync(old, 1600000000, 1600000000)
  await desk.add(servers.mailbox(me))
  await desk.state(me, 'ok')
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Uno', to: `${me}@localhost` }))
  await desk.incident('Uno')
  const was = (await desk.mailboxes())[0].uid_validity
  await desk.stopGateway()
  for (const f of ['dovecot-uidlist', 'dovecot-uidvalidity', 'dovecot.index', 'dovecot.index.log', 'dovecot.index.cache', 'dovecot.list.index', 'dovecot.list.index.log']) rmSync(join(servers.mail, me, f), { force: true })
  for (const f of readdirSync(join(servers.mail, me))) if (/^dovecot-uidvalidity/.test(f)) rmSync(join(servers.mail, me, f))
  servers.run('kick')
  await sleep(1100) // validities count seconds
  servers.drop(me, mail({ subject: 'Dos' }))
  desk.startGateway()
  await desk.incident('Dos')
  await until(async () => (await desk.mailboxes())[0].uid_validity !== was, 'another validity')
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Tres', to: `${me}@localhost` }))
  await desk.incident('Tres')
  assert.deepEqual((await desk.list()).map((i) => `${i.subject} ${i.messages}`).sort(), ['Dos 1', 'Tres 1', 'Uno 1'])
})

test('sessions that are cut while mails are fetched', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  const n = 12
  for (let i = 0; i < n; i++) servers.drop(me, mail({ subject: `Grande ${i}`, body: 'línea de texto bastante larga\n'.repeat(30000) }))
  await desk.add(servers.mailbox(me, { start: 'all' }))
  for (let i = 0; i < 6; i++) {
    servers.run('kick')
    await sleep(150)
  }
  await until(async () => (await desk.list()).length === n, 'all of them')
  assert.equal(new Set((await desk.list()).map((i) => i.subject)).size, n)
})

test('a mail over 50 MiB stays on the server; agents get its beginning, others go on', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  servers.drop(me, mail({ subject: 'Enorme', body: 'Os mando el vídeo.\n' + ('y'.repeat(99) + '\n').repeat(530000) }))
  servers.drop(me, mail({ subject: 'Normal' }))
  await desk.add(servers.mailbox(me, { start: 'all' }))
  await desk.incident('Normal')
  const row = await until(async () => (await desk.mailboxes()).find((m) => m.refused === 1), 'the refusal')
  assert.equal(row.stored, 1)
  const { state_detail } = await until(async () => {
    const c = await desk.connection(me)
    return c.state === 'ok' && c.state_detail && c
  }, 'a word about it')
  assert.match(state_detail, /left on the server.*over 50 MiB/)
  assert.match(desk.postigo('mailbox', 'list').out, new RegExp(`${me} +INBOX +ok +1 +1 `))
  assert.equal(servers.mails(me).length, 2)
  assert.ok(servers.names(me).every((n) => !(statSync(n).size > 2 ** 20 && /:2,.*S/.test(n))), 'it is left as it was')
  const { incident, messages } = await desk.detail((await desk.incident('Enorme')).id)
  assert.equal(incident.connection, me)
  assert.equal(messages.length, 1)
  assert.ok(messages[0].warnings.includes('left_on_server'), messages[0].warnings.join())
  assert.match(messages[0].text, /^Os mando el vídeo/)
  // another look, another gateway: it is the same mail
  await desk.stopGateway()
  desk.startGateway()
  servers.drop(me, mail({ subject: 'Otra más' }))
  await desk.incident('Otra más')
  assert.deepEqual((await desk.list()).map((i) => `${i.subject} ${i.messages}`).sort(), ['Enorme 1', 'Normal 1', 'Otra más 1'])
})

test('while the daemon is away the session is kept, and nothing is lost', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  await desk.add(servers.mailbox(me))
  await desk.state(me, 'ok')
  await desk.daemon.kill()
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Sin nadie', to: `${me}@localhost` }))
  await sleep(1500)
  // a mail that waits does not keep the gateway busy
  const worked = cpuTicks(desk.gateway.pid)
  await sleep(3000)
  assert.ok(cpuTicks(desk.gateway.pid) - worked < 100)
  desk.daemon = await startDaemon({ dir: desk.daemon.dir })
  desk.control = await desk.daemon.connect('control')
  await desk.incident('Sin nadie')
  assert.equal((desk.log().match(/mail\.session/g) ?? []).length, 0)
})

test('while the disk is low the mails stay on the server, and few are fetched', { skip }, async (t) => {
  const me = user()
  const dir = mkdtempSync(join(tmpdir(), 'postigo-low-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const settings = join(dir, 'postigo.conf')
  const reserve = (mib) => writeFileSync(settings, `limits { reserve = ${mib} }\n`)
  reserve(0)
  const desk = await Desk.open(t, { args: ['--config', settings] })
  const seen = await counting(t, servers.imap)
  await desk.add(servers.mailbox(me, { imap_port: seen.port, imap_security: 'none' }))
  await desk.state(me, 'ok')
  reserve(16 * 1024 * 1024)
  process.kill(desk.daemon.pid, 'SIGHUP')
  await until(() => /"disk.low"/.test(desk.daemon.log()), 'the reserve is reached')
  const wanted = Array.from({ length: 40 }, (_, i) => `Cola ${i}`)
  for (const subject of wanted) servers.drop(me, mail({ subject, to: `${me}@localhost` }))
  await until(() => (desk.log().match(/"mail.later"/g) ?? []).length >= 3, 'some tries')
  await sleep(3000)
  const before_ = seen.fetched
  assert.ok(before_ <= 24, `${before_} fetched: the first sixteen, then one a try`)
  assert.equal((await desk.list()).length, 0)
  assert.equal((desk.log().match(/"mail.session"/g) ?? []).length, 0, 'the session is kept')
  reserve(0)
  process.kill(desk.daemon.pid, 'SIGHUP')
  await until(async () => (await desk.list()).length === wanted.length, 'all of them')
  assert.deepEqual((await desk.list()).map((i) => i.subject).sort(), [...wanted].sort())
})
