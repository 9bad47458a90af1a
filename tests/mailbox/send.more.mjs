// Answers by a real Postfix, and by servers that misbehave.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { startDaemon } from '../lib/bus.mjs'
import { cannot, Desk, FakeSmtp, mail, Servers, sleep, until } from './lib.mjs'

const skip = cannot()
let servers
let users = 0
const user = () => `tienda${++users}`

before(async () => {
  if (!skip) servers = await Servers.start(['ana', ...Array.from({ length: 6 }, (_, i) => `tienda${i + 1}`)])
})
after(() => servers?.stop())

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
    await servers.deliver(`${me}@localhost`, mail({ subject, to: `${me}@localhost`, from: `Ana <ana@${subject === 'Luego' ? 'luego.example' : 'localhost'}>` }))
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

  // a session that is no longer ours says nothing about the mail
  fake.on.MAIL = '530 5.7.0 Authentication required'
  const refused = await ask('Sin sesión')
  await until(async () => {
    const d = (await desk.detail(refused)).messages.at(-1).delivery
    return d.state === 'queued' && d.attempts === 1 && /530/.test(d.detail)
  }, () => `to be queued after a 530 ${desk.log()}`)
  fake.on.MAIL = null

  // words that are cut within a letter
  for (const pad of ['', 'x']) {
    fake.on.END = `550 ${pad}${'ñ'.repeat(200)}`
    await desk.delivery(await ask(`Larga${pad}`), 'failed')
  }

  fake.on.END = 'cut'
  const lost = await ask('Perdida')
  await desk.lost(lost, 1)
  fake.on.END = null
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Otra más', to: `${me}@localhost` }))
  await desk.incident('Otra más')
  assert.equal(fake.mails.filter((m) => m.includes('Respuesta a Perdida')).length, 1)
  assert.equal((await desk.delivery(lost, 'queued')).attempts, 1)

  // it says nothing after the dot: SIGTERM ends the gateway all the same
  fake.on.END = 'hang'
  const hung = await ask('Colgada')
  await until(() => fake.mails.some((m) => m.includes('Respuesta a Colgada')), 'the mail at the server')
  const began = Date.now()
  assert.deepEqual(await desk.stopGateway(), { code: 0, signal: null })
  assert.ok(Date.now() - began < 10000)
  const { attempts, lost: again } = await desk.delivery(hung, 'queued')
  assert.deepEqual([attempts, again], [1, 1])
})

test('of what was taken, only what was begun may have arrived', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t, { env: { POSTIGO_TEST_LEASE_MS: '8000' } })
  const fake = await FakeSmtp.start(t)
  await desk.add(servers.mailbox(me, { smtp_port: fake.port, smtp_security: 'none' }))
  await desk.state(me, 'ok')
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Muchas', to: `${me}@localhost` }))
  const { id } = await desk.incident('Muchas')
  fake.on.END = 'hang'
  for (let i = 0; i < 14; i++) await desk.answer(id, `Respuesta ${i}`)
  const states = async () => (await desk.detail(id)).messages.map((m) => m.delivery).filter(Boolean)
  // one is at the server, ten wait for it, one waits for room
  await until(async () => (await states()).filter((d) => d.attempts > 0).length >= 12, 'twelve to be taken')
  await desk.daemon.kill()
  await sleep(8500)
  fake.on.END = null
  desk.daemon = await startDaemon({ dir: desk.daemon.dir })
  desk.control = await desk.daemon.connect('control')
  await until(async () => (await states()).filter((d) => d.lost === 1).length === 1, () => `one to be lost ${desk.log().slice(-3000)}`)
  assert.equal((await states()).filter((d) => d.lost > 1).length, 0)
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
  await desk.lost(incident.id, 1)
  assert.match(desk.log(), /"mail.not_sent".*unknown/)
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
