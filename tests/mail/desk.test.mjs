// Mail through a whole desk: postigod and postigo-mail, real Maildirs.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { startDaemon } from '../lib/bus.mjs'
import { childrenOf, mail, Maildir, runMail, sha256, sleep, startGateway, tempDir, until } from './lib.mjs'

const PASSWORD = 'una frase bastante larga'

class Desk {
  static async open(t) {
    const desk = new Desk()
    desk.dir = tempDir()
    desk.in = new Maildir(join(desk.dir, 'in'))
    desk.out = new Maildir(join(desk.dir, 'out'))
    desk.daemon = await startDaemon()
    await desk.connect()
    await desk.control.call('connection.add', {
      name: 'correo', kind: 'maildir',
      settings: { address: 'ayuda@tienda.example', from_name: 'Tienda', in: desk.in.path, out: desk.out.path, language: 'es' },
    })
    await desk.control.call('agent.add', { email: 'marta@tienda.example', name: 'Marta Peña', role: 'admin', password: PASSWORD })
    desk.gateway = startGateway(desk.daemon.socket('mail'), desk.dir)
    t.after(() => desk.close())
    return desk
  }

  async connect() {
    this.control = await this.daemon.connect('control')
    this.console = await this.daemon.connect('console')
    this.handle = null
  }

  async as() {
    if (!this.handle) {
      const { cookie } = await this.console.call('session.login', { email: 'marta@tienda.example', password: PASSWORD, network: '127.0.0.1' })
      this.handle = (await this.console.call('session.open', { cookie })).handle
    }
    return { as: this.handle }
  }

  async restart() {
    await this.daemon.kill()
    this.daemon = await startDaemon({ dir: this.daemon.dir })
    await this.connect()
  }

  list() {
    return this.control.call('incident.list', { view: 'all', limit: 200, sort: 'newest' }).then((r) => r.incidents)
  }

  async incident(subject) {
    return until(async () => (await this.list()).find((i) => i.subject === subject), `an incident '${subject}'`)
  }

  detail(id) {
    return this.control.call('incident.get', { id }).then((r) => r.detail)
  }

  async answer(id, text, more = {}) {
    const { messages } = await this.detail(id)
    return this.console.call('incident.answer', { id, text, seen: messages.at(-1).number, ...more }, await this.as())
  }

  async sent(count) {
    await until(() => this.out.list('new').length >= count, `${count} mails in out`)
    return this.out.list('new').map((name) => this.out.read('new', name).toString('latin1'))
  }

  async close() {
    await this.gateway.stop()
    await this.daemon.stop()
    this.daemon.remove()
    rmSync(this.dir, { recursive: true, force: true })
  }
}

const header = (text, name) => new RegExp(`^${name}: *((?:.*\\n[ \\t])*.*)$`, 'im').exec(text)?.[1].replace(/\n[ \t]/g, ' ')

test('a mail becomes an incident, its answer leaves threaded, the customer’s reply joins', async (t) => {
  const desk = await Desk.open(t)
  const raw = mail({ id: 'uno@example.com', subject: 'Quiero devolver el pedido 1042', body: 'La talla no me vale.' })
  const name = desk.in.put(raw)
  const incident = await desk.incident('Quiero devolver el pedido 1042')
  await until(() => desk.in.list('cur').length === 1, 'the mail in cur')
  assert.deepEqual(desk.in.list('cur'), [`${name}:2,S`])
  assert.equal(incident.channel, 'email')
  assert.equal(incident.connection, 'correo')
  let { messages } = await desk.detail(incident.id)
  assert.equal(messages.length, 1)
  assert.equal(messages[0].external_id, '<uno@example.com>')
  assert.equal(messages[0].raw.sha256, sha256(raw))
  assert.equal(messages[0].raw.bytes, raw.length)

  await desk.answer(incident.id, 'Claro, aquí tienes la etiqueta.')
  const [sent] = await desk.sent(1)
  const key = header(sent, 'Message-ID')
  assert.match(key, new RegExp(`^<p${incident.id}\\.\\d+\\.[a-z2-7]{16}@tienda\\.example>$`))
  assert.equal(header(sent, 'In-Reply-To'), '<uno@example.com>')
  assert.equal(header(sent, 'References'), '<uno@example.com>')
  assert.match(header(sent, 'Reply-To'), /ayuda\+p\d+\.\d+\.[a-z2-7]{16}@tienda\.example/)
  assert.match(header(sent, 'To'), /ana@example\.com/)
  await until(async () => (await desk.detail(incident.id)).messages.at(-1).delivery?.state === 'sent', 'the delivery to be sent')

  // by its threading headers
  desk.in.put(mail({ id: 'dos@example.com', subject: 'Re: otra cosa', head: [`In-Reply-To: ${key}`, `References: <uno@example.com> ${key}`], body: 'Gracias.\n\nEl lun, 5 ene 2026, Tienda <ayuda@tienda.example> escribió:\n> Claro' }))
  await until(async () => (await desk.detail(incident.id)).messages.length === 3, 'the reply in the incident')
  // by the address alone, from a program that drops the headers
  const to = /ayuda\+[^@]+@tienda\.example/.exec(header(sent, 'Reply-To'))[0]
  desk.in.put(mail({ id: 'tres@example.com', subject: 'Sin hilo', body: 'Una cosa más.' }).replace('To: ayuda@tienda.example', `To: ${to}`))
  messages = await until(async () => {
    const m = (await desk.detail(incident.id)).messages
    return m.length === 4 && m
  }, 'the reply by address')
  assert.equal(messages[3].external_id, '<tres@example.com>')
  assert.equal((await desk.list()).length, 1)
})

