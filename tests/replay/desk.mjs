// A postigod with a virtual clock, two agents, a mail connection and a site; what
// happens in it is read as events, each a line of text without rows and instants of the machine.
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDaemon } from '../lib/bus.mjs'
import { until } from '../lib/wait.mjs'

const sha = (bytes) => createHash('sha256').update(bytes).digest('hex')
const here = (name) => new URL(name, import.meta.url)
const AGENTS = ['laura', 'iker']

// What is said of an event: not rows, nor instants of the machine's own course.
const told = {
  'incident.created': ['channel', 'queue'],
  'message.added': ['number', 'direction'],
  'incident.classified': ['rules', 'set'],
  'incident.undecided': ['rules'],
  'incident.assigned': ['from', 'to'],
  'incident.changed': ['set'],
  'clock.started': ['name', 'due_s', 'cause', 'late'],
  'clock.paused': ['name', 'cause'],
  'clock.resumed': ['name', 'due_s'],
  'clock.retargeted': ['name', 'cause', 'from_due_s', 'to_due_s'],
  'clock.fulfilled': ['name', 'message', 'cause'],
  'clock.warned': ['name', 'step'],
  'clock.escalated': ['name', 'level'],
  'incident.merged': ['into'],
  'incident.joined': ['from'],
  'clock.cancelled': ['name', 'cause'],
  'clock.reopened': ['name', 'cause'],
  'clock.breached': ['name', 'at_s', 'late'],
  'delivery.changed': ['delivery', 'message', 'state'],
  'rating.added': ['score'],
  'notice.added': ['message', 'rule', 'team'],
}

/** An instant to the quarter of an hour. */
const quarter = (s) => `about ${new Date(Math.round(s / 900) * 900_000).toISOString().slice(0, 16)}Z`

