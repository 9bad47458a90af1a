// A desk on which everything happens at once, from every kind of connection:
// what one thread of the daemon does meets what the others do. The daemon is to
// be one with -fsanitize=thread, which ends with another code than 0 if it saw
// a race: thread.sh makes it.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { BusError, openSocket } from '../lib/bus.mjs'
import { longLoop } from '../lib/long.mjs'
import { startPersons } from '../lib/persons.mjs'
import { until } from '../lib/wait.mjs'

const ROUND = 400 // mails of one desk
const WINDOW = 16 // that are under way at once
const GOAL = 8 * ROUND
const LARGE = 100_000 // octets that are a file and no row
const DEAF = 8 // subscribers that do not read
const PASSWORD = 'una frase bastante larga'

/** What the desk may say to somebody beside whom others work. */
const WORDS = new Set(['base', 'behind', 'busy', 'conflict', 'no_session', 'not_allowed', 'not_found'])

const sha = (b) => createHash('sha256').update(b).digest('hex')
const octets = (b) => ({ sha256: sha(b), bytes: b.length, data: b.toString('base64') })

const book = (n) => `
queue "general" { title "General" }
queue "envios" { title "Envíos ${n}" }
calendar "siempre" { timezone "Europe/Madrid" mon-sun 00:00-24:00 }
policy "todo" { via whatsapp, email, chat calendar "siempre" first response ${1 + (n % 4)}h next response 8h }
rule "pedido" {
	on contact
	if subject or body matches /pedido ${n % 10}/
	then reason order_status, queue "envios", tag "pedido"
	example "mi pedido ${n % 10}"
}
`

/** One desk, and what is done on it until its mails are there. */
class Round {
  constructor(desk, rng) {
    this.desk = desk
    this.rng = rng
    this.serial = 0
    this.mails = 0
    this.done = {} // hand -> what it was answered
    this.said = {} // word -> how often
    this.clients = []
  }

  over = () => this.mails >= ROUND
  incident = () => 1 + this.rng.between(0, Math.max(1, this.mails))
  pick = (list) => list[this.rng.between(0, list.length)]

  async connect(role) {
    const client = await this.desk.daemon.connect(role)
    this.clients.push(client)
    return client
  }

  /** Somebody on a console of their own. */
  async person(email, password = PASSWORD) {
    const client = await this.connect('console')
    const login = await client.call('session.login', { email, password, network: '127.0.0.1' })
    const { handle } = await client.call('session.open', { cookie: login.cookie })
    return { client, handle, call: (method, params = {}) => client.call(method, params, { as: handle }) }
  }

  /** Wait for all; what is refused for a reason is answered, too. */
  async all(hand, calls) {
    for (const one of await Promise.allSettled(calls)) {
      if (one.status === 'fulfilled') this.done[hand] = (this.done[hand] ?? 0) + 1
      else if (one.reason instanceof BusError && WORDS.has(one.reason.word)) this.said[one.reason.word] = (this.said[one.reason.word] ?? 0) + 1
      else throw new Error(`${hand}: ${one.reason.word ?? ''} ${one.reason.message}`)
    }
  }

  /** Do it again and again, or once in so many mails. */
  async hand(name, work, every = 0) {
    for (let n = 0; n === 0 || !this.over(); n++) {
      await work(n)
      await until(() => this.over() || this.mails >= n * every, 'mails')
    }
    assert.ok(this.done[name] > 0, `${name}: nothing of it was done`)
  }

  mail(client) {
    const n = ++this.serial
    const raw = Buffer.alloc(n % 8 === 0 ? LARGE : 900, `octets ${n} `)
    return client.call('contact.add', {
      connection: 'correo',
      external_id: `<${n}@mail.test>`,
      digest: sha(`${n}`),
      received_at: new Date().toISOString(),
      channel: 'email',
      from: { address: `c${n % 300}@mail.test`, name: `Cliente ${n % 300}` },
      subject: `Pedido ${n % 13}`,
      text: `¿Dónde está mi pedido ${n}?`,
      raw: octets(raw),
    })
  }

  async mailing() {
    const client = await this.connect('mail')
    await this.hand('mails', async () => {
      await this.all(
        'mails',
        Array.from({ length: WINDOW }, () => this.mail(client)),
      )
      this.mails = this.done.mails ?? 0
    })
  }

  async phoning() {
    const client = await this.connect('whatsapp')
    await this.hand('phones', async () => {
      const one = (i) => {
        const from = `3460030${1000 + this.rng.between(0, 200)}`
        const whatsapp = { id: `wamid.t${++this.serial}`, type: 'text', supported: true, from, profile_name: `Quien ${i}` }
        const origin = { connection: 'numero', digest: sha(whatsapp.id), received_at: new Date().toISOString(), channel: 'whatsapp' }
        return client.call('contact.add', { ...origin, text: 'hola', raw: octets(Buffer.from(JSON.stringify(whatsapp))), whatsapp })
      }
      await this.all('phones', [one(0), one(1), client.call('outbox.take', { max: 5, lease_ms: 1000 }), client.call('hook.put', { connection: 'numero', received_at: new Date().toISOString(), body: octets(Buffer.from(`{"n":${this.serial}}`)) })])
    })
  }

