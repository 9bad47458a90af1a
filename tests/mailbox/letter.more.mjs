// What an answer looks like at the customer's, how it is handed to the send
// server, and what becomes of it when the server's answer is lost.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { CutProxy } from '../lib/cutproxy.mjs'
import { parseMail } from '../mail/read.mjs'
import { TestClock } from '../replay/desk.mjs'
import { cannot, Desk, FakeSmtp, header, mail, Servers, until } from './lib.mjs'

const skip = cannot()
const LOST_S = 300
let servers
let users = 0
const user = () => `carta${++users}`

before(async () => {
  if (!skip) servers = await Servers.start(['ana', ...Array.from({ length: 7 }, (_, i) => `carta${i + 1}`)])
})
after(() => servers?.stop())

/** A desk with one mailbox that sends by a fake server. */
async function withFake(t, settings = {}, options = {}) {
  const me = user()
  const fake = await FakeSmtp.start(t)
  const desk = await Desk.open(t, options)
  await desk.add(servers.mailbox(me, { smtp_port: fake.port, smtp_security: 'none', ...settings }))
  await desk.state(me, 'ok')
  const contact = async (subject, from = 'Ana <ana@localhost>') => {
    await servers.deliver(`${me}@localhost`, mail({ subject, from, to: `${me}@localhost` }))
    return (await desk.incident(subject)).id
  }
  return { me, fake, desk, contact }
}

/** All parts of a mail that have a text, by type. */
function texts(part, all = {}) {
  for (const p of part.parts ?? []) texts(p, all)
  if (part.text !== undefined) all[part.type] = part.text
  return all
}

test('an answer is text and HTML, signed, with what it answers below', { skip }, async (t) => {
  const me = user()
  const desk = await Desk.open(t)
  await desk.add(servers.mailbox(me))
  const set = (...words) => assert.equal(desk.postigo('connection', 'set', me, ...words).code, 0, words.join(' '))
  set('signature.es=**Tienda Sol**', 'signature.en=Sun Shop', 'quote_history=true')
  set('signature.en=')
  assert.deepEqual((await desk.connection(me)).settings.signature, { es: '**Tienda Sol**' })
  await desk.state(me, 'ok')
  await desk.console.call('agent.prefer', { signature: 'Marta' }, desk.as)
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Carta', to: `${me}@localhost`, body: '¿Y mi <b>*pedido*</b>?' }))
  const incident = await desk.incident('Carta')
  await desk.answer(incident.id, 'Hola **Ana**:\n\n- uno\n- https://sol.example/_a_/b\n')
  await desk.delivery(incident.id, 'sent')
  const got = await until(() => servers.mails('ana').find((x) => x.includes('Subject: Re: Carta')), 'the answer')
  const all = texts(parseMail(got))
  const plain = all['text/plain'].replace(/\r/g, '')
  assert.match(plain, /^-- Responde por encima de esta línea --\n\nHola \*\*Ana\*\*:\n\n- uno\n- https:\/\/sol.example\/_a_\/b\n\n-- \nMarta\n\*\*Tienda Sol\*\*\n\nEl \d\d\/\d\d\/\d{4}, Ana escribió:\n> ¿Y mi <b>\*pedido\*<\/b>\?\n/)
  const html = all['text/html']
  assert.match(html, /<div id="postigo-reply-above"/)
  assert.match(html, /<p>Hola <strong>Ana<\/strong>:<\/p>/)
  assert.match(html, /<a href="https:\/\/sol.example\/_a_\/b">/)
  assert.match(html, /<strong>Tienda Sol<\/strong>/)
  assert.match(html, /¿Y mi &lt;b&gt;\*pedido\*&lt;\/b&gt;\?/)
  // colleagues see what was written, and nothing else
  assert.equal((await desk.detail(incident.id)).messages.at(-1).text, 'Hola **Ana**:\n\n- uno\n- https://sol.example/_a_/b\n')
})

test('reports are asked for where the server gives them', { skip }, async (t) => {
  const { me, fake, desk, contact } = await withFake(t)
  fake.on.EHLO = '250-fake\r\n250-DSN\r\n250 AUTH PLAIN LOGIN'
  const id = await contact('Informe')
  await desk.answer(id, 'Hola')
  await desk.delivery(id, 'sent')
  const sender = fake.commands.find((c) => c.startsWith('MAIL'))
  assert.match(sender, new RegExp(`^MAIL FROM:<${me}@localhost> RET=HDRS ENVID=p${id}\\.2\\.[^ ]+@localhost$`))
  assert.equal(fake.commands.find((c) => c.startsWith('RCPT')), 'RCPT TO:<ana@localhost> NOTIFY=FAILURE,DELAY ORCPT=rfc822;ana@localhost')
})

test('what a program wrote has no sender, and asks for no reports', { skip }, async (t) => {
  const { fake, contact } = await withFake(t, { acknowledge: true })
  fake.on.EHLO = '250-fake\r\n250-DSN\r\n250 AUTH PLAIN LOGIN'
  await contact('Acuse', 'Ana <ana@acuse.example>')
  const got = await until(() => fake.mails[0], 'the acknowledgement')
  assert.equal(fake.commands.find((c) => c.startsWith('MAIL')), 'MAIL FROM:<>')
  assert.equal(fake.commands.find((c) => c.startsWith('RCPT')), 'RCPT TO:<ana@acuse.example>')
  assert.equal(header(got, 'Auto-Submitted'), 'auto-replied')
  assert.equal(header(got, 'X-Auto-Response-Suppress'), 'All')
  assert.ok(header(got, 'X-Postigo-Loop'))
})

