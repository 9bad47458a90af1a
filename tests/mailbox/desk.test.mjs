// Mailboxes of real servers: Dovecot and Postfix, postigod and postigo-mail.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { startDaemon } from '../lib/bus.mjs'
import { cannot, Desk, FakeSmtp, header, mail, Servers, sleep, until } from './lib.mjs'

const skip = cannot()
let servers
let users = 0
const user = () => `tienda${++users}`

before(async () => {
  if (!skip) servers = await Servers.start(['ana', ...Array.from({ length: 30 }, (_, i) => `tienda${i + 1}`)])
})
after(() => servers?.stop())

test('a customer’s mail, an answer, and the customer’s reply are one incident', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  await desk.add(servers.mailbox(me, { sent_folder: 'Sent' }))
  await desk.state(me, 'ok')
  await servers.deliver(`${me}@localhost`, mail({ id: 'uno@cliente.example', subject: 'La talla no me vale', to: `${me}@localhost` }))
  const incident = await desk.incident('La talla no me vale')
  assert.equal(incident.connection, me)
  await until(() => servers.names(me).some((n) => /:2,.*S/.test(n)), 'the mail to be marked as seen')

  await desk.answer(incident.id, 'Claro, te la cambiamos.')
  assert.match((await desk.delivery(incident.id, 'sent')).detail, /^250 /)
  const [got] = await until(() => { const m = servers.mails('ana').filter((x) => x.includes(`<p${incident.id}.`)); return m.length && m }, 'the answer at the customer’s')
  const key = header(got, 'Message-ID')
  assert.match(key, new RegExp(`^<p${incident.id}\\.\\d+\\.[a-z2-7]{16}@localhost>$`))
  assert.equal(header(got, 'In-Reply-To'), '<uno@cliente.example>')
  await until(() => servers.mails(me, 'Sent').length === 1, 'the copy in Sent')
  assert.equal(header(servers.mails(me, 'Sent')[0], 'Message-ID'), key)

  await servers.deliver(`${me}@localhost`, mail({ subject: 'Re: La talla', to: `${me}@localhost`, head: [`In-Reply-To: ${key}`], body: 'Gracias.' }))
  await until(async () => (await desk.detail(incident.id)).messages.length === 3, 'the reply in the incident')
  assert.equal((await desk.list()).length, 1)
  assert.deepEqual((await desk.mailboxes()).map((m) => [m.connection, m.stored, m.refused]), [[me, 2, 0]])
})

test('with STARTTLS on both sides', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  await desk.add(servers.mailbox(me, { imap_port: servers.imap, imap_security: 'starttls', smtp_port: servers.smtp, smtp_security: 'starttls' }))
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Antes', to: `${me}@localhost` }))
  await desk.state(me, 'ok')
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Con STARTTLS', to: `${me}@localhost` }))
  const incident = await desk.incident('Con STARTTLS')
  await desk.answer(incident.id, 'Recibido.')
  await desk.delivery(incident.id, 'sent')
  assert.ok(servers.mails('ana').some((x) => x.includes(`<p${incident.id}.`)) || (await until(() => servers.mails('ana').some((x) => x.includes(`<p${incident.id}.`)), 'the answer')))
})

test('with tokens: one that is given, and fresh ones from a token server', { skip }, async (t) => {
  const me = user()
  const other = user()
  const asked = []
  let refuse = false
  const server = createServer({ key: readFileSync(join(servers.dir, 'tls/good.key')), cert: readFileSync(join(servers.dir, 'tls/good.pem')) }, (request, response) => {
    let body = ''
    request.on('data', (d) => (body += d))
    request.on('end', () => {
      asked.push(Object.fromEntries(new URLSearchParams(body)))
      response.writeHead(refuse ? 400 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(refuse ? { error: 'invalid_grant', error_description: 'Token has been revoked.' } : { access_token: servers.run('token', other), expires_in: 3600, token_type: 'Bearer' }))
    })
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => server.close())
  const desk = await Desk.open(t)
  await desk.add(servers.mailbox(me, { auth: 'xoauth2' }, { access_token: servers.run('token', me) }))
  const fresh = servers.mailbox(other, { auth: 'xoauth2', oauth_token_url: `https://localhost:${server.address().port}/token`, oauth_client_id: 'postigo' }, { oauth_client_secret: 'cs', oauth_refresh_token: 'rt' })
  await desk.add(fresh)
  for (const name of [me, other]) {
    await desk.state(name, 'ok')
    await servers.deliver(`${name}@localhost`, mail({ subject: `Con testigo ${name}`, to: `${name}@localhost` }))
    const incident = await desk.incident(`Con testigo ${name}`)
    await desk.answer(incident.id, 'Recibido.')
    await desk.delivery(incident.id, 'sent')
  }
  assert.deepEqual(asked[0], { grant_type: 'refresh_token', client_id: 'postigo', client_secret: 'cs', refresh_token: 'rt' })
  assert.equal(asked.length, 1) // kept for both threads
  refuse = true
  await desk.control.call('connection.update', { name: other, secrets: { oauth_refresh_token: 'old' } })
  const { state_detail } = await desk.state(other, 'failing')
  assert.match(state_detail, /token server refuses \(400\): .*invalid_grant.*revoked/)
  assert.doesNotMatch(desk.log() + state_detail, /refresh_token|-secret|eyJ/)
})

test('a certificate that does not verify is refused with the reason', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  t.after(() => servers.run('cert', 'good'))
  let first = true
  for (const [cert, reason] of [['wrong', /name|localhost/i], ['expired', /expired/i], ['unknown', /self.?signed|unknown|issuer|trust/i]]) {
    servers.run('cert', cert)
    if (first) await desk.add(servers.mailbox(me))
    first = false
    await until(async () => {
      const c = await desk.connection(me)
      return c.state === 'failing' && reason.test(c.state_detail)
    }, async () => `a reason like ${reason}: ${desk.log().slice(-2000)}`)
    const tried = desk.postigo('mailbox', 'test', me)
    assert.equal(tried.code, 1)
    assert.match(tried.out, /FAILS {2}.*IMAP: certificate/)
    assert.match(tried.out, /FAILS {2}.*SMTP: certificate/)
  }
  assert.equal(servers.names(me).length, 0)
  servers.run('cert', 'good')
  await desk.state(me, 'ok')
})

