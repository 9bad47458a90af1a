// A desk at work, for a recording: every kind of request that must be durable,
// several at once, with a note of what was asked. What was acknowledged, and
// when, is read from the trace later.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, closeSync, constants, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectSocket } from '../lib/bus.mjs'
import { WAIT_MS, sleep, until } from '../lib/wait.mjs'

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')
const CHUNK = 200_000
const ENDING_MS = 5000 // a connection closed because the daemon ends
const TRIES = 400 // of a request that is refused for the moment

const ROOM = 1 << 30 // octets; with less, indexes of words wait for space

/** Memory, if the machine offers enough of it: a real disk adds nothing to what is recorded. */
function offered(dir) {
  try {
    accessSync(dir, constants.W_OK)
    const { bavail, bsize } = statfsSync(dir)
    return bavail * bsize >= ROOM
  } catch {
    return false
  }
}
const memory = process.env.POWER_SCRATCH ?? (offered('/dev/shm') ? '/dev/shm' : tmpdir())
export const scratch = (name) => realpathSync(mkdtempSync(join(memory, name)))

/** postigod on dir; its log is beside, so that dir is the daemon's alone. */
export class Daemon {
  constructor(dir, log, { env = {}, args = [] } = {}) {
    this.dir = dir
    this.logFile = log
    const fd = openSync(log, 'a')
    const program = join(process.env.POSTIGO_BUILDDIR, 'postigod')
    this.child = spawn(program, ['--dir', dir, ...args], { stdio: ['ignore', fd, fd], env: { ...process.env, ...env } })
    closeSync(fd)
    this.ended = new Promise((done) => this.child.once('exit', (code, signal) => done({ code, signal })))
  }

  log() {
    return readFileSync(this.logFile, 'utf8')
  }

  get gone() {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  async connect(role, options) {
    for (const until = Date.now() + WAIT_MS; ; await sleep(2)) {
      if (this.gone) throw new Error(`postigod ended with ${this.child.exitCode ?? this.child.signalCode}:\n${this.log()}`)
      try {
        return await connectSocket(join(this.dir, 'run', `${role}.sock`), options)
      } catch (error) {
        if (error.outcome || Date.now() > until) throw error
      }
    }
  }

  /** How it ended, or null if it did not. */
  endsWithin(ms) {
    let timer
    const late = new Promise((done) => (timer = setTimeout(done, ms, null)))
    return Promise.race([this.ended, late]).finally(() => clearTimeout(timer))
  }

  async stop() {
    this.child.kill('SIGTERM')
    return this.ended
  }

  async kill() {
    if (!this.gone) this.child.kill('SIGKILL')
    return this.ended
  }
}

export const book = (n) => `queue "general" { title "General ${n}" }
calendar "tienda" {
    timezone "Europe/Madrid"
    mon-sun 00:00-24:00
}
policy "todo" {
    calendar "tienda"
    first response 4h
    next response 8h
}
`

/** What was asked of the desk, by the number of the request. */
export class Asked {
  constructor() {
    this.requests = new Map()
    this.next = 100_000 // smaller ones are of hello
    this.count = 0
  }

  /** A mark that is in the text of one message alone. */
  mark() {
    return `[[m${++this.count}]]`
  }
}

/** Connections of one life of the daemon; ids of requests are the ledger's. */
export class Desk {
  constructor(daemon, asked) {
    this.daemon = daemon
    this.asked = asked
    this.clients = new Map()
  }

  /** The connection of a name: made by the first who asks for it. */
  client(role, name = role) {
    if (!this.clients.has(name)) this.clients.set(name, this.open(role))
    return this.clients.get(name)
  }

  async open(role) {
    const id = this.asked.next
    this.asked.next += 100_000
    const client = await this.daemon.connect(role)
    client.nextId = id
    return client
  }

