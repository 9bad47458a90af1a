// What the mail suites share: Maildirs, mails, the gateway's process, and a
// daemon of a few lines that does what a test tells it.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { linkSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export { sleep, until } from '../lib/wait.mjs'

export const builddir = process.env.POSTIGO_BUILDDIR

export function tempDir() {
  return mkdtempSync(join(tmpdir(), 'postigo-mail-'))
}

let count = 0

/** A Maildir; put() delivers as a mail system does: tmp, then new. */
export class Maildir {
  constructor(path) {
    this.path = path
    for (const sub of ['tmp', 'new', 'cur']) mkdirSync(join(path, sub), { recursive: true })
  }

  put(octets, name = `${1700000000 + ++count}.M${count}.test`) {
    writeFileSync(join(this.path, 'tmp', name), octets)
    linkSync(join(this.path, 'tmp', name), join(this.path, 'new', name))
    unlinkSync(join(this.path, 'tmp', name))
    return name
  }

  list(sub) {
    return readdirSync(join(this.path, sub)).sort()
  }

  read(sub, name) {
    return readFileSync(join(this.path, sub, name))
  }
}

export function mail({ id = `m${++count}@example.com`, subject = 'Hola', from = 'Ana <ana@example.com>', body = 'Hola.', head = [] } = {}) {
  const lines = [`From: ${from}`, 'To: ayuda@tienda.example', `Subject: ${subject}`, 'Date: Mon, 05 Jan 2026 09:00:00 +0000', ...head]
  if (id) lines.push(`Message-ID: <${id}>`)
  return lines.join('\n') + '\n\n' + body + '\n'
}

export const sha256 = (octets) => createHash('sha256').update(octets).digest('hex')

/** The gateway as a process; stop() ends it in order. */
export function startGateway(socket, dir, args = []) {
  const log = join(dir, 'mail.log')
  const fd = openSync(log, 'a')
  const child = spawn(join(builddir, 'postigo-mail'), ['run', '--socket', socket, ...args], { stdio: ['ignore', fd, fd] })
  const ended = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })))
  return {
    child,
    ended,
    log: () => readFileSync(log, 'utf8'),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      return ended
    },
    async kill() {
      child.kill('SIGKILL')
      return ended
    },
  }
}

/** Run postigo-mail to its end: {code, out, err}. */
export function runMail(args, input = '') {
  const child = spawn(join(builddir, 'postigo-mail'), args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const got = { out: '', err: '' }
  child.stdout.on('data', (d) => (got.out += d))
  child.stderr.on('data', (d) => (got.err += d))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return new Promise((done) => child.once('close', (code) => done({ code, ...got })))
}

/**
 * A daemon that knows the protocol and nothing else. methods: name to a
 * function of (params, connection) that gives a result, throws {error}, or
 * returns null for "say nothing".
 */
export class FakeDaemon {
  constructor(dir, connections) {
    this.socket = join(dir, 'mail.sock')
    this.connections = connections
    this.contacts = []
    this.reports = []
    this.states = []
    this.calls = []
    this.queue = []
    this.peers = new Set()
    this.uploads = new Map()
    this.methods = {
      hello: () => ({ protocol: 1, program: 'postigod', version: 'fake', desk: 'Tienda', language: 'es', number: 1, frame_bytes: 1048576, raw_inline_bytes: 262144 }),
      ping: () => ({ now: new Date().toISOString() }),
      'connection.mine': () => ({ connections: this.connections }),
      'connection.report': (p) => (this.states.push(p), { stored: true }),
      'outbox.take': () => ({ deliveries: this.queue.splice(0, 20) }),
      'outbox.report': (p) => (this.reports.push(p), { state: p.result }),
      'job.take': () => ({ jobs: [] }),
      'job.report': (p) => (this.reports.push(p), { state: 'done' }),
      'blob.put': (p) => this.put(p),
      'contact.add': (p) => (this.contacts.push(p), { incident: 1, ref: 'P-1', message: this.contacts.length, number: this.contacts.length }),
    }
  }

  put(p) {
    const old = p.offset ? this.uploads.get(p.upload) : Buffer.alloc(0)
    const all = Buffer.concat([old, Buffer.from(p.data ?? '', 'base64')])
    this.uploads.set(p.upload, all)
    if (p.end) this.uploads.set(p.sha256, all)
    return p.end ? { bytes: all.length, sha256: sha256(all) } : { bytes: all.length }
  }

  start() {
    rmSync(this.socket, { force: true })
    this.server = createServer((peer) => this.serve(peer))
    return new Promise((done) => this.server.listen(this.socket, done))
  }

  serve(peer) {
    let rest = ''
    this.peers.add(peer)
    peer.on('error', () => {})
    peer.on('close', () => this.peers.delete(peer))
    peer.setEncoding('utf8')
    peer.on('data', (text) => {
      rest += text
      const lines = rest.split('\n')
      rest = lines.pop()
      for (const line of lines) this.answer(peer, JSON.parse(line))
    })
  }

  answer(peer, request) {
    this.calls.push(request.method)
    const reply = { jsonrpc: '2.0', id: request.id }
    try {
      const result = this.methods[request.method](request.params ?? {}, peer)
      if (result === null) return
      reply.result = result
      reply.number = 1
    } catch (error) {
      if (!error.outcome) throw error
      reply.error = { code: -32000, message: error.message ?? 'no', data: error }
    }
    peer.write(JSON.stringify(reply) + '\n')
  }

  wake(what) {
    for (const peer of this.peers) peer.write(JSON.stringify({ jsonrpc: '2.0', method: 'wake', params: { what } }) + '\n')
  }

  async stop() {
    for (const peer of this.peers) peer.destroy()
    await new Promise((done) => this.server.close(done))
  }
}

/** Processes whose parent is pid. */
export function childrenOf(pid) {
  try {
    return execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' }).split('\n').map(Number).filter(Boolean)
  } catch {
    return []
  }
}
