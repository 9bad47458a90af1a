// Who speaks to the bus while the daemon is killed: customers by mail, visitors
// in a chat, agents, and the outside that answers are delivered to. Each keeps
// what was not answered and asks again, as the protocol allows, and each keeps
// what was answered: that is the truth of the loop.
import { createHash } from 'node:crypto'
import { BusError } from '../lib/bus.mjs'

const sha = (bytes) => createHash('sha256').update(bytes).digest('hex')
const LARGE = 'Una línea de un correo largo, que no cabe en una fila. '.repeat(1600) // some 90 KB

/** Asks for things until they are answered; a second answer is the first one. */
class Writer {
  constructor(run, window) {
    this.run = run
    this.window = window
    this.client = null
    this.all = [] // every intent
    this.pending = [] // to be sent before anything new
    this.underWay = 0
    this.stopped = false
    this.repeats = 0
    this.answered = 0
  }

  /** How many are not answered yet. */
  get left() {
    return this.all.reduce((n, i) => n + (i.answer === undefined && !i.refused ? 1 : 0), 0)
  }

  get done() {
    return this.all.filter((i) => i.answer !== undefined)
  }

  intend(intent) {
    intent.n = this.run.next()
    this.all.push(intent)
    return intent
  }

  /** A new connection: what was not answered is asked again, and some that was. */
  begin(client) {
    this.client = client
    const recent = this.all.slice(-40).filter((i) => i.answer !== undefined && !i.asking && i.n > this.run.forgotten)
    for (let i = 0; i < 2 && recent.length > 0; i++) {
      const again = recent[this.run.rng.between(0, recent.length)]
      if (!this.pending.includes(again)) this.pending.push(again)
    }
    this.pending.sort((a, b) => a.n - b.n)
    this.pump()
  }

  pump() {
    while (this.client && !this.client.closed && this.underWay < this.window) {
      const intent = this.pending.shift() ?? (this.stopped ? null : this.next())
      if (!intent) return
      void this.send(intent)
    }
  }

  async send(intent) {
    const client = this.client
    this.underWay++
    intent.asking = true
    try {
      const answer = this.core(await this.ask(client, intent))
      this.answered++
      if (intent.answer === undefined) {
        intent.answer = answer
        this.run.journal(intent)
        this.took?.(intent)
      } else {
        this.repeats++
        if (JSON.stringify(answer) !== JSON.stringify(intent.answer))
          this.run.wrong(`${intent.kind} ${intent.n}: answered ${JSON.stringify(intent.answer)}, then ${JSON.stringify(answer)}`)
      }
    } catch (error) {
      if (!(error instanceof BusError)) {
        this.lost(intent)
      } else if (error.outcome === 'temp') {
        setTimeout(() => {
          this.pending.push(intent)
          this.pump()
        }, error.data.retry_after_ms ?? 50)
      } else if (this.renew?.(intent, error)) {
        this.pending.push(intent)
      } else if (intent.answer !== undefined || !this.mayRefuse(intent, error)) {
        this.run.wrong(`${intent.kind} ${intent.n}: refused: ${error.message}`)
        intent.refused = true
      } else {
        intent.refused = true
      }
    } finally {
      this.underWay--
      intent.asking = false
      this.settled?.(intent)
      this.pump() // also after a request of an older connection: it held a place
    }
  }

  lost(intent) {
    this.pending.push(intent)
  }

  mayRefuse() {
    return false
  }
}

/** Customers by mail, as a mail gateway brings them. */
export class MailWriter extends Writer {
  constructor(run, window) {
    super(run, window)
    this.puts = 0
  }

  next() {
    const { rng } = this.run
    const before = this.all.length > 0 && rng.next() < 0.4 ? this.all[rng.between(Math.max(0, this.all.length - 200), this.all.length)] : null
    const customer = before ? before.customer : rng.between(0, 60)
    const intent = this.intend({ kind: 'mail', customer, before, at: this.run.now() })
    const text = `Correo ${intent.n}: ¿dónde está mi pedido? ${rng.next() < 0.03 ? LARGE : ''}`
    intent.text = text
    intent.id = `<kill.${this.run.name}.${intent.n}@correo.example>`
    intent.raw = sha(this.raw(intent))
    if (rng.next() < 0.08) {
      intent.files = [Buffer.alloc(rng.next() < 0.5 ? 900 : 150_000, `foto ${intent.n} `)]
      intent.put = 0
    }
    return intent
  }

  raw(intent) {
    return Buffer.from(`Message-ID: ${intent.id}\r\nSubject: Prueba ${intent.n}\r\n\r\n${intent.text}\r\n`)
  }

  /** Octets that were acknowledged are not put again: the daemon has them. */
  async put(client, intent) {
    for (; intent.put < intent.files.length; intent.put++, this.puts++) {
      const bytes = intent.files[intent.put]
      await client.call('blob.put', {
        upload: `u${intent.n}.${this.run.next()}`,
        offset: 0,
        data: bytes.toString('base64'),
        end: true,
        sha256: sha(bytes),
      })
    }
  }

