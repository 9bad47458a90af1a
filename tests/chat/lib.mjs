// What the suites of the visitors' gateway share: start it, open a tab, wait.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import WebSocket from 'ws'
import { startDaemon } from '../lib/bus.mjs'

export const builddir = process.env.POSTIGO_BUILDDIR
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

export async function until(what, fits, ms = 60_000) {
  for (const end = Date.now() + ms; ; await sleep(10)) {
    const found = await fits()
    if (found) return found
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`)
  }
}

/** A built widget as small as can be, for the pages' tests. */
function makeAssets(dir) {
  mkdirSync(dir)
  const files = { 'postigo.js': 'loader()', 'panel-0123456789AB.js': 'panel()', 'panel-0123456789CD.css': 'p{}' }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
  writeFileSync(
    join(dir, 'assets.json'),
    JSON.stringify({ 'postigo.js': 'postigo.js', 'panel.js': 'panel-0123456789AB.js', 'panel.css': 'panel-0123456789CD.css' }),
  )
}

/** postigo-chat on a socket of the bus. */
export async function startGateway(socket, { args = [], assets = true, ready = true, port = 0, env = {} } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'postigo-chat-'))
  const log = join(dir, 'log')
  const fd = openSync(log, 'a')
  if (assets) makeAssets(join(dir, 'assets'))
  const child = spawn(
    join(builddir, 'postigo-chat'),
    ['--socket', socket, '--listen', `127.0.0.1:${port}`, '--assets', join(dir, 'assets'), ...args],
    { stdio: ['ignore', fd, fd], env: { ...process.env, ...env } },
  )
  const gateway = {
    pid: child.pid,
    child,
    dir,
    log: () => readFileSync(log, 'utf8'),
    ended: new Promise((done) => child.once('exit', (code, signal) => done({ code, signal }))),
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      const end = await gateway.ended
      rmSync(dir, { recursive: true, force: true })
      return end
    },
    http(method, path, { headers = {}, body } = {}) {
      return new Promise((resolve, reject) => {
        const r = request({ host: '127.0.0.1', port: gateway.port, method, path, headers, agent: false }, (answer) => {
          const parts = []
          answer.on('data', (p) => parts.push(p))
          answer.on('end', () => {
            const bytes = Buffer.concat(parts)
            resolve({ status: answer.statusCode, headers: answer.headers, bytes, text: bytes.toString() })
          })
          answer.on('error', reject)
        })
        r.on('error', reject)
        if (body !== undefined) r.setHeader('content-length', Buffer.byteLength(body))
        r.end(body)
      })
    },
  }
  gateway.port = await until('the port', () => {
    if (child.exitCode !== null) throw new Error(`postigo-chat ended with ${child.exitCode}: ${gateway.log()}`)
    return Number(/port (\d+)"/.exec(gateway.log())?.[1])
  })
  gateway.base = `http://127.0.0.1:${gateway.port}`
  if (ready) await until('ready', async () => (await gateway.http('GET', '/readyz')).status === 200)
  return gateway
}

/** One WebSocket of a visitor: what came, and what it adds up to. */
export class Tab {
  constructor(gateway, { site = 'tienda', origin = gateway.base, headers = {}, protocol = 'postigo-chat.1', port = gateway.port, path } = {}) {
    this.frames = []
    this.lines = []
    this.closed = null
    this.refused = null
    this.ws = new WebSocket(`ws://127.0.0.1:${port}${path ?? `/chat/ws?site=${site}`}`, protocol, {
      headers: { ...(origin === null ? {} : { origin }), ...headers },
      perMessageDeflate: false,
    })
    this.ws.on('message', (bytes) => this.frame(JSON.parse(bytes.toString())))
    this.ws.on('close', (code) => (this.closed ??= code))
    this.ws.on('error', () => undefined)
    this.ws.on('unexpected-response', (_, answer) => {
      this.refused = answer.statusCode
      this.ws.terminate()
    })
  }

  frame(frame) {
    this.frames.push(frame)
    if (frame.t === 'lines') this.lines.push(...frame.lines)
    if (frame.t === 'started') this.token = frame.token
  }

  async ready() {
    await until('open', () => this.ws.readyState === WebSocket.OPEN || this.refused !== null || this.closed !== null)
    return this
  }

  send(o) {
    this.ws.send(typeof o === 'string' ? o : JSON.stringify(o))
  }

  /** The first frame from `from` on that fits. */
  next(t, fits = () => true, from = 0, ms = 60_000) {
    return until(`frame ${t}`, () => this.frames.slice(from).find((f) => f.t === t && fits(f)), ms)
  }

  async open(token, from) {
    await this.ready()
    this.send({ t: 'open', ...(token && { token }), ...(from && { from }) })
    return this.next('hello')
  }

  async start(name = 'Marta', more = {}) {
    this.send({ t: 'start', name, ...more })
    return this.next('started')
  }

  async write(id, text = id, more = {}) {
    const from = this.frames.length
    this.send({ t: 'write', id, text, ...more })
    return until(`answer of ${id}`, () => this.frames.slice(from).find((f) => (f.t === 'ack' || f.t === 'refused') && f.id === id))
  }

  end() {
    return until('the close', () => this.closed !== null || this.refused !== null)
  }

  close() {
    this.ws.terminate()
  }
}

/** postigod with a site and an agent who answers. */
export async function startDesk({ daemon } = {}) {
  const d = daemon ?? (await startDaemon())
  const control = await d.connect('control')
  const desk = { daemon: d, answered: 0 }
  if (!daemon) {
    const settings = { origins: 'https://tienda.example', title: 'Tienda' }
    await control.call('connection.add', { name: 'tienda', kind: 'chat', settings })
    const { agent } = await control.call('agent.add', { email: 'laura@tienda.example', name: 'Laura', role: 'admin' })
    desk.token = (await control.call('token.add', { agent: agent.id, label: 'test' })).token
  }
  control.close()
  const open = async () => {
    desk.peer = await desk.daemon.connect('control')
    return { peer: desk.peer, as: (await desk.peer.call('session.open', { token: desk.token })).handle }
  }
  /** Calls as the agent, again after a daemon that died. */
  desk.call = async (method, params, key) => {
    for (const end = Date.now() + 60_000; ; await sleep(50)) {
      try {
        desk.opening ??= open()
        const { peer, as } = await desk.opening
        return await peer.call(method, params, { as, key })
      } catch (error) {
        if (Date.now() > end || (error.outcome && error.outcome !== 'temp')) throw error
        if (!desk.peer || desk.peer.closed) desk.opening = null
      }
    }
  }
  desk.say = (incident, text) => {
    const key = `say-${++desk.answered}-${Math.random().toString(36).slice(2)}`
    return desk.call('incident.answer', { id: incident, text, seen: 0, override: true, state: 'open' }, key)
  }
  return desk
}

/**
 * A visitor as the widget is one: keeps what was not acknowledged, writes one
 * line at a time, comes back by itself, and takes note of every line.
 */
export class Visitor {
  constructor(gateway, { site = 'tienda', port = () => gateway.port } = {}) {
    Object.assign(this, { gateway, site, port, lines: [], outbox: [], last: 0, token: null, incident: null, wrong: [], down: 0 })
    this.stopped = false
    this.connect()
  }

  connect() {
    if (this.stopped) return
    const ws = new WebSocket(`ws://127.0.0.1:${this.port()}/chat/ws?site=${this.site}`, 'postigo-chat.1', {
      headers: { origin: `http://127.0.0.1:${this.port()}` },
      perMessageDeflate: false,
    })
    this.ws = ws
    this.ready = false
    this.flying = null
    this.onSocket = 0
    ws.on('open', () =>
      this.send({ t: 'open', ...(this.token && { token: this.token, from: this.last }), ...(this.token && this.incident && { incident: this.incident }) }),
    )
    ws.on('message', (bytes) => ws === this.ws && this.frame(JSON.parse(bytes.toString())))
    ws.on('error', () => undefined)
    ws.on('close', () => {
      if (ws !== this.ws) return
      this.ready = false
      setTimeout(() => this.connect(), 10 + Math.random() * 20)
    })
  }

  send(o) {
    if (this.ws.readyState === WebSocket.OPEN) this.ws.send(JSON.stringify(o))
  }

  write(id, text = id) {
    this.outbox.push({ id, text })
    this.flush()
  }

  flush() {
    if (!this.ready || this.flying || !this.outbox.length) return
    this.flying = this.outbox[0].id
    this.send({ t: 'write', ...this.outbox[0] })
  }

  landed(id) {
    if (this.outbox[0]?.id === id) this.outbox.shift()
    if (this.flying === id) this.flying = null
    this.flush()
  }

  frame(f) {
    if (f.chat?.incident) this.incident = f.chat.incident
    if (f.t === 'hello') {
      if (f.gone) this.wrong.push('gone')
      if (!f.chat) return this.send({ t: 'start', name: 'Marta' })
      this.ready = true
      this.flush()
    } else if (f.t === 'started') {
      this.token = f.token
      this.ready = true
      this.flush()
    } else if (f.t === 'lines') {
      for (const line of f.lines) {
        if (line.number <= this.onSocket) this.wrong.push(`${line.number} after ${this.onSocket} on one socket`)
        this.onSocket = line.number
        if (line.number <= this.last) continue
        this.last = line.number
        this.lines.push(line)
        if (line.id) this.landed(line.id)
      }
    } else if (f.t === 'ack') {
      this.landed(f.id)
    } else if (f.t === 'refused') {
      if (f.re === 'start') return void setTimeout(() => this.send({ t: 'start', name: 'Marta' }), Math.min(f.retry_ms ?? 100, 200))
      if (f.retry_ms === undefined) this.wrong.push(`${f.re}: ${f.code}`)
      const ws = this.ws
      setTimeout(() => {
        if (ws !== this.ws) return
        this.flying = null
        this.flush()
      }, Math.min(f.retry_ms ?? 100, 1000))
    } else if (f.t === 'daemon' && !f.up) {
      this.down++
    } else if (f.t === 'daemon') {
      this.flush()
    }
  }

  stop() {
    this.stopped = true
    this.ws.terminate()
  }
}
