// Sessions on the bus through a proxy that cuts after so many octets. What was
// not answered is asked again on another connection, as the protocol allows;
// afterwards everything is there once.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BusError, connectSocket, startDaemon } from '../lib/bus.mjs'
import { until } from '../lib/wait.mjs'
import { TestClock } from '../replay/desk.mjs'

const sha = (bytes) => createHash('sha256').update(bytes).digest('hex')
const LEASE_MS = 1000

/** Between a client and a socket of the daemon. */
export class SocketCutter {
  static async start(path, to) {
    const p = new SocketCutter()
    Object.assign(p, { path, to, limit: null, cut: false, octets: { up: 0, down: 0 }, open: new Set() })
    p.server = createServer((near) => p.serve(near))
    await new Promise((done) => p.server.listen(path, done))
    return p
  }

  /** Cut once, after n octets of 'up' or 'down'; then all passes. */
  arm(way, n) {
    Object.assign(this, { limit: way ? { way, n } : null, cut: false, octets: { up: 0, down: 0 } })
  }

  serve(near) {
    const far = connect(this.to)
    const end = () => {
      near.destroy()
      far.destroy()
      this.open.delete(near)
      this.open.delete(far)
    }
    for (const [from, to, way] of [
      [near, far, 'up'],
      [far, near, 'down'],
    ]) {
      this.open.add(from)
      from.on('data', (bytes) => this.pass(bytes, to, way, end))
      from.on('close', end)
      from.on('error', end)
    }
  }

  pass(bytes, to, way, end) {
    const before = this.octets[way]
    this.octets[way] += bytes.length
    if (this.limit?.way !== way || this.octets[way] <= this.limit.n) return void to.write(bytes)
    const part = bytes.subarray(0, Math.max(0, this.limit.n - before))
    this.limit = null
    this.cut = true
    to.write(part, end)
  }

  stop() {
    for (const socket of this.open) socket.destroy()
    this.server.close()
  }
}

/** A connection that is made again when it was lost; `greet` follows each hello. */
class Line {
  constructor(path, greet = async () => undefined) {
    Object.assign(this, { path, greet, client: null })
  }

  async call(method, params, extra = () => ({})) {
    for (;;) {
      try {
        if (!this.client || this.client.closed) {
          this.client = await connectSocket(this.path, { program: 'cut' })
          await this.greet(this.client)
        }
        return await this.client.call(method, params, extra())
      } catch (error) {
        if (error instanceof BusError && error.outcome !== 'temp') throw error
        this.client?.close()
        this.client = null
      }
    }
  }

  close() {
    this.client?.close()
  }
}

export class CutDesk {
  static async start() {
    const d = new CutDesk()
    d.clock = new TestClock()
    d.daemon = await startDaemon({ env: d.clock.env })
    d.dir = mkdtempSync(join(tmpdir(), 'postigo-cut-'))
    d.control = await d.daemon.connect('control')
    const { agent } = await d.control.call('agent.add', { email: 'laura@tienda.example', name: 'Laura', role: 'admin' })
    d.token = (await d.control.call('token.add', { agent: agent.id, label: 'cut' })).token
    d.agent = agent.id
    for (const connection of [
      { name: 'bus', kind: 'pipe', settings: { address: 'bus@tienda.example', from_name: 'Tienda', out: '/tmp/none' } },
      { name: 'tienda', kind: 'chat', settings: { origins: 'https://tienda.example', title: 'Tienda' } },
    ])
      await d.control.call('connection.add', connection)
    d.mail = await d.daemon.connect('mail')
    d.person = await d.daemon.connect('console')
    d.as = (await d.person.call('session.open', { token: d.token })).handle
    d.cutters = {}
    for (const role of ['mail', 'console', 'chat']) d.cutters[role] = await SocketCutter.start(join(d.dir, role), d.daemon.socket(role))
    d.count = 0
    return d
  }

  contact(id) {
    const raw = Buffer.from(`Message-ID: <${id}@x.example>\r\n\r\nhola\r\n`)
    const file = Buffer.from(`foto de ${id}`)
    return {
      connection: 'bus',
      external_id: `<${id}@x.example>`,
      digest: sha('hola'),
      received_at: '2026-01-05T09:00:00.000Z',
      channel: 'email',
      from: { name: 'Ana', address: 'ana@x.example' },
      subject: 'Hola',
      text: 'hola',
      raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') },
      attachments: [{ filename: 'f.jpg', content_type: 'image/jpeg', size: file.length, sha256: sha(file), inline: false }],
    }
  }

  put(id) {
    const file = Buffer.from(`foto de ${id}`)
    return { upload: id, offset: 0, data: file.toString('base64'), end: true, sha256: sha(file) }
  }

  async messages(incident) {
    return (await this.control.call('incident.get', { id: incident })).detail.messages
  }

  async kinds(incident) {
    return (await this.control.call('incident.get', { id: incident })).detail.events.map((e) => e.kind)
  }