  /**
   * One request; its response, or null if there was none. note: what must be
   * durable; once: nobody asks again. Else, with `patient`, a refusal for the
   * moment is asked again.
   */
  async ask(role, method, params, note = {}, extra = {}) {
    for (let tries = 1; ; tries++) {
      const request = { method, params, extra, ...note, result: null, error: null }
      try {
        const client = await this.client(note.client ?? role, role)
        this.asked.requests.set(client.nextId, request)
        request.result = await client.call(method, params, extra)
        return request.result
      } catch (error) {
        request.error = error
        if (!this.patient || note.once || error.outcome !== 'temp' || tries === TRIES) return null
        await sleep(2)
      }
    }
  }

  close() {
    for (const client of this.clients.values())
      client.then(
        (c) => c.close(),
        () => {},
      )
    this.clients.clear()
  }
}

export function contact(asked, rng, bytes, more = {}) {
  const mark = asked.mark()
  const text = `Hola ${mark} ${'x'.repeat(rng.between(0, 400))}`
  const raw = Buffer.alloc(bytes, `${text}\r\n${asked.count} `)
  return {
    connection: 'bus',
    external_id: `<${mark.slice(2, -2)}@correo.example>`,
    digest: sha256(text),
    received_at: '2026-01-05T09:00:00.000Z',
    channel: 'email',
    from: { address: `c${rng.between(0, 9)}@correo.example` },
    subject: `Prueba ${asked.count}`,
    text,
    raw: { sha256: sha256(raw), bytes: raw.length, data: raw.toString('base64') },
    ...more,
  }
}

/** The work of a session. Each step is some requests at once. */
export class Work {
  constructor(desk, rng, place) {
    this.desk = desk
    this.rng = rng
    this.place = place
    this.asked = desk.asked
  }

  pick(list) {
    return list[this.rng.between(0, list.length)]
  }

  async setUp() {
    const { desk } = this
    const ask = (method, params, note) => desk.ask('control', method, params, note)
    await ask('connection.add', { name: 'bus', kind: 'pipe', settings: { address: 'bus@tienda.example', from_name: 'Tienda', out: '/tmp/none' } }, { connection: 'bus' })
    await ask('connection.add', { name: 'sitio', kind: 'chat', settings: { origins: 'https://olmo.example', title: 'Olmo', mail: 'bus' } }, { connection: 'sitio' })
    const { agent } = await ask('agent.add', { email: 'laura@tienda.example', name: 'Laura', role: 'admin', password: 'una-frase-larga-de-prueba' })
    this.asked.laura = agent.id
    const { token } = await ask('token.add', { agent: agent.id, label: 'test' }, { token: true })
    this.asked.token = token
    await ask('book.apply', { text: book(0) }, { book: true })
    await this.enter()
  }

  /** The parts of a life of the daemon that are not in its store. */
  async enter() {
    const opened = await this.desk.ask('console', 'session.open', { token: this.asked.token })
    this.handle = opened?.handle
    await this.desk.ask('watch', 'events.subscribe', {}, { client: 'control' })
  }

  async contacts(n, bytes) {
    const lines = Array.from({ length: n }, (_, i) => this.contact(bytes(), `mail#${i % 2}`))
    return Promise.all(lines)
  }

  async contact(bytes, role = 'mail', more = {}, note = {}) {
    const params = contact(this.asked, this.rng, bytes, more)
    const mark = /\[\[.*?\]\]/.exec(params.text)[0]
    const result = await this.desk.ask(role, 'contact.add', params, { mark, client: 'mail', ...note })
    if (result) this.last = [...(this.last ?? []).slice(-20), result.incident]
    return result
  }

  async attached() {
    const octets = Buffer.alloc(this.pick([300, 70_000, 150_000]), `adjunto ${this.asked.count} `)
    const file = {
      filename: 'a.txt',
      content_type: 'text/plain',
      size: octets.length,
      sha256: sha256(octets),
      inline: false,
      data: octets.toString('base64'),
    }
    return this.contact(200, 'mail', { attachments: [file] })
  }

