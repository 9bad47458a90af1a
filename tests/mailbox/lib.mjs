// What the mailbox suites share: real mail servers, a desk with mailboxes on
// them, and a customer who has a mailbox too.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, linkSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { startDaemon } from '../lib/bus.mjs'
import { freePort, WAIT_MS } from '../lib/wait.mjs'

export const builddir = process.env.POSTIGO_BUILDDIR
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms))
const script = join(dirname(fileURLToPath(import.meta.url)), '..', 'lib', 'mailservers.sh')
export const PASSWORD = 'una frase bastante larga'

/** Wait until fits() gives something; what it gave. */
export async function until(fits, what, ms = WAIT_MS) {
  for (const end = Date.now() + ms; ; await sleep(25)) {
    const got = await fits()
    if (got) return got
    if (Date.now() > end) throw new Error(`waited ${ms} ms for: ${typeof what === 'function' ? what() : what}`)
  }
}

/** Why the servers cannot run here, or false. */
export function cannot() {
  const r = spawnSync('sh', [script, 'can'], { encoding: 'utf8' })
  return r.status === 0 ? false : r.stdout.trim() || 'mail servers cannot run here'
}

/** Does anybody listen there? */
function accepts(port) {
  return new Promise((done) => {
    const c = connect(port, '127.0.0.1')
    c.once('error', () => done(false))
    c.once('connect', () => (c.destroy(), done(true)))
  })
}

let count = 0

