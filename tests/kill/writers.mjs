// Two customers that never stop writing: one drops mails into a Maildir, one
// speaks to the bus as a mail gateway does. Both keep what is not acknowledged
// and offer it again.
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectSocket } from '../lib/bus.mjs'
import { sha256 } from './ledger.mjs'

const sleep = (ms) => new Promise((done) => setTimeout(done, ms))
const MAILDIR_WAITING = 40 // mails in new/ at most
const BUS_WAITING = 24 // requests under way at most

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
      await sleep(4)
      // A refusal for the moment: offer it again on the same connection.
      if (this.underWay === 0 && !this.client.closed)
        for (const mail of this.unacknowledged) void this.send(mail)
    }
    this.client?.close()
  }
}
