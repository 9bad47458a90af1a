// Reports counted again from the exported events alone, by brute force: every
// figure of schema/REPORTS.md that follows from events. Nothing is shared with
// the daemon: local time is Intl's, business time is walked minute by minute.

const ENDED = new Set(['solved', 'closed', 'spam', 'merged'])
const REPLIES = new Set(['first_response', 'next_response'])

// --- arithmetic, in integers ---------------------------------------------------

const floorDiv = (a, b) => {
  const q = BigInt(a) / BigInt(b)
  return Number(BigInt(a) % BigInt(b) < 0n ? q - 1n : q)
}
const mean = (sum, n) => (n > 0 ? floorDiv(2 * sum + n, 2 * n) : null)
const share = (part, whole) => (whole > 0 ? mean(part * 10000, whole) : null)
const total = (list) => list.reduce((a, b) => a + b, 0)
/** The smallest value that at least p of 100 do not exceed, by counting. */
const percentile = (list, p) => {
  const sorted = [...list].sort((a, b) => a - b)
  return sorted.find((v, i) => (i + 1) * 100 >= p * sorted.length) ?? null
}

// --- local time -------------------------------------------------------------------

const formats = new Map()
/** {year, month, day, hour, minute, weekday: 1 is Monday} of an instant. */
export function label(zone, s) {
  if (!formats.has(zone))
    formats.set(
      zone,
      new Intl.DateTimeFormat('en-GB', {
        timeZone: zone,
        hourCycle: 'h23',
        weekday: 'short',
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
      }),
    )
  const o = Object.fromEntries(
    formats
      .get(zone)
      .formatToParts(s * 1000)
      .map((p) => [p.type, p.value]),
  )
  return { ...o, weekday: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(o.weekday) + 1 }
}

const dayOf = (zone, s) => {
  const l = label(zone, s)
  return `${l.year}-${l.month}-${l.day}`
}

/** Open minutes of the test's calendar, remembered. */
export class Calendar {
  constructor({ zone, hours, closed = [] }) {
    Object.assign(this, { zone, hours, closed: new Set(closed), known: new Map() })
  }

  open(minute) {
    if (!this.known.has(minute)) {
      const l = label(this.zone, minute * 60)
      const at = `${l.hour}:${l.minute}`
      const day = this.closed.has(`${l.year}-${l.month}-${l.day}`) ? [] : (this.hours[l.weekday] ?? [])
      this.known.set(
        minute,
        day.some(([from, to]) => from <= at && at < to),
      )
    }
    return this.known.get(minute)
  }

  /** Open seconds from a to b that lie in no pause. */
  used(a, b, pauses = []) {
    const edges = [a, b, ...pauses.flat().filter((t) => t > a && t < b)]
    for (let m = Math.floor(a / 60) + 1; m * 60 < b; m++) edges.push(m * 60)
    edges.sort((x, y) => x - y)
    let sum = 0
    for (let i = 1; i < edges.length; i++) {
      const [from, to] = [edges[i - 1], edges[i]]
      if (this.open(Math.floor(from / 60)) && !pauses.some(([p, q]) => p <= from && from < q)) sum += to - from
    }
    return sum
  }
}

// --- events to facts -----------------------------------------------------------------

const seconds = (iso) => Math.floor(Date.parse(iso) / 1000)

export class Oracle {
  /** teams: queue to the team that works in it. */
  constructor(events, { calendar, zone, teams }) {
    Object.assign(this, { calendar, zone, teams, facts: [], incidents: new Map(), clocks: new Map(), authors: new Map() })
    for (const event of events) this.take(event)
  }

  /** What is copied of an incident. */
  copy(i) {
    const { channel, queue, reason, assignee } = i
    return { incident: i.id, channel, queue, team: i.team || (this.teams[queue] ?? ''), reason, agent: assignee ?? 0 }
  }

  add(kind, at, i, more) {
    this.facts.push({ kind, at, ...this.copy(i), since: i.created, ...more })
  }

