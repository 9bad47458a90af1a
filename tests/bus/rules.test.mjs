// The desk book's rules on every event, and what they do: with a clock that the test sets.
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
const START = '2026-01-12T09:30:00Z' // a Monday, 10:30 in Madrid
let daemon
let control
let mail
let chat
let agents
let n = 0

const HEAD = `
queue "general" { title "General" }
queue "envios" { title "Envíos" team "almacen" }
team "almacen" { title "Almacén" members "laura@tienda.example", "nadie@tienda.example" }
calendar "tienda" { timezone "Europe/Madrid" mon-fri 09:00-14:00, 16:00-19:00 }
calendar "siempre" { timezone "Europe/Madrid" mon-sun 00:00-24:00 }
policy "correo" { calendar "siempre" first response 4h next response 8h }
policy "rapida" { calendar "siempre" first response 1h next response 2h }
reply "acuse" { title "Acuse" text es """Hola, {customer.first_name}: {incident.ref} está en camino.""" text en """Hello {customer.first_name}, {incident.ref} is on its way.""" }
reply "pedido" { title "Pedido" language es text """¿Cuál es el número de tu pedido?""" }
`

async function person(name, role = 'admin') {
  const { agent } = await control.call('agent.add', { email: `${name}@tienda.example`, name, role })
  const { token } = await control.call('token.add', { agent: agent.id, label: 'test' })
  return { id: agent.id, token }
}

async function connect() {
  ;[control, mail, chat] = await Promise.all(['control', 'mail', 'chat'].map((role) => daemon.connect(role)))
  for (const agent of Object.values(agents ?? {})) {
    const client = await daemon.connect('console')
    const { handle } = await client.call('session.open', { token: agent.token })
    agent.call = (method, params) => client.call(method, params, { as: handle })
  }
}

before(async () => {
  clock.set(START)
  daemon = await startDaemon({ env: clock.env })
  await connect()
  agents = { laura: await person('laura'), iker: await person('iker') }
  for (const client of [control, mail, chat]) client.close()
  await connect()
  for (const connection of [
    { name: 'correo', kind: 'pipe', settings: { address: 'hola@olmo.example', from_name: 'Tienda', out: '/tmp/none' } },
    { name: 'tienda', kind: 'chat', settings: { origins: 'https://olmo.example', title: 'Tienda' } },
  ])
    await control.call('connection.add', connection)
})
after(async () => {
  const { problems } = await control.call('store.check', {})
  assert.deepEqual(problems, [])
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigod'), ['--dir', daemon.dir, '--fsck'], { stdio: 'pipe' })
  daemon.remove()
  clock.remove()
})

/** Applies rules, beside what every test has. */
async function apply(rules) {
  try {
    return await control.call('book.apply', { text: HEAD + rules })
  } catch (error) {
    throw new Error(JSON.stringify(error.data.errors ?? error.message))
  }
}

/** The desk's clock jumps, and what is due by then is done. */
async function at(iso) {
  clock.set(iso)
  await until(async () => Date.parse((await control.call('ping')).now) >= Date.parse(iso), `the clock to say ${iso}`)
}

async function write(text, { who = `c${++n}`, subject = 'Un correo', reply_to, ...more } = {}) {
  const id = `<m${++n}@x.example>`
  const raw = Buffer.from(`Message-ID: ${id}\r\n\r\n${text}\r\n`)
  const { incident } = await mail.call('contact.add', {
    connection: 'correo',
    external_id: id,
    digest: sha(text),
    received_at: (await control.call('ping')).now,
    channel: 'email',
    from: { name: 'Ana Ruiz', address: `${who}@x.example` },
    subject,
    text,
    ...(reply_to && { in_reply_to: [reply_to] }),
    raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') },
    ...more,
  })
  return { id: incident, mail: id, who }
}

const detail = async (id) => (await control.call('incident.get', { id })).detail
async function events(id, kind) {
  const all = await control.call('event.list', { incident: id }).catch(() => null)
  const list = all?.events ?? (await detail(id)).events
  return list.filter((e) => !kind || e.kind === kind)
}
const decisions = async (id) => (await events(id, 'incident.classified')).map((e) => e.data)
async function answer(agent, id, text, more = {}) {
  const { incident } = await detail(id)
  return agents[agent].call('incident.answer', { id, text, seen: incident.messages, ...more })
}

