// The answer that customers may expect, from the first chat on: what the panel
// is told, what answers took, whether it was kept; and how many agents a day
// needs, from weeks of what came.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { until } from '../lib/wait.mjs'
import { TestClock } from '../replay/desk.mjs'

const WEEKS = 5
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** A Monday, 9:00 in Madrid, in summer and in winter alike. */
const FIRST = Date.parse('2026-01-05T08:00:00Z')

const BOOK = `queue "general" { title "General" }
calendar "tienda" {
    timezone "Europe/Madrid"
    mon-fri 09:00-18:00
}
policy "chat" {
    via chat
    calendar "tienda"
    first response 1h
    next response 1h
}
policy "correo" {
    calendar "tienda"
    first response 4h
    next response 8h
}
reply "acuse" {
    title "Acuse"
    language es
    text "Te contestamos {expected.answer}."
}
`

const sha = (b) => createHash('sha256').update(b).digest('hex')
const clock = new TestClock()
let daemon
let control
let chat
let mail
let laura

before(async () => {
  clock.set(new Date(FIRST).toISOString())
  daemon = await startDaemon({ env: clock.env })
  control = await daemon.connect('control')
  await control.call('book.apply', { text: BOOK })
  for (const connection of [
    { name: 'correo', kind: 'pipe', settings: { address: 'hola@olmo.example', from_name: 'Olmo', out: '/tmp/none' } },
    { name: 'tienda', kind: 'chat', settings: { origins: 'https://olmo.example', title: 'Olmo' } },
  ])
    await control.call('connection.add', connection)
  const { agent } = await control.call('agent.add', { email: 'laura@olmo.example', name: 'Laura', role: 'lead' })
  const { token } = await control.call('token.add', { agent: agent.id, label: 'test' })
  const client = await daemon.connect('console')
  const { handle } = await client.call('session.open', { token })
  laura = (method, params = {}) => client.call(method, params, { as: handle })
  chat = await daemon.connect('chat')
  mail = await daemon.connect('mail')
})

after(async () => {
  await daemon?.stop()
  daemon?.remove()
  clock.remove()
})

async function visitor() {
  const { handle } = await chat.call('visitor.start', { connection: 'tienda', name: 'Marta', network: '192.0.2.7' })
  return (method, params = {}) => chat.call(method, params, { as: handle })
}

let lines = 0
async function ask() {
  const v = await visitor()
  const { incident } = await v('chat.write', { id: `l${++lines}`, text: 'hola' })
  return { v, incident }
}

const answer = (id, text = 'hola') => laura('incident.answer', { id, text, seen: 0, override: true })
const expected = async (v) => (await v('chat.get', { from: 0 })).chat.expected
const now = async () => Date.parse((await control.call('ping')).now)

let mails = 0
async function write() {
  const raw = Buffer.from(`mail ${++mails}`)
  const { incident } = await mail.call('contact.add', {
    connection: 'correo',
    external_id: `<${mails}@x.example>`,
    digest: sha(raw),
    received_at: (await control.call('ping')).now,
    channel: 'email',
    from: { name: 'Ana', address: `ana${mails}@x.example` },
    subject: 'hola',
    text: 'hola',
    raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') },
  })
  return incident
}

/** Within a second of it: the clock of a test runs on while it is set. */
const about = (at, wanted, slack = 30_000) =>
  assert.ok(Math.abs(Date.parse(at) - wanted) <= slack, `${at} is not about ${new Date(wanted).toISOString()}`)

test('a first chat is told what the policy promises', async () => {
  const { site } = await chat.call('chat.site', { connection: 'tienda' })
  assert.deepEqual(site.expected, { words: '1h', by_at: null })
  const { v, incident } = await ask()
  const told = await expected(v)
  assert.equal(told.words, '1h')
  about(told.by_at, FIRST + 60 * MINUTE)
  clock.set(new Date(FIRST + 10 * MINUTE).toISOString())
  assert.deepEqual(await expected(v), told, 'what was told stands')
  await answer(incident)
  assert.equal(await expected(v), null)
})

