// A desk that speaks the chat part of the bus and no more: what it keeps, it
// keeps in memory, so a test can kill it at any moment and look at its lines.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()
const sha = (b) => createHash('sha256').update(b).digest('hex')

class Refusal extends Error {
  constructor(outcome, code, more = {}) {
    super(code)
    this.data = { outcome, code, ...more }
  }
}

export class MockDesk {
  constructor({ sites = [{ name: 'tienda', origins: ['https://tienda.example'] }] } = {}) {
    this.dir = mkdtempSync(join(tmpdir(), 'postigo-mock-'))
    this.path = join(this.dir, 'chat.sock')
    this.sites = sites
    this.visitors = new Map() // token -> visitor
    this.blobs = new Map()
    this.peers = new Set()
    this.next = { incident: 1, visitor: 1, handle: 1, blob: 1 }
    this.calls = [] // every method that was asked for
    this.refuse = null // (method, params) => a Refusal to answer with
    this.late = 0 // ms before each response
    this.flying = 0 // requests that wait for theirs
    this.most = 0 // of them at any time
    this.drop = null // (method) => 'before' | 'after': die there
  }

  static refusal = (...args) => new Refusal(...args)

  listen() {
    return new Promise((done) => {
      this.server = createServer((socket) => this.accept(socket))
      this.server.listen(this.path, done)
    })
  }

  /** As if it were killed: every connection breaks, the handles are gone. */
  async die() {
    for (const peer of this.peers) peer.socket.destroy()
    this.peers.clear()
    await new Promise((done) => this.server.close(done))
    rmSync(this.path, { force: true })
  }

  async close() {
    await this.die()
    rmSync(this.dir, { recursive: true, force: true })
  }