test('a mail that was sent on says who wrote it, and what is new is the customer’s own', async (t) => {
  const desk = await Desk.open(t)
  const own = 'Me ha llegado esto, ¿es vuestro?'
  const rest = '---------- Forwarded message ---------\nDe: Luis Núñez <luis@otra.example>\nSubject: Tu paquete\nTo: <ana@example.com>\n\nTu paquete no ha salido.'
  desk.in.put(mail({ id: 'reenvio@example.com', subject: 'Fwd: Tu paquete', body: `${own}\n\n${rest}` }))
  desk.in.put(mail({ id: 'sola@example.com', subject: 'RV: Tu paquete', body: rest }))
  const [message] = (await desk.detail((await desk.incident('Fwd: Tu paquete')).id)).messages
  assert.equal(message.reply_text, own)
  assert.deepEqual(message.forward.from, { name: 'Luis Núñez', address: 'luis@otra.example' })
  assert.equal(message.forward.subject, 'Tu paquete')
  assert.equal(Buffer.from(message.text).subarray(message.forward.at).toString().trim(), rest)
  // without words of their own, all of it is what they say
  const [alone] = (await desk.detail((await desk.incident('RV: Tu paquete')).id)).messages
  assert.equal(alone.reply_text ?? null, null)
  assert.equal(alone.forward.at, 0)
})

test('the same mail twice is one message', async (t) => {
  const desk = await Desk.open(t)
  const raw = mail({ id: 'mismo@example.com', subject: 'Una vez' })
  const none = mail({ id: null, subject: 'Sin identidad' })
  for (const m of [raw, raw, none, none]) desk.in.put(m)
  await until(() => desk.in.list('cur').length === 4, 'all in cur')
  const all = await desk.list()
  assert.deepEqual(all.map((i) => i.subject).sort(), ['Sin identidad', 'Una vez'])
  assert.deepEqual(all.map((i) => i.messages), [1, 1])
})

test('a mail that cannot be parsed is an incident with a warning and its octets', async (t) => {
  const desk = await Desk.open(t)
  desk.in.put(mail({ subject: 'Primera' }))
  await desk.incident('Primera')
  // Groups nested in a mail inside the mail: the parser's library dies of them.
  const bad = mail({ id: 'mala@example.com', subject: 'Mala', head: ['Content-Type: message/rfc822'], body: `To: ${'g:'.repeat(2000000)}\n\nx` })
  desk.in.put(bad)
  const incident = await desk.incident('Mala')
  const { messages } = await desk.detail(incident.id)
  assert.deepEqual(messages[0].warnings, ['unparsed'])
  assert.equal(messages[0].raw.sha256, sha256(bad))
  desk.in.put(mail({ subject: 'Después' }))
  await desk.incident('Después')
})

