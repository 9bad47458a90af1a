// A whole desk under `postigo serve` in a folder of its own.
import { execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connectSocket } from './bus.mjs'
import { alive, sleep, until, WAIT_MS } from './wait.mjs'

const run = promisify(execFile)

export class Desk {
  /** chatPort, whatsappPort, shopPort: 0 is any; whoever asks nobody for it need not know. */
  constructor({ builddir, port, chatPort = 0, whatsappPort = 0, shopPort = 0 }) {
    this.builddir = builddir
    this.port = port
    this.chatPort = chatPort
    this.whatsappPort = whatsappPort
    this.shopPort = shopPort
    this.dir = mkdtempSync(join(tmpdir(), 'postigo-kill-'))
    this.data = join(this.dir, 'data')
    this.inbox = join(this.dir, 'in')
    this.outbox = join(this.dir, 'out')
    for (const box of [this.inbox, this.outbox])
      for (const part of ['tmp', 'new', 'cur']) mkdirSync(join(box, part), { recursive: true })
    mkdirSync(this.data, { mode: 0o700 })
  }

  socket(role) {
    return join(this.data, 'run', `${role}.sock`)
  }

  /** env: for its programs, beside this one's own. */
  start(env = {}) {
    const log = openSync(join(this.dir, 'log'), 'a')
    this.serve = spawn(
      join(this.builddir, 'postigo'),
      ['--dir', this.data, 'serve', ...Object.entries({ console: this.port, chat: this.chatPort, whatsapp: this.whatsappPort, shop: this.shopPort }).flatMap(([name, port]) => [`--${name}-listen`, `127.0.0.1:${port}`])],
      { env: { ...process.env, ...env }, stdio: ['ignore', log, log], detached: false },
    )
    this.ended = new Promise((done) => this.serve.once('exit', done))
  }

  log() {
    return readFileSync(join(this.dir, 'log'), 'utf8')
  }

  async postigo(...args) {
    const { stdout } = await run(join(this.builddir, 'postigo'), ['--dir', this.data, ...args], {
      maxBuffer: 256 * 1024 * 1024,
    })
    return stdout
  }

  /** Wait until the daemon answers on its control socket. */
  async ready() {
    const end = Date.now() + WAIT_MS
    for (;;) {
      try {
        const client = await connectSocket(this.socket('control'), { program: 'kill-desk' })
        client.close()
        return
      } catch (error) {
        if (Date.now() > end) throw new Error(`not ready after ${WAIT_MS} ms: ${error.message}\n${this.log().slice(-3000)}`)
        await sleep(15)
      }
    }
  }

  /**
   * A mail into the Maildir, as a mail system leaves it there; headers and id
   * are a test's own, received_s is when its channel had it (else now).
   */
  drop({ from, to = 'ayuda@tienda.example', subject, id, headers = [], type = 'text/plain; charset=utf-8', text, received_s }) {
    this.dropped = (this.dropped ?? 0) + 1
    const name = `${1767603600 + this.dropped}.M${this.dropped}.desk`
    const mail = [
      `From: ${from}`,
      `To: ${to}`,
      `Subject: ${subject}`,
      `Message-ID: <${id ?? `mail-${this.dropped}@correo.example`}>`,
      ...headers,
      'MIME-Version: 1.0',
      `Content-Type: ${type}`,
      '',
      text,
      '',
    ].join('\r\n')
    writeFileSync(join(this.inbox, 'tmp', name), mail)
    if (received_s) utimesSync(join(this.inbox, 'tmp', name), received_s, received_s)
    renameSync(join(this.inbox, 'tmp', name), join(this.inbox, 'new', name))
  }

  /** name -> pid of what runs under the supervisor, postigo-mime included. */
  processes() {
    const found = { serve: this.serve.pid }
    const parents = new Map()
    for (const pid of readdirSync('/proc').filter((p) => /^\d+$/.test(p))) {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
        const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        if (rest[0] !== 'Z') parents.set(Number(pid), { name, parent: Number(rest[1]) })
      } catch {
        // It ended between the listing and the look.
      }
    }
    for (const [pid, { name, parent }] of parents) {
      if (parent === this.serve.pid) found[name] = pid
      if (parents.get(parent)?.parent === this.serve.pid) found[name] = pid
    }
    return found
  }

  /** An agent, a desk book, a Maildir and a pipe; gives the agent's password. */
  async setUp(book) {
    const email = 'laura@tienda.example'
    const added = await this.postigo('--json', 'user', 'add', email, '--name', 'Laura Martín', '--role', 'admin')
    await this.postigo('book', 'apply', book)
    for (const connection of [
      {
        name: 'correo',
        kind: 'maildir',
        settings: { address: 'ayuda@tienda.example', from_name: 'Tienda', in: this.inbox, out: this.outbox },
      },
      { name: 'bus', kind: 'pipe', settings: { address: 'bus@tienda.example', from_name: 'Tienda', out: this.outbox } },
    ]) {
      const file = join(this.dir, `${connection.name}.json`)
      writeFileSync(file, JSON.stringify(connection))
      await this.postigo('connection', 'add', '--json', file)
    }
    return { email, password: JSON.parse(added).password }
  }

  /** Kill the supervisor; all that it had started ends with it. */
  async kill() {
    const under = Object.values(this.processes())
    this.serve.kill('SIGKILL')
    await this.ended
    await until(() => under.every((pid) => !alive(pid)), `the end of ${under}`)
  }

  async stop() {
    if (this.serve.exitCode === null && this.serve.signalCode === null) this.serve.kill('SIGTERM')
    await this.ended
  }
}