/** The clock of a daemon: a file with seconds, replaced whole. */
export class TestClock {
  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), 'postigo-clock-'))
    this.file = join(this.dir, 'clock')
    this.shift(0)
  }

  shift(seconds) {
    this.seconds = seconds
    writeFileSync(`${this.file}.new`, String(seconds))
    renameSync(`${this.file}.new`, this.file)
  }

  /** The daemon's clock says this instant, a moment ago. */
  set(iso) {
    this.shift(Math.ceil((Date.parse(iso) - Date.now()) / 1000))
  }

  get env() {
    return { POSTIGO_TEST_CLOCK_FILE: this.file }
  }

  remove() {
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** A folder with a desk that is set up, to be copied: log-ins are slow to make. */
export async function makeTemplate(clock, book = 'shop.book') {
  const daemon = await startDaemon({ env: clock.env })
  const control = await daemon.connect('control')
  const tokens = {}
  for (const name of AGENTS) {
    const { agent } = await control.call('agent.add', { email: `${name}@tienda.example`, name, role: 'admin' })
    tokens[name] = { id: agent.id, token: (await control.call('token.add', { agent: agent.id, label: 'test' })).token }
  }
  await control.call('book.apply', { text: readFileSync(book instanceof URL ? book : here(book), 'utf8') })
  for (const connection of [
    { name: 'correo', kind: 'pipe', settings: { address: 'hola@olmo.example', from_name: 'Tienda', out: '/tmp/none' } },
    { name: 'tienda', kind: 'chat', settings: { origins: 'https://olmo.example', title: 'Tienda', mail: 'correo' } },
  ])
    await control.call('connection.add', connection)
  control.close()
  await daemon.stop()
  return { dir: daemon.dir, tokens, remove: () => daemon.remove() }
}

export class ReplayDesk {
  /** A copy of the template, started. */
  static async start(template, clock) {
    const desk = new ReplayDesk()
    desk.clock = clock
    desk.template = template
    const dir = mkdtempSync(join(tmpdir(), 'postigo-replay-'))
    cpSync(template.dir, dir, { recursive: true, filter: (path) => !/\/run(\/|$)/.test(path) })
    desk.names = new Map() // row of a delivery -> d1, d2, ...
    desk.numbers = new Map() // row of a message -> its number
    desk.chats = new Set() // incidents
    desk.told = new Map() // incident -> instant of its last event
    desk.moved = new Set() // clocks that stood still or were moved: to the second the machine's course counts
    desk.daemon = await startDaemon({ dir, env: clock.env })
    await desk.connect()
    desk.last = desk.control.hello.number
    return desk
  }

  async connect() {
    const { daemon } = this
    ;[this.mail, this.chat, this.control] = await Promise.all(['mail', 'chat', 'control'].map((role) => daemon.connect(role)))
    this.agents = {}
    for (const [name, { id, token }] of Object.entries(this.template.tokens)) this.agents[name] = { id, ...(await this.person(token)) }
  }

  /** An agent on a connection of its own. */
  async person(token) {
    const client = await this.daemon.connect('console')
    const { handle } = await client.call('session.open', { token })
    return { client, call: (method, params, key) => client.call(method, params, { as: handle, ...(key && { key }) }) }
  }

  async restart(how) {
    await this.daemon[how]()
    this.daemon = await startDaemon({ dir: this.daemon.dir, env: this.clock.env })
    await this.connect()
  }

  /** A mail of a customer; `to`: the Message-ID that it answers; `recipient`: an address with a token. */
  contact(who, id, text, { at, to, recipient, client = this.mail } = {}) {
    const raw = Buffer.from(`Message-ID: <${id}@x.example>\r\n\r\n${text}\r\n`)
    return client.call('contact.add', {
      connection: 'correo',
      external_id: `<${id}@x.example>`,
      digest: sha(text),
      received_at: at,
      channel: 'email',
      from: { name: who, address: `${who}@x.example` },
      subject: 'Un correo',
      text,
      ...(to && { in_reply_to: [to] }),
      ...(recipient && { recipients: [recipient] }),
      raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') },
    })
  }

  /** Events since the last look, as lines. */
  async events() {
    const lines = []
    for (let more = true; more; ) {
      const page = await this.control.call('events.since', { from: this.last, limit: 1000 })
      for (const event of page.events) {
        if (event.number !== this.last + 1) throw new Error(`event ${event.number} after ${this.last}`)
        this.last = event.number
        // also when the clock is set back, events of one incident are told in the order of their instants
        if (event.incident && event.at < (this.told.get(event.incident) ?? '')) throw new Error(`event ${event.number} goes back in time`)
        if (event.incident) this.told.set(event.incident, event.at)
        lines.push(this.line(event))
      }
      more = page.more
    }
    return lines
  }

  delivery(row) {
    if (!this.names.has(row)) this.names.set(row, `d${this.names.size + 1}`)
    return this.names.get(row)
  }

  line({ kind, incident, agent, data }) {
    const words = [kind, ...(incident ? [`P-${incident}`] : []), ...(agent ? [`by=${agent.name}`] : [])]
    if (kind === 'message.added') this.numbers.set(data.message, data.number)
    if (['clock.paused', 'clock.retargeted'].includes(kind) || (kind === 'clock.reopened' && data.at_s)) this.moved.add(data.clock)
    if (kind === 'incident.created' && data.channel === 'chat') this.chats.add(incident)
    // a chat's clock starts when its line is committed
    const exact = (key) => key !== 'due_s' || !this.chats.has(incident)
    // a resolution is fulfilled by its state, a late promise says so
    const said = (key) => !['message', 'cause', 'late'].includes(key) || key in data || !kind.startsWith('clock.')
    for (const key of (told[kind] ?? []).filter(exact).filter(said)) words.push(`${key.replace(/_s$/, '')}=${this.value(key, data[key], kind, !this.moved.has(data.clock))}`)
    return words.join(' ')
  }

  /** Rows by their names; instants of the machine's own course not at all. */
  value(key, value, kind, exact) {
    if (key === 'message') return this.numbers.get(value) ?? 1
    if (key === 'delivery') return this.delivery(value)
    if (value !== null && exact === false && (key.endsWith('due_s') || key === 'at_s')) return quarter(value)
    if (key.endsWith('due_s') || key === 'at_s') return value === null ? 'never' : new Date(value * 1000).toISOString().replace(/:00\.000Z$/, 'Z')
    if ((key === 'from' || key === 'to') && kind === 'incident.joined') return `P-${value}`
    if (key === 'into') return `P-${value}`
    if (key === 'from' || key === 'to') return Object.entries(this.template.tokens).find(([, a]) => a.id === value)?.[0] ?? 'nobody'
    if (key === 'rules') return value.map((r) => r.rule).join(',')
    // when it wakes is an instant of the machine
    if (value?.wake_ms) value = { ...value, wake_ms: value.wake_ms.map((ms) => (ms === null ? null : 'then')) }
    return typeof value === 'object' ? JSON.stringify(value) : String(value)
  }

  /** The clock jumps, and what is due is done. */
  async at(iso) {
    this.clock.set(iso)
    await until(async () => Date.parse((await this.control.call('ping')).now) >= Date.parse(iso), `the daemon's clock to say ${iso}`)
  }

  /** store.check finds nothing, SIGTERM ends it, --fsck is run by the caller. */
  async end() {
    const { problems } = await this.control.call('store.check', {})
    const end = await this.daemon.stop()
    this.daemon.remove()
    if (problems.length > 0) throw new Error(`store.check: ${JSON.stringify(problems)}`)
    if (end.code !== 0) throw new Error(`postigod ended with ${end.code ?? end.signal}`)
  }

  async drop() {
    await this.daemon.kill()
    this.daemon.remove()
  }
}