test('a contact gets a queue, a team, an agent, a policy, tags, and says why', async () => {
  await apply(`
rule "envio" { on contact via email if subject or body matches /\\bpedido (?<order>\\d{4,})/
  then queue "envios", team "almacen", assign "laura@tienda.example", priority high, reason order_status, policy "rapida", tag "envio", tag "pedido-{order}", link order {order}, reply "acuse" example "mi pedido 1042" }
rule "otra" { on contact if body contains "pedido" and mailbox is "correo" then queue "general", tag "segunda", untag "envio" stop example body "mi pedido" mailbox "correo" }
rule "nunca" { on contact if body contains "pedido" and channel is email then tag "nunca" example "mi pedido" }
`)
  const { id } = await write('mi pedido 1042 no llega')
  const { incident, clocks } = await detail(id)
  assert.equal(incident.queue, 'envios')
  assert.equal(incident.team, 'almacen')
  assert.equal(incident.assignee.id, agents.laura.id)
  assert.equal(incident.priority, 'high')
  assert.equal(incident.reason, 'order_status')
  assert.equal(incident.saved_reply, 'acuse')
  assert.deepEqual(incident.tags, ['pedido-1042', 'segunda'])
  assert.equal(clocks[0].policy, 'rapida')
  const [why] = await decisions(id)
  assert.equal(why.on, 'contact')
  assert.equal(why.tried, 2)
  assert.equal(why.stopped_by, 'otra')
  assert.deepEqual(
    why.rules.map((r) => r.rule),
    ['envio', 'otra'],
  )
  assert.equal(why.by.queue, 'envio')
  assert.equal(why.set.link_order, undefined)
  assert.deepEqual(why.left, [{ action: 'link_order', rule: 'envio', why: 'unknown' }])
  assert.equal(why.facts.messages, 1)
  assert.equal(why.facts['customer.known'], false)
  assert.equal(why.facts.channel, 'email')
  assert.doesNotMatch(JSON.stringify(why), /no llega|Ana Ruiz|@x\.example/)
  const created = (await events(id, 'incident.created'))[0].data
  assert.equal(created.team, 'almacen')
  assert.equal(created.book, why.book)
})

test('what cannot be done is left, and says why', async () => {
  await apply(`
rule "nadie" { on contact if channel is email then assign "nadie@tienda.example", notify agent "nadie@tienda.example" "hola", state closed, priority low }
`)
  const { id } = await write('hola')
  const { incident } = await detail(id)
  assert.equal(incident.priority, 'low')
  assert.equal(incident.state, 'new')
  assert.equal(incident.assignee, null)
  const [why] = await decisions(id)
  assert.deepEqual(
    why.left.map((l) => [l.action, l.why]),
    [
      ['assign', 'unknown'],
      ['state', 'no_step'],
      ['notify', 'unknown'],
    ],
  )
  assert.deepEqual(why.set, { priority: 'low' })
})

test('a rule answers by itself: once a day, in the language, fulfilling nothing', async () => {
  await apply(`
rule "acuse" { on contact if channel is email then send reply "acuse" }
rule "tambien" { on contact if channel is email then ask for order with "pedido" }
`)
  const first = await write('hola', { who: 'unavez' })
  const { messages, clocks, incident } = await detail(first.id)
  assert.equal(messages.length, 2)
  assert.equal(messages[1].author.kind, 'bot')
  assert.equal(messages[1].text, `Hola, Ana: P-${first.id} está en camino.`)
  assert.equal(clocks[0].state, 'running')
  assert.equal(incident.state, 'new')
  const [why] = await decisions(first.id)
  assert.equal(why.set.send, 'acuse')
  assert.deepEqual(
    why.left.map((l) => [l.action, l.why]),
    [['ask_order', 'second']],
  )
  const { deliveries } = await mail.call('outbox.take', { max: 20, lease_ms: 60_000 })
  const out = deliveries.find((d) => d.incident === first.id)
  assert.equal(out.automatic, true)
  assert.equal(out.to[0].address, 'unavez@x.example')
  // the same customer again: the first rule is silent for a day, the second is another rule
  const second = await write('hola otra vez', { who: 'unavez' })
  assert.deepEqual(
    (await decisions(second.id))[0].left.map((l) => [l.action, l.why]),
    [['send', 'period']],
  )
  const third = await write('y otra', { who: 'unavez' })
  assert.equal((await detail(third.id)).messages.length, 1)
  // a program is never answered
  const robot = await write('estoy fuera', { robot: true })
  assert.equal((await detail(robot.id)).messages.length, 1)
  assert.equal((await decisions(robot.id))[0].left[0].why, 'robot')
})