  take({ at, kind, incident, agent, data }) {
    const s = seconds(at)
    if (kind === 'incident.created') {
      const { channel, queue, team, reason, state, assignee } = data
      const i = { id: incident, channel, queue, team, reason, state, assignee, created: null, past: [] }
      i.past.push([s, this.copy(i)])
      this.incidents.set(incident, i)
      return
    }
    const i = this.incidents.get(incident)
    if (!i) return
    if (kind === 'message.added') this.message(i, s, data, agent)
    else if (kind === 'incident.assigned') i.assignee = data.to
    else if (kind === 'incident.changed') this.changed(i, s, data.set)
    else if (kind.startsWith('clock.')) this.clock(i, s, kind.slice(6), data)
    i.past.push([s, this.copy(i)])
  }

  /** An incident as it was at the end of that second; before it was there, as it began. */
  then(i, at) {
    return (i.past.findLast(([s]) => s <= at) ?? i.past[0])[1]
  }

  message(i, s, { message, number, direction }, agent) {
    this.authors.set(message, agent?.id ?? 0)
    if (number === 1) i.created ??= s
    if (direction === 'in') this.add(number === 1 ? 'opened' : 'contact', s, i)
    else if (number === 1) this.add('in', s, i)
  }

  changed(i, s, set) {
    for (const name of ['queue', 'team', 'reason', 'state']) if (set[name]) i[name] = set[name][1]
    if (set.state && ENDED.has(set.state[0]) !== ENDED.has(set.state[1])) this.add(ENDED.has(set.state[1]) ? 'out' : 'in', s, i)
  }

  clock(i, s, what, data) {
    const c = this.clocks.get(data.clock)
    if (what === 'started') {
      this.clocks.set(data.clock, { ...data, incident: i, state: 'running', pauses: [], breached: false, late: data.late ?? false })
      // an incident was received when its very first clock says
      if (!i.promised) i.created = data.start_s
      i.promised = true
      return
    }
    if (!c) return
    const of = { clock: c.clock, name: c.name, policy: c.policy, version: c.book, since: c.start_s, due: c.due_s, budget: c.budget_s }
    const still = () => c.pauses.at(-1)?.[1] === Infinity
    if (what === 'paused') {
      if (still()) c.pauses.at(-1)[1] = data.at_s
      c.pauses.push([data.at_s, Infinity])
    } else if (what === 'resumed') {
      c.pauses.at(-1)[1] = data.at_s
      c.due_s = data.due_s
    } else if (what === 'retargeted') {
      const { to_due_s, policy, book, budget_s, late } = data
      Object.assign(c, { due_s: to_due_s, policy, book, budget_s, late })
    } else if (what === 'breached') {
      c.breached = true
      this.facts.push({ kind: 'broken', at: c.late ? s : data.at_s, ...of, ...this.then(i, data.at_s), late: c.late })
    } else if (what === 'cancelled') c.state = 'cancelled'
    else if (what === 'fulfilled') this.fulfilled(i, c, of, data)
    else if (what === 'reopened') this.reopened(c, s, data)
  }

  fulfilled(i, c, of, { ended_s, message, used_s }) {
    const used = this.calendar.used(c.start_s, ended_s, c.pauses)
    if (used !== used_s) console.error('DIFF', c.name, new Date(c.start_s*1000).toISOString(), new Date(ended_s*1000).toISOString(), used, used_s, JSON.stringify(c.pauses))
    const agent = message && this.authors.get(message) ? this.authors.get(message) : (i.assignee ?? 0)
    c.state = 'fulfilled'
    c.end = { number: this.facts.length }
    c.ended_s = ended_s
    const more = { ...of, used, agent, end: c.end }
    this.add('answered', ended_s, i, more)
    if (!c.breached && c.due_s !== null && ended_s <= c.due_s) this.add('met', c.due_s, i, more)
  }

  reopened(c, s, { cause, at_s, due_s }) {
    const failed = cause === 'delivery_failed'
    this.facts = this.facts.filter(
      (f) =>
        f.clock !== c.clock ||
        !(failed ? f.end === c.end && (f.kind === 'met' || f.kind === 'answered') : f.kind === 'met' && f.at >= s),
    )
    c.state = 'running'
    if (due_s !== undefined) c.due_s = due_s
    // a resolution stood still since it was solved
    if (at_s !== undefined) c.pauses.push([c.ended_s, at_s])
  }