test('weeks of chats and mails, answered soon', async () => {
  // Tuesdays: 10:00 twelve chats, 11:10 four mails.
  for (let week = 0; week < WEEKS; week++) {
    const day = FIRST + DAY + week * 7 * DAY
    for (let i = 0; i < 12; i++) {
      clock.set(new Date(day + 60 * MINUTE + i * 2 * MINUTE).toISOString())
      const { v, incident } = await ask()
      clock.set(new Date(day + 60 * MINUTE + i * 2 * MINUTE + MINUTE).toISOString())
      await answer(incident)
      await v('chat.write', { id: `l${++lines}`, text: 'gracias' })
    }
    clock.set(new Date(day + 130 * MINUTE).toISOString())
    for (let i = 0; i < 4; i++) await write()
  }
})

test('what answers took is measured, and the next visitor is told', async () => {
  const site = async () => (await chat.call('chat.site', { connection: 'tienda' })).site.expected
  clock.set(new Date(FIRST + DAY + (WEEKS - 1) * 7 * DAY + 180 * MINUTE).toISOString())
  // 24 first answers of a minute in 14 days
  await until(async () => {
    clock.shift(clock.seconds + 61)
    return (await site())?.words === '15m'
  }, 'a reader measured')
  const { v, incident } = await ask()
  const told = await expected(v)
  assert.equal(told.words, '15m')
  about(told.by_at, (await now()) + 15 * MINUTE)
  await answer(incident)
})

test('a saved reply says it in its language', async () => {
  const incident = await write()
  const { replies } = await laura('reply.list', { incident })
  assert.equal(replies[0].text, 'Te contestamos en menos de 4 horas.')
  // nobody is asked about: the variable stays as it is
  assert.equal((await laura('reply.list')).replies[0].text, 'Te contestamos {expected.answer}.')
})

test('after hours it is a day and an hour', async () => {
  // Tuesday, 20:00: 9:01 on Wednesday, rounded up
  clock.set(new Date(FIRST + DAY + (WEEKS - 1) * 7 * DAY + 11 * 60 * MINUTE).toISOString())
  const { v } = await ask()
  const told = await expected(v)
  assert.equal(told.words, 'tomorrow')
  assert.equal(new Date(told.by_at).toISOString().slice(11, 16), '09:00')
})

test("next Tuesday's agents come out of the weeks before", async () => {
  // Monday, 12:00
  const monday = FIRST + WEEKS * 7 * DAY
  clock.set(new Date(monday + 180 * MINUTE).toISOString())
  const tuesday = new Date(monday + DAY).toISOString().slice(0, 10)
  const plan = await laura('report.staffing', { date: tuesday, target: 8000, within: 60, agents: [1], shrinkage: 3000 })
  assert.equal(plan.date, tuesday)
  assert.equal(plan.zone, 'Europe/Madrid')
  assert.equal(plan.halves.length, 48)
  const at = (hour) => plan.halves.find((half) => half.at === hour)
  assert.equal(at('10:00').open, 10_000)
  assert.equal(at('08:30').open, 0)
  assert.equal(at('08:30').needed, 0)
  // the same every week: twelve, and four mails an hour later
  assert.ok(Math.abs(at('10:00').chats.mean - 1200) <= 120, JSON.stringify(at('10:00').chats))
  assert.ok(at('10:00').chats.low < at('10:00').chats.mean && at('10:00').chats.mean < at('10:00').chats.high)
  assert.equal(at('15:00').chats.mean, 0)
  assert.ok(Math.abs(at('11:00').mails.mean - 400) <= 40, JSON.stringify(at('11:00').mails))
  assert.ok(plan.past.weeks >= WEEKS - 1)
  assert.equal(typeof plan.past.error, 'number')
  assert.equal(plan.past.chat_s.measured, true)
  // more agents answer more, and the page has each of them
  assert.ok(plan.with.length >= 3)
  for (const [i, one] of plan.with.entries()) {
    assert.equal(one.agents, i + 1)
    assert.equal(at('10:00').within[i] !== undefined, true)
    if (i > 0) assert.ok(one.within >= plan.with[i - 1].within)
  }
  const enough = plan.with[plan.needed - 1]
  assert.ok(enough.within >= 8000, JSON.stringify(enough))
  assert.ok(plan.needed === 1 || plan.with[plan.needed - 2].within < 8000 || plan.with[plan.needed - 2].late > 0)
  assert.ok(at('10:00').rostered >= at('10:00').needed)
  // as planned: one all day is what "with 1" says
  assert.deepEqual({ ...plan.given, agents: 1 }, plan.with[0])
  assert.equal(at('10:00').given, 1)
  assert.equal(at('10:00').given_within, at('10:00').within[0])
  // the same question, the same answer
  const again = await laura('report.staffing', { date: tuesday, target: 8000, within: 60, agents: [1], shrinkage: 3000 })
  assert.deepEqual({ ...again, made_at: '' }, { ...plan, made_at: '' })
})