test('in a chat an automatic answer is a line', async () => {
  await apply(`
rule "acuse" { on contact via chat then send reply "acuse" }
`)
  const { handle } = await chat.call('visitor.start', { connection: 'tienda', name: 'Eva Gil', language: 'en', email: 'eva@x.example', network: '192.0.2.1' })
  const { incident: id } = await chat.call('chat.write', { id: 'l1', text: 'hello', page: 'https://olmo.example/zapatos' }, { as: handle })
  const { lines } = await chat.call('chat.get', { from: 0 }, { as: handle })
  assert.deepEqual(
    lines.map((l) => l.text),
    ['hello', `Hello Eva, P-${id} is on its way.`],
  )
  const { facts } = (await decisions(id))[0]
  assert.equal(facts.language, 'en')
})

test('of a later contact only rules that ask for messages are run', async () => {
  await apply(`
rule "primero" { on contact if channel is email then tag "primero" }
rule "insiste" { on contact if messages >= 3 then priority urgent, tag "insiste", note "Ha escrito tres veces" }
`)
  const { id, mail: root } = await write('hola', { who: 'insistente' })
  await write('¿hay alguien?', { who: 'insistente', reply_to: root })
  assert.deepEqual((await detail(id)).incident.tags, ['primero'])
  await write('sigo aquí', { who: 'insistente', reply_to: root })
  const { incident, messages } = await detail(id)
  assert.deepEqual(incident.tags, ['insiste', 'primero'])
  assert.equal(incident.priority, 'urgent')
  assert.deepEqual([messages[3].direction, messages[3].author.kind, messages[3].text], ['note', 'bot', 'Ha escrito tres veces'])
  const all = await decisions(id)
  assert.equal(all.length, 2)
  assert.equal(all[1].tried, 1)
  assert.equal(all[1].message, messages[2].id)
})

test('an answer and a state by a person are events; what rules do is none', async () => {
  await apply(`
rule "respondido" { on answer if queue is "general" then tag "respondido" }
rule "resuelto" { on state if state is solved and state.before is open then state open, tag "vuelve" }
rule "abierto" { on state if state is open then tag "nunca" }
`)
  const { id } = await write('hola')
  await answer('laura', id, 'Claro', { state: 'open' })
  let { incident } = await detail(id)
  assert.deepEqual(incident.tags, ['nunca', 'respondido']) // open, by laura
  await agents.laura.call('incident.set', { id, remove_tags: ['nunca'] })
  const { incident: now } = await agents.laura.call('incident.set', { id, state: 'solved' })
  assert.equal(now.state, 'open')
  incident = (await detail(id)).incident
  assert.deepEqual(incident.tags, ['respondido', 'vuelve'])
  const on = (await decisions(id)).map((d) => d.on)
  assert.deepEqual(on, ['answer', 'state', 'state'])
})

test('another policy gives the clock another length, from its own start', async () => {
  await apply(`
rule "vip" { on contact if messages = 2 then policy "rapida", queue "envios" }
`)
  const { id, mail: root } = await write('hola', { who: 'vip' })
  await write('más', { who: 'vip', reply_to: root })
  const { clocks, incident } = await detail(id)
  assert.deepEqual(
    clocks.map((c) => [c.policy, c.state, c.rule]),
    [['rapida', 'running', 'vip']],
  )
  assert.equal(Date.parse(clocks[0].due_at) - Date.parse(clocks[0].start_at), 3600_000)
  assert.equal(incident.due_at, clocks[0].due_at)
  const [moved] = await events(id, 'clock.retargeted')
  assert.deepEqual([moved.data.cause, moved.data.policy, moved.data.late], ['policy', 'rapida', false])
  assert.equal(moved.data.from_due_s - moved.data.to_due_s, 3 * 3600)
})