  async ask(client, intent) {
    if (intent.files) await this.put(client, intent)
    const raw = this.raw(intent)
    return client.call('contact.add', {
      connection: 'bus',
      external_id: intent.id,
      digest: sha(intent.text),
      received_at: intent.at,
      channel: 'email',
      from: { name: 'Cliente', address: `cliente${intent.customer}@correo.example` },
      subject: `Prueba ${intent.n}`,
      text: intent.text,
      in_reply_to: intent.before ? [intent.before.id] : [],
      raw: { sha256: intent.raw, bytes: raw.length, data: raw.toString('base64') },
      attachments: (intent.files ?? []).map((bytes, i) => ({
        filename: `foto-${i}.jpg`,
        content_type: 'image/jpeg',
        size: bytes.length,
        sha256: sha(bytes),
        inline: false,
      })),
    })
  }

  /** What was put is kept for a day: not over a step of the clock. */
  renew(intent, error) {
    if (!this.run.clock || error.word !== 'blob_missing') return false
    intent.put = 0
    return true
  }

  core({ incident, message, number }) {
    return { incident, message, number }
  }

  took(intent) {
    this.run.known(intent.answer.incident)
  }
}

/** Visitors of a site: each writes lines, reads what is there, and ends its chat now and then. */
export class ChatWriter extends Writer {
  constructor(run, visitors) {
    super(run, visitors * 2)
    this.count = visitors
    this.visitors = []
    this.seen = 0
  }

  /** Visitors come back with their tokens, and read from where they stood. */
  async begin(client) {
    const open = async (v) => {
      const { handle } = await client.call('visitor.open', { connection: 'tienda', token: v.token })
      v.handle = handle
      await this.read(client, v)
    }
    try {
      await Promise.all(this.visitors.map(open))
      while (this.visitors.length < this.count && !this.stopped) {
        const v = await client.call('visitor.start', { connection: 'tienda', name: `Visita ${this.visitors.length}`, network: '192.0.2.7' })
        this.visitors.push({ row: v.visitor, token: v.token, handle: v.handle, busy: 0, incident: null, from: 0, lines: new Map() })
      }
    } catch (error) {
      if (error instanceof BusError) this.run.wrong(`a visitor was refused: ${error.message}`)
      return
    }
    super.begin(client)
  }

  /** Lines have one number for ever, and come once. */
  async read(client, v) {
    for (let more = true; more; ) {
      const page = await client.call('chat.get', { from: v.from }, { as: v.handle })
      if (page.chat.incident !== v.incident) {
        const anew = v.from > 0
        Object.assign(v, { incident: page.chat.incident, from: 0, lines: new Map() })
        if (anew) continue
      }
      for (const line of page.lines) {
        if (line.number <= v.from) this.run.wrong(`visitor ${v.row}: line ${line.number} after ${v.from}`)
        v.from = line.number
        v.lines.set(line.number, line.text)
        this.seen++
      }
      more = page.more
    }
  }

  next() {
    const { rng } = this.run
    const free = this.visitors.filter((v) => v.busy < 2)
    if (free.length === 0) return null
    const v = free[rng.between(0, free.length)]
    const ends = v.busy === 0 && v.incident !== null && rng.next() < 0.02
    const intent = this.intend({ kind: ends ? 'end' : 'line', visitor: v })
    if (!ends) intent.text = `Línea ${intent.n} de una visita`
    v.busy++
    return intent
  }

  ask(client, intent) {
    const as = { as: intent.visitor.handle }
    if (intent.kind === 'end') return client.call('chat.end', {}, as)
    return client.call('chat.write', { id: `l${intent.n}`, text: intent.text }, as)
  }

  core({ incident, number }) {
    return { incident, number }
  }

  took(intent) {
    intent.visitor.busy--
    if (intent.kind === 'end') intent.answer = {}
    else this.run.known(intent.answer.incident)
  }

  mayRefuse(intent, error) {
    // Its end came in the commit whose answer was lost, and a new chat has no line yet.
    if (intent.kind !== 'end' || error.word !== 'conflict') return false
    intent.visitor.busy--
    return true
  }
}

/** Two agents on one connection: answers, notes, claims, priorities. */
export class StaffWriter extends Writer {
  constructor(run, window, agents) {
    super(run, window)
    this.agents = agents // {id, token, handle}
    this.busy = new Set()
    this.claims = new Map() // incident -> {first, second}
  }

  async begin(client) {
    try {
      for (const agent of this.agents) agent.handle = (await client.call('session.open', { token: agent.token })).handle
    } catch (error) {
      if (error instanceof BusError) this.run.wrong(`an agent was refused: ${error.message}`)
      return
    }
    super.begin(client)
  }

  claim(incident) {
    const [first, second] = this.agents.map((agent) => this.intend({ kind: 'claim', incident, agent }))
    this.claims.set(incident, { first, second })
    this.pending.push(second)
    return first
  }

