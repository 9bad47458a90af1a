// Plays a scenario: steps one by one, and after each exactly the events that
// stand below it. README.md has the form.
import { readFileSync } from 'node:fs'
import { BusError } from '../lib/bus.mjs'
import { sleep, WAIT_MS } from '../lib/wait.mjs'
import { ReplayDesk } from './desk.mjs'

/** [{line, words, options, expected: [text]}] */
export function parse(text) {
  const steps = []
  for (const [n, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    if (line.startsWith('=')) {
      if (steps.length === 0) throw new Error(`line ${n + 1}: an event before any step`)
      steps.at(-1).expected.push(line.slice(1).trim())
      continue
    }
    const parts = line.match(/"[^"]*"|\S+/g)
    const options = {}
    const words = []
    for (const part of parts) {
      const option = /^([a-z_]+)=(.*)$/.exec(part)
      if (option) options[option[1]] = option[2]
      else words.push(part.replace(/^"|"$/g, ''))
    }
    steps.push({ line: n + 1, words, options, expected: [] })
  }
  return steps
}

class Player {
  constructor(desk) {
    this.desk = desk
    this.visitors = new Map()
    this.taken = new Map() // d1 -> {id, attempt}
  }

  async play({ words: [verb, ...args], options }) {
    if (typeof this[`do_${verb}`] !== 'function') throw new Error(`no such step: ${verb}`)
    await this[`do_${verb}`](args, options)
  }

  async do_at([iso]) {
    this.now = new Date(iso).toISOString()
    if (this.desk.daemon.child.exitCode !== null) this.desk.clock.set(this.now)
    else await this.desk.at(this.now)
  }

  /** mail WHO ID TEXT [to=ID] [at=INSTANT] */
  async do_mail([who, id, text], { to, at }) {
    await this.desk.contact(who, id, text, { at: at ?? this.now, to: to && `<${to}@x.example>` })
  }

  /** chat WHO ID TEXT: begins the visitor's chat, or goes on with it */
  async do_chat([who, id, text]) {
    if (!this.visitors.has(who)) {
      const started = await this.desk.chat.call('visitor.start', { connection: 'tienda', name: who, email: `${who}@x.example`, network: '192.0.2.1' })
      this.visitors.set(who, started)
    }
    await this.visitor(who, 'chat.write', { id, text })
  }

  visitor(who, method, params) {
    return this.desk.chat.call(method, params, { as: this.visitors.get(who).handle })
  }

  async do_got([who, number]) {
    await this.visitor(who, 'chat.got', { number: Number(number) })
  }

  async do_end([who]) {
    await this.visitor(who, 'chat.end', {})
  }

  async do_rate([who, score]) {
    await this.visitor(who, 'chat.rate', { score: Number(score) })
  }

  /** answer AGENT INCIDENT TEXT [state=S] [seen=N] [claim=yes]; seen: by default all */
  async do_answer([agent, id, text], { state, seen, claim }) {
    const { detail } = await this.desk.control.call('incident.get', { id: Number(id) })
    await this.desk.agents[agent].call('incident.answer', {
      id: Number(id),
      text,
      seen: seen === undefined ? detail.incident.messages : Number(seen),
      ...(state && { state }),
      ...(claim && { claim: true }),
    })
  }

  async do_note([agent, id, text]) {
    await this.desk.agents[agent].call('incident.note', { id: Number(id), text })
  }

  /** assign AGENT INCIDENT TO [expect=WHOM]; TO and WHOM: an agent or nobody */
  async do_assign([agent, id, to], { expect }) {
    const row = (name) => (name === 'nobody' ? 0 : this.desk.agents[name].id)
    await this.desk.agents[agent].call('incident.assign', {
      id: Number(id),
      ...(to !== 'nobody' && { agent: row(to) }),
      ...(expect && { expect: row(expect) }),
    })
  }

  /** set AGENT INCIDENT [state=S] [queue=Q] [priority=P] [add=TAG] [remove=TAG] */
  async do_set([agent, id], { add, remove, ...more }) {
    await this.desk.agents[agent].call('incident.set', { id: Number(id), ...more, ...(add && { add_tags: [add] }), ...(remove && { remove_tags: [remove] }) })
  }

  /** take: all that waits is leased to the gateway */
  async do_take(_, { lease }) {
    const { deliveries } = await this.desk.mail.call('outbox.take', { max: 20, lease_ms: Number(lease ?? 600_000) })
    this.taken.clear()
    for (const d of deliveries) this.taken.set(this.desk.delivery(d.id), { id: d.id, attempt: d.attempt })
  }

  /** report D RESULT [retry=yes] [attempt=N] */
  async do_report([name, result], { retry, attempt }) {
    const d = this.taken.get(name)
    if (!d) throw new Error(`${name} was not taken: ${[...this.taken.keys()]}`)
    await this.desk.mail.call('outbox.report', { delivery: d.id, attempt: Number(attempt ?? d.attempt), result, ...(retry && { retry: true }) })
  }

  async do_book([name], { clocks }) {
    await this.desk.control.call('book.apply', { text: readFileSync(new URL(`${name}.book`, import.meta.url), 'utf8'), ...(clocks && { clocks }) })
  }

  async do_merge([agent, id, into]) {
    await this.desk.agents[agent].call('incident.merge', { id: Number(id), into: Number(into) })
  }

  /** claim AGENT INCIDENT [at=INSTANT] */
  async do_claim([agent, id], { at }) {
    await this.desk.agents[agent].call('claim.register', { id: Number(id), ...(at && { at }) })
  }

  async do_withdraw([agent, id]) {
    await this.desk.agents[agent].call('claim.withdraw', { id: Number(id) })
  }

  /** Visitors come back with their tokens. */
  async back() {
    for (const visitor of this.visitors.values())
      visitor.handle = (await this.desk.chat.call('visitor.open', { connection: 'tienda', token: visitor.token })).handle
  }

  async do_restart() {
    await this.desk.restart('stop')
    await this.back()
  }

  /** down, then up: what happens between is found later */
  async do_down() {
    await this.desk.daemon.stop()
  }

  async do_up() {
    await this.desk.restart('stop')
    await this.back()
  }

  async do_crash() {
    await this.desk.restart('kill')
    await this.back()
  }

  /** refused WORD STEP... */
  async do_refused([word, ...step], options) {
    try {
      await this.play({ words: step, options })
    } catch (error) {
      if (error instanceof BusError && error.word === word) return
      throw error
    }
    throw new Error(`was not refused with ${word}`)
  }
}

/** The events of a step: as many as are expected, however long they take, and those that came too. */
async function heard(desk, count) {
  if (desk.daemon.child.exitCode !== null) return []
  const lines = await desk.events()
  for (const end = Date.now() + WAIT_MS; lines.length < count && Date.now() < end; await sleep(10)) lines.push(...(await desk.events()))
  return lines
}

/** Returns the first difference as {line, expected, heard}, or null. record(step, lines): takes what happens instead. */
export async function playScenario(template, clock, text, record) {
  const steps = parse(text)
  clock.set(steps[0].words[1])
  const desk = await ReplayDesk.start(template, clock)
  const player = new Player(desk)
  try {
    for (const step of steps) {
      try {
        await player.play(step)
      } catch (error) {
        throw new Error(`line ${step.line}: ${step.words.join(' ')}: ${error.message}`)
      }
      if (record) {
        await sleep(400)
        record(step, await heard(desk, 0))
        continue
      }
      const lines = await heard(desk, step.expected.length)
      if (JSON.stringify(lines) !== JSON.stringify(step.expected)) return { line: step.line, expected: step.expected, heard: lines }
    }
    await sleep(250) // what nobody expects may come a moment later
    const rest = await desk.events()
    if (rest.length > 0) return { line: steps.at(-1).line, expected: [], heard: rest }
    await desk.end()
    return null
  } finally {
    await desk.drop()
  }
}
