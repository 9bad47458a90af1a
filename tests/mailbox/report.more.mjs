// Reports that are mailed by a real Postfix, and by a server that keeps its
// answer to itself while somebody is killed.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { startDaemon } from '../lib/bus.mjs'
import { parseCsv, parseMail } from '../mail/read.mjs'
import { cannot, Desk, FakeSmtp, Servers, until } from './lib.mjs'

const skip = cannot()
let servers

before(async () => {
  if (!skip) servers = await Servers.start(['ana', 'john', 'tienda1', 'tienda2', 'tienda3'])
})
after(() => servers?.stop())

/** A desk with a mailbox, two agents and a plan. */
async function open(t, me, settings, env) {
  const desk = await Desk.open(t, { env })
  await desk.add(servers.mailbox(me, settings))
  await desk.state(me, 'ok')
  const agents = []
  for (const [name, language] of [['ana', 'es'], ['john', 'en']]) {
    const { agent } = await desk.control.call('agent.add', { email: `${name}@localhost`, name, role: 'manager', language })
    agents.push(agent.id)
  }
  const { plan } = await desk.control.call('plan.add', { name: 'Volumen', report: 'volume', period: 'week', minute: 480, zone: 'Europe/Madrid', agents })
  desk.plan = plan.id
  desk.people = agents
  return desk
}

const job = (desk, id, ...states) =>
  until(async () => {
    const j = await desk.control.call('job.get', { id })
    return states.includes(j.state) && j
  }, () => `job ${id} to be ${states}\n${desk.log().slice(-3000)}`)

test('a report goes through Postfix into the mailboxes of its people', { skip }, async (t) => {
  const desk = await open(t, 'tienda1', { sent_folder: 'Sent' })
  const { jobs } = await desk.control.call('plan.try', { id: desk.plan })
  assert.equal(jobs.length, 2)
  for (const id of jobs) assert.deepEqual((await job(desk, id, 'done', 'failed')).result.ok, true)
  for (const [who, subject] of [['ana', 'Volumen: Contactos 0, '], ['john', 'Volumen: Contacts 0, ']]) {
    await until(() => servers.mails(who).length === 1, `a mail for ${who}`)
    const mail = parseMail(servers.mails(who)[0])
    assert.ok(mail.subject.startsWith(subject), mail.subject)
    assert.equal(mail.headers['auto-submitted'], 'auto-generated')
    assert.match(mail.headers.to, new RegExp(`${who}@localhost`))
    assert.deepEqual(mail.parts[0].parts.map((p) => p.type), ['text/plain', 'text/html'])
    assert.equal(parseCsv(mail.parts[1].text)[0][0], 'key')
  }
  assert.equal(servers.mails('tienda1', 'Sent').length, 0)
})

test('what a send server may have is not sent again after the gateway is killed', { skip }, async (t) => {
  const fake = await FakeSmtp.start(t)
  const desk = await open(t, 'tienda2', { smtp_port: fake.port, smtp_security: 'none' }, { POSTIGO_TEST_LEASE_MS: '15000' })
  // It dies when the server has the mail and has said nothing.
  fake.on.END = 'hang'
  const [id] = (await desk.control.call('plan.try', { id: desk.plan, agents: [desk.people[0]] })).jobs
  await until(() => fake.mails.length === 1, 'the mail at the server')
  await desk.stopGateway('SIGKILL')
  fake.on.END = null
  desk.startGateway()
  assert.equal((await job(desk, id, 'failed')).result.ok, false)
  assert.equal(fake.mails.length, 1)
})

test('a daemon that was killed meanwhile hears what became of a mail; refusals are told apart', { skip }, async (t) => {
  const fake = await FakeSmtp.start(t)
  const desk = await open(t, 'tienda3', { smtp_port: fake.port, smtp_security: 'none' }, { POSTIGO_TEST_LEASE_MS: '600000' })
  const only = { id: desk.plan, agents: [desk.people[0]] }
  fake.on.END = 'hang'
  let [id] = (await desk.control.call('plan.try', only)).jobs
  await until(() => fake.mails.length === 1, 'the mail at the server')
  await desk.daemon.kill()
  for (const peer of fake.peers) peer.write('250 2.0.0 taken\r\n')
  fake.on.END = null
  await until(() => desk.log().includes(`job ${id}: sent`), 'the gateway to know')
  desk.daemon = await startDaemon({ dir: desk.daemon.dir })
  desk.control = await desk.daemon.connect('control')
  await job(desk, id, 'done')

  // One that was refused for the moment waits for its next attempt.
  fake.on.RCPT = '450 4.7.1 Greylisted, come back'
  ;[id] = (await desk.control.call('plan.try', only)).jobs
  await until(() => /Greylisted/.test(desk.log()), 'the refusal')
  await job(desk, id, 'queued')
  // One that never will be taken has failed.
  fake.on.RCPT = '550 5.1.1 User unknown'
  ;[id] = (await desk.control.call('plan.try', only)).jobs
  assert.match((await job(desk, id, 'failed')).result.detail, /550/)
  assert.equal(fake.mails.length, 1)
})
