// postigod alone, killed again and again while customers write by mail and in
// chats, agents answer, claim and note, and answers are delivered. All speak to
// it from this process, which is never killed and keeps what was acknowledged.
import { execFile, spawn } from 'node:child_process'
import { createWriteStream, mkdtempSync, openSync, closeSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connectSocket } from '../lib/bus.mjs'
import { sleep, until, WAIT_MS } from '../lib/wait.mjs'
import { compareAll, compareRecent } from './truth.mjs'
import { ChatWriter, Listener, MailWriter, Outside, StaffWriter } from './writers-bus.mjs'

const run = promisify(execFile)
const STEPPED_MS = 1500
const ROLES = ['mail', 'chat', 'console', 'control']

/** A postigod that is killed and started again in one folder. */
export class Victim {
  constructor({ builddir = process.env.POSTIGO_BUILDDIR, env = {}, args = [] } = {}) {
    this.program = join(builddir, 'postigod')
    this.dir = mkdtempSync(join(tmpdir(), 'postigo-fast-'))
    this.env = { ...process.env, ...env }
    this.args = args
  }

  start() {
    const log = openSync(join(this.dir, 'log'), 'a')
    this.child = spawn(this.program, ['--dir', this.dir, ...this.args], { stdio: ['ignore', log, log], env: this.env })
    closeSync(log)
    const child = this.child
    this.ended = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })))
  }

  log() {
    return readFileSync(join(this.dir, 'log'), 'utf8')
  }

  /** One connection of each role, as soon as the daemon listens. */
  async connect(roles = ROLES) {
    const one = async (role) => {
      for (const end = Date.now() + WAIT_MS; ; await sleep(1)) {
        if (this.child.exitCode !== null) throw new Error(`postigod ended with ${this.child.exitCode}:\n${this.log().slice(-4000)}`)
        try {
          return await connectSocket(join(this.dir, 'run', `${role}.sock`), { program: 'kill' })
        } catch (error) {
          if (Date.now() > end) throw new Error(`postigod does not answer: ${error.message}\n${this.log().slice(-4000)}`)
        }
      }
    }
    const clients = await Promise.all(roles.map(one))
    return Object.fromEntries(clients.map((client, i) => [roles[i], client]))
  }

  /** SIGKILL. That it had ended by itself is an error. */
  async kill() {
    this.child.kill('SIGKILL')
    const { code, signal } = await this.ended
    if (signal !== 'SIGKILL') throw new Error(`postigod ended by itself with ${code ?? signal}:\n${this.log().slice(-4000)}`)
  }

  async stop() {
    this.child.kill('SIGTERM')
    return this.ended
  }

  async fsck() {
    const { stdout } = await run(this.program, ['--dir', this.dir, '--fsck'])
    return stdout.trim()
  }

  remove() {
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** What one store goes through, and the truth about it. */
export class Run {
  constructor(rng, { name = String(rng.state()), victim, window = 12, visitors = 5, clock = null } = {}) {
    this.rng = rng
    this.name = name
    this.victim = victim ?? new Victim()
    this.clock = clock // of the daemon, if it steps
    this.count = 0
    this.forgotten = 0 // what was asked up to here is not asked again
    this.problems = []
    this.incidents = new Set() // that are known to be there
    this.sound = createWriteStream(join(this.victim.dir, 'acknowledged.jsonl'))
    this.mail = new MailWriter(this, window)
    this.chat = new ChatWriter(this, visitors)
    this.staff = new StaffWriter(this, 4, [])
    this.outside = new Outside(this)
    this.listener = new Listener(this)
    this.checked = 0
  }

  next() {
    return ++this.count
  }

  /** When a mail was received. */
  now() {
    return this.clock ? new Date(Date.now() + this.clock.seconds * 1000).toISOString() : '2026-01-05T09:00:00.000Z'
  }

  /** An incident that is there: agents who had nothing to do have. */
  known(incident) {
    this.incidents.add(incident)
    this.staff.pump()
  }

  wrong(text) {
    this.problems.push(text)
  }

  /** Every acknowledgement, in a file outside the daemon's store. */
  journal({ kind, n, id, text, answer, ...more }) {
    this.sound.write(JSON.stringify(kind === 'delivered' ? { kind, ...more } : { kind, n, id, text: text?.slice(0, 80), answer }) + '\n')
  }

  get writers() {
    return [this.mail, this.chat, this.staff]
  }

  /** Agents, a desk book, a pipe for mail and a site. */
  async setUp() {
    const { control } = await this.victim.connect(['control'])
    for (const [name, role] of [
      ['Laura', 'admin'],
      ['Iker', 'agent'],
    ]) {
      const { agent } = await control.call('agent.add', { email: `${name.toLowerCase()}@tienda.example`, name, role, password: 'una clave bastante larga' })
      const { token } = await control.call('token.add', { agent: agent.id, label: 'kill' })
      this.staff.agents.push({ id: agent.id, token })
    }
    const text = (name) => readFileSync(join(process.env.POSTIGO_SRCDIR, name), 'utf8')
    await control.call('book.apply', { text: text('tests/lib/desk.book') + text('tests/kill/rules.book') })
    for (const connection of [
      { name: 'bus', kind: 'pipe', settings: { address: 'bus@tienda.example', from_name: 'Tienda', out: '/tmp/none' } },
      { name: 'tienda', kind: 'chat', settings: { origins: 'https://tienda.example', title: 'Tienda' } },
    ])
      await control.call('connection.add', connection)
    control.close()
  }

  /** Everybody comes (back) and goes on; `begun` resolves when all are at work, or lost their connection. */
  async begin() {
    const clients = await this.victim.connect()
    this.control = clients.control
    this.begun = Promise.all([
      this.mail.begin(clients.mail),
      this.chat.begin(clients.chat),
      this.staff.begin(clients.console),
      this.listener.begin(clients.control),
      this.look(clients.control),
    ])
    this.begun.catch(() => {}) // whoever waits for it is told
    this.outside.begin(clients.mail)
  }

  /** What was acknowledged last, and some of what was before, is there. */
  async look(client) {
    try {
      this.checked += await compareRecent(this, client)
    } catch (error) {
      if (!/connection (was|is) closed/.test(error.message)) throw error
    }
  }

  /** How many requests were answered. */
  get answered() {
    return this.writers.reduce((n, w) => n + w.answered, 0)
  }

  /** Did everybody do all that they do at least once? */
  get worked() {
    const kinds = new Set(this.writers.flatMap((w) => w.done.map((i) => i.kind)))
    return ['mail', 'answer', 'note', 'claim', 'priority', ...(this.chat.count > 0 ? ['line'] : [])].every((k) => kinds.has(k))
  }

  /** Wait for so many answers more. */
  async work(count) {
    const enough = this.answered + count
    await until(() => this.problems.length > 0 || this.answered >= enough, `${count} answers`)
  }

  /** Work for a while unharmed; then nothing new, and wait until all that was asked is answered. */
  async drain({ begin = true } = {}) {
    if (begin) await this.begin()
    await this.begun
    await until(() => this.problems.length > 0 || this.worked, 'work of each kind')
    for (const writer of this.writers) writer.stopped = true
    const waits = () => this.staff.done.filter((i) => i.answer.delivery && !this.outside.ended.has(i.answer.delivery)).length
    const left = () => `${this.writers.map((w) => `${w.left} of ${w.constructor.name}`).join(', ')}, ${waits()} deliveries`
    const answered = () => this.writers.every((w) => w.left === 0 && w.underWay === 0)
    let later = Date.now() + STEPPED_MS
    try {
      await until(() => {
        // after a step back a delivery may wait for an hour
        if (this.clock && answered() && Date.now() > later) {
          this.clock.shift(this.clock.seconds + 4000)
          later = Date.now() + STEPPED_MS
        }
        return this.problems.length > 0 || (answered() && waits() === 0)
      }, 'answers')
    } catch {
      throw new Error(`not answered: ${left()}`)
    }
  }

  /** Compare everything, and go on. */
  async compare() {
    await this.drain()
    await compareAll(this, this.control)
    this.goOn()
  }

  goOn() {
    for (const writer of this.writers) writer.stopped = false
    for (const writer of this.writers) writer.pump()
  }

  /** Stop in order and let the store be checked from outside. */
  async end() {
    const end = await this.victim.stop()
    if (end.code !== 0) throw new Error(`SIGTERM: ended with ${end.code ?? end.signal}:\n${this.victim.log().slice(-4000)}`)
    this.fsck = await this.victim.fsck()
    this.bytes = statSync(join(this.victim.dir, 'postigo.db')).size
    this.sound.end()
  }

  /** Throws what was wrong; the folder stays then. */
  judge() {
    if (this.problems.length === 0) return
    throw new Error(`${this.problems.length} wrong in ${this.victim.dir}:\n${this.problems.slice(0, 20).join('\n')}`)
  }
}

const KILL_MS = [5, 80] // after so long
const KILL_ANSWERS = [1, 60] // or after so many answers, and a moment

/** When to kill: by time, by work, or as early as while it starts. */
async function moment(run) {
  const { rng } = run
  const dice = rng.next()
  if (dice < 0.1) {
    await sleep(rng.between(0, 16))
    return
  }
  await run.begin()
  if (dice < 0.4) {
    await sleep(rng.between(...KILL_MS))
    return
  }
  const enough = run.answered + rng.between(...KILL_ANSWERS)
  const late = rng.between(0, 4)
  for (const end = Date.now() + WAIT_MS; run.answered < enough && run.problems.length === 0; await sleep(1))
    if (Date.now() > end) throw new Error(`${run.answered} of ${enough} answers`)
  if (late > 0) await sleep(late)
}

async function cycle(run) {
  await moment(run)
  await run.victim.kill()
  run.victim.start()
  await run.begun
}

/**
 * One store: so many kills, a whole comparison after each 50 and at the end.
 * Returns what was done; throws what is wrong.
 */
export async function fastKills(rng, kills) {
  const run = new Run(rng)
  run.victim.start()
  try {
    await run.setUp()
    for (let i = 1; i <= kills; i++) {
      await cycle(run)
      run.judge()
      if (i % 50 === 0 && i < kills) await run.compare()
    }
    await run.drain()
    await compareAll(run, run.control)
    run.judge()
    await run.end()
  } finally {
    run.victim.child.kill('SIGKILL')
  }
  run.victim.remove()
  return run
}

/** What a run did, in a line. */
export function tell(run) {
  const [mails, chat, staff] = run.writers.map((w) => w.done.length)
  return (
    `${mails} mails, ${chat} chat lines, ${staff} by agents, ${run.outside.ended.size} delivered, ${run.listener.events.length} events; ` +
    `${run.writers.reduce((n, w) => n + w.repeats, 0)} asked again, ${run.checked} looked at between kills, store ${Math.round(run.bytes / 1024)} KiB; ${run.fsck}`
  )
}