test('a server that takes nothing without a sender gets one', { skip }, async (t) => {
  const { me, fake, contact } = await withFake(t, { acknowledge: true })
  fake.on.MAIL = (line) => (line.includes('<>') ? '550 5.7.60 not as this sender' : null)
  await contact('Remitente', 'Ana <ana@remitente.example>')
  const got = await until(() => fake.mails[0], 'the acknowledgement')
  assert.deepEqual(fake.commands.filter((c) => c.startsWith('MAIL')), ['MAIL FROM:<>', `MAIL FROM:<${me}@localhost>`])
  assert.equal(header(got, 'Auto-Submitted'), 'auto-replied')
})

test('a later of one domain delays that domain alone', { skip }, async (t) => {
  // its wait does not end within the test
  const { fake, desk, contact } = await withFake(t, {}, { env: { POSTIGO_TEST_PACE_MS: '600000' } })
  fake.on.RCPT = (line) => (line.includes('@luego.example') ? '450 4.7.1 Greylisted' : null)
  const first = await contact('Uno', 'Uno <uno@luego.example>')
  await desk.answer(first, 'Respuesta')
  const detail = (id) => async () => (await desk.detail(id)).messages.at(-1).delivery.detail
  await until(async () => /450/.test(await detail(first)()), 'the first one to be put off')
  const second = await contact('Dos', 'Dos <dos@luego.example>')
  await desk.answer(second, 'Respuesta')
  await until(async () => /domain waits/.test(await detail(second)()), 'the second one to be put off unsent')
  assert.ok(!fake.commands.some((c) => c.includes('dos@luego.example')))
  const other = await contact('Tres', 'Tres <tres@otro.example>')
  await desk.answer(other, 'Respuesta')
  await desk.delivery(other, 'sent')
  assert.equal((await desk.delivery(second, 'queued')).attempts, 1)
})

test('a mail whose answer is lost goes three times at most, and is one mail', { skip }, async (t) => {
  const clock = new TestClock()
  t.after(() => clock.remove())
  const { fake, desk, contact } = await withFake(t, {}, { daemonEnv: clock.env })
  const id = await contact('Perdida')
  fake.on.END = 'cut'
  await desk.answer(id, 'Hola **Ana**')
  await desk.lost(id, 1)
  for (const lost of [1, 2]) {
    assert.equal((await desk.delivery(id, 'queued')).lost, lost)
    assert.equal(fake.mails.length, lost)
    clock.shift(lost * (LOST_S + 1))
    await until(() => fake.mails.length === lost + 1, () => `attempt ${lost + 1}\n${desk.log().slice(-3000)}`)
    await desk.lost(id, 2)
  }
  const { attempts, lost } = await desk.delivery(id, 'unknown')
  assert.deepEqual([attempts, lost], [3, 2])
  clock.shift(1800)
  // whatever else is sent, this one does not go again
  fake.on.END = null
  const other = await contact('Otra', 'Luis <luis@localhost>')
  await desk.answer(other, 'Respuesta')
  await desk.delivery(other, 'sent')
  const copies = fake.mails.filter((m) => header(m, 'Message-ID').startsWith(`<p${id}.`))
  assert.equal(copies.length, 3)
  // the same octets each time: whoever compares sees one mail
  assert.equal(new Set(copies).size, 1)
})

test('Postfix took it, its answer was lost: it arrives under one Message-ID', { skip }, async (t) => {
  const clock = new TestClock()
  t.after(() => clock.remove())
  const me = user()
  const proxy = await CutProxy.start(servers.clear)
  t.after(() => proxy.stop())
  const desk = await Desk.open(t, { daemonEnv: clock.env })
  await desk.add(servers.mailbox(me, { smtp_port: proxy.port, smtp_security: 'none' }))
  await desk.state(me, 'ok')
  await servers.deliver(`${me}@localhost`, mail({ subject: 'Cortada', to: `${me}@localhost` }))
  const { id } = await desk.incident('Cortada')
  // the server's last words are cut: those to the octets of the mail
  const words = []
  const pass = proxy.pass
  proxy.pass = function (pair, direction, octets, to, from) {
    if (direction === 'down' && words.length === 0 && /^250 .*queued/.test(octets.toString('latin1'))) {
      words.push(octets.toString('latin1'))
      return this.cut(pair, 'reset')
    }
    return pass.call(this, pair, direction, octets, to, from)
  }
  await desk.answer(id, 'Llega dos veces')
  await desk.lost(id, 1)
  clock.shift(LOST_S + 1)
  assert.equal((await desk.delivery(id, 'sent')).attempts, 2)
  const copies = await until(() => {
    const all = servers.mails('ana').filter((m) => m.includes('Llega dos veces'))
    return all.length === 2 && all
  }, 'both copies')
  assert.equal(new Set(copies.map((m) => header(m, 'Message-ID'))).size, 1)
  assert.equal(new Set(copies.map((m) => m.replace(/\r/g, '').split('\n\n').slice(1).join('\n\n'))).size, 1)
})