test('a broken promise is an event, and its team is told', async () => {
  await apply(`
rule "tarde" { on clock.breach if clock is first_response then priority urgent, notify team "almacen" "Se ha pasado el plazo" }
`)
  const { id } = await write('hola')
  await at('2026-01-12T13:45:00Z')
  await until(async () => (await detail(id)).incident.priority === 'urgent', 'the rule of the breach')
  const notices = await events(id, 'notice.added')
  assert.deepEqual(notices[0].data.agents, [agents.laura.id])
  assert.equal(notices[0].data.team, 'almacen')
  const { messages } = await detail(id)
  assert.equal(messages.find((m) => m.id === notices[0].data.message).text, 'Se ha pasado el plazo')
  const [why] = await decisions(id)
  assert.equal(why.on, 'clock.breach')
  assert.equal(why.facts.clock, 'first_response')
  assert.ok(why.facts['clock.left'] < 0)
})

test('what sleeps wakes by itself', async () => {
  await apply(`
rule "luego" { on contact if channel is email then snooze 2h }
`)
  const { id } = await write('mañana os llamo')
  const { incident } = await detail(id)
  assert.equal(incident.state, 'snoozed')
  assert.equal(incident.wake_at.slice(0, 16), '2026-01-12T15:45')
  await apply('')
  await at('2026-01-12T15:46:00Z')
  await until(async () => (await detail(id)).incident.state === 'open', 'it to wake')
  assert.equal((await detail(id)).incident.wake_at, undefined)
})

test('a rule of the day runs once for each incident and day, whatever dies', async () => {
  await apply('')
  const { id } = await write('hola')
  const { id: closed } = await write('adiós')
  await agents.laura.call('incident.set', { id: closed, state: 'solved' })
  await apply(`
rule "diario" { on every weekday at 09:00 if state is new, open then note "Buenos días" }
`)
  const notes = async (i) => (await detail(i)).messages.filter((m) => m.text === 'Buenos días').length
  assert.equal(await notes(id), 0)
  await at('2026-01-13T08:00:05Z') // 09:00 in Madrid
  await until(async () => (await notes(id)) === 1, 'the rule of the day')
  assert.equal(await notes(closed), 0)
  await daemon.kill()
  daemon = await startDaemon({ dir: daemon.dir, env: clock.env })
  await connect()
  await at('2026-01-13T20:00:00Z')
  assert.equal(await notes(id), 1)
  // down for three days: the last morning is enough
  await daemon.stop()
  clock.set('2026-01-16T20:00:00Z')
  daemon = await startDaemon({ dir: daemon.dir, env: clock.env })
  await connect()
  await until(async () => (await notes(id)) === 2, 'the rule of the mornings that were missed')
  await at('2026-01-18T20:00:00Z') // a Sunday
  assert.equal(await notes(id), 2)
  const last = (await decisions(id)).at(-1)
  assert.equal(last.on, 'time')
  assert.equal(new Date(last.at_s * 1000).toISOString(), '2026-01-16T08:00:00.000Z')
})

test('four hours after it was solved: planned, run once, not if it was opened', async () => {
  await apply(`
rule "cierra" { on 4h after solved then state closed, tag "cerrado" }
`)
  const solved = (await write('uno')).id
  const opened = (await write('dos')).id
  for (const id of [solved, opened]) await agents.laura.call('incident.set', { id, state: 'solved' })
  await agents.laura.call('incident.set', { id: opened, state: 'open' })
  await at('2026-01-18T23:00:00Z')
  assert.equal((await detail(solved)).incident.state, 'solved')
  await daemon.kill()
  clock.set('2026-01-19T00:05:00Z')
  daemon = await startDaemon({ dir: daemon.dir, env: clock.env })
  await connect()
  await until(async () => (await detail(solved)).incident.state === 'closed', 'it to be closed')
  assert.equal((await detail(opened)).incident.state, 'open')
  assert.equal((await decisions(solved)).length, 1)
})

