// Who writes to a whole desk: one customer drops mails into a Maildir, one speaks
// to the bus as a mail gateway does, some are in chats, and an agent answers them
// all. Each keeps what is not acknowledged and offers it again.
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Visitor } from '../chat/lib.mjs'
import { BusError, connectSocket } from '../lib/bus.mjs'
import { sleep } from '../lib/wait.mjs'
import { sha256 } from './ledger.mjs'

const MAILDIR_WAITING = 12 // mails in new/ at most
const BUS_WAITING = 4 // requests under way at most
const CHAT_WAITING = 2 // lines of a visitor that are not acknowledged

export class MaildirWriter {
  constructor(ledger, dir) {
    this.ledger = ledger
    this.dir = dir
    this.byName = new Map()
    for (const part of ['tmp', 'new', 'cur']) mkdirSync(join(dir, part), { recursive: true })
    this.stopped = false
  }

  waiting() {
    return readdirSync(join(this.dir, 'new')).length
  }

  drop() {
    const mail = this.ledger.offer('maildir', this.ledger.count % 17 === 0)
    const name = `${1767603600 + mail.n}.M${mail.n}P1.kill`
    writeFileSync(join(this.dir, 'tmp', name), mail.raw)
    renameSync(join(this.dir, 'tmp', name), join(this.dir, 'new', name))
    this.byName.set(name, mail)
  }

  /** A mail in cur/ was acknowledged by the gateway. */
  look() {
    for (const name of readdirSync(join(this.dir, 'cur'))) {
      const mail = this.byName.get(name.replace(/:2,.*$/, ''))
      if (!mail) throw new Error(`a file in cur/ that nobody dropped: ${name}`)
      mail.acknowledged = true
    }
  }

  async run() {
    while (!this.stopped) {
      for (let i = 0; i < 4 && this.waiting() < MAILDIR_WAITING; i++) this.drop()
      this.look()
      await sleep(5)
    }
  }
}

export class BusWriter {
  constructor(ledger, socket, connection) {
    this.ledger = ledger
    this.socket = socket
    this.connection = connection
    this.unacknowledged = new Set()
    this.underWay = 0
    this.repeats = 0
    this.problems = []
    this.stopped = false
    this.client = null
  }

  params(mail) {
    const text = mail.raw.toString('utf8').split('\r\n\r\n').slice(1).join('\r\n\r\n')
    return {
      connection: this.connection,
      external_id: mail.id,
      digest: sha256(text),
      received_at: '2026-01-05T09:00:00.000Z',
      channel: 'email',
      from: { name: 'Cliente', address: `cliente${mail.n % 50}@correo.example` },
      subject: `Prueba ${mail.n}`,
      text,
      raw: { sha256: mail.sha256, bytes: mail.raw.length, data: mail.raw.toString('base64') },
    }
  }

  async send(mail) {
    this.underWay++
    try {
      const answer = await this.client.call('contact.add', this.params(mail))
      if (mail.answer && JSON.stringify(mail.answer) !== JSON.stringify(answer))
        this.problems.push(`${mail.id}: a repeat got another answer`)
      if (mail.answer) this.repeats++
      mail.answer = answer
      mail.acknowledged = true
      this.unacknowledged.delete(mail)
    } catch (error) {
      if (error.outcome === 'perm') this.problems.push(`${mail.id}: refused: ${error.message}`)
    } finally {
      this.underWay--
    }
  }

  async connected() {
    while (!this.client || this.client.closed) {
      try {
        this.client = await connectSocket(this.socket, { program: 'kill-writer' })
        for (const mail of this.unacknowledged) void this.send(mail)
        // Something that was acknowledged before is offered once more.
        for (const mail of [...this.ledger.offered.values()].slice(-30))
          if (mail.via === 'bus' && mail.acknowledged) {
            void this.send(mail)
            break
          }
      } catch {
        await sleep(20)
      }
    }
  }

  async run() {
    while (!this.stopped || this.unacknowledged.size > 0) {
      await this.connected()
      while (!this.stopped && this.underWay < BUS_WAITING) {
        const mail = this.ledger.offer('bus', false)
        this.unacknowledged.add(mail)
        void this.send(mail)
      }
      await sleep(8)
      // A refusal for the moment: offer it again on the same connection.
      if (this.underWay === 0 && !this.client.closed)
        for (const mail of this.unacknowledged) void this.send(mail)
    }
    this.client?.close()
  }
}

/** A visitor of the site, by postigo-chat, who goes on writing. */
export class ChatVisitor extends Visitor {
  constructor(run, who, port) {
    super(null, { port: () => port })
    Object.assign(this, { run, who, said: [], acknowledged: 0 })
  }

  /** The widget lets go of a line when it is acknowledged. */
  landed(id) {
    if (this.outbox[0]?.id === id) this.acknowledged++
    super.landed(id)
  }

  async talk() {
    for (let n = 1; !this.talked; await sleep(30)) {
      if (this.outbox.length >= CHAT_WAITING) continue
      const text = `Visita ${this.who} de ${this.run}, línea ${n}`
      this.said.push(text)
      this.write(`v${this.who}.${n++}`, text)
    }
  }
}

/** An agent who answers what is there, newest first, and asks again with the same key until it is stored. */
export class Answerer {
  constructor(run, socket, token) {
    Object.assign(this, { run, socket, token, answers: [], problems: [], repeats: 0, stopped: false })
  }

  async connected() {
    for (;;) {
      try {
        this.client = await connectSocket(this.socket, { program: 'kill-agent' })
        this.as = (await this.client.call('session.open', { token: this.token })).handle
        return
      } catch (error) {
        if (error instanceof BusError && error.outcome !== 'temp') throw error
        await sleep(20)
      }
    }
  }

  async call(method, params, key) {
    for (let again = false; ; again = true) {
      if (!this.client || this.client.closed) await this.connected()
      try {
        const result = await this.client.call(method, params, { as: this.as, ...(key && { key }) })
        if (key && again) this.repeats++
        return result
      } catch (error) {
        if (error instanceof BusError && error.outcome !== 'temp') throw error
        await sleep(10)
      }
    }
  }

  async answer(incident) {
    const n = this.answers.length + 1
    const text = `Respuesta ${n} de ${this.run}`
    const answer = { n, text, incident: incident.id, channel: incident.channel }
    this.answers.push(answer)
    const { message } = await this.call('incident.answer', { id: incident.id, text, seen: 1, override: true }, `answer-${this.run}-${n}`)
    Object.assign(answer, { message: message.id, number: message.number, key: message.external_id, delivery: message.delivery?.id ?? null })
  }

  async rounds() {
    for (let n = 0; !this.stopped; n++) {
      const channel = n % 3 === 0 ? { channel: 'chat' } : {}
      const { incidents } = await this.call('incident.list', { view: 'active', sort: 'newest', limit: 5, ...channel })
      if (incidents.length > 0) await this.answer(incidents[n % incidents.length])
      await sleep(15)
    }
  }

  async work() {
    try {
      await this.rounds()
    } catch (error) {
      this.problems.push(`the agent: ${error.message}`)
    }
    this.client?.close()
  }
}