test('a wrong password is seen in the status, and mended at once', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t, { env: { POSTIGO_TEST_PACE_MS: '600000' } })
  await desk.add(servers.mailbox(me, {}, { password: 'falsch-geheim' }))
  const { state_detail } = await desk.state(me, 'failing')
  assert.match(state_detail, /log.?in|auth|password/i)
  const status = desk.postigo('status')
  assert.match(status.out, new RegExp(`FAILS +connection ${me}: `))
  assert.doesNotMatch(status.out + desk.log(), /geheim/)
  // the waits are ten minutes: only the new secret can have helped
  await desk.control.call('connection.update', { name: me, secrets: { password: `${me}-secret` } })
  await desk.state(me, 'ok')
})

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

test('a mail over 50 MiB stays on the server, visibly; others go on', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  servers.drop(me, mail({ subject: 'Enorme', body: ('y'.repeat(99) + '\n').repeat(530000) }))
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
  assert.equal((await desk.list()).length, 1)
})

test('an answer that Postfix refuses fails with its words, without addresses', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  await desk.add(servers.mailbox(me, { sent_folder: 'Sent' }))
  await desk.state(me, 'ok')
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Nadie', to: `${me}@localhost`, from: 'Nadie <nadie@localhost>' }))
  const incident = await desk.incident('Nadie')
  await desk.answer(incident.id, 'No llegará.')
  const { detail } = await desk.delivery(incident.id, 'failed')
  assert.match(detail, /^1 of 1 recipients were refused: 550 .*User unknown/)
  assert.doesNotMatch(detail, /nadie|@/)
  // and one of two
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Ana y nadie', to: `${me}@localhost` }))
  const two = await desk.incident('Ana y nadie')
  await desk.answer(two.id, 'A las dos.', { cc: [{ address: 'nadie@localhost' }] })
  assert.match((await desk.delivery(two.id, 'sent')).detail, /^1 of 2 recipients were refused: 550$/)
  await until(() => servers.mails(me, 'Sent').length === 1, 'the copy of what went')
})

test('a server that says later, one that loses its answer, one that hangs', { skip }, async (t) => {
  const me = user()
  const fake = await FakeSmtp.start(t)
  const desk = await Desk.open(t, { env: { POSTIGO_TEST_LEASE_MS: '600000' } })
  await desk.add(servers.mailbox(me, { smtp_port: fake.port, smtp_security: 'none' }))
  await desk.state(me, 'ok')
  const ask = async (subject) => {
    await servers.deliver(`${me}@localhost`, mail({ subject, to: `${me}@localhost` }))
    const incident = await desk.incident(subject)
    await desk.answer(incident.id, `Respuesta a ${subject}`)
    return incident.id
  }
  fake.on.RCPT = '450 4.7.1 Greylisted, come back'
  const later = await ask('Luego')
  await until(async () => {
    const d = (await desk.detail(later)).messages.at(-1).delivery
    return d.state === 'queued' && d.attempts === 1 && /450.*Greylisted/.test(d.detail)
  }, () => `to be queued again ${desk.log()}`)
  fake.on.RCPT = null

  fake.on.END = 'cut'
  const lost = await ask('Perdida')
  await desk.delivery(lost, 'unknown')
  fake.on.END = null
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Otra más', to: `${me}@localhost` }))
  await desk.incident('Otra más')
  assert.equal(fake.mails.filter((m) => m.includes('Respuesta a Perdida')).length, 1)
  assert.equal((await desk.delivery(lost, 'unknown')).attempts, 1)

  // it says nothing after the dot: SIGTERM ends the gateway all the same
  fake.on.END = 'hang'
  const hung = await ask('Colgada')
  await until(() => fake.mails.some((m) => m.includes('Respuesta a Colgada')), 'the mail at the server')
  const began = Date.now()
  assert.deepEqual(await desk.stopGateway(), { code: 0, signal: null })
  assert.ok(Date.now() - began < 10000)
  assert.equal((await desk.delivery(hung, 'unknown')).attempts, 1)
})

