// A random history of a desk on a virtual clock: mails, answers, moves, solves,
// reopenings, deliveries that fail, nights and week-ends in between.
import { BusError } from '../lib/bus.mjs'

/** Mulberry32: the same seed, the same history. */
export function dice(seed) {
  let a = seed >>> 0
  return (n) => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n)
  }
}

const STATES = ['open', 'pending_customer', 'on_hold', 'solved', 'spam']
const REASONS = ['order_status', 'damaged', 'invoice', 'other']

export class History {
  constructor(desk, seed, begin) {
    Object.assign(this, { desk, roll: dice(seed), seed, now: Date.parse(begin), incidents: [], mails: 0 })
  }

  pick(list) {
    return list[this.roll(list.length)]
  }

  async pass(minutes) {
    this.now += minutes * 60_000
    await this.desk.at(new Date(this.now).toISOString())
  }

  /** What the desk may refuse is no fault of the history. */
  async may(promise) {
    try {
      return await promise
    } catch (error) {
      if (!(error instanceof BusError) || error.outcome !== 'perm') throw error
      return null
    }
  }

  mail(to) {
    const id = `h${this.seed}-${++this.mails}`
    const text = this.roll(3) === 0 ? `mi pedido ${id}` : `hola ${id}`
    // some were fetched late
    const at = new Date(this.now - this.roll(3) * this.roll(7200) * 1000).toISOString()
    return this.desk.contact(`c${this.roll(12)}`, id, text, { at, to }).then((r) => ({ ...r, id: `<${id}@x.example>` }))
  }

  async begin() {
    const made = await this.mail()
    this.incidents.push({ id: made.incident, mail: made.id })
  }

  agent() {
    return this.desk.agents[this.pick(['laura', 'iker'])]
  }

  async answer({ id }) {
    const { detail } = await this.desk.control.call('incident.get', { id })
    const state = this.pick(['open', 'pending_customer', 'solved'])
    await this.may(this.agent().call('incident.answer', { id, text: 'Hola', seen: detail.incident.messages, state }))
  }

  /** The gateway takes what waits; one in four fails for good. */
  async deliver() {
    const { deliveries } = await this.desk.mail.call('outbox.take', { max: 20, lease_ms: 600_000 })
    for (const { id, attempt } of deliveries) {
      const failed = this.roll(4) === 0
      await this.may(this.desk.mail.call('outbox.report', { delivery: id, attempt, result: failed ? 'failed' : 'sent' }))
    }
  }

  async step() {
    const incident = this.incidents.length ? this.pick(this.incidents) : null
    const what = incident ? this.roll(12) : 0
    if (what < 3) await this.begin()
    else if (what < 5) await this.mail(incident.mail)
    else if (what < 8) await this.answer(incident)
    else if (what === 8) await this.may(this.agent().call('incident.assign', { id: incident.id, ...(this.roll(3) && { agent: this.agent().id }) }))
    else if (what === 9) await this.may(this.agent().call('incident.set', { id: incident.id, state: this.pick(STATES), ...(this.roll(2) && { queue: this.pick(['general', 'envios']) }) }))
    else if (what === 10) await this.may(this.agent().call('incident.set', { id: incident.id, queue: this.pick(['general', 'envios']), reason: this.pick(REASONS), priority: this.pick(['low', 'high']) }))
    else await this.deliver()
  }

  async run(steps) {
    for (let i = 0; i < steps; i++) {
      await this.step()
      await this.pass(this.pick([1, 3, 10, 40, 120, 600]))
    }
  }
}