  /** Octets in chunks; a chunk that is refused ends the upload. */
  async put(octets, sha) {
    const name = `u${++this.asked.count}`
    for (let at = 0; at < octets.length; at += CHUNK) {
      const part = octets.subarray(at, at + CHUNK)
      const last = at + part.length === octets.length
      const params = { upload: name, offset: at, data: part.toString('base64'), ...(last ? { end: true, sha256: sha } : {}) }
      const note = { once: true, ...(last ? { put: { sha, bytes: octets.length } } : {}) }
      if (!(await this.desk.ask('mail', 'blob.put', params, note))) return false
    }
    return true
  }

  /** Octets in chunks, then a contact that names them. */
  async upload() {
    const octets = Buffer.alloc(this.pick([1000, 90_000, 450_000]))
    octets.write(`subida ${this.asked.count} ${this.rng.next()}`)
    const sha = sha256(octets)
    for (let tries = 1; !(await this.put(octets, sha)); tries++) {
      if (!this.desk.patient || this.desk.daemon.gone || tries === TRIES) return
      await sleep(2)
    }
    if (this.rng.next() < 0.3) return // nothing refers to it yet
    await this.contact(1, 'mail', { raw: { sha256: sha, bytes: octets.length } })
  }

  as(extra = {}) {
    return { as: this.handle, ...extra }
  }

  key() {
    return `k${++this.asked.count}`
  }

  incident() {
    return this.last && this.pick(this.last)
  }

  async answer() {
    const id = this.incident()
    if (!id) return
    const mark = this.asked.mark()
    const params = { id, text: `Respuesta ${mark}`, seen: 0, override: true }
    await this.desk.ask('console', 'incident.answer', params, { mark }, this.as({ key: this.key() }))
  }

  async note() {
    const id = this.incident()
    if (!id) return
    const mark = this.asked.mark()
    await this.desk.ask('console', 'incident.note', { id, text: `Nota ${mark}` }, { mark }, this.as({ key: this.key() }))
  }

  async claim() {
    const id = this.incident()
    if (id) await this.desk.ask('console', 'incident.assign', { id, agent: this.asked.laura }, {}, this.as())
  }

  async set() {
    const id = this.incident()
    if (!id) return
    const params = { id, priority: this.pick(['low', 'high', 'urgent']), add_tags: [`t${this.rng.between(0, 9)}`] }
    await this.desk.ask('console', 'incident.set', params, {}, this.as())
  }

  async solve() {
    const id = this.incident()
    if (id) await this.desk.ask('console', 'incident.set', { id, state: this.pick(['solved', 'open', 'on_hold']) }, {}, this.as())
  }

  async chat() {
    const started = await this.desk.ask('chat', 'visitor.start', { connection: 'sitio', name: 'Marta', network: '192.0.2.7' }, { visitor: true })
    if (!started) return
    const as = { as: started.handle }
    const lines = Array.from({ length: this.rng.between(1, 6) }, (_, i) => {
      const mark = this.asked.mark()
      return this.desk.ask('chat', 'chat.write', { id: `l${i}`, text: `Línea ${mark}` }, { mark, visitorToken: started.token }, as)
    })
    const first = (await Promise.all(lines))[0]
    if (!first) return
    this.last = [...(this.last ?? []), first.incident]
    await this.answer()
    await this.desk.ask('chat', 'chat.got', { number: first.number }, {}, as)
    if (this.rng.next() < 0.3) await this.desk.ask('chat', 'chat.rate', { score: 4 }, {}, as)
    if (this.rng.next() < 0.3) await this.desk.ask('chat', 'chat.end', {}, {}, as)
  }

  async deliver() {
    const taken = await this.desk.ask('mail', 'outbox.take', { max: 5, lease_ms: 60_000 })
    for (const d of taken?.deliveries ?? []) {
      const end = this.pick(['sent', 'sent', 'failed', 'unknown'])
      await this.desk.ask('mail', 'outbox.report', { delivery: d.id, attempt: d.attempt, result: end }, end === 'sent' ? { sent: d.id } : {})
    }
  }

