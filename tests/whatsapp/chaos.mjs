// Customers write on WhatsApp and agents answer while postigod and the gateway
// are killed and Graph misbehaves. Graph's stand-in runs in this process, which
// is never killed: its journal and the desk's must agree at the end.
import { spawn } from 'node:child_process'
import { createWriteStream, openSync, closeSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { APP_SECRET, PHONES, program, TOKEN, VERIFY_TOKEN } from '../lib/graph.mjs'
import { alive, freePort, sleep, until } from '../lib/wait.mjs'
import { Victim } from '../kill/fast.mjs'
import { readIncidents } from '../kill/truth.mjs'
import { Listener, StaffWriter } from '../kill/writers-bus.mjs'
import { TestClock } from '../replay/desk.mjs'

const [NUMBER] = PHONES
const PEOPLE = 40
const ASKED_PER_POST = 3 // by agents: answers, notes, claims
const AT_ONCE = 6 // customers who write
const LEASE_S = 200 // longer than a delivery of WhatsApp is leased
const STILL_MS = 2500 // nothing moved for so long
const KILL_MS = [20, 300]
const FILE_BYTES = 3000

/** Lists of those that have the same key. */
function groups(items, key) {
  const found = new Map()
  for (const item of items) found.set(key(item), [...(found.get(key(item)) ?? []), item])
  return found
}

/** What Graph does wrong, now and then: [kind, how often of a hundred]. */
const FAULTS = [
  [{ kind: 'accept_then_reset' }, 4],
  [{ kind: 'reset' }, 3],
  [{ kind: 'truncate' }, 3],
  [{ kind: 'error', code: 131016 }, 3],
  [{ kind: 'error', code: 131026 }, 2],
]

/** postigo-whatsapp alone, killed and started again. */
class Gateway {
  constructor(dir, port, env) {
    Object.assign(this, { dir, port, env })
  }

  start() {
    const log = openSync(join(this.dir, 'gateway.log'), 'a')
    this.child = spawn(
      join(process.env.POSTIGO_BUILDDIR, 'postigo-whatsapp'),
      ['--socket', join(this.dir, 'run/whatsapp.sock'), '--listen', `127.0.0.1:${this.port}`],
      { stdio: ['ignore', log, log], env: this.env },
    )
    closeSync(log)
    this.ended = new Promise((done) => this.child.once('exit', (code, signal) => done({ code, signal })))
  }

  log() {
    return readFileSync(join(this.dir, 'gateway.log'), 'utf8')
  }

  /** SIGKILL. That it had ended by itself is an error. */
  async kill() {
    this.child.kill('SIGKILL')
    const { code, signal } = await this.ended
    if (signal !== 'SIGKILL') throw new Error(`postigo-whatsapp ended by itself with ${code ?? signal}:\n${this.log().slice(-4000)}`)
  }

  async stop() {
    this.child.kill('SIGTERM')
    return this.ended
  }
}

/** Customers: what they write is delivered again until it is answered 200. */
class Customers {
  constructor(run) {
    this.run = run
    this.written = new Map() // wamid -> {text, file}
    this.posts = 0
    this.flying = 0
    this.stopped = false
  }

  message() {
    const { run } = this
    const n = run.next()
    const from = `34600${String(100000 + run.rng.between(0, PEOPLE))}`
    const picture = run.rng.next() < 0.08
    const o = { from, contact: { name: `Cliente ${from.slice(-2)}` }, text: `Hola ${n}: ¿dónde está mi pedido?` }
    if (picture) {
      const data = Buffer.alloc(FILE_BYTES, `foto ${n} `)
      const media_id = run.graph.addMedia({ data, mime_type: 'image/png', phone_number_id: NUMBER, origin: 'inbound' })
      Object.assign(o, { type: 'image', media_id, caption: o.text })
    }
    const made = run.graph.inboundValue(o)
    this.written.set(made.id, { text: o.text, picture })
    return made.body
  }

  async write() {
    const { run } = this
    const body = this.message()
    // several in one delivery, in one change or in an entry each
    for (let n = run.rng.next() < 0.2 ? run.rng.between(1, 4) : 0; n > 0; n--) {
      const more = this.message()
      if (run.rng.next() < 0.5) body.entry.push(more.entry[0])
      else body.entry[0].changes.push(more.entry[0].changes[0])
    }
    this.posts++
    await run.deliver(body)
    if (run.rng.next() < 0.1) await run.deliver(body)
  }

  begin() {
    const one = async () => {
      while (!this.stopped) {
        this.flying++
        await this.write()
        this.flying--
        this.run.staff.pump()
        await sleep(5)
      }
    }
    this.done = Promise.all(Array.from({ length: AT_ONCE }, one))
    this.done.catch((error) => this.run.wrong(`a customer could not write: ${error.message}`))
  }

  async end() {
    this.stopped = true
    await this.done
  }
}

/** Events tell agents which incidents there are. */
class Finder extends Listener {
  add(event) {
    super.add(event)
    if (event.incident) this.run.known(event.incident)
  }
}

/**
 * Agents who answer, as much as customers write; somebody whom Graph cannot
 * reach is not answered until they write again.
 */
class Agents extends StaffWriter {
  next() {
    return this.all.length < this.run.customers.posts * ASKED_PER_POST ? super.next() : null
  }

  mayRefuse(intent, error) {
    return super.mayRefuse(intent, error) || (intent.kind === 'answer' && error.word === 'window_closed')
  }
}

export class Chaos {
  constructor(rng) {
    this.rng = rng
    this.clock = null // answers are looked at by their keys, whatever the clock says
    this.count = 0
    this.forgotten = 0
    this.problems = []
    this.incidents = new Set()
    this.kills = { postigod: 0, 'postigo-whatsapp': 0 }
    this.faults = 0
    this.time = new TestClock()
    this.victim = new Victim({ env: this.time.env })
    this.sound = createWriteStream(join(this.victim.dir, 'acknowledged.jsonl'))
    this.customers = new Customers(this)
    this.staff = new Agents(this, 3, [])
    this.listener = new Finder(this)
  }

  next() {
    return ++this.count
  }

  known(incident) {
    if (this.incidents.has(incident)) return
    this.incidents.add(incident)
    this.staff.pump()
  }

  wrong(text) {
    this.problems.push(text)
  }

  journal({ kind, n, text, answer }) {
    this.sound.write(JSON.stringify({ kind, n, text, answer }) + '\n')
  }

  async deliver(body) {
    const d = await this.graph.post(body)
    if (!d.ok) throw new Error(`not taken after ${d.attempts.length} attempts, the last ${JSON.stringify(d.attempts.at(-1))}`)
  }

  async setUp() {
    const { FakeGraph } = await import(pathToFileURL(program).href)
    this.port = await freePort()
    this.graph = await new FakeGraph({
      token: TOKEN,
      app_secret: APP_SECRET,
      phones: [`${NUMBER}:15550783881`],
      webhook: `http://127.0.0.1:${this.port}/whatsapp/${NUMBER}`,
      webhook_retry_ms: Array(1200).fill(100),
      auto_status: ['sent', 'delivered', 'read'],
      status_order: 'shuffle',
      status_duplicate: 2,
    }).listen()
    this.victim.start()
    const { control } = await this.victim.connect(['control'])
    const { agent } = await control.call('agent.add', { email: 'laura@tienda.example', name: 'Laura', role: 'admin', password: 'una clave bastante larga' })
    const second = await control.call('agent.add', { email: 'iker@tienda.example', name: 'Iker', role: 'agent', password: 'una clave bastante larga' })
    for (const { id } of [agent, second.agent]) this.staff.agents.push({ id, token: (await control.call('token.add', { agent: id, label: 'chaos' })).token })
    await control.call('book.apply', { text: readFileSync(join(process.env.POSTIGO_SRCDIR, 'tests/lib/desk.book'), 'utf8') })
    await control.call('connection.add', {
      name: 'numero',
      kind: 'whatsapp',
      settings: { phone_number_id: NUMBER, waba_id: '102290129340398', display_number: '+1 555 078 3881', graph_base: this.graph.base },
      secrets: { access_token: TOKEN, app_secret: APP_SECRET, verify_token: VERIFY_TOKEN },
    })
    control.close()
    this.gateway = new Gateway(this.victim.dir, this.port, this.victim.env)
    this.gateway.start()
  }

  /** Everybody who speaks to the bus comes (back). */
  async begin() {
    const clients = await this.victim.connect(['console', 'control'])
    this.control = clients.control
    this.begun = Promise.all([this.staff.begin(clients.console), this.listener.begin(clients.control)])
    this.begun.catch(() => {}) // whoever waits for it is told
    await this.begun.catch(() => {}) // killed meanwhile
  }

  /** One of the next messages meets something. */
  disturb() {
    const dice = this.rng.next() * 100
    let at = 0
    const found = FAULTS.find(([, share]) => (at += share) > dice)
    if (!found || this.graph.rules.some((r) => r.left > 0)) return
    this.faults++
    this.graph.rules.push({ match: { path: '/messages', method: 'POST' }, action: found[0], left: 1, skip: this.rng.between(0, 3), used: 0 })
  }

  async killOne() {
    await sleep(this.rng.between(...KILL_MS))
    if (this.rng.next() < 0.5) {
      await this.gateway.kill()
      this.kills['postigo-whatsapp']++
      this.gateway.start()
      return
    }
    await this.victim.kill()
    this.kills.postigod++
    this.victim.start()
    await this.begin()
  }

  /** Work until so many deliveries were made; kill on the way. */
  async work(posts, kills) {
    await this.begin()
    this.customers.begin()
    for (let done = 0; this.customers.posts < posts || done < kills; ) {
      if (this.problems.length > 0) return
      this.disturb()
      if (done < kills) {
        await this.killOne()
        done++
      } else {
        await sleep(20)
      }
    }
  }

  /** Deliveries whose outcome is open: their states. */
  open(incidents) {
    const all = [...incidents.values()].flatMap((i) => i.messages)
    return all.filter((m) => ['queued', 'taken'].includes(m.delivery?.state))
  }

  /**
   * Wait until nothing is left. What a killed gateway held is given up when its
   * lease ends: when nothing moves any more, the daemon's clock goes past it.
   */
  async rest(what, left) {
    let before = { n: -1, since: 0 }
    await until(async () => {
      await this.graph.settle()
      const n = await left()
      await sleep(100)
      if (n !== before.n) before = { n, since: Date.now() }
      if (n > 0 && Date.now() - before.since > STILL_MS) {
        this.time.shift(this.time.seconds + LEASE_S)
        before.since = Date.now()
      }
      return n === 0
    }, what)
  }

  /** Nothing new; all that was begun has ended. */
  async drain() {
    await this.customers.end()
    this.graph.rules = []
    this.staff.stopped = true
    await until(() => this.problems.length > 0 || (this.staff.left === 0 && this.staff.underWay === 0), 'answers to agents')
    const left = async (state) => (await this.control.call('hook.list', { state, limit: 100 })).hooks.length
    const hooks = async () => (await left('waiting')) + (await left('taken'))
    await this.rest('deliveries to be read', hooks)
    await this.rest('answers to be sent or given up', async () => this.open(await readIncidents(this.control)).length)
    await this.rest('the last statuses', hooks)
  }

  /** Each message of a customer is there once, as it was written. */
  compareIn(messages) {
    const by = groups(
      messages.filter((m) => m.direction === 'in'),
      (m) => m.external_id,
    )
    for (const [id, { text, picture }] of this.customers.written) {
      const found = by.get(id) ?? []
      by.delete(id)
      if (found.length !== 1) this.wrong(`'${text}' (${id}) is there ${found.length} times`)
      else if (found[0].text !== text) this.wrong(`'${text}' is there as '${found[0].text}'`)
      else if (picture && found[0].attachments[0]?.size !== FILE_BYTES) this.wrong(`'${text}': its picture is ${JSON.stringify(found[0].attachments)}`)
    }
    for (const id of by.keys()) this.wrong(`message ${id}: nobody wrote it`)
  }

  /** What the desk says of each answer is what Graph has of it. */
  compareOut(messages) {
    const sent = groups(this.graph.messages.values(), (m) => m.tracker)
    this.states = {}
    for (const m of messages.filter((one) => one.direction === 'out')) {
      const there = sent.get(m.external_id) ?? []
      sent.delete(m.external_id)
      const { state, external_id: wamid, receipt } = m.delivery
      this.states[state] = (this.states[state] ?? 0) + 1
      const name = `answer '${m.text}' (${m.external_id})`
      if (there.length > 1) this.wrong(`${name}: sent ${there.length} times`)
      if (there.length === 0 && !['failed', 'unknown'].includes(state)) this.wrong(`${name}: ${state}, and never sent`)
      if (there.length !== 1) continue
      if (state !== 'sent') this.wrong(`${name}: ${state}, and sent`)
      if (wamid !== there[0].id) this.wrong(`${name}: sent as ${there[0].id}, known as ${wamid}`)
      if (receipt !== 'read') this.wrong(`${name}: read, and known as ${receipt}`)
      if (there[0].payload.text?.body !== m.text) this.wrong(`${name}: sent as '${there[0].payload.text?.body}'`)
    }
    for (const [tracker] of sent) this.wrong(`${tracker}: sent, and no answer`)
    for (const intent of this.staff.done.filter((i) => i.kind === 'answer'))
      if (!messages.some((m) => m.id === intent.answer.message && m.text === intent.text)) this.wrong(`answer ${intent.n}: acknowledged and lost`)
  }

  async compare() {
    const messages = () => readIncidents(this.control).then((all) => [...all.values()].flatMap((i) => i.messages))
    await this.rest('pictures', async () => (await messages()).filter((m) => m.media?.some((one) => one.state === 'pending')).length)
    const all = await messages()
    this.compareIn(all)
    this.compareOut(all)
    const dead = await this.control.call('hook.list', { state: 'dead', limit: 10 })
    for (const hook of dead.hooks) this.wrong(`a delivery was set aside: ${JSON.stringify(hook)}`)
    const { problems } = await this.control.call('store.check', {})
    for (const problem of problems) this.wrong(`store.check: ${JSON.stringify(problem)}`)
  }

  async end() {
    for (const one of [this.gateway, this.victim]) {
      const end = await one.stop()
      if (end.code !== 0) throw new Error(`SIGTERM: ended with ${end.code ?? end.signal}:\n${one.log().slice(-4000)}`)
    }
    this.fsck = await this.victim.fsck()
  }

  judge() {
    if (this.problems.length === 0) return
    throw new Error(`${this.problems.length} wrong in ${this.victim.dir}:\n${this.problems.slice(0, 20).join('\n')}`)
  }

  /** Whatever still runs ends. */
  async clean() {
    for (const one of [this.gateway, this.victim]) if (one?.child && alive(one.child.pid)) one.child.kill('SIGKILL')
    await this.graph?.close()
    this.sound.end()
    this.time.remove()
  }
}

/** So many deliveries and kills; what is wrong is thrown, and the folder stays. */
export async function chaos(rng, posts, kills) {
  const run = new Chaos(rng)
  try {
    await run.setUp()
    await run.work(posts, kills)
    run.judge()
    await run.drain()
    await run.compare()
    run.judge()
    await run.end()
  } finally {
    await run.clean()
  }
  run.victim.remove()
  return run
}

/** What a run did, in a line. */
export function tell(run) {
  return (
    `${run.customers.written.size} messages in ${run.customers.posts} deliveries, ${run.graph.deliveries.length} posts with ` +
    `${run.graph.deliveries.reduce((n, d) => n + d.attempts.length, 0)} attempts; ${run.graph.messages.size} sent, answers ${JSON.stringify(run.states)}; ` +
    `killed ${JSON.stringify(run.kills)}, ${run.faults} faults of Graph; ${run.fsck}`
  )
}