  // --- reports ---------------------------------------------------------------------------

  /** Facts of a kind in the period, narrowed. */
  of(kind, q) {
    const fits = { clock: 'name', policy: 'policy', channel: 'channel', queue: 'queue', team: 'team', reason: 'reason', agent: 'agent' }
    return this.facts
      .filter((f) => f.kind === kind && f.at >= q.since && f.at < q.until)
      .filter((f) => Object.entries(fits).every(([param, member]) => q[param] === undefined || f[member] === q[param]))
  }

  /** Clocks past their deadline of which no event tells yet. */
  overdue(q) {
    const found = []
    for (const c of this.clocks.values())
      if (c.state === 'running' && !c.breached && c.due_s !== null && c.due_s < q.now && !(c.pauses.at(-1)?.[1] === Infinity))
        found.push({ kind: 'broken', at: c.due_s, ...this.copy(c.incident), name: c.name, policy: c.policy, version: c.book, clock: c.clock })
    const facts = this.facts
    this.facts = found
    const list = this.of('broken', q)
    this.facts = facts
    return list
  }

  key(group, f) {
    if (group === 'hour') {
      const l = label(this.zone, f.at)
      return `${l.weekday}-${l.hour}`
    }
    if (group === 'day') return dayOf(this.zone, f.at)
    if (group === 'clock') return f.name
    return String(f[group])
  }

  /** [key, facts] in the order of the keys: numbers first. */
  grouped(group, facts) {
    const groups = new Map()
    for (const f of facts) {
      const key = this.key(group, f)
      if (!groups.has(key)) groups.set(key, [])
      groups.get(key).push(f)
    }
    const number = (k) => (/^-?\d+$/.test(k) ? Number(k) : null)
    return [...groups].sort(([a], [b]) => {
      const [m, n] = [number(a), number(b)]
      if (m !== null && n !== null) return m - n
      if ((m === null) !== (n === null)) return m !== null ? -1 : 1
      return Buffer.compare(Buffer.from(a), Buffer.from(b))
    })
  }

  judged(q) {
    return [...this.of('met', q), ...this.of('broken', q), ...this.overdue(q)]
  }

  promises(q) {
    const count = (facts) => {
      const met = facts.filter((f) => f.kind === 'met').length
      const late = facts.filter((f) => f.kind === 'broken' && f.late).length
      const breached = facts.length - met - late
      return { met, breached, late, compliance: share(met, met + breached) }
    }
    const all = this.judged(q)
    const c = count(all)
    return {
      figures: [c.compliance, c.met, c.breached, c.late],
      rows: this.grouped(q.group, all).map(([key, facts]) => {
        const r = count(facts)
        return [key, [r.met, r.breached, r.compliance, r.late]]
      }),
    }
  }

  spread(list) {
    return [...[50, 80, 90, 95].map((p) => percentile(list, p)), mean(total(list), list.length)]
  }

  both(facts) {
    return [...this.spread(facts.map((f) => f.used)), ...this.spread(facts.map((f) => f.at - f.since))]
  }

  times(q) {
    const narrowed = q.clock === undefined && q.group !== 'clock' ? { ...q, clock: 'first_response' } : q
    const all = this.of('answered', narrowed)
    return {
      figures: this.both(all.filter((f) => f.name === (q.clock ?? 'first_response'))),
      rows: this.grouped(q.group, all).map(([key, facts]) => [key, [facts.length, ...this.both(facts)]]),
    }
  }