  accept(socket) {
    const peer = { socket, handles: new Map(), uploads: new Map() }
    this.peers.add(peer)
    let rest = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('close', () => this.peers.delete(peer))
    socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes])
      for (let at; (at = rest.indexOf(10)) >= 0; rest = rest.subarray(at + 1))
        this.request(peer, JSON.parse(rest.toString('utf8', 0, at)))
    })
  }

  request(peer, { id, method, params, as }) {
    const answer = (o) => {
      let text = `${JSON.stringify({ jsonrpc: '2.0', id, ...o })}\n`
      if (text.length > 1024 * 1024) {
        const data = { outcome: 'perm', code: 'too_large' }
        text = `${JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32000, message: 'too large', data } })}\n`
      }
      const write = () => {
        this.flying--
        peer.socket.write(text)
      }
      if (this.late && method !== 'hello') setTimeout(write, this.late)
      else write()
    }
    this.calls.push({ method, params, as })
    this.most = Math.max(this.most, ++this.flying)
    const death = this.drop?.(method, params)
    if (death) this.flying--
    if (death === 'before') return void this.die()
    try {
      const refusal = this.refuse?.(method, params)
      if (refusal) throw refusal
      const known = as === undefined ? null : peer.handles.get(as)
      if (as !== undefined && !known) throw new Refusal('perm', 'no_session')
      const result = this[method](params, known, peer)
      if (death === 'after') return void this.die()
      answer({ result, number: 1 })
    } catch (error) {
      if (!error.data) throw error
      answer({ error: { code: -32000, message: error.message, data: error.data } })
    }
  }

  note(peer, method, params) {
    peer.socket.write(`${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`)
  }

  /** Whoever may see this visitor's chat is told to look. */
  changed(visitor) {
    for (const peer of this.peers) {
      const handles = [...peer.handles].filter(([, v]) => v === visitor).map(([h]) => h)
      if (handles.length) this.note(peer, 'visitor.changed', { handles })
    }
  }

  wake(what) {
    for (const peer of this.peers) this.note(peer, 'wake', { what })
  }

  typing(visitor, name, on) {
    for (const peer of this.peers)
      for (const [handle, v] of peer.handles) if (v === visitor) this.note(peer, 'visitor.typing', { handle, name, on })
  }

  /** An agent answers. */
  say(visitor, text, name = 'Laura') {
    this.put(visitor, { who: 'agent', name, text, files: [] })
  }

  put(visitor, line) {
    visitor.incident ??= this.next.incident++
    const whole = { number: visitor.lines.length + 1, at: new Date().toISOString(), ...line }
    visitor.lines.push(whole)
    if (line.who === 'agent') visitor.state = 'talking'
    this.changed(visitor)
    return whole
  }

  visitor(token) {
    return this.visitors.get(token)
  }

  chat(v) {
    return {
      incident: v.incident,
      ref: v.incident && `P-${v.incident}`,
      state: v.ended ? 'ended' : v.incident ? v.state : 'start',
      last: v.lines.length,
      got: v.got,
      name: v.name,
      email: v.email,
      rated: v.rated,
    }
  }

  handle(peer, visitor) {
    const name = `h${this.next.handle++}`
    peer.handles.set(name, visitor)
    return name
  }

  hello() {
    return { protocol: 1 }
  }

  'connection.mine'() {
    return { connections: this.sites.map(({ name }, id) => ({ id, name, kind: 'chat', settings: {}, version: 1 })) }
  }

  'chat.site'({ connection }) {
    const site = this.sites.find(({ name }) => name === connection)
    if (!site) throw new Refusal('perm', 'not_found')
    return { site: { title: 'Tienda', language: 'es', open: true, desk: 'Mesa', remember_days: 30, ...site } }
  }

  'visitor.start'({ connection, name, email = null }, _, peer) {
    const token = randomBytes(32).toString('base64url')
    const visitor = { token, connection, name, email, incident: null, lines: [], got: 0, rated: null, state: 'waiting', ended: false, ids: new Map() }
    this.visitors.set(token, visitor)
    return { token, handle: this.handle(peer, visitor), expires_at: inAnHour(), visitor: this.next.visitor++ }
  }

  'visitor.open'({ connection, token }, _, peer) {
    const visitor = this.visitors.get(token)
    if (visitor?.connection !== connection) throw new Refusal('perm', 'no_session')
    return { handle: this.handle(peer, visitor), expires_at: inAnHour(), chat: this.chat(visitor) }
  }

  'visitor.close'({ handle }, _, peer) {
    return { closed: peer.handles.delete(handle) }
  }

  'chat.get'({ from, limit = 100 }, visitor) {
    const lines = visitor.lines.filter((line) => line.number > from)
    return { chat: this.chat(visitor), lines: lines.slice(0, limit), more: lines.length > limit }
  }

  'chat.write'({ id, text, attachments = [] }, visitor) {
    if (visitor.ended) Object.assign(visitor, { ended: false, incident: null, lines: [], got: 0, rated: null })
    if (!visitor.ids.has(id)) {
      const files = attachments.map(({ filename, content_type, size, sha256 }) => ({ filename, content_type, size, sha256, message: 1 }))
      const line = this.put(visitor, { who: 'customer', name: visitor.name, text, id, files })
      visitor.ids.set(id, { number: line.number, at: line.at, incident: visitor.incident })
    }
    return visitor.ids.get(id)
  }

  'chat.got'({ number }, visitor) {
    visitor.got = Math.max(visitor.got, number)
    return { number: visitor.got }
  }

  'chat.end'(_, visitor) {
    visitor.ended = true
    this.changed(visitor)
    return { chat: this.chat(visitor) }
  }

  'connection.report'() {
    return { stored: true }
  }

  'chat.rate'({ score }, visitor) {
    visitor.rated = score
    return { chat: this.chat(visitor) }
  }

  'chat.typing'() {
    return { sent: true }
  }

  'blob.put'({ upload, offset, data, end, sha256 }, _, peer) {
    const bytes = Buffer.concat([peer.uploads.get(upload) ?? Buffer.alloc(0), Buffer.from(data, 'base64')])
    if (offset > bytes.length) throw new Refusal('perm', 'bad_params')
    peer.uploads.set(upload, bytes)
    if (!end) return {}
    peer.uploads.delete(upload)
    if (sha(bytes) !== sha256) throw new Refusal('perm', 'bad_params')
    this.blobs.set(sha256, bytes)
    return { sha256 }
  }

  'blob.get'({ sha256, offset, length }, visitor) {
    const bytes = visitor && this.blobs.get(sha256)
    if (!bytes) throw new Refusal('perm', 'not_found')
    return { data: bytes.subarray(offset, offset + length).toString('base64'), bytes: bytes.length }
  }
}