  next() {
    const { rng, incidents } = this.run
    if (incidents.size === 0) return null
    const known = [...incidents]
    const incident = known[rng.between(Math.max(0, known.length - 300), known.length)]
    if (this.busy.has(incident)) return null
    const dice = rng.next()
    if (dice < 0.25 && !this.claims.has(incident)) return this.claim(incident)
    this.busy.add(incident)
    const agent = this.agents[rng.between(0, this.agents.length)]
    const kind = dice < 0.6 ? 'answer' : dice < 0.85 ? 'note' : 'priority'
    const intent = this.intend({ kind, incident, agent })
    if (kind === 'priority') intent.priority = ['low', 'normal', 'high', 'urgent'][rng.between(0, 4)]
    else intent.text = `${kind === 'answer' ? 'Respuesta' : 'Nota'} ${intent.n} de la mesa`
    return intent
  }

  ask(client, { kind, n, incident, agent, text, priority }) {
    const extra = { as: agent.handle, key: `k${n}` }
    if (kind === 'answer') return client.call('incident.answer', { id: incident, text, seen: 1, override: true }, extra)
    if (kind === 'note') return client.call('incident.note', { id: incident, text }, extra)
    if (kind === 'claim') return client.call('incident.assign', { id: incident, agent: agent.id, expect: 0 }, extra)
    return client.call('incident.set', { id: incident, priority }, extra)
  }

  core({ message, incident }) {
    if (message) return { message: message.id, number: message.number, key: message.external_id, delivery: message.delivery?.id ?? null }
    return { incident: incident.id }
  }

  settled(intent) {
    this.busy.delete(intent.incident)
  }

  mayRefuse(intent, error) {
    return intent.kind === 'claim' && error.word === 'conflict'
  }
}

/**
 * The outside that answers go to. It can be asked whether a key has arrived,
 * so nothing is delivered twice; what was reported for good is not given out
 * again.
 */
export class Outside {
  constructor(run) {
    this.run = run
    this.arrived = new Map() // key -> what was delivered
    this.ended = new Map() // delivery -> the state that was acknowledged
    this.reports = new Map() // delivery -> attempt, result: not acknowledged
    this.taken = 0
    this.client = null
  }

  begin(client) {
    this.client = client
    void this.work(client)
  }

  async work(client) {
    try {
      await Promise.all([...this.reports].map(([id, report]) => this.report(client, id, report)))
      while (!client.closed) {
        const { deliveries } = await client.call('outbox.take', { max: 10, lease_ms: 1000 })
        await Promise.all(deliveries.map((d) => this.deliver(client, d)))
        if (deliveries.length === 0) await new Promise((done) => setTimeout(done, 15))
      }
    } catch (error) {
      if (error instanceof BusError) this.run.wrong(`the outside was refused: ${error.message}`)
    }
  }

  async deliver(client, d) {
    this.taken++
    const octets = JSON.stringify([d.id, d.key, d.to, d.from, d.subject, d.text, d.incident, d.message, d.at])
    if (this.ended.has(d.id)) this.run.wrong(`delivery ${d.id} was given out after it was ${this.ended.get(d.id)}`)
    if (!this.arrived.has(d.key)) this.arrived.set(d.key, octets)
    else if (this.arrived.get(d.key) !== octets) this.run.wrong(`delivery ${d.id}: other octets under its key`)
    const report = { attempt: d.attempt, result: d.id % 29 === 0 ? 'failed' : 'sent' }
    this.reports.set(d.id, report)
    await this.report(client, d.id, report)
  }

  async report(client, delivery, { attempt, result }) {
    try {
      const { state } = await client.call('outbox.report', { delivery, attempt, result })
      if (state !== result) this.run.wrong(`delivery ${delivery}: reported ${result}, is ${state}`)
      this.ended.set(delivery, state)
      this.run.journal({ kind: 'delivered', delivery, state })
    } catch (error) {
      if (!(error instanceof BusError)) return
      // The lease ran out: it is queued again and comes again.
      if (error.word !== 'conflict') this.run.wrong(`delivery ${delivery}: ${error.message}`)
    }
    this.reports.delete(delivery)
  }
}

/** A subscriber: events have one number and one meaning for ever. */
export class Listener {
  constructor(run) {
    this.run = run
    this.events = [] // by number - 1
    this.live = 0
  }

  add(event) {
    const at = event.number - 1
    const text = JSON.stringify(event)
    if (at < this.events.length) {
      if (this.events[at] !== text) this.run.wrong(`event ${event.number} was ${this.events[at]}, is ${text}`)
    } else if (at > this.events.length) {
      this.run.wrong(`event ${event.number} came after ${this.events.length}`)
    } else {
      this.events.push(text)
    }
  }

  /** All that came meanwhile, then live. */
  async begin(client) {
    try {
      await this.catchUp(client)
      client.onNote = (note) => {
        if (note.method !== 'event') return
        this.live++
        this.add(note.params)
        client.notes.length = 0
      }
      await client.call('events.subscribe', { from: this.events.length })
    } catch (error) {
      if (error instanceof BusError && error.word !== 'behind') this.run.wrong(`the subscriber was refused: ${error.message}`)
    }
  }

  async catchUp(client, from = this.events.length) {
    for (let more = true; more; ) {
      const page = await client.call('events.since', { from, limit: 1000 })
      for (const event of page.events) this.add(event)
      from = page.events.at(-1)?.number ?? from
      more = page.more
    }
    return from
  }
}