  /** Octets, a contact that names them, and the contact again. */
  async session_mail(id) {
    const line = new Line(this.cutters.mail.path)
    await line.call('blob.put', this.put(id))
    const first = await line.call('contact.add', this.contact(id))
    assert.deepEqual(await line.call('contact.add', this.contact(id)), first)
    line.close()
    const messages = await this.messages(first.incident)
    assert.deepEqual(
      messages.map((m) => [m.id, m.number, m.external_id, m.attachments[0].sha256]),
      [[first.message, 1, `<${id}@x.example>`, this.put(id).sha256]],
    )
  }

  async incident(id) {
    await this.mail.call('blob.put', this.put(id))
    return (await this.mail.call('contact.add', this.contact(id))).incident
  }

  /** A claim, an answer, a note and a state by an agent, each with its key. */
  async session_console(id) {
    const incident = await this.incident(id)
    let handle
    const line = new Line(this.cutters.console.path, async (client) => {
      handle = (await client.call('session.open', { token: this.token })).handle
    })
    const as = (key) => () => ({ as: handle, key: `${key}.${id}` })
    await line.call('incident.assign', { id: incident, agent: this.agent, expect: 0 }, as('claim'))
    const { message } = await line.call('incident.answer', { id: incident, text: 'Sale hoy', seen: 1 }, as('answer'))
    const note = await line.call('incident.note', { id: incident, text: 'Hecho' }, as('note'))
    await line.call('incident.set', { id: incident, state: 'solved' }, as('set'))
    line.close()
    const messages = await this.messages(incident)
    assert.deepEqual(
      messages.map((m) => [m.number, m.direction]),
      [
        [1, 'in'],
        [2, 'out'],
        [3, 'note'],
      ],
    )
    assert.deepEqual([messages[1].id, messages[2].id], [message.id, note.message.id])
    const kinds = (await this.kinds(incident)).filter((k) => /assigned|changed/.test(k) && k !== 'delivery.changed')
    assert.deepEqual(kinds, ['incident.assigned', 'incident.changed', 'incident.changed'])
  }

  /** A visitor begins, writes twice, and reads. */
  async session_chat(id) {
    let token
    let handle
    const line = new Line(this.cutters.chat.path, async (client) => {
      if (token) ({ handle } = await client.call('visitor.open', { connection: 'tienda', token }))
    })
    const started = await line.call('visitor.start', { connection: 'tienda', name: id, network: '192.0.2.1' })
    token = started.token
    if (!line.client.closed) handle = started.handle
    const as = () => ({ as: handle })
    const one = await line.call('chat.write', { id: 'l1', text: 'uno' }, as)
    const two = await line.call('chat.write', { id: 'l2', text: 'dos' }, as)
    const { lines } = await line.call('chat.get', { from: 0 }, as)
    line.close()
    assert.deepEqual([one.incident, one.number, two.number], [two.incident, 1, 2])
    assert.deepEqual(
      lines.map((l) => [l.number, l.id, l.text]),
      [
        [1, 'l1', 'uno'],
        [2, 'l2', 'dos'],
      ],
    )
    assert.equal((await this.messages(one.incident)).length, 2)
  }

  /** A delivery is taken and reported; a lease whose answer was lost runs out. */
  async session_outbox(id) {
    const incident = await this.incident(id)
    const { message } = await this.person.call('incident.answer', { id: incident, text: 'Sale hoy', seen: 1 }, { as: this.as })
    const line = new Line(this.cutters.mail.path)
    let taken
    await until(async () => {
      const { deliveries } = await line.call('outbox.take', { max: 20, lease_ms: LEASE_MS })
      taken = deliveries.find((d) => d.message === message.id)
      if (!taken) this.clock.shift(this.clock.seconds + 2)
      return taken
    }, 'the delivery')
    assert.equal(taken.key, message.external_id)
    const { state } = await line.call('outbox.report', { delivery: taken.id, attempt: taken.attempt, result: 'sent' })
    assert.equal(state, 'sent')
    const again = await line.call('outbox.take', { max: 20, lease_ms: LEASE_MS })
    assert.deepEqual(again.deliveries.filter((d) => d.message === message.id), [])
    line.close()
    assert.equal((await this.messages(incident))[1].delivery.state, 'sent')
  }

  /** One session; where: {session, way, at}, or without a cut. Returns the octets of both ways. */
  async run({ session, way, at }) {
    const cutter = this.cutters[session === 'outbox' ? 'mail' : session]
    cutter.arm(way, at)
    try {
      await this[`session_${session}`](`s${++this.count}.x`)
    } catch (error) {
      throw new Error(`${session}, cut ${way} after ${at}: ${error.message}`)
    }
    return { ...cutter.octets, cut: cutter.cut }
  }

  /** Every place: {session, way, at}. */
  async places() {
    const all = []
    for (const session of ['mail', 'console', 'chat', 'outbox']) {
      const octets = await this.run({ session })
      for (const way of ['up', 'down']) for (let at = 0; at < octets[way]; at++) all.push({ session, way, at })
    }
    return all
  }

  async stop() {
    const { problems } = await this.control.call('store.check', {})
    for (const cutter of Object.values(this.cutters)) cutter.stop()
    for (const client of [this.control, this.mail, this.person]) client.close()
    const end = await this.daemon.stop()
    rmSync(this.dir, { recursive: true, force: true })
    this.clock.remove()
    assert.deepEqual(problems, [])
    assert.deepEqual(end, { code: 0, signal: null })
    this.daemon.remove()
  }
}

