// Requests at one incident in every order. A model says what each does.
import { BusError } from '../lib/bus.mjs'

// An incident before the requests: a mail, an answer, another mail; nobody's.
const SEEN = 3
const before = { state: 'open', assignee: null, messages: SEEN, clock: 'next_response' }

const ANSWER = 'message.added P by=WHO direction=out'

/** By what stands in PROTOCOL.md and STORE.md. Each gives [outcome, events]. */
const model = {
  claim(s, { who }) {
    if (s.assignee !== null) return ['conflict', []]
    s.assignee = who
    return ['ok', [`incident.assigned P by=${who} from=nobody to=${who}`]]
  },
  answer(s, { who, state = 'pending_customer' }) {
    // the author had seen what was there at first
    if (s.messages > SEEN) return ['seen', []]
    const events = [ANSWER.replace('WHO', who), 'delivery.changed P state=queued']
    s.messages++
    if (s.clock) events.push(`clock.fulfilled P name=${s.clock}`)
    s.clock = null
    if (s.assignee === null) events.push(`incident.assigned P by=${who} from=nobody to=${who}`)
    s.assignee ??= who
    return ['ok', [...events, ...become(s, state, who)]]
  },
  solve(s, { who }) {
    const events = s.clock && s.state !== 'solved' ? [`clock.cancelled P name=${s.clock} cause=solved`] : []
    if (s.state !== 'solved') s.clock = null
    return ['ok', [...events, ...become(s, 'solved', who)]]
  },
  mail(s) {
    const events = ['message.added P direction=in']
    s.messages++
    events.push(...become(s, 'open'))
    if (!s.clock) {
      s.clock = 'next_response'
      events.push(`clock.started P name=${s.clock}`)
    }
    return ['ok', events]
  },
}

function become(s, state, who) {
  if (s.state === state) return []
  const event = `incident.changed P${who ? ` by=${who}` : ''} set=${JSON.stringify({ state: [s.state, state] })}`
  s.state = state
  return [event]
}

const requests = {
  claimL: { does: 'claim', who: 'laura' },
  claimI: { does: 'claim', who: 'iker' },
  answerL: { does: 'answer', who: 'laura' },
  answerI: { does: 'answer', who: 'iker', state: 'solved' },
  solveI: { does: 'solve', who: 'iker' },
  mailA: { does: 'mail', who: 'ana' },
  mailE: { does: 'mail', who: 'eva' },
}

export const SETS = [
  ['claimL', 'claimI', 'answerL', 'mailA', 'mailE'],
  ['claimL', 'answerI', 'solveI', 'mailA', 'mailE'],
  ['answerL', 'answerI', 'solveI', 'claimI', 'mailA'],
  ['claimL', 'claimI', 'answerL', 'answerI', 'mailA', 'mailE'],
]

export function* orders(names) {
  if (names.length === 0) yield []
  for (const name of names) for (const rest of orders(names.filter((n) => n !== name))) yield [name, ...rest]
}

/** What an order brings, by the model. */
function foretell(order) {
  const s = { ...before }
  const outcomes = {}
  const events = []
  for (const name of order) {
    const [outcome, more] = model[requests[name].does](s, requests[name])
    outcomes[name] = outcome
    events.push(...more)
  }
  return { outcomes, events, state: s.state, assignee: s.assignee, messages: s.messages }
}

const key = ({ outcomes, ...more }) => JSON.stringify([Object.entries(outcomes).sort(), more])

/** Lines without the incident's number, the messages' and the deadlines. */
const plain = (line) => line.replace(/ P-\d+/, ' P').replace(/ (number|message|delivery|due)=\S+/g, '')

export class Incidents {
  constructor(desk) {
    this.desk = desk
    this.count = 0
  }

  /** Whoever has the address that an answer came from may write into the incident. */
  async make(id, at) {
    const { mail, agents } = this.desk
    const { incident } = await this.desk.contact('ana', id, 'hola', { at })
    await agents.iker.call('incident.answer', { id: incident, text: 'Hola', seen: 1 })
    const { deliveries } = await mail.call('outbox.take', { max: 20, lease_ms: 600_000 })
    for (const d of deliveries) await mail.call('outbox.report', { delivery: d.id, attempt: d.attempt, result: 'sent' })
    this.token = deliveries.find((d) => d.incident === incident).reply_to.address
    await this.desk.contact('ana', `${id}.more`, 'otra cosa', { at, recipient: this.token })
    await agents.iker.call('incident.assign', { id: incident })
    await this.desk.events()
    return incident
  }

  /** A connection for each request. */
  async connect() {
    const { tokens } = this.desk.template
    this.on = {}
    for (const [name, { does, who }] of Object.entries(requests))
      this.on[name] = does === 'mail' ? await this.desk.daemon.connect('mail') : await this.desk.person(tokens[who].token)
  }

  async ask(name, incident, id, at) {
    const { does, who, state } = requests[name]
    const { desk, on } = this
    try {
      if (does === 'mail') await desk.contact(who, `${id}.${name}`, `de ${who}`, { at, recipient: this.token, client: on[name] })
      if (does === 'claim') await on[name].call('incident.assign', { id: incident, agent: desk.agents[who].id, expect: 0 })
      if (does === 'answer') await on[name].call('incident.answer', { id: incident, text: `de ${who}`, seen: SEEN, ...(state && { state }) })
      if (does === 'solve') await on[name].call('incident.set', { id: incident, state: 'solved' })
      return 'ok'
    } catch (error) {
      if (error instanceof BusError && error.word) return error.word
      throw error
    }
  }

  /** A new incident; the requests one after another, or all at once. Returns what is wrong, or null. */
  async run(order, atOnce) {
    const id = `i${++this.count}`
    const at = new Date(Date.now() - 60_000).toISOString()
    const incident = await this.make(id, at)
    const outcomes = {}
    if (atOnce) {
      await Promise.all(order.map(async (name) => (outcomes[name] = await this.ask(name, incident, id, at))))
    } else {
      for (const name of order) outcomes[name] = await this.ask(name, incident, id, at)
    }
    const events = (await this.desk.events()).map(plain)
    const { detail } = await this.desk.control.call('incident.get', { id: incident })
    const { state, assignee, messages } = detail.incident
    const was = { outcomes, events, state, assignee: assignee?.name ?? null, messages }
    const may = atOnce ? [...orders(order)].map(foretell) : [foretell(order)]
    if (may.some((one) => key(one) === key(was))) return null
    return `${order}${atOnce ? ', at once' : ''}: ${JSON.stringify(was, null, 1)}${atOnce ? '' : ` instead of ${JSON.stringify(may[0], null, 1)}`}`
  }
}