test('at the end of its time a transaction is cut, and said to be unknown', { skip }, async (t) => {
  const me = user()
  const fake = await FakeSmtp.start(t)
  const desk = await Desk.open(t, { env: { POSTIGO_TEST_LEASE_MS: '12000' } })
  await desk.add(servers.mailbox(me, { smtp_port: fake.port, smtp_security: 'none' }))
  await desk.state(me, 'ok')
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Lenta', to: `${me}@localhost` }))
  const incident = await desk.incident('Lenta')
  fake.on.END = 'hang'
  await desk.answer(incident.id, 'Hola')
  await desk.delivery(incident.id, 'unknown')
  assert.match(desk.log(), /"mail.not_sent".*unknown/)
})

test('while the daemon is away the session is kept, and nothing is lost', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  await desk.add(servers.mailbox(me))
  await desk.state(me, 'ok')
  await desk.daemon.kill()
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Sin nadie', to: `${me}@localhost` }))
  await sleep(1500)
  desk.daemon = await startDaemon({ dir: desk.daemon.dir })
  desk.control = await desk.daemon.connect('control')
  await desk.incident('Sin nadie')
  assert.equal((desk.log().match(/mail\.session/g) ?? []).length, 0)
})

test('lines that end a mail early do not, whatever ends them', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  await desk.add(servers.mailbox(me, { sent_folder: 'Sent' }))
  await desk.state(me, 'ok')
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Puntos', to: `${me}@localhost` }))
  const incident = await desk.incident('Puntos')
  const before = servers.mails('ana').length
  await desk.answer(incident.id, 'uno\n.\nMAIL FROM:<x@localhost>\nRCPT TO:<ana@localhost>\nDATA\nSubject: contrabando\n\n.\n..\n.fin')
  await desk.delivery(incident.id, 'sent')
  const got = await until(() => servers.mails('ana').find((x) => x.includes(`<p${incident.id}.`) && x.includes('Puntos')), 'the answer')
  assert.match(got.replace(/\r/g, ''), /uno\n\.\nMAIL FROM:<x@localhost>[^]*contrabando\n\n\.\n\.\.\n\.fin/)
  await sleep(500)
  assert.equal(servers.mails('ana').length, before + 1)
})

test('the verbs: test, fetch, list', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  await desk.stopGateway()
  servers.drop(me, mail({ subject: 'A mano 1' }))
  servers.drop(me, mail({ subject: 'A mano 2' }))
  await desk.add(servers.mailbox(me, { start: 'all', sent_folder: 'Enviados' }))
  const tried = desk.postigo('mailbox', 'test', me)
  assert.equal(tried.code, 0, tried.out + tried.err)
  for (const words of ['IMAP: connected to localhost', 'TLS, certificate verified', 'IMAP: logged in', "folder 'INBOX' has 2 mails", "folder 'Enviados' will be made", 'SMTP: logged in']) assert.ok(tried.out.includes(words), `${words}\n${tried.out}`)
  assert.equal(desk.postigo('mailbox', 'fetch', me).out, `${me}: 2 taken, 0 known, 0 refused\n`)
  assert.equal(desk.postigo('mailbox', 'fetch').out, `${me}: 0 taken, 2 known, 0 refused\n`)
  assert.equal((await desk.list()).length, 2)
  const listed = desk.postigo('--json', 'mailbox', 'list')
  assert.deepEqual([JSON.parse(listed.out)].map((m) => [m.connection, m.folder, m.stored]), [[me, 'INBOX', 2]])
  assert.equal(desk.postigo('mailbox', 'test', 'nadie').code, 65)
  assert.equal(desk.postigo('mailbox', 'fetch', 'a', 'b').code, 64)
  await desk.control.call('connection.update', { name: me, secrets: { password: 'otra' } })
  const wrong = desk.postigo('mailbox', 'test', me)
  assert.equal(wrong.code, 1)
  assert.match(wrong.out, /FAILS {2}.*IMAP: log-in/)
  assert.equal(desk.postigo('mailbox', 'fetch', me).code, 1)
})

test('connection.test says every step', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  await desk.add(servers.mailbox(me))
  await desk.state(me, 'ok')
  const { job } = await desk.control.call('connection.test', { name: me })
  const ended = await until(async () => {
    const j = await desk.control.call('job.get', { id: job })
    return j.state === 'done' && j
  }, 'the test')
  assert.equal(ended.result.ok, true)
  assert.match(ended.result.detail, /IMAP: logged in; .*INBOX.*; SMTP: connected.*SMTP: logged in/)
})