  /** Mails of a mailbox on a server: the ledger of their places, and what is to be done there. */
  async mailbox() {
    const at = { connection: 'buzon', folder: 'INBOX', uid_validity: 7 }
    if (!this.asked.box) {
      const settings = { address: 'buzon@tienda.example', from_name: 'Tienda', imap_host: 'imap.example' }
      this.asked.box = await this.desk.ask('control', 'connection.add', { name: 'buzon', kind: 'mailbox', settings }, { connection: 'buzon' })
      if (!this.asked.box) return
    }
    if (!(await this.desk.ask('mail', 'mailbox.open', { ...at, uid_next: 1, start: 'all' }, { opened: true }))) return
    const uids = Array.from({ length: this.rng.between(1, 5) }, () => (this.asked.uid = (this.asked.uid ?? 0) + 1))
    const stored = await Promise.all(
      uids.map((uid) => this.contact(300, 'mail', { connection: 'buzon', mailbox: { folder: 'INBOX', uid_validity: 7, uid } }, { uid })),
    )
    if (stored.every(Boolean)) await this.desk.ask('mail', 'mailbox.seen', { ...at, next_uid: uids.at(-1) + 1 }, { seen: uids.at(-1) + 1 })
    const taken = await this.desk.ask('mail', 'job.take', { max: 5, lease_ms: 60_000 })
    for (const job of taken?.jobs ?? []) await this.desk.ask('mail', 'job.report', { job: job.id, attempt: job.attempt, ok: true }, { job: job.id })
  }

  /** A shop that posts what it sells: octets first, then the orders in them. */
  async shop() {
    const connection = 'ventas'
    if (!this.asked.shop) {
      const secrets = { secret: 'una-clave-de-prueba-bien-larga' }
      this.asked.shop = await this.desk.ask('control', 'connection.add', { name: connection, kind: 'orders', settings: { country: 'ES' }, secrets }, { connection })
      if (!this.asked.shop) return
    }
    const orders = Array.from({ length: this.rng.between(1, 5) }, () => this.order())
    const octets = Buffer.from(JSON.stringify(orders))
    const raw = { sha256: sha256(octets), bytes: octets.length, data: octets.toString('base64') }
    const received_at = '2026-01-05T09:00:00.000Z'
    const kept = await this.desk.ask('shop', 'hook.put', { connection, body: raw, received_at }, { hook: raw.sha256 })
    if (kept) await this.desk.ask('shop', 'order.put', { connection, orders }, { orders })
    await this.merge()
  }

  /** One of a few orders, as it is by now. */
  order() {
    const n = this.rng.between(1, 7)
    const at = ++this.asked.count
    return {
      external_id: `o${n}`,
      number: `T${1000 + n}`,
      currency: 'EUR',
      total: `${at}.50`,
      placed_at: '2026-01-04T09:00:00Z',
      updated_at: new Date(Date.UTC(2026, 0, 5) + at * 1000).toISOString(),
      customer: { external_id: `c${n}`, email: `c${n}@correo.example`, name: 'Marta' },
      lines: [{ external_id: '1', name: `Taza ${at}`, quantity: 1, unit_price: `${at}.50`, total: `${at}.50` }],
      shipments: [{ external_id: '1', carrier: 'GLS', tracking_number: `GLS${n}`, status: 'in_transit', status_at: '2026-01-05T10:00:00Z' }],
    }
  }

  /** Who wrote and who bought are one, until somebody says that they are not. */
  async merge() {
    const found = await this.desk.ask('control', 'order.find', { q: `T${1000 + this.rng.between(1, 7)}` })
    const incident = this.incident()
    const detail = incident && (await this.desk.ask('control', 'incident.get', { id: incident }))?.detail
    const [customer, gone] = [detail?.incident.customer?.id, found?.orders[0]?.customer]
    if (!customer || !gone || customer === gone) return
    const merged = await this.desk.ask('console', 'customer.merge', { customer, gone }, {}, this.as())
    if (merged && this.rng.next() < 0.5) await this.desk.ask('console', 'customer.unmerge', { merge: merged.merge }, {}, this.as())
  }

  async applyBook() {
    await this.desk.ask('control', 'book.apply', { text: book(++this.asked.count) }, { book: true })
  }

  async rename() {
    const name = `Tienda ${++this.asked.count}`
    await this.desk.ask('control', 'desk.set', { name }, {})
  }