  async buying() {
    const client = await this.connect('shop')
    await this.hand('orders', async (n) => {
      const order = (i) => ({
        external_id: `${n % 50}-${i}`,
        currency: 'EUR',
        total: `${n % 90}.90`,
        placed_at: '2026-06-01T10:00:00Z',
        state: 'open',
        customer: { external_id: `${n % 40}`, email: `c${n % 300}@mail.test` },
      })
      await this.all('orders', [client.call('order.put', { connection: 'tienda', orders: [0, 1, 2, 3, 4].map(order) })])
    })
  }

  /** Visitors who come, write, look, and whose gateway is gone in the end. */
  async visiting() {
    await this.hand('visitors', async (n) => {
      const client = await this.connect('chat')
      const start = (i) => client.call('visitor.start', { connection: 'web', name: `Visita ${n}-${i}`, network: `192.0.2.${i}` })
      const here = (await Promise.all([1, 2, 3, 4].map(start))).map(({ handle }) => (method, params) => client.call(method, params, { as: handle }))
      for (let line = 0; line < 3; line++)
        await this.all(
          'visitors',
          here.flatMap((call) => [call('chat.typing', { on: true }), call('chat.write', { id: `l${line}`, text: 'un pedido' }), call('chat.get', { from: 0 })]),
        )
      await this.all('visitors', [here[0]('chat.end', {}), client.call('chat.site', { connection: 'web' })])
      client.close()
    })
  }

  async looking() {
    const { call } = await this.person(this.desk.laura.email, this.desk.laura.password)
    await this.hand('looks', async () => {
      const id = this.incident()
      const [since, end] = ['2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z']
      const looks = [
        ['incident.counts'],
        ['incident.list', { view: this.pick(['active', 'mine', 'unassigned', 'all']) }],
        ['incident.get', { id }],
        ['incident.explain', { id }],
        ['incident.search', { text: `pedido ${id}` }],
        ['message.list', { incident: id, before: 100 }],
        ['status.get'],
        ['customer.panel', { customer: id }],
        ['customer.timeline', { customer: id }],
        ['customer.find', { text: 'c1' }],
        ['customer.suggestions'],
        ['order.find', { q: `c${id}@mail.test` }],
        ['book.rules'],
        ['book.get'],
        ['reply.list', { incident: id }],
        ['breach.list', { since, until: end }],
        ['report.get', { report: this.pick(['volume', 'times', 'promises']), since, until: end }],
        ['order.list', { customer: id }],
        ['events.since', { from: this.serial, limit: 50 }],
        ['agent.list'],
        ['connection.list'],
      ]
      await this.all(
        'looks',
        looks.map(([method, params]) => call(method, params)),
      )
    })
  }

  async answering() {
    const { call } = await this.person('eva@olmo.example')
    await this.hand('answers', async (n) => {
      const id = this.incident()
      const file = octets(Buffer.alloc(LARGE, `file ${n} `))
      await this.all('answers', [
        call('incident.opened', { id }),
        call('incident.typing', { id, on: true }),
        call('incident.assign', { id, ...(this.rng.between(0, 2) && { agent: 1 }) }),
        call('incident.note', { id, text: 'una nota' }),
        call('incident.answer', { id, text: 'Sale hoy', seen: 1, override: true, state: this.pick(['open', 'pending_customer', 'solved']) }),
        call('incident.set', { id: this.incident(), state: this.pick(['open', 'on_hold', 'solved', 'spam']), queue: this.pick(['general', 'envios']) }),
        call('incident.merge', { id: this.incident(), into: id }),
        call('blob.put', { upload: `u${++this.serial}`, offset: 0, data: file.data, end: true, sha256: file.sha256 }),
      ])
    })
  }

  async merging() {
    const { call } = await this.person('eva@olmo.example')
    const merges = []
    await this.hand('merges', async () => {
      const merge = call('customer.merge', { customer: this.incident(), gone: this.incident() })
      await this.all('merges', [merge.then((m) => merges.push(m.merge)), ...(merges.length > 3 ? [call('customer.unmerge', { merge: merges.shift() })] : [])])
    })
  }

  /** In and out; the role and the password change under whoever is in. */
  async sessions() {
    const control = await this.connect('control')
    await this.hand('sessions', async (n) => {
      const { client, handle, call } = await this.person('iker@olmo.example')
      await this.all('sessions', [
        client.call('events.subscribe'),
        call('incident.counts'),
        control.call('agent.update', { id: this.iker, role: n % 2 ? 'agent' : 'manager' }),
        call('agent.away', { reason: 'break' }),
        call('incident.list', {}),
      ])
      const ends = [
        () => client.call('session.close', { handle, logout: true }),
        () => control.call('agent.password', { id: this.iker, password: PASSWORD }),
        () => client.close(),
      ]
      await this.all('sessions', [call('incident.counts').catch((e) => assert.ok(e.word || client.closed, e)), ends[n % ends.length](), control.call('agent.back', { agent: this.iker })])
      client.close()
    })
  }