/** Dovecot and Postfix with mailboxes for users. */
export class Servers {
  static async start(users) {
    const s = new Servers()
    const port = await freePort(6)
    s.dir = mkdtempSync(join(tmpdir(), 'postigo-servers-'))
    s.clear = port + 5
    const out = execFileSync('sh', [script, 'start', s.dir, String(port), ...users], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, SMTP_CLEAR: String(s.clear), MAILSERVERS_OWNER: String(process.pid) } })
    Object.assign(s, JSON.parse(out))
    for (const p of [s.imap, s.imaps, s.smtp, s.smtps, s.clear]) await until(() => accepts(p), `port ${p} to be served`)
    const { uid, gid } = statSync(s.mail)
    s.owner = [uid, gid]
    return s
  }

  run(verb, ...args) {
    return execFileSync('sh', [script, verb, this.dir, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  }

  stop() {
    this.run('stop')
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }

  /** A mail from the network, by SMTP, as strangers send them. */
  async deliver(to, octets, from = 'ana@localhost') {
    const socket = connect(this.smtp, '127.0.0.1')
    let rest = ''
    let wake = null
    socket.setEncoding('latin1')
    socket.on('data', (d) => ((rest += d), wake?.()))
    const reply = async () => {
      for (;;) {
        const m = /^(?:\d{3}-.*\r\n)*(\d{3}) .*\r\n/.exec(rest)
        if (m) {
          rest = rest.slice(m[0].length)
          return Number(m[1])
        }
        await new Promise((done) => (wake = done))
      }
    }
    const say = async (line, want) => {
      if (line !== null) socket.write(line + '\r\n', 'latin1')
      const code = await reply()
      if (Math.floor(code / 100) !== want) throw new Error(`${line}: ${code}`)
    }
    await say(null, 2)
    await say('HELO test', 2)
    await say(`MAIL FROM:<${from}>`, 2)
    await say(`RCPT TO:<${to}>`, 2)
    await say('DATA', 3)
    await say(Buffer.from(octets).toString('latin1').replace(/\r?\n/g, '\r\n').replace(/^\./gm, '..') + '\r\n.', 2)
    await say('QUIT', 2)
    socket.destroy()
  }

  /** A mail that is simply there. */
  drop(user, octets, name = `${Math.floor(Date.now() / 1000)}.M${++count}P${process.pid}.test`) {
    const box = join(this.mail, user)
    for (const d of [box, ...['tmp', 'new', 'cur'].map((x) => join(box, x))]) {
      if (existsSync(d)) continue
      mkdirSync(d)
      chownSync(d, ...this.owner)
    }
    const tmp = join(box, 'tmp', name)
    writeFileSync(tmp, octets)
    chownSync(tmp, ...this.owner)
    linkSync(tmp, join(box, 'new', name))
    unlinkSync(tmp)
    return name
  }

  /** The names of all mails of a folder. */
  names(user, folder = '') {
    const box = join(this.mail, user, folder && `.${folder}`)
    return ['new', 'cur'].flatMap((d) => (existsSync(join(box, d)) ? readdirSync(join(box, d)).map((n) => join(box, d, n)) : []))
  }

  /** All mails of a folder, as texts. */
  mails(user, folder = '') {
    return this.names(user, folder).flatMap((n) => {
      try {
        return [readFileSync(n, 'latin1')]
      } catch {
        return [] // moved meanwhile
      }
    })
  }

  /** Settings and secrets of a mailbox for user. */
  mailbox(user, settings = {}, secrets = { password: `${user}-secret` }) {
    const all = {
      address: `${user}@localhost`, from_name: 'Tienda Sol', language: 'es',
      imap_host: 'localhost', imap_port: this.imaps, imap_user: user,
      smtp_host: 'localhost', smtp_port: this.smtps, ca_file: this.ca, poll_s: 5, ...settings,
    }
    for (const name of Object.keys(all)) if (all[name] === null) delete all[name]
    return { name: user, kind: 'mailbox', settings: all, secrets }
  }
}

export function mail({ id = `m${++count}.${process.pid}@cliente.example`, subject = 'Hola', from = 'Ana <ana@localhost>', to = 'tienda@localhost', body = 'Hola.', head = [] } = {}) {
  const lines = [`From: ${from}`, `To: ${to}`, `Subject: ${subject}`, 'Date: Mon, 05 Jan 2026 09:00:00 +0000', ...head]
  if (id) lines.push(`Message-ID: <${id}>`)
  return lines.join('\n') + '\n\n' + body + '\n'
}

/** The value of a header field of a mail. */
export const header = (text, name) => new RegExp(`^${name}: *((?:.*\\n[ \\t])*.*)$`, 'im').exec(text.replace(/\r/g, ''))?.[1].replace(/\n[ \t]/g, ' ')

/** A daemon, a gateway and an agent. */
export class Desk {
  static async open(t, { env = {}, args = [], daemonEnv = {} } = {}) {
    const desk = new Desk()
    desk.env = { POSTIGO_TEST_PACE_MS: '200', ...env }
    desk.dir = mkdtempSync(join(tmpdir(), 'postigo-mailbox-'))
    desk.daemon = await startDaemon({ args, env: daemonEnv })
    desk.control = await desk.daemon.connect('control')
    desk.console = await desk.daemon.connect('console')
    await desk.control.call('agent.add', { email: 'marta@tienda.example', name: 'Marta Peña', role: 'admin', password: PASSWORD })
    const { cookie } = await desk.console.call('session.login', { email: 'marta@tienda.example', password: PASSWORD, network: '127.0.0.1' })
    desk.as = { as: (await desk.console.call('session.open', { cookie })).handle }
    desk.startGateway()
    t?.after(() => desk.close())
    return desk
  }

  startGateway() {
    const fd = openSync(join(this.dir, 'mail.log'), 'a')
    this.gateway = spawn(join(builddir, 'postigo-mail'), ['run', '--socket', this.daemon.socket('mail')], { stdio: ['ignore', fd, fd], env: { ...process.env, ...this.env } })
    this.gatewayEnded = new Promise((done) => this.gateway.once('exit', (code, signal) => done({ code, signal })))
  }

  async stopGateway(signal = 'SIGTERM') {
    if (this.gateway.exitCode === null && this.gateway.signalCode === null) this.gateway.kill(signal)
    return this.gatewayEnded
  }

  log() {
    return readFileSync(join(this.dir, 'mail.log'), 'utf8')
  }

  add(connection) {
    return this.control.call('connection.add', connection)
  }

  /** The connection as staff see it. */
  async connection(name) {
    return (await this.control.call('connection.list')).connections.find((c) => c.name === name)
  }

  async state(name, state, ms) {
    return until(async () => {
      const c = await this.connection(name)
      return c.state === state && c
    }, () => `'${name}' to be ${state}\n${this.log().slice(-3000)}`, ms)
  }

  async list() {
    const all = []
    for (let after; ; ) {
      const r = await this.control.call('incident.list', { view: 'all', limit: 200, sort: 'newest', ...(after ? { after } : {}) })
      all.push(...r.incidents)
      after = r.next
      if (!after) return all
    }
  }

  incident(subject) {
    return until(async () => (await this.list()).find((i) => i.subject === subject), () => `an incident '${subject}'\n${this.log().slice(-3000)}`)
  }

  async detail(id) {
    return (await this.control.call('incident.get', { id })).detail
  }

  async answer(id, text, more = {}) {
    const { messages } = await this.detail(id)
    return this.console.call('incident.answer', { id, text, seen: messages.at(-1).number, ...more }, this.as)
  }

  /** The delivery of the last message, once it is in one of these states. */
  delivery(id, ...states) {
    return until(async () => {
      const d = (await this.detail(id)).messages.at(-1).delivery
      return states.includes(d?.state) && d
    }, () => `a delivery to be ${states}\n${this.log().slice(-3000)}`)
  }

  /** The same, once its outcome was unknown that often. */
  lost(id, times) {
    return until(async () => {
      const d = (await this.detail(id)).messages.at(-1).delivery
      return d?.lost === times && d
    }, () => `a delivery to be lost ${times} times\n${this.log().slice(-3000)}`)
  }

  async mailboxes() {
    return (await this.control.call('mailbox.list')).mailboxes
  }

  async close() {
    await this.stopGateway()
    await this.daemon.stop()
    this.daemon.remove()
    rmSync(this.dir, { recursive: true, force: true })
  }

  /** The postigo command on this desk: {code, out, err}. */
  postigo(...args) {
    const r = spawnSync(join(builddir, 'postigo'), ['--dir', this.daemon.dir, ...args], { encoding: 'utf8', env: { ...process.env, ...this.env } })
    return { code: r.status, out: r.stdout, err: r.stderr }
  }
}

/**
 * A server of a few lines that takes mails. on: a verb (RCPT, DATA, ...) or
 * END (of the mail) to another reply, 'cut' or 'hang', or a function of the
 * line that gives one (null: the usual). commands: all lines but the mails'.
 */
export class FakeSmtp {
  static async start(t) {
    const f = new FakeSmtp()
    f.on = {}
    f.mails = []
    f.commands = []
    f.peers = new Set()
    f.server = createServer((peer) => f.serve(peer))
    await new Promise((done) => f.server.listen(0, '127.0.0.1', done))
    f.port = f.server.address().port
    t?.after(() => f.stop())
    return f
  }

  stop() {
    for (const peer of this.peers) peer.destroy()
    this.server.close()
  }

  serve(peer) {
    let rest = ''
    let data = false
    this.peers.add(peer)
    peer.on('error', () => {})
    peer.on('close', () => this.peers.delete(peer))
    peer.setEncoding('latin1')
    const say = (verb, usual, line) => {
      const on = this.on[verb]
      const what = (typeof on === 'function' ? on(line) : on) ?? usual
      if (what === 'cut') peer.destroy()
      else if (what !== 'hang') peer.write(what + '\r\n')
    }
    say('HELLO', '220 fake')
    peer.on('data', (text) => {
      rest += text
      for (;;) {
        const end = data ? rest.indexOf('\r\n.\r\n') : rest.indexOf('\r\n')
        if (end < 0) return
        const part = rest.slice(0, end)
        rest = rest.slice(end + (data ? 5 : 2))
        if (data) {
          data = false
          this.mails.push(part)
          say('END', '250 2.0.0 taken')
          continue
        }
        const verb = part.split(' ')[0].toUpperCase()
        this.commands.push(part)
        if (verb === 'EHLO') say(verb, '250-fake\r\n250 AUTH PLAIN LOGIN')
        else if (verb === 'AUTH') say(verb, '235 2.7.0 welcome')
        else if (verb === 'DATA') {
          data = !this.on.DATA
          say(verb, '354 go on')
        } else say(verb, '250 2.1.0 fine', part)
        if (verb === 'QUIT') peer.end()
      }
    })
  }
}