  async backup() {
    const dir = join(this.place, `copy${++this.asked.count}`)
    await this.desk.ask('control', 'store.backup', { dir }, { backup: dir })
  }

  /** One step of a kind. */
  async step(kind) {
    const small = () => this.rng.between(100, 3000)
    const rows = () => this.rng.between(20_000, 64_000)
    const files = () => this.rng.between(66_000, 150_000)
    switch (kind) {
      case 'mail':
        return this.contacts(this.rng.between(1, 12), small)
      case 'rows':
        return this.contacts(12, rows)
      case 'files':
        return this.contacts(this.rng.between(1, 5), files)
      case 'agents':
        return Promise.all([this.answer(), this.note(), this.claim(), this.set()])
      case 'mixed':
        return Promise.all([this.contacts(3, small), this.chat(), this.answer(), this.attached(), this.upload(), this.deliver(), this.set()])
      case 'backup':
        return Promise.all([this.backup(), this.contacts(3, small), this.chat()])
      default:
        return this[kind]()
    }
  }
}

/**
 * Kinds of sessions: which steps, how often; KILL and STOP end the daemon and
 * start it again, FIRST kills it while it starts for the first time.
 */
export const plans = {
  mail: { steps: ['mail', 'attached', 'files', 'mail', 'deliver', 'answer'], count: 8 },
  chat: { steps: ['chat', 'chat', 'agents', 'mail', 'solve'], count: 8 },
  uploads: { steps: ['upload', 'upload', 'files', 'attached', 'mail'], count: 8 },
  desk: { steps: ['applyBook', 'agents', 'rename', 'solve', 'mail', 'deliver', 'claim'], count: 12 },
  mailbox: { steps: ['mailbox', 'mailbox', 'mail', 'answer', 'deliver'], count: 8 },
  shop: { steps: ['mail', 'shop', 'shop', 'agents', 'shop'], count: 10 },
  mixed: { steps: ['mixed', 'mixed', 'agents', 'solve'], count: 6 },
  checkpoint: { steps: ['rows', 'rows', 'rows', 'mixed'], count: 14 },
  backup: { steps: ['mixed', 'backup', 'mail'], count: 6 },
  lives: { steps: ['mixed', 'mail', 'files', 'upload', 'agents', 'KILL', 'KILL', 'STOP'], count: 10 },
  first: { steps: ['files', 'mail', 'chat'], count: 3, first: 3 },
  migrate: { steps: ['mixed', 'agents'], count: 2, first: 2, old: true },
}

/** Sessions for faults: short, each step once, in order. ARM: from here on. */
export const faulty = {
  short: { steps: ['mail', 'upload', 'attached', 'files', 'agents', 'chat', 'deliver', 'mailbox', 'shop', 'applyBook', 'backup', 'solve'] },
  migrate: { steps: ['mail', 'agents'], old: true },
  checkpoint: { steps: ['rows', 'rows', 'rows', 'rows', 'rows', 'rows', 'ARM', 'rows', 'rows', 'agents'] },
}

const shim = (name) => join(process.env.POSTIGO_BUILDDIR, 'tests/shim', name)

/** The environment of a program whose changes below root are written down. */
export const recorder = (root, trace) => ({ LD_PRELOAD: shim('record.so'), RECORD_ROOT: root, RECORD_TRACE: trace })

/** A desk that is being recorded: lives of a daemon, one after the other. */
class Recording {
  constructor(rng, { fault, old } = {}) {
    this.rng = rng
    this.place = scratch('postigo-power-')
    this.root = join(this.place, 'root')
    this.traces = []
    this.asked = new Asked()
    this.killed = false
    mkdirSync(this.root)
    if (old) oldStore(join(this.root, 'desk'))
    this.before = tree(this.root)
    if (fault) {
      this.fault = fault
      fault.open(this.place)
    }
  }

