// Two Postigo desks that acknowledge whatever comes, and write to each other.
// Three walls stop the loop: the desk's mark, the headers of RFC 3834, and one
// acknowledgement a day for an address; they are taken away one by one.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { startDaemon } from '../lib/bus.mjs'
import { mail, Maildir, startGateway, tempDir, until } from './lib.mjs'

const PASSWORD = 'una frase bastante larga'
const MARK = ['X-Postigo-Loop']
const RFC3834 = ['Auto-Submitted', 'X-Auto-Response-Suppress', 'Return-Path', 'Precedence']
const THREAD = ['In-Reply-To', 'References', 'Reply-To']

/** Fields of a mail, as [name, whole field]. */
function fields(text) {
  const [head] = text.split(/\r?\n\r?\n/, 1)
  return head.split(/\r?\n(?![ \t])/).map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line])
}

/** The mail without those fields. */
function without(text, names) {
  const gone = new Set(names.map((name) => name.toLowerCase()))
  const body = text.slice(text.search(/\r?\n\r?\n/))
  return (
    fields(text)
      .filter(([name]) => !gone.has(name))
      .map(([, line]) => line)
      .join('\n') + body
  )
}

const field = (text, name) => fields(text).find(([n]) => n === name.toLowerCase())?.[1]
const has = (text, name) => fields(text).some(([n]) => n === name.toLowerCase())

/** A daemon and its gateway with one mailbox. */
class Desk {
  static async open(t, address, settings = {}) {
    const desk = new Desk()
    desk.address = address
    desk.dir = tempDir()
    desk.in = new Maildir(join(desk.dir, 'in'))
    desk.out = new Maildir(join(desk.dir, 'out'))
    desk.carried = new Set()
    desk.daemon = await startDaemon()
    desk.control = await desk.daemon.connect('control')
    await desk.control.call('connection.add', {
      name: 'correo',
      kind: 'maildir',
      settings: { address, from_name: 'Tienda', in: desk.in.path, out: desk.out.path, acknowledge: true, ...settings },
    })
    await desk.control.call('agent.add', { email: 'marta@tienda.example', name: 'Marta Peña', role: 'admin', password: PASSWORD })
    desk.console = await desk.daemon.connect('console')
    const { cookie } = await desk.console.call('session.login', { email: 'marta@tienda.example', password: PASSWORD, network: '127.0.0.1' })
    desk.as = (await desk.console.call('session.open', { cookie })).handle
    desk.gateway = startGateway(desk.daemon.socket('mail'), desk.dir)
    t.after(() => desk.close())
    return desk
  }

  /** A person of the desk writes first. */
  write(address, subject) {
    return this.console.call('incident.create', { channel: 'email', direction: 'out', address, subject, text: 'Hola.' }, { as: this.as })
  }

  /** Mails that left and that nobody has carried on, as text. */
  leaving() {
    return this.out.list('new').filter((name) => !this.carried.has(name))
  }

  /** Does anything lie here that is still to be read or sent? */
  async busy() {
    if (this.in.list('new').length > 0) return true
    const { outbox } = await this.control.call('status.get')
    return outbox.queued > 0 || outbox.taken > 0
  }

  async messages() {
    const { incidents } = await this.control.call('incident.list', { view: 'all', limit: 200 })
    const details = await Promise.all(incidents.map(({ id }) => this.control.call('incident.get', { id })))
    return details.flatMap(({ detail }) => detail.messages)
  }

