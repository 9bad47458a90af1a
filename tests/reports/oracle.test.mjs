// Reports of random histories equal those of the oracle, to the last digit; and
// whatever happens afterwards changes no period that was over.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { makeTemplate, ReplayDesk, TestClock } from '../replay/desk.mjs'
import { History } from './history.mjs'
import { Calendar, Oracle } from './oracle.mjs'

const ZONE = 'Europe/Madrid'
const BEGIN = '2026-01-05T08:00:00.000Z'
// others by hand: ORACLE_SEEDS=107,117 ORACLE_STEPS=160
const SEEDS = process.env.ORACLE_SEEDS?.split(',').map(Number) ?? [1, 2, 3, 4]
const STEPS = Number(process.env.ORACLE_STEPS ?? 70)
const WEEK = { hours: [['09:00', '14:00'], ['16:00', '19:00']] }
const calendar = new Calendar({
  zone: ZONE,
  hours: Object.fromEntries([1, 2, 3, 4, 5].map((day) => [day, WEEK.hours])),
  closed: ['2026-01-06'],
})
const desks = { calendar, zone: ZONE, teams: { general: 'tarde' } }
const GROUPS = {
  promises: ['clock', 'policy', 'channel', 'queue', 'team', 'agent', 'reason', 'hour', 'day', 'version'],
  times: ['clock', 'queue', 'agent', 'day'],
  margins: ['margin'],
  breaches: ['queue', 'reason', 'day', 'agent'],
  backlog: ['day', 'age'],
  volume: ['hour', 'day', 'queue', 'reason'],
  agents: ['agent'],
}
const iso = (s) => new Date(s * 1000).toISOString()

async function allEvents(desk) {
  const events = []
  for (let more = true; more; ) {
    const page = await desk.control.call('events.since', { from: events.at(-1)?.number ?? 0, limit: 1000 })
    events.push(...page.events)
    more = page.more
  }
  return events
}

const ask = (desk, { report, since, until, ...more }) => desk.control.call('report.get', { report, since: iso(since), until: iso(until), ...more })

/** As the oracle says it: values of figures, and of rows by key. */
const plain = (report, width) => ({
  figures: report.figures.map((f) => f.value ?? null).slice(0, width.figures),
  rows: report.rows.map((r) => [r.key, r.values.slice(0, width.values)]),
})

/** One report and the oracle's, of the same events. */
async function compare(desk, q) {
  for (;;) {
    const before = await allEvents(desk)
    const got = await ask(desk, q)
    const events = await allEvents(desk)
    // a deadline may pass just now
    if (events.at(-1).number !== before.at(-1).number) continue
    const now = Math.floor(Date.parse(got.made_at) / 1000)
    const want = new Oracle(events, desks)[q.report]({ ...q, now })
    const width = { figures: want.figures.length, values: want.rows[0]?.[1].length ?? 0 }
    assert.deepEqual(plain(got, width), want, JSON.stringify(q))
    assert.equal(got.cut, false)
    return got
  }
}

/** Some of all the ways in which it can be asked. */
function* questions(history) {
  const end = Math.floor(history.now / 1000)
  const begin = Date.parse(BEGIN) / 1000
  const periods = [
    [begin - 7200, end + 86400],
    [begin + 86400, begin + 3 * 86400],
    [begin + 10_000, end - 20_000],
  ]
  for (const [report, groups] of Object.entries(GROUPS))
    for (const group of groups) {
      const [since, until] = history.pick(periods)
      yield { report, group, since, until }
      const narrow = report === 'backlog' ? { channel: 'email' } : history.pick([{ queue: 'envios' }, { reason: 'order_status' }, { channel: 'email' }, { team: 'tarde' }])
      yield { report, group, since, until, ...narrow }
      if (['promises', 'times', 'margins', 'breaches'].includes(report)) yield { report, group, since, until, clock: 'next_response' }
    }
}

const clock = new TestClock()
let template

before(async () => {
  clock.set('2026-01-05T07:00:00Z')
  template = await makeTemplate(clock, new URL('desk.book', import.meta.url))
})
after(() => {
  clock.remove()
  template.remove()
})

async function withDesk(seed, work) {
  const own = new TestClock()
  own.set(BEGIN)
  const desk = await ReplayDesk.start(template, own)
  try {
    await work(desk, new History(desk, seed, BEGIN))
    await desk.end()
  } catch (error) {
    await desk.drop()
    throw error
  } finally {
    own.remove()
  }
}

describe('reports', { concurrency: 2 }, () => {
  for (const seed of SEEDS)
    test(`history ${seed}: every report is the oracle's`, async () => {
      await withDesk(seed, async (desk, history) => {
        await history.run(STEPS)
        for (const q of questions(history)) await compare(desk, q)
      })
    })

  test('a period that is over gives the same figures, whatever happens later', async () => {
    await withDesk(77, async (desk, history) => {
      await history.run(STEPS)
      await history.pass(3 * 24 * 60)
      // answers that are under way arrive or fail now, not later
      await history.deliver()
      const until = Math.floor(history.now / 1000)
      const periods = Object.entries(GROUPS).flatMap(([report, groups]) => groups.map((group) => ({ report, group, since: Date.parse(BEGIN) / 1000, until })))
      await history.pass(1)
      const told = []
      for (const q of periods) told.push(await ask(desk, q))
      assert.ok(told[0].figures.find((f) => f.name === 'met').value > 0)
      assert.ok(told[0].figures.find((f) => f.name === 'breached').value > 0)
      for (const { id } of history.incidents) {
        await history.may(history.agent().call('incident.set', { id, queue: 'general', reason: 'invoice', priority: 'urgent' }))
        await history.may(history.agent().call('incident.set', { id, queue: 'envios', reason: 'damaged' }))
        await history.may(history.agent().call('incident.assign', { id, agent: desk.agents.iker.id }))
        await history.may(history.agent().call('incident.set', { id, state: history.pick(['solved', 'spam', 'open']) }))
      }
      const { text } = await desk.control.call('book.get', {})
      const renamed = text.replaceAll('"envios"', '"paqueteria"').replaceAll('"correo"', '"cartas"')
      await desk.control.call('book.apply', { text: renamed })
      await history.run(20)
      for (const [i, q] of periods.entries()) {
        const now = await ask(desk, q)
        const same = ({ figures, rows }) => ({ figures: figures.map((f) => f.value), rows: rows.map((r) => [r.key, r.values]) })
        assert.deepEqual(same(now), same(told[i]), `${q.report} by ${q.group}`)
      }
    })
  })
})
