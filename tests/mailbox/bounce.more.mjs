// Answers that come back: by a real Postfix, and by reports made here, among
// them some that nobody should believe.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { cannot, Desk, mail, Servers, until } from './lib.mjs'

const skip = cannot()
let servers
let users = 0
const user = () => `tienda${++users}`

before(async () => {
  if (!skip) servers = await Servers.start(['ana', 'eva', ...Array.from({ length: 3 }, (_, i) => `tienda${i + 1}`)])
})
after(() => servers?.stop())

/** A report as mail systems make them (RFC 3464). */
function report({ id, recipient, original = recipient, action = 'failed', status = '5.1.1', to }) {
  const head = ['MIME-Version: 1.0', 'Auto-Submitted: auto-replied', 'Content-Type: multipart/report; report-type=delivery-status; boundary="x"']
  const body = [
    '--x', 'Content-Type: text/plain', '', 'Sorry.', '',
    '--x', 'Content-Type: message/delivery-status', '', 'Reporting-MTA: dns; mx.example', '',
    `Final-Recipient: rfc822; ${recipient}`, `Original-Recipient: rfc822;${original}`, `Action: ${action}`, `Status: ${status}`,
    `Diagnostic-Code: smtp; 550 ${status} <${recipient}>: no such user`, '',
    '--x', 'Content-Type: text/rfc822-headers', '', `Message-ID: ${id}`, `To: ${original}`, '', '--x--',
  ]
  return mail({ subject: 'Undelivered Mail Returned to Sender', from: 'MAILER-DAEMON@mx.example', to, head, body: body.join('\n') })
}

const failed = (detail, address) => detail.incident.customer.identities.find((i) => i.value === address)?.failed_at

/** A customer's mail, an answer to it that went: the answer and its incident. */
async function answered(desk, me, subject, more) {
  await servers.deliver(`${me}@localhost`, mail({ subject, to: `${me}@localhost` }))
  const { id } = await desk.incident(subject)
  await desk.answer(id, 'Sale hoy.', more)
  await desk.delivery(id, 'sent')
  return { id, answer: (await desk.detail(id)).messages.at(-1) }
}

/** What became of an incident once a report of that kind was told. */
function told(desk, id, kind) {
  return until(async () => {
    const d = await desk.detail(id)
    return d.events.some((e) => e.kind === 'delivery.bounced' && e.data.kind === kind) && d
  }, () => `a report '${kind}'\n${desk.log().slice(-3000)}`)
}

test('an answer to an address that is gone comes back, and the agent sees it', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  await desk.add(servers.mailbox(me))
  await desk.state(me, 'ok')
  // the server takes mail for it, and finds out later
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Me voy', to: `${me}@localhost`, from: 'Sara <se-fue@localhost>' }))
  const { id } = await desk.incident('Me voy')
  const first = await desk.answer(id, 'Sale hoy.', { state: 'solved' })
  assert.deepEqual(first.warnings, [])
  const d = await told(desk, id, 'failed')
  const { delivery } = d.messages.find((m) => m.direction === 'out')
  assert.equal(delivery.state, 'failed')
  assert.ok(delivery.bounced_at)
  assert.match(delivery.detail, /unknown user/i)
  assert.doesNotMatch(delivery.detail, /@/)
  assert.equal(d.incident.state, 'open')
  assert.ok(failed(d, 'se-fue@localhost'))
  const last = d.messages.at(-1)
  assert.equal(last.robot, true)
  assert.equal(last.matched, 'bounce')
  assert.equal((await desk.list()).length, 1, 'no incident of its own')
  // a warning, no more
  const again = await desk.answer(id, 'Otra vez.')
  assert.deepEqual(again.warnings, ['address_failed'])
  // and staff may take the flag away
  const { id: identity } = d.incident.customer.identities.find((i) => i.value === 'se-fue@localhost')
  const { identity: now } = await desk.console.call('identity.retry', { id: identity }, desk.as)
  assert.equal(now.failed_at ?? null, null)
})

test('delays and copies are told and change nothing', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  await desk.add(servers.mailbox(me))
  await desk.state(me, 'ok')
  const to = `${me}@localhost`
  const { id, answer } = await answered(desk, me, 'Tarda', { cc: [{ address: 'eva@localhost' }], state: 'solved' })
  await servers.deliver(to, report({ id: answer.external_id, recipient: 'ana@localhost', action: 'delayed', status: '4.4.1', to }), '')
  await servers.deliver(to, report({ id: answer.external_id, recipient: 'eva@localhost', to }), '')
  await told(desk, id, 'delayed')
  const d = await told(desk, id, 'copy')
  assert.equal(d.incident.state, 'solved')
  assert.equal(d.messages.find((m) => m.id === answer.id).delivery.state, 'sent')
  assert.ok(!failed(d, 'ana@localhost'))
})

test('a report is believed by its token, and of its own recipient', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  await desk.add(servers.mailbox(me))
  await desk.state(me, 'ok')
  const to = `${me}@localhost`
  const { id, answer } = await answered(desk, me, 'Segura')
  await servers.deliver(to, mail({ subject: 'Soy Eva', to, from: 'Eva <eva@localhost>' }))
  await desk.incident('Soy Eva')
  // a stranger knows how ids look, not the secret in them
  const guessed = answer.external_id.replace(/\.[a-z2-7]{16}@/, '.aaaaaaaaaaaaaaaa@')
  assert.notEqual(guessed, answer.external_id)
  await servers.deliver(to, report({ id: guessed, recipient: 'ana@localhost', to }), '')
  const forged = await desk.incident('Undelivered Mail Returned to Sender')
  assert.notEqual(forged.id, id)
  let d = await desk.detail(id)
  assert.equal(d.messages.at(-1).delivery.state, 'sent')
  assert.ok(!failed(d, 'ana@localhost'))
  // who got the answer names somebody else
  await servers.deliver(to, report({ id: answer.external_id, recipient: 'eva@localhost', to }), '')
  d = await told(desk, id, 'other')
  assert.equal(d.messages.find((m) => m.id === answer.id).delivery.state, 'sent')
  const { customers } = await desk.control.call('customer.find', { text: 'eva@localhost' })
  assert.ok(customers.every((c) => c.identities.every((i) => !i.failed_at)))
  // the right token, and its own recipient, who forwards
  await servers.deliver(to, report({ id: answer.external_id, recipient: 'ana@elsewhere.example', original: 'ana@localhost', to }), '')
  d = await told(desk, id, 'failed')
  assert.equal(d.messages.find((m) => m.id === answer.id).delivery.state, 'failed')
  assert.ok(failed(d, 'ana@localhost'))
  assert.equal(d.incident.state, 'open')
  // until she writes
  await servers.deliver(to, mail({ subject: 'Re: Segura', to, head: [`In-Reply-To: ${answer.external_id}`] }))
  await until(async () => !failed(await desk.detail(id), 'ana@localhost'), 'the flag to be taken away')
})
