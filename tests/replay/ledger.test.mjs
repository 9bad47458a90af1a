// A daemon that was down over a night with deadlines inside finds them in the
// morning: its ledger is that of one that ran, but for when they were found.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { sleep, until } from '../lib/wait.mjs'
import { makeTemplate, ReplayDesk, TestClock } from './desk.mjs'

const DAY = '2026-01-12'
const MORNING = '2026-01-13T06:00:00Z'
/** Promises that are broken in that night. */
const BROKEN = 16
const clock = new TestClock()
let template

before(async () => {
  clock.set(`${DAY}T08:00:00Z`)
  template = await makeTemplate(clock)
})
after(() => {
  clock.remove()
  template.remove()
})

/** An afternoon in which each promise is broken in a way of its own, later. */
async function afternoon(desk) {
  const { laura, iker } = desk.agents
  const at = (time) => desk.at(`${DAY}T${time}:00Z`)
  const mail = async (id, text, time) => (await desk.contact('ana', id, text, { at: `${DAY}T${time}:00Z` })).incident
  const assign = (by, id, to) => by.call('incident.assign', { id, agent: to.id })

  await desk.control.call('book.apply', { text: readFileSync(new URL('night.book', import.meta.url), 'utf8') })
  await at('14:00')
  await mail('nobody', 'nadie', '14:00')
  const back = await mail('back', 'vuelve', '14:00')
  await at('14:10')
  await laura.call('incident.answer', { id: back, text: 'Hola', seen: 1, state: 'open' })
  const { deliveries: [delivery] } = await desk.mail.call('outbox.take', { max: 1, lease_ms: 600_000 })
  const unopened = await mail('unopened', 'sin abrir', '14:10')
  await at('14:20')
  await assign(iker, unopened, laura)
  const worked = await mail('worked', 'abierta', '14:20')
  await assign(laura, worked, laura)
  await laura.call('incident.opened', { id: worked })
  await laura.call('incident.set', { id: worked, state: 'on_hold' })
  await at('15:00')
  await laura.call('incident.set', { id: worked, state: 'open' })
  const noted = await mail('noted', 'con nota', '15:00')
  await assign(laura, noted, laura)
  await laura.call('incident.note', { id: noted, text: '¿alguien sabe?' })
  await at('15:40')
  await mail('fetched', 'tarde', '14:05')
  await mail('unstaffed', 'mi pedido', '15:40')
  const away = await mail('away', 'fuera', '15:40')
  await assign(iker, away, iker)
  await iker.call('incident.opened', { id: away })
  await at('17:00')
  await iker.call('agent.away', { reason: 'absence' })
  await at('19:30')
  await desk.mail.call('outbox.report', { delivery: delivery.id, attempt: delivery.attempt, result: 'failed' })
  await laura.call('incident.set', { id: unopened, priority: 'high' })
}

async function ledger(desk) {
  const { breaches, causes, count } = await desk.agents.laura.call('breach.list', { since: `${DAY}T00:00:00Z`, until: MORNING, limit: 500 })
  assert.equal(count, breaches.length)
  return { breaches, causes }
}

/** Without when it was found. */
const lasting = ({ found_at, late, ...rest }) => rest

/** What clock.breached told, without that. */
async function told(desk) {
  const { events } = await desk.control.call('events.since', { from: 0, limit: 1000 })
  return events.filter((e) => e.kind === 'clock.breached').map(({ data: { late, ...rest } }) => rest).sort((a, b) => a.clock - b.clock)
}

test('the ledger of a night does not depend on when it was written', { timeout: 240_000 }, async () => {
  clock.set(`${DAY}T09:00:00Z`)
  const day = await ReplayDesk.start(template, clock)
  const clocks = [new TestClock(), new TestClock()]
  const desks = []
  try {
    await afternoon(day)
    await day.daemon.stop()
    const evening = { ...template, dir: day.daemon.dir }

    clocks[0].set(`${DAY}T19:31:00Z`)
    const ran = await ReplayDesk.start(evening, clocks[0])
    desks.push(ran)
    for (let hour = 20; hour <= 30; hour++) {
      await ran.at(new Date(Date.parse(`${DAY}T00:00:00Z`) + hour * 3_600_000).toISOString())
      await sleep(150) // a daemon with such a clock looks at it ten times a second
    }

    clocks[1].set(MORNING)
    const slept = await ReplayDesk.start(evening, clocks[1])
    desks.push(slept)

    for (const desk of [ran, slept])
      await until(async () => (await ledger(desk)).breaches.length === BROKEN, `${BROKEN} breaches`)
    const [a, b] = [await ledger(ran), await ledger(slept)]
    assert.ok(a.breaches.every((breach) => !breach.late))
    assert.ok(b.breaches.every((breach) => breach.late))
    assert.deepEqual(b.breaches.map(lasting), a.breaches.map(lasting))
    assert.deepEqual(b.causes, a.causes)
    assert.deepEqual(await told(slept), await told(ran))

    const first = Object.fromEntries(a.breaches.filter((x) => x.name === 'first_response').map((x) => [x.incident, x.cause]))
    assert.deepEqual(Object.values(first), [
      'nobody_assigned',
      'reopened_late',
      'unopened',
      'worked_on',
      'waiting_on_note',
      'fetched_late',
      'nobody_scheduled',
      'assignee_away',
    ])
    for (const desk of desks) await desk.end()
  } finally {
    for (const desk of [day, ...desks]) await desk.drop()
    for (const one of clocks) one.remove()
  }
})