  /** Who hears of everything: some go on where they were, some do not read. */
  async hearing() {
    const deaf = []
    await this.hand('subscribers', async (n) => {
      const client = await this.connect(n % 2 ? 'control' : 'console')
      await this.all('subscribers', [client.call('events.subscribe', n % 3 ? {} : { from: Math.max(0, client.hello.number - 100) })])
      await until(() => this.over() || client.closed || client.notes.length > 20, 'events')
      deaf.push(client)
      if (n % 2) client.socket.pause()
      else client.close()
      if (deaf.length > DEAF) deaf.shift().close()
    })
  }

  async booking() {
    const control = await this.connect('control')
    await this.hand('books', async (n) => {
      const { version } = await control.call('book.get')
      const now = { since: '2026-01-01T00:00:00Z', until: '2030-01-01T00:00:00Z', max_ms: 2000 }
      await this.all('books', [
        control.call('book.apply', { text: book(n), base: version, clocks: this.pick(['keep', 'change', 'anew']) }),
        control.call('book.check', { text: book(n + 1) }),
        control.call('book.test', { text: book(n + 2), ...now }),
        control.call('book.diff', { text: book(n + 3) }),
      ])
    }, 60)
  }

  /** What administrators do: backups, checks, settings that are read again. */
  async keeping(scratch) {
    const control = await this.connect('control')
    await this.hand('keepers', async (n) => {
      this.desk.daemon.child.kill('SIGHUP')
      const check = control.call('store.check', {}).then((r) => assert.deepEqual(r.problems, []))
      await this.all('keepers', [check, control.call('store.backup', { dir: join(scratch, `${n}`) }), control.call('desk.set', { name: `Olmo ${n}` })])
    }, 100)
  }

  /** Peers that end in the middle of something. */
  async rude() {
    await this.hand('rude', async (n) => {
      const client = await openSocket(this.desk.daemon.socket(this.pick(['control', 'mail', 'chat'])))
      await this.all('rude', [client.call('hello', { protocol: 1, program: 'rude', version: '1' })])
      for (let i = 0; i < 8; i++) client.call(n % 2 ? 'desk.get' : 'ping').catch(() => {})
      client.write('{"jsonrpc":"2.0","id":')
      client.close()
    })
  }

  async run(scratch) {
    const add = (name) => this.desk.control.call('agent.add', { email: `${name}@olmo.example`, name, role: 'admin', password: PASSWORD })
    await add('eva')
    this.iker = (await add('iker')).agent.id
    await this.desk.control.call('book.apply', { text: book(0) })
    const hands = [this.mailing(), this.mailing(), this.mailing(), this.phoning(), this.buying(), this.visiting(), this.visiting()]
    hands.push(this.looking(), this.looking(), this.looking(), this.answering(), this.merging(), this.sessions(), this.hearing())
    hands.push(this.booking(), this.keeping(scratch), this.rude())
    await Promise.all(hands)
    for (const client of this.clients) client.close()
  }

  /** An orderly end while much is under way; the code and signal of it. */
  async stopped() {
    const clients = await Promise.all(['mail', 'mail', 'control', 'control'].map((role) => this.connect(role)))
    for (let i = 0; i < 2 * WINDOW; i++)
      for (const client of clients) {
        const call = client === clients[0] || client === clients[1] ? this.mail(client) : client.call(i % 2 ? 'incident.counts' : 'incident.list')
        call.catch(() => {}) // it may end before it is answered
      }
    return this.desk.daemon.stop()
  }

  /** What is counted in memory is what the rows say, in an order that no clock that is moved changes. */
  async right() {
    const { views } = await this.desk.staff('incident.counts', {})
    const pages = async (after, n = 0) => {
      const { incidents, next } = await this.desk.staff('incident.list', { sort: 'newest', limit: 200, ...(after && { after }) })
      return next ? pages(next, n + incidents.length) : n + incidents.length
    }
    assert.equal(views.active, await pages())
    assert.deepEqual((await this.desk.control.call('store.check', {})).problems, [])
  }
}

test('what one thread does is in order with what the others do', async () => {
  await longLoop({ name: 'thread', unit: 'mails', goal: GOAL }, async (rng) => {
    const scratch = mkdtempSync(join(tmpdir(), 'postigo-thread-'))
    const round = new Round(await startPersons(), rng)
    try {
      await round.run(scratch)
      await round.right()
      assert.deepEqual(await round.stopped(), { code: 0, signal: null })
    } finally {
      await round.desk.daemon.stop()
      round.desk.daemon.remove()
      rmSync(scratch, { recursive: true, force: true })
    }
    console.log(`answered: ${JSON.stringify(round.done)}, refused: ${JSON.stringify(round.said)}`)
    return round.mails
  })
})