  /** Each life has a trace of its own: a kill may cut its last record off. */
  life() {
    this.traces.push(join(this.place, `trace.${this.traces.length}`))
    const env = recorder(this.root, this.traces.at(-1))
    return this.fault ? { ...env, LD_PRELOAD: `${shim('fault.so')} ${env.LD_PRELOAD}`, FAULT_ROOT: this.root, FAULT_FILE: this.fault.file } : env
  }

  start() {
    this.daemon = new Daemon(join(this.root, 'desk'), join(this.place, 'log'), { env: this.life() })
    const work = new Work(new Desk(this.daemon, this.asked), this.rng, this.root)
    work.desk.patient = Boolean(this.fault)
    work.last = this.work?.last
    this.work?.desk.close()
    this.work = work
  }

  async again() {
    this.start()
    await this.work.enter()
  }

  async kill() {
    this.killed = true
    await this.daemon.kill()
  }

  async step(kind) {
    if (kind === 'KILL') {
      // in the middle of something
      const running = this.work.step('mixed')
      await sleep(this.rng.between(1, 12))
      await this.kill()
      await running
      await this.again()
    } else if (kind === 'STOP') {
      await this.daemon.stop()
      await this.again()
    } else if (kind === 'ARM') {
      this.fault.arm()
    } else {
      await this.work.step(kind)
    }
  }

  /** Kill it while it starts for the first time. */
  async first(times) {
    for (let i = 0; i < times; i++) {
      this.start()
      await sleep(this.rng.between(0, 14))
      await this.kill()
    }
  }

  /** Until it writes nothing: threads go on after the last answer, and a kill within a call is not in the trace. */
  async still() {
    const written = () => statSync(this.traces.at(-1)).size
    let was = -1
    await until(async () => {
      const before = was
      was = written()
      await sleep(100)
      return written() === before
    }, 'the daemon to be still')
  }

  async end() {
    await this.daemon?.kill()
    this.work?.desk.close()
  }

  remove() {
    rmSync(this.place, { recursive: true, force: true })
  }
}

/** A store that an earlier version made. */
function oldStore(dir) {
  mkdirSync(dir, { mode: 0o700 })
  const sql = readFileSync(join(process.env.POSTIGO_SRCDIR, 'tests/unit/store-0001.sql'))
  execFileSync('sqlite3', [join(dir, 'postigo.db')], { input: sql })
}

/** What is in a folder: [{path, id, octets (absent: a folder)}]. */
export function tree(path) {
  const found = []
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const name = join(path, entry.name)
    const id = statSync(name).ino
    if (entry.isDirectory()) found.push({ path: name, id }, ...tree(name))
    else found.push({ path: name, id, octets: readFileSync(name) })
  }
  return found
}

/**
 * Record a session of a plan: { place, root, traces, asked, before, killed (while
 * it worked), remove() }. traces are read by trace.mjs.
 */
export async function record(plan, rng) {
  const { steps, count, first = 0, old } = plans[plan]
  const r = new Recording(rng, { old })
  try {
    await r.first(first)
    r.start()
    await r.work.setUp()
    for (let i = 0; i < count; i++) {
      const fixed = i < steps.length && !/^[A-Z]+$/.test(steps[i])
      await r.step(fixed ? steps[i] : steps[rng.between(0, steps.length)])
    }
    if (rng.next() < 0.5) {
      await r.daemon.stop()
    } else {
      // a thread that got no processor for so long may still be within a call
      await r.still()
      await r.kill()
    }
  } finally {
    await r.end()
  }
  return r
}

/**
 * Record a session with a disk that fails. `end` of the result is how the
 * daemon ended, or null while it still runs (the caller ends it).
 */
export async function recordFaulty(plan, rng, fault) {
  const { steps, old } = faulty[plan]
  const r = new Recording(rng, { fault, old })
  if (!steps.includes('ARM')) fault.arm()
  try {
    r.start()
    await r.work.setUp()
    for (const kind of steps) {
      if (r.daemon.gone) break
      await r.step(kind)
    }
  } catch (error) {
    // a daemon that ends answers nothing, and whoever waits gets an error
    await r.daemon.endsWithin(ENDING_MS)
    if (!r.daemon.gone) {
      await r.end()
      throw error
    }
  }
  return r
}
