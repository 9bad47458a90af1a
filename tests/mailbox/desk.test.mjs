// Mailboxes of real servers: Dovecot and Postfix, postigod and postigo-mail.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { cannot, Desk, header, mail, Servers, until } from './lib.mjs'

const skip = cannot()
let servers
let users = 0
const user = () => `tienda${++users}`

before(async () => {
  if (!skip) servers = await Servers.start(['ana', ...Array.from({ length: 20 }, (_, i) => `tienda${i + 1}`)])
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