  margins(q) {
    const edges = { late_4h: -86400, late_1h: -14400, late_15m: -3600, late: -900, early: 0, early_15m: 900, early_1h: 3600, early_4h: 14400, early_day: 86400 }
    const margins = this.of('answered', q)
      .filter((f) => f.budget > 0 || f.due !== null)
      .map((f) => (f.budget > 0 ? f.budget - f.used : f.due - f.at))
    const band = (m) => Object.entries(edges).reduce((found, [name, from]) => (m >= from ? name : found), 'late_day')
    return {
      figures: [percentile(margins, 20), percentile(margins, 50), mean(total(margins), margins.length)],
      rows: ['late_day', ...Object.keys(edges)].map((name) => {
        const n = margins.filter((m) => band(m) === name).length
        return [name, [n, share(n, margins.length)]]
      }),
    }
  }

  breaches(q) {
    const all = this.of('broken', q)
    return {
      figures: [all.length],
      rows: this.grouped(q.group, all).map(([key, facts]) => [key, [facts.length, share(facts.length, all.length)]]),
    }
  }

  /** Incidents that waited at an instant: their last coming has no going. */
  waiting(at, channel) {
    const open = new Map()
    for (const f of this.facts)
      if (['opened', 'in', 'out'].includes(f.kind) && f.at < at && (channel === undefined || f.channel === channel)) {
        if (f.kind === 'out') open.delete(f.incident)
        else open.set(f.incident, this.incidents.get(f.incident).created)
      }
    return [...open.values()]
  }

  backlog(q) {
    const end = Math.min(q.until, q.now + 1)
    const came = [...this.of('opened', q), ...this.of('in', q)].filter((f) => f.at < end)
    const went = this.of('out', q).filter((f) => f.at < end)
    const left = this.waiting(end, q.channel)
    const days = []
    for (let s = q.since; s < end; s += 900) if (days.at(-1) !== dayOf(this.zone, s)) days.push(dayOf(this.zone, s))
    if (days.at(-1) !== dayOf(this.zone, end - 1)) days.push(dayOf(this.zone, end - 1))
    let level = this.waiting(q.since, q.channel).length
    const byDay = (day) => {
      const n = came.filter((f) => dayOf(this.zone, f.at) === day).length
      const m = went.filter((f) => dayOf(this.zone, f.at) === day).length
      level += n - m
      return [day, [n, m, level]]
    }
    const bands = { '1h': 3600, '4h': 14400, '1d': 86400, '3d': 259200, '7d': 604800, '30d': 2592000, older: Infinity }
    const ages = left.map((created) => end - created)
    const byAge = ([name, under], k, all) => [name, [null, null, ages.filter((a) => a < under && (k === 0 || a >= all[k - 1][1])).length]]
    return {
      figures: [this.waiting(q.since, q.channel).length, came.length, went.length, left.length, ages.length ? Math.max(...ages) : null],
      rows: q.group === 'age' ? Object.entries(bands).map(byAge) : days.map(byDay),
    }
  }

  volume(q) {
    const all = [...this.of('opened', q), ...this.of('contact', q)]
    const count = (facts) => [facts.length, facts.filter((f) => f.kind === 'opened').length]
    return { figures: count(all), rows: this.grouped(q.group, all).map(([key, facts]) => [key, count(facts)]) }
  }

  agents(q) {
    const theirs = (f) => f.agent !== 0
    const answers = this.of('answered', q).filter((f) => theirs(f) && REPLIES.has(f.name))
    const outs = this.of('out', q).filter(theirs)
    // an answer of another clock makes a row, too
    const all = [...this.of('answered', q).filter(theirs), ...outs, ...this.judged(q).filter((f) => theirs(f) && !f.late)]
    return {
      figures: [answers.length, outs.length],
      rows: this.grouped('agent', all).map(([key, facts]) => {
        const mine = answers.filter((f) => String(f.agent) === key)
        const used = mine.map((f) => f.used)
        const waited = mine.map((f) => f.at - f.since)
        const met = facts.filter((f) => f.kind === 'met').length
        const breached = facts.filter((f) => f.kind === 'broken').length
        const percentiles = [used, waited].flatMap((list) => [percentile(list, 50), percentile(list, 80)])
        return [key, [mine.length, ...percentiles, met, breached, share(met, met + breached), facts.filter((f) => f.kind === 'out').length, 0]]
      }),
    }
  }
}