test('one channel, one queue, wrong ones', async () => {
  const chats = await laura('report.staffing', { channel: 'chat' })
  assert.equal(chats.with[0].late, null)
  assert.equal(chats.waiting, 0)
  const others = await laura('report.staffing', { channel: 'email' })
  assert.equal(others.with[0].within, null)
  assert.ok(others.waiting > 0)
  assert.deepEqual(others.halves[0].within, [])
  const wrong = (e) => e.word === 'bad_params'
  await assert.rejects(laura('report.staffing', { channel: 'fax' }), wrong)
  await assert.rejects(laura('report.staffing', { queue: 'nada' }), wrong)
  await assert.rejects(laura('report.staffing', { date: '2026-13-01' }), wrong)
  await assert.rejects(laura('report.staffing', { date: '2026-01-01' }), wrong)
  await assert.rejects(laura('report.staffing', { target: 10_000 }), wrong)
  await assert.rejects(laura('report.staffing', { agents: [1, -1] }), wrong)
  await assert.rejects(laura('report.staffing', { agents: [41] }), wrong)
})

test('a day with more mail than hours is late, and more agents make it less', async () => {
  for (let i = 0; i < 120; i++) await write()
  const plan = await laura('report.staffing', { channel: 'email', date: new Date(await now()).toISOString().slice(0, 10) })
  assert.ok(plan.waiting >= 120)
  const late = plan.with.map((one) => one.late)
  assert.ok(late[0] > 0, `${late}`)
  for (let i = 1; i < late.length; i++) assert.ok(late[i] <= late[i - 1] + 100, `${late}`)
  assert.ok(plan.needed === null || plan.with[plan.needed - 1].late <= 0.2 * plan.with[plan.needed - 1].mails)
})

test('the command says it in sentences and as JSON', () => {
  const program = join(process.env.POSTIGO_BUILDDIR, 'postigo')
  const run = (...args) => execFileSync(program, ['--dir', daemon.dir, ...args], { encoding: 'utf8' })
  const said = run('report', 'staffing', '--agents', '2', '--target', '90', '--within', '30')
  assert.match(said, /^\d{4}-\d\d-\d\d \(Europe\/Madrid\), forecast of \d+ weeks/)
  assert.match(said, /\n09:00 +\d/)
  assert.match(said, /\nWith the agents planned you will answer \d+ % of chats within 30 s and \d+ mails? will be late\.\n/)
  const plan = JSON.parse(run('--json', 'report', 'staffing', '--channel', 'email'))
  assert.ok(plan.waiting >= 120)
  for (const wrong of [['--agents', '1,x'], ['--agents', ''], ['--target', '100'], ['--within', '-1']]) {
    const { status, stderr } = spawnSync(program, ['--dir', daemon.dir, 'report', 'staffing', ...wrong], { encoding: 'utf8' })
    assert.equal(status, 64, stderr)
  }
})