test('a new rule plans for what is there, from now on', async () => {
  await apply('')
  const before = (await write('uno')).id
  await at('2026-01-19T03:00:00Z')
  const later = (await write('dos')).id
  await apply(`
rule "recuerda" { on 2h after contact if state is new then tag "recuerda" }
`)
  await at('2026-01-19T05:30:00Z')
  await until(async () => (await detail(later)).incident.tags.includes('recuerda'), 'the plan of one that was there')
  // its instant had passed before the rule was applied
  assert.deepEqual((await detail(before)).incident.tags, [])
})

test('what could not be decided marks the incident until a person looks', async () => {
  const many = '{largo} '.repeat(60)
  await apply(`
rule "largo" { on contact if body matches /clave (?<largo>\\w{200})/ then note "${many}" example "clave ${'x'.repeat(200)}" }
`)
  const { id } = await write(`clave ${'y'.repeat(200)}`)
  assert.equal((await detail(id)).incident.undecided, true)
  const [event] = await events(id, 'incident.undecided')
  assert.deepEqual(event.data.rules, [{ rule: 'largo', why: 'text' }])
  const rules = async () => (await control.call('status.get', {})).health.find((h) => h.name === 'rules')
  assert.deepEqual([(await rules()).ok, /1 incident/.test((await rules()).detail)], [false, true])
  const listed = async () => (await control.call('incident.list', { undecided: true })).incidents.map((i) => i.id)
  assert.deepEqual(await listed(), [id])
  await agents.laura.call('incident.note', { id, text: 'Visto' })
  assert.deepEqual(await listed(), [])
  assert.equal((await detail(id)).incident.undecided, undefined)
  assert.equal((await rules()).ok, true)
})

test('headers and files of a mail are asked, and explained', async () => {
  await apply(`
rule "boletin" { on contact if header "X-Campaign" contains "verano" and attachment.type contains "image/" then tag "boletin" example "x" header "X-Campaign" "verano 2026" attachment.type "image/png" }
`)
  const bytes = Buffer.from('no es una imagen')
  const { id } = await write('hola', {
    headers: [{ name: 'x-campaign', value: 'Verano de 2026' }],
    attachments: [{ filename: 'Foto de Ana.png', content_type: 'image/png', size: bytes.length, sha256: sha(bytes), inline: false, data: bytes.toString('base64') }],
  })
  assert.deepEqual((await detail(id)).incident.tags, ['boletin'])
  const [why] = await decisions(id)
  assert.deepEqual(
    why.rules[0].hits.map((h) => [h.field, h.name?.toLowerCase(), h.file]),
    [
      ['header', 'x-campaign', undefined],
      ['attachment.type', undefined, 1],
    ],
  )
  assert.doesNotMatch(JSON.stringify(why), /Foto de Ana/)
  const explained = await control.call('incident.explain', { id })
  const rule = explained.decisions.at(-1).rules.find((r) => r.rule === 'boletin')
  assert.equal(rule.verdict, 'fired')
  assert.ok(rule.conditions.every((c) => c.verdict === 'yes'))
})

test('a decision about an agent is explained without their address being kept', async () => {
  await apply(`
rule "suya" { on state if assignee is "laura@tienda.example" and state is on_hold then tag "suya" }
`)
  const { id } = await write('hola')
  await agents.laura.call('incident.assign', { id, agent: agents.laura.id })
  await agents.laura.call('incident.set', { id, state: 'on_hold' })
  const [why] = await decisions(id)
  assert.equal(why.facts.assignee, agents.laura.id)
  assert.doesNotMatch(JSON.stringify(why), /@tienda/)
  const explained = await control.call('incident.explain', { id })
  const rule = explained.decisions.at(-1).rules.find((r) => r.rule === 'suya')
  assert.deepEqual(
    rule.conditions.map((c) => c.verdict),
    ['yes', 'yes'],
  )
})
