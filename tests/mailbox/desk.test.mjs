// Mailboxes of real servers: Dovecot and Postfix, postigod and postigo-mail.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { cannot, Desk, header, mail, Servers, until } from './lib.mjs'

const skip = cannot()
let servers
let users = 0
const user = () => `tienda${++users}`

before(async () => {
  if (!skip) servers = await Servers.start(['ana', ...Array.from({ length: 12 }, (_, i) => `tienda${i + 1}`)])
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
      response.end(JSON.stringify(refuse ? { error: 'invalid_grant', error_description: refuse } : { access_token: servers.run('token', other), expires_in: 3600, token_type: 'Bearer' }))
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
  refuse = 'Token has been revoked.'
  await desk.control.call('connection.update', { name: other, secrets: { oauth_refresh_token: 'old' } })
  const { state_detail } = await desk.state(other, 'failing')
  assert.match(state_detail, /token server refuses \(400\): .*invalid_grant.*revoked/)
  assert.doesNotMatch(desk.log() + state_detail, /refresh_token|-secret|eyJ/)
  // a token server that repeats the token is not quoted
  refuse = 'No such token: testigo-que-nadie-ve.'
  await desk.control.call('connection.update', { name: other, secrets: { oauth_refresh_token: 'testigo-que-nadie-ve' } })
  await until(async () => /what we sent/.test((await desk.connection(other)).state_detail), 'its words to be left out')
  assert.doesNotMatch(desk.log(), /testigo-que/)
})

test('with tokens that another program looks after: in a file, from a command', { skip }, async (t) => {
  const me = user()
  const other = user()
  const desk = await Desk.open(t)
  const file = join(desk.dir, 'token')
  const fresh = (life) => JSON.stringify({ access_token: servers.run('token', me), expires_in: life })
  writeFileSync(file, 'not-a-token\n')
  const box = servers.mailbox(me, { auth: 'xoauth2', oauth_token_file: file }, null)
  // a person in the console has no business with the machine's files
  await assert.rejects(desk.console.call('connection.add', box, desk.as), (e) => e.data?.code === 'not_allowed')
  await desk.add(box)
  await desk.state(me, 'failing')
  writeFileSync(file, fresh(3600))
  await desk.state(me, 'ok')
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Con fichero', to: `${me}@localhost` }))
  const { id } = await desk.incident('Con fichero')
  await desk.answer(id, 'Recibido.')
  await desk.delivery(id, 'sent')
  // the console may change what is not the machine's, and keep what is
  await desk.console.call('connection.update', { name: me, settings: { ...box.settings, from_name: 'Otra' } }, desk.as)
  await assert.rejects(desk.console.call('connection.update', { name: me, settings: { ...box.settings, oauth_token_file: '/etc/shadow' } }, desk.as), (e) => e.data?.code === 'not_allowed')
  // one that ends and that nobody replaces is told of while it still works
  writeFileSync(file, fresh(6))
  await desk.control.call('connection.update', { name: me, settings: { ...box.settings, from_name: 'Una' } })
  await until(async () => {
    const c = await desk.connection(me)
    return c.state === 'ok' && /access token ends at .*nobody replaces it|gives one that has ended/.test(c.state_detail)
  }, async () => `a word about its end: ${JSON.stringify(await desk.connection(me))}`)
  writeFileSync(`${file}.2`, servers.run('token', other))
  await desk.add(servers.mailbox(other, { auth: 'xoauth2', oauth_token_command: `/bin/cat ${file}.2` }, null))
  await desk.state(other, 'ok')
  assert.doesNotMatch(desk.log(), /eyJ|not-a-token/)
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
