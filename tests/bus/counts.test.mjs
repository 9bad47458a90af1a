// Counts are kept in memory: after a random scenario over the bus, with
// requests that are refused among them, they are those of the rows; and so
// they are after a kill in the middle of it and a new start.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { until } from '../lib/wait.mjs'
import { TestClock } from '../replay/desk.mjs'

const sha = (text) => createHash('sha256').update(text).digest('hex')
const clock = new TestClock()
const MINUTE = 60_000
const BOOK = `
queue "general" { title "General" }
queue "envios" { title "Envíos" }
queue "vacia" { title "Vacía" }
calendar "siempre" { timezone "Europe/Madrid" mon-sun 00:00-24:00 }
policy "correo" { calendar "siempre" first response 45m next response 2h }
`
const STEPS = 250

let daemon
let control
let mail
let agents = []
let now = Date.parse('2026-01-12T09:30:00Z')
let n = 0
let seed = 5

/** A number from 0 to below - 1; the same ones in each run. */
function random(below) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return Math.floor((seed / 2 ** 32) * below)
}
const pick = (list) => list[random(list.length)]

async function connect() {
  ;[control, mail] = await Promise.all(['control', 'mail'].map((role) => daemon.connect(role)))
  for (const agent of agents) {
    const client = await daemon.connect('console')
    const { handle } = await client.call('session.open', { token: agent.token })
    agent.call = (method, params) => client.call(method, params, { as: handle })
  }
}

before(async () => {
  clock.set(new Date(now).toISOString())
  daemon = await startDaemon({ env: clock.env })
  control = await daemon.connect('control')
  await control.call('connection.add', { name: 'correo', kind: 'pipe', settings: { address: 'hola@olmo.example', from_name: 'Olmo', out: '/tmp/none' } })
  for (const name of ['laura', 'iker']) {
    const { agent } = await control.call('agent.add', { email: `${name}@olmo.example`, name, role: 'admin' })
    const { token } = await control.call('token.add', { agent: agent.id, label: 'test' })
    agents.push({ id: agent.id, token })
  }
  control.close()
  await connect()
  await control.call('book.apply', { text: BOOK })
})
after(async () => {
  await daemon.stop()
  execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigod'), ['--dir', daemon.dir, '--fsck'], { stdio: 'pipe' })
  daemon.remove()
  clock.remove()
})

function contact() {
  const id = `<m${++n}@x.example>`
  const raw = Buffer.from(`Message-ID: ${id}\r\n\r\nhola\r\n`)
  return mail.call('contact.add', {
    connection: 'correo',
    external_id: id,
    digest: sha(raw),
    received_at: new Date(now).toISOString(),
    channel: 'email',
    from: { name: 'Ana', address: `c${n}@x.example` },
    subject: 'Un correo',
    text: 'hola',
    raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') },
  })
}

/** One thing that somebody does; what the desk refuses is part of it. */
function step() {
  const agent = pick(agents)
  const id = 1 + random(n)
  const some = [
    contact,
    () => agent.call('incident.assign', { id, ...(random(3) && { agent: pick(agents).id }) }),
    () => agent.call('incident.set', { id, state: pick(['open', 'pending_customer', 'on_hold', 'solved', 'spam']) }),
    () => agent.call('incident.set', { id, queue: pick(['general', 'envios', 'nada']) }),
    () => agent.call('incident.answer', { id, text: 'Hola', seen: 1, override: true, state: pick(['open', 'pending_customer', 'solved']) }),
    () => agent.call('incident.merge', { id, into: 1 + random(n), seen: 1 }),
  ]
  return pick(some)().catch((error) => {
    if (!error.word) throw error
  })
}

const sql = (text) => Number(execFileSync('sqlite3', ['-readonly', join(daemon.dir, 'postigo.db'), `SELECT count(*) FROM incident WHERE ${text}`], { encoding: 'utf8' }))

/** What the counts must say, row by row. */
function wanted(me, at) {
  const queue = (name) => sql(`active = 1 AND queue = '${name}'`)
  const between = (from, to) => sql(`active = 1 AND due_ms >= ${from} AND due_ms < ${to}`)
  const far = Number.MAX_SAFE_INTEGER
  return {
    active: sql('active = 1'),
    mine: sql(`active = 1 AND assignee_id = ${me}`),
    unassigned: sql('active = 1 AND assignee_id IS NULL'),
    pending: sql("state = 'pending_customer'"),
    solved: sql("state = 'solved'"),
    spam: sql("state = 'spam'"),
    all: sql('1'),
    queues: ['general', 'envios', 'vacia'].map(queue),
    overdue: between(0, at),
    risk: between(at, at + 30 * MINUTE),
    ontime: between(at + 30 * MINUTE, far),
  }
}

async function right() {
  for (const agent of agents) {
    const { views, queues, overdue, risk, ontime } = await agent.call('incident.counts', {})
    const at = Date.parse((await control.call('ping')).now)
    assert.deepEqual({ ...views, queues: queues.map((q) => q.active), overdue, risk, ontime }, wanted(agent.id, at))
  }
  const status = await control.call('status.get', {})
  for (const state of ['new', 'open', 'pending_customer', 'on_hold', 'snoozed']) assert.equal(status.incidents[state], sql(`state = '${state}'`), state)
}

/** The desk's clock goes on, and what is due by then is done. */
async function later(ms) {
  now += ms
  clock.set(new Date(now).toISOString())
  await until(async () => Date.parse((await control.call('ping')).now) >= now, 'the clock to go on')
}

test('a random scenario, a kill, a new start: the counts are those of the rows', async () => {
  for (let i = 0; i < 30; i++) await contact()
  await right()
  for (let i = 0; i < STEPS; i++) {
    // some at once, so that a commit has several
    await Promise.all([step(), step(), step()])
    if (i % 60 === 59) {
      await later(19 * MINUTE)
      await right()
    }
  }
  const open = wanted(agents[0].id, now)
  for (const figure of ['active', 'mine', 'unassigned', 'pending', 'solved', 'spam', 'overdue']) assert.ok(open[figure] > 0, figure)

  // what was under way is done or is not; the counts are those of what is
  const doomed = [step, contact, step, contact].map((one) => one().catch(() => {}))
  await daemon.kill()
  await Promise.all(doomed)
  daemon = await startDaemon({ dir: daemon.dir, env: clock.env })
  await connect()
  await right()
  for (let i = 0; i < 40; i++) await step().catch(() => {})
  await right()
})