  async close() {
    await this.gateway.stop()
    await this.daemon.stop()
    this.daemon.remove()
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** What lies in a desk's out folder goes to whom it is for, changed on its way. */
function carry(from, to, strip, post) {
  for (const name of from.leaving()) {
    const text = from.out.read('new', name).toString('utf8')
    assert.ok(field(text, 'To').includes(to.address), 'it is for the other desk')
    from.carried.add(name)
    post.push({ from: from.address, text })
    to.in.put(without(text, strip))
  }
}

/** Carry mails until nobody has anything to say. In this order: what waits to
 * be read, what it made, what left; nothing new can come of the three. */
async function settle(a, b, strip, post) {
  await until(async () => {
    carry(a, b, strip, post)
    carry(b, a, strip, post)
    if ((await a.busy()) || (await b.busy())) return false
    return a.leaving().length + b.leaving().length === 0
  }, 'nothing to be on its way')
}

const bots = (messages) => messages.filter(({ direction, author }) => direction === 'out' && author.kind === 'bot')
const inbound = (messages) => messages.filter(({ direction }) => direction === 'in')

async function meet(t, strip) {
  const a = await Desk.open(t, 'ayuda@uno.example')
  const b = await Desk.open(t, 'ayuda@dos.example', { language: 'en' })
  const post = []
  await b.write(a.address, 'Pedido de cajas')
  await until(() => b.leaving().length > 0, 'the first mail to leave')
  await settle(a, b, strip, post)
  return { a, b, post }
}

test('two desks: one mail, one acknowledgement, and silence', async (t) => {
  const { a, b, post } = await meet(t, [])
  assert.deepEqual(post.map(({ from }) => from), [b.address, a.address])
  assert.match(post[1].text, /^Subject: Hemos recibido tu mensaje \(P-1\)$/m)
  for (const name of [...MARK, 'Auto-Submitted', 'X-Auto-Response-Suppress', 'In-Reply-To']) assert.ok(has(post[1].text, name), name)
  assert.ok(has(post[0].text, 'X-Postigo-Loop') && !has(post[0].text, 'Auto-Submitted'), 'a person wrote the first')
  assert.notEqual(field(post[0].text, 'X-Postigo-Loop'), field(post[1].text, 'X-Postigo-Loop'), 'each desk has its own mark')
  assert.doesNotMatch(post[1].text, /cajas/, 'nothing that was written is said back')
  assert.deepEqual(inbound(await a.messages()).map(({ robot }) => robot), [false])
  const there = await b.messages()
  assert.equal(bots(there).length, 0)
  assert.deepEqual(inbound(there).map(({ robot }) => robot), [true])
  assert.equal((await b.control.call('incident.list', { view: 'all' })).incidents.length, 1, 'it joins what it answers')
})

test('two desks, the mark lost on its way: the headers of RFC 3834 stop it', async (t) => {
  const { b, post } = await meet(t, MARK)
  assert.equal(post.length, 2)
  assert.deepEqual(inbound(await b.messages()).map(({ robot }) => robot), [true])
})

test('two desks, every header lost on its way: one each in a day', async (t) => {
  const strip = [...MARK, ...RFC3834, ...THREAD]
  const { a, b, post } = await meet(t, strip)
  assert.deepEqual(post.map(({ from }) => from), [b.address, a.address, b.address])
  assert.match(post[2].text, /^Subject: We have received your message \(P-2\)$/m)
  assert.deepEqual(inbound(await b.messages()).map(({ robot }) => robot), [false], 'nothing tells that a program wrote it')
  assert.equal(bots(await a.messages()).length, 1)
  // and whatever else is written that day gets none
  for (const subject of ['Otra cosa', 'Y otra']) await b.write(a.address, subject)
  await until(() => b.leaving().length > 0, 'the next mails to leave')
  await settle(a, b, strip, post)
  assert.equal(post.length, 5)
  assert.equal(bots(await a.messages()).length, 1)
  assert.equal(inbound(await a.messages()).length, 4)
})

test('a mail of our own that comes back is known by its mark alone', async (t) => {
  const desk = await Desk.open(t, 'ayuda@uno.example')
  await desk.write('eva@tres.example', 'Tu pedido')
  await until(() => desk.leaving().length === 1, 'the mail to leave')
  const [name] = desk.leaving()
  desk.carried.add(name)
  // Eva's mailbox sends everything on, to another address of ours, as her own
  const sent = desk.out.read('new', name).toString('utf8')
  const back = without(sent, [...RFC3834, ...THREAD, 'From', 'Message-ID'])
  desk.in.put(`From: eva@tres.example\nMessage-ID: <vuelta@tres.example>\n${back}`)
  // and another desk's mark says nothing
  desk.in.put(`From: luz@tres.example\nMessage-ID: <otra@tres.example>\n${without(back, MARK)}`.replace(/^/, 'X-Postigo-Loop: aaaaaaaaaaaaaaaa\n'))
  await until(async () => !(await desk.busy()) && desk.leaving().length > 0, 'both to be read, and one to be acknowledged')
  const robots = inbound(await desk.messages()).map(({ author, robot }) => [author.address, robot])
  assert.deepEqual(robots.sort(), [
    ['eva@tres.example', true],
    ['luz@tres.example', false],
  ])
  assert.equal(desk.leaving().length, 1)
  assert.match(field(desk.out.read('new', desk.leaving()[0]).toString('utf8'), 'To'), /luz@/)
})

test('forty mails with one forged sender: one acknowledgement', async (t) => {
  const desk = await Desk.open(t, 'ayuda@uno.example', { quote_history: true, language: 'es' })
  for (let i = 0; i < 40; i++) {
    const from = i % 2 ? 'Gana <victima@tres.example>' : `Premio <Victima+${i}@tres.example>`
    desk.in.put(mail({ subject: `Premio ${i} en evil.example`, from, body: 'evil.example' }))
  }
  await until(async () => !(await desk.busy()) && desk.leaving().length > 0, 'all to be read and answered')
  const post = desk.leaving().map((name) => desk.out.read('new', name).toString('utf8'))
  assert.equal(post.length, 1)
  assert.match(field(post[0], 'To'), /victima/i)
  assert.doesNotMatch(post[0], /evil|premio|gana/i)
  assert.equal(inbound(await desk.messages()).length, 40)
})