test('a large mail and its attachment come back as they were', async (t) => {
  const desk = await Desk.open(t)
  const file = Buffer.alloc(1500000)
  for (let i = 0; i < file.length; i++) file[i] = (i * 31) >> 3
  const raw = mail({ subject: 'Fotos', head: ['Content-Type: multipart/mixed; boundary=b'], body: `--b\n\nMira\n--b\nContent-Type: image/png; name="año.png"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment\n\n${file.toString('base64').replace(/.{76}/g, '$&\n')}\n--b--` })
  desk.in.put(raw)
  const incident = await desk.incident('Fotos')
  const { messages } = await desk.detail(incident.id)
  assert.equal(messages[0].raw.sha256, sha256(raw))
  assert.equal(messages[0].attachments.length, 1)
  assert.equal(messages[0].attachments[0].filename, 'año.png')
  assert.equal(messages[0].attachments[0].sha256, sha256(file))
})

test('while the daemon is away mails wait, and an answer is not sent twice', async (t) => {
  const desk = await Desk.open(t)
  desk.in.put(mail({ subject: 'Antes' }))
  const incident = await desk.incident('Antes')
  await desk.answer(incident.id, 'Hola.')
  await desk.sent(1)
  await desk.daemon.kill()
  desk.in.put(mail({ subject: 'Durante' }))
  await sleep(300)
  assert.equal(desk.in.list('new').length, 1)
  desk.daemon = await startDaemon({ dir: desk.daemon.dir })
  await desk.connect()
  await desk.incident('Durante')
  await until(() => desk.in.list('new').length === 0, 'new to be empty')
  await until(async () => (await desk.detail(incident.id)).messages.at(-1).delivery?.state === 'sent', 'the delivery to be sent')
  assert.equal(desk.out.list('new').length, 1)
})

test('a gateway killed in between loses nothing and doubles nothing', async (t) => {
  const desk = await Desk.open(t)
  const subjects = []
  for (let i = 0; i < 60; i++) {
    subjects.push(`Correo ${String(i).padStart(2, '0')}`)
    desk.in.put(mail({ subject: subjects[i] }))
    if (i % 20 === 10) {
      await desk.gateway.kill()
      desk.gateway = startGateway(desk.daemon.socket('mail'), desk.dir)
    }
  }
  for (const pid of childrenOf(desk.gateway.child.pid)) process.kill(pid, 'SIGKILL')
  await until(() => desk.in.list('cur').length === 60, 'all in cur')
  const all = await desk.list()
  // a parser that was killed at work gives "unparsed", whose subject is read all the same
  assert.deepEqual(all.map((i) => i.subject).sort(), subjects)
})

test('submit is 0 when committed, 75 when not', async (t) => {
  const desk = await Desk.open(t)
  const args = ['submit', '--connection', 'correo', '--socket', desk.daemon.socket('mail'), '--received', '2026-01-05T08:00:00Z']
  assert.equal((await runMail(args, mail({ subject: 'Por tubería' }))).code, 0)
  const incident = await desk.incident('Por tubería')
  assert.equal(incident.created_at, '2026-01-05T08:00:00.000Z')
  const wrong = await runMail(['submit', '--connection', 'nadie', '--socket', desk.daemon.socket('mail')], mail())
  assert.equal(wrong.code, 75)
  assert.notEqual(wrong.err, '')
  await desk.daemon.stop()
  assert.equal((await runMail(args, mail({ subject: 'Tarde' }))).code, 75)
  desk.daemon = await startDaemon({ dir: desk.daemon.dir })
  await desk.connect()
  assert.deepEqual((await desk.list()).map((i) => i.subject), ['Por tubería'])
})

test('connection.test and status tell how the folders are', async (t) => {
  const desk = await Desk.open(t)
  const ask = async () => {
    const { job } = await desk.control.call('connection.test', { name: 'correo' })
    return until(async () => {
      const r = await desk.control.call('job.get', { id: job })
      return ['done', 'failed'].includes(r.state) && r
    }, 'the test')
  }
  await until(async () => (await desk.control.call('connection.list')).connections[0].state === 'ok', 'the connection to be ok')
  assert.equal((await ask()).result.ok, true)
  rmSync(join(desk.in.path, 'cur'), { recursive: true })
  const bad = await ask()
  assert.equal(bad.result.ok, false)
  assert.match(bad.result.detail, /in\/cur/)
  const c = await until(async () => {
    const [x] = (await desk.control.call('connection.list')).connections
    return x.state === 'failing' && x
  }, 'the connection to fail')
  assert.match(c.state_detail, /in\/cur/)
})
