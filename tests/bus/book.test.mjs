// The desk book from its methods: versions, what differs between them, going
// back to one; why its rules decided, and what others would have decided.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { BusError, startDaemon } from '../lib/bus.mjs'

const refused = (word) => (e) => {
  assert.ok(e instanceof BusError, e.message)
  assert.equal(e.word, word, e.message)
  return true
}

const book = (rules = '') => `queue "general" { title "General" }
queue "devoluciones" { title "Devoluciones" }
queue "facturas" { title "Facturas" }
${rules}`

const returns = `rule "devolver" {
	on contact
	if subject or body matches /devol(ver|ución)/
	then reason return_request, queue "devoluciones", tag "devolución"
	example "Quiero devolver el pedido"
}
`
const bills = `rule "factura" {
	on contact
	if body contains "factura"
	then reason invoice, queue "facturas", priority high
	example "Necesito una factura"
}
`

let daemon
let control

before(async () => {
  daemon = await startDaemon()
  control = await daemon.connect('control')
})
after(async () => {
  control?.close()
  await daemon?.stop()
  daemon?.remove()
})

/** A handle of a new person with this role. */
async function person(role) {
  const { agent } = await control.call('agent.add', {
    email: `${role}@tienda.example`,
    name: role,
    role,
    password: 'una frase bastante larga',
  })
  const { token } = await control.call('token.add', { agent: agent.id, label: 'test' })
  const c = await daemon.connect('console')
  const { handle } = await c.call('session.open', { token })
  return { agent, call: (method, params) => c.call(method, params, { as: handle }), close: () => c.close() }
}

test('versions: kept with hash, author, note; listed newest first', async () => {
  const manager = await person('manager')
  const second = await control.call('book.apply', { text: book(returns), note: 'devoluciones' })
  const third = await manager.call('book.apply', { text: book(returns + bills), base: second.version })
  const { versions } = await control.call('book.list')
  assert.deepEqual(
    versions.map((v) => v.version),
    [3, 2, 1],
  )
  assert.equal(versions[0].hash, third.hash)
  assert.deepEqual([versions[0].agent, versions[0].agent_name], [manager.agent.id, 'manager'])
  assert.deepEqual([versions[1].agent, versions[1].agent_name, versions[1].note], [null, '', 'devoluciones'])
  assert.equal(versions[0].bytes, Buffer.byteLength(book(returns + bills)))
  assert.equal(versions[0].rules, 2)
  assert.equal(versions[1].rules, undefined)
  assert.match(versions[0].applied_at, /^\d{4}-\d\d-\d\dT/)
  assert.deepEqual(
    (await control.call('book.list', { limit: 1, before: 3 })).versions.map((v) => v.version),
    [2],
  )
  for (const params of [{ limit: 0 }, { limit: 201 }, { before: 0 }])
    await assert.rejects(control.call('book.list', params), refused('bad_params'))
  manager.close()
})

test('what differs: a text against the applied one, versions against each other', async () => {
  const lines = async (params) => (await control.call('book.diff', params)).lines
  assert.deepEqual(await lines({ text: book(returns + bills) }), [])
  assert.ok((await lines({ text: book(returns) })).some((l) => l.startsWith('- ') && l.includes('factura')))
  assert.ok((await lines({ from: 2 })).some((l) => l.startsWith('+ ') && l.includes('factura')))
  assert.deepEqual(await lines({ from: 2 }), await lines({ from: 2, to: 3 }))
  assert.ok((await lines({ to: 2 })).some((l) => l.startsWith('- ') && l.includes('factura')))
  assert.ok((await lines({ from: 1, text: book(returns) })).some((l) => l.includes('devolver')))
  assert.deepEqual(await lines({ from: 2, to: 2 }), [])
  for (const params of [{}, { text: book(), to: 2 }, { from: 0, to: 2 }]) await assert.rejects(control.call('book.diff', params), refused('bad_params'))
  await assert.rejects(control.call('book.diff', { from: 1, to: 99 }), refused('not_found'))
  await assert.rejects(control.call('book.diff', { text: 'queue {' }), refused('book'))
})

test('rollback: a new version with the old text, told as such', async () => {
  const { hash } = await control.call('book.get', { version: 2 })
  await assert.rejects(control.call('book.rollback', { version: 2, base: 2 }), (e) => refused('base')(e) && assert.equal(e.data.version, 3) === undefined)
  await assert.rejects(control.call('book.rollback', { version: 3 }), refused('applied'))
  await assert.rejects(control.call('book.rollback', { version: 99 }), refused('not_found'))
  const back = await control.call('book.rollback', { version: 2, base: 3, note: 'las facturas no' })
  assert.deepEqual(back, { version: 4, hash })
  const { text, version } = await control.call('book.get')
  assert.deepEqual([text, version], [book(returns), 4])
  const [newest] = (await control.call('book.list')).versions
  assert.deepEqual([newest.version, newest.same_as, newest.note, newest.rules], [4, 2, 'las facturas no', 1])
  const { events } = await control.call('events.since', { from: 0 })
  const applied = events.filter((e) => e.kind === 'book.applied')
  assert.deepEqual(
    applied.map((e) => e.data),
    [{ version: 2 }, { version: 3 }, { version: 4, rollback: 2 }],
  )
})

/** A mail of a customer. */
let serial = 0
async function mail(text, more = {}) {
  const c = await daemon.connect('mail')
  const n = ++serial
  const raw = Buffer.from(`octets ${n}`)
  const sha = (b) => createHash('sha256').update(b).digest('hex')
  const r = await c.call('contact.add', {
    connection: 'tienda',
    external_id: `<${n}@cliente.example>`,
    digest: sha(`${n}`),
    received_at: new Date(Date.now() - 1000).toISOString(),
    channel: 'email',
    from: { address: `c${n}@correo.example`, name: '' },
    subject: `Asunto ${n}`,
    text,
    raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') },
    ...more,
  })
  c.close()
  return r.incident
}

const rules = `rule "devolver" {
	on contact via email
	if subject or body matches /devol(ver|ución)/ and not body contains "gracias"
	then reason return_request, queue "devoluciones", tag "devolución"
	stop
	example "Quiero devolver el pedido"
}
rule "chat" {
	on contact via chat
	then priority low
}
rule "factura" {
	on contact
	if body contains "factura" or sender contains "contable"
	then reason invoice, queue "facturas", priority high
	example "Necesito una factura"
}
`
const SINCE = '2020-01-01T00:00:00Z'
let ids

test('why: rules that fired, their conditions, and the words that matched', async () => {
  const settings = { address: 'hola@tienda.example', from_name: 'Tienda', out: daemon.dir }
  await control.call('connection.add', { name: 'tienda', kind: 'pipe', settings })
  const { version } = await control.call('book.apply', { text: book(rules) })
  ids = [
    await mail('Hola 😀, quiero DEVOLVER\nel pedido 12. Y la factura no.'),
    await mail('Necesito la factura'),
    await mail('Hola'),
    await mail('No lo devolveré, gracias'),
  ]
  const why = async (id, more = {}) => (await control.call('incident.explain', { id, ...more })).decisions
  const [d] = await why(ids[0])
  assert.deepEqual([d.book, d.on, d.known], [version, 'contact', true])
  assert.deepEqual(d.by, { reason: 'devolver', queue: 'devolver' })
  assert.deepEqual([d.set.queue, d.set.reason, d.set.tags], ['devoluciones', 'return_request', ['devolución']])
  assert.deepEqual(
    d.rules.map((r) => [r.rule, r.verdict]),
    [['devolver', 'fired']],
  )
  const [hit, not] = d.rules[0].conditions
  assert.equal(hit.source, 'subject or body matches /devol(ver|ución)/')
  assert.deepEqual([hit.verdict, hit.field], ['yes', 'body'])
  const [[from, to]] = hit.marks
  assert.equal(hit.excerpt.slice(from, to), 'DEVOLVER')
  assert.doesNotMatch(hit.excerpt, /\n/)
  const stored = (await control.call('incident.get', { id: ids[0] })).detail.messages[0].text
  assert.equal(Buffer.from(stored).subarray(hit.from, hit.to).toString(), 'DEVOLVER')
  assert.deepEqual([not.verdict, not.negated, not.excerpt], ['no', true, undefined])
  const text = (await control.call('book.get', { version })).text.split('\n')
  assert.equal(text[hit.line - 1].slice(hit.column - 1).startsWith(hit.source), true)

  const [all] = await why(ids[0], { all: true })
  assert.deepEqual(
    all.rules.map((r) => [r.rule, r.verdict]),
    [
      ['devolver', 'fired'],
      ['chat', 'not_tried'],
      ['factura', 'not_tried'],
    ],
  )
  const [other] = await why(ids[1], { all: true })
  assert.deepEqual(
    other.rules.map((r) => [r.rule, r.verdict, r.why]),
    [
      ['devolver', 'no', null],
      ['chat', 'no', 'via'],
      ['factura', 'fired', null],
    ],
  )
  assert.deepEqual(
    other.rules[2].conditions.map((c) => c.verdict),
    ['yes', 'not_asked'],
  )
  const [nothing] = await why(ids[2])
  assert.deepEqual([nothing.book, nothing.rules, nothing.set], [version, [], {}])
  const [one] = await why(ids[3], { rule: 'devolver' })
  assert.equal(one.rules[0].verdict, 'no')
  const last = one.rules[0].conditions[1]
  assert.deepEqual([last.verdict, last.negated], ['yes', true])
  assert.deepEqual((await why(ids[0], { event: d.event })).length, 1)
  assert.deepEqual(await why(ids[0], { event: d.event + 1000000 }), [])
  await assert.rejects(control.call('incident.explain', { id: 999999 }), refused('not_found'))
})

test('why: the version that decided is asked, not the applied one', async () => {
  const { version } = await control.call('book.apply', { text: book(bills) })
  const [d] = (await control.call('incident.explain', { id: ids[0] })).decisions
  assert.deepEqual([d.book, d.rules[0].rule, d.known], [version - 1, 'devolver', true])
})

test('rules: in their order, with how often they fired', async () => {
  await control.call('book.apply', { text: book(rules) })
  const r = await control.call('book.rules')
  assert.deepEqual(
    r.rules.map((x) => [x.rule, x.on, x.fired_30d]),
    [
      ['devolver', 'contact', 1],
      ['chat', 'contact', 0],
      ['factura', 'contact', 1],
    ],
  )
  assert.equal(r.version, (await control.call('book.get')).version)
  assert.ok(Date.parse(r.counted_from) < Date.now() - 29 * 86400000)
})

test('a back-test: what would differ from what happened, without effect', async () => {
  const before = (await control.call('events.since', { from: 0, limit: 1000 })).events.length
  const same = await control.call('book.test', { since: SINCE })
  assert.deepEqual([same.contacts, same.matched, same.differ, same.undecided, same.cut], [4, 2, 0, 0, false])
  assert.deepEqual([same.changes, same.rows], [[], []])
  const changed = rules.replace('reason return_request', 'reason exchange_request').replace('or sender contains "contable"', 'or body contains "hola"').replace('\tstop\n', '')
  const r = await control.call('book.test', { since: SINCE, text: book(changed) })
  assert.deepEqual([r.contacts, r.matched, r.differ], [4, 3, 2])
  assert.deepEqual(
    r.rules.map((x) => [x.rule, x.now, x.before]),
    [
      ['devolver', 1, 1],
      ['chat', 0, 0],
      ['factura', 3, 1],
    ],
  )
  assert.deepEqual(r.changes, [
    { kind: 'priority', from: 'normal', to: 'high', n: 2 },
    { kind: 'queue', from: 'general', to: 'facturas', n: 1 },
    { kind: 'reason', from: 'other', to: 'invoice', n: 1 },
    { kind: 'reason', from: 'return_request', to: 'exchange_request', n: 1 },
  ])
  assert.deepEqual(
    r.rows.map((x) => x.incident),
    [ids[2], ids[0]],
  )
  const [hello, back] = r.rows
  assert.deepEqual([hello.was.queue, hello.would.queue, hello.rules], ['general', 'facturas', ['factura']])
  assert.deepEqual([back.was.reason, back.would.reason, back.would.tags], ['return_request', 'exchange_request', ['devolución']])
  assert.deepEqual([back.subject, back.ref], ['Asunto 1', `P-${ids[0]}`])
  const gone = await control.call('book.test', { since: SINCE, text: book(bills), limit: 1 })
  assert.deepEqual(
    gone.rules.map((x) => [x.rule, x.line > 0, x.now, x.before]),
    [
      ['factura', true, 2, 1],
      ['devolver', false, 0, 1],
    ],
  )
  assert.equal(gone.rows.length, 1)
  assert.equal((await control.call('events.since', { from: 0, limit: 1000 })).events.length, before)
})

test('a back-test: by the book that decided nothing differs, whatever its rules do', async () => {
  const ana = await control.call('agent.add', { email: 'ana@tienda.example', name: 'Ana', role: 'agent', password: 'una frase bastante larga' })
  assert.ok(ana.agent.id)
  const since = (await control.call('ping')).now
  const text = `${book()}team "almacen" { title "Almacén" members "ana@tienda.example" }
calendar "siempre" { timezone "Europe/Madrid" mon-sun 00:00-24:00 }
policy "correo" { via email calendar "siempre" first response 4h }
policy "rapida" { calendar "siempre" first response 1h }
reply "acuse" { title "Acuse" text es """Hola""" }
rule "todo" {
	on contact
	if body matches /pedido (?<pedido>\\d+)/
	then queue "facturas", team "almacen", assign "ana@tienda.example", priority urgent, reason order_status,
	     policy "rapida", reply "acuse", tag "pedido {pedido}", note "Pedido {pedido}", notify team "almacen" "mira"
	example "el pedido 12"
}
rule "envia" { on contact if body contains "recibo" then send reply "acuse" example "un recibo" }
rule "duerme" { on contact if body contains "dormir" then snooze 4h, untag "a" example "dormir" }
rule "nadie" { on contact if customer.known and body contains "otra vez" then assign nobody, tag "conocido" example "otra vez" customer.known }
rule "cabecera" { on contact if header "X-Campaign" contains "verano" and attachments >= 1 then tag "verano" example "x" header "X-Campaign" "verano" attachments 1 }
rule "insiste" { on contact if messages >= 2 then priority high, tag "insiste" }
rule "largo" { on contact if age < 1m and assigned then priority low }
rule "respondido" { on answer if body contains "gracias" then tag "respondido" example "gracias" }
`
  await control.call('book.apply', { text }).catch((e) => assert.fail(JSON.stringify(e.data.errors)))
  const bytes = Buffer.from('no es una imagen')
  const file = { filename: 'a.png', content_type: 'image/png', size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), inline: false, data: bytes.toString('base64') }
  const first = await mail('mi pedido 77 no llega')
  await mail('Quiero un recibo')
  await mail('Quiero un recibo', { robot: true })
  await mail('a dormir')
  await mail('otra vez', { from: { address: 'c1@correo.example', name: '' } })
  await mail('nada', { headers: [{ name: 'x-campaign', value: 'Verano' }], attachments: [file] })
  await mail('¿y qué?', { in_reply_to: [`<${serial - 5}@cliente.example>`], from: { address: `c${serial - 5}@correo.example`, name: '' } })
  const lead = await person('lead')
  await lead.call('incident.answer', { id: first, text: 'gracias por escribir', seen: (await control.call('incident.get', { id: first })).detail.incident.messages })
  lead.close()
  const same = await control.call('book.test', { since })
  assert.deepEqual(same.rows, [])
  assert.equal(same.differ, 0)
  assert.equal(same.undecided, 0)
  for (const r of same.rules) assert.equal(r.now, r.before, r.rule)
  assert.deepEqual(
    Object.fromEntries(same.rules.map((r) => [r.rule, r.now])),
    { todo: 1, envia: 2, duerme: 1, nadie: 1, cabecera: 1, insiste: 1, largo: 0, respondido: 1 },
  )
  // with nothing left of it, everything that was done differs
  const none = await control.call('book.test', { since, text: book() })
  assert.deepEqual([none.matched, none.differ > 4], [0, true])
  assert.ok(none.changes.some((c) => c.kind === 'tag' && c.from === 'pedido 77' && c.to === '' && c.n === 1))
})

test('why: of an incident that was there before the rule, of a robot, by time and state', async () => {
  const text = `${book()}rule "estado" { on state if state is solved and assignee is "ana@tienda.example" then tag "resuelto" }
rule "suya" { on answer if assignee is "ana@tienda.example" and body contains "hecho" then tag "hecho" example "hecho" assignee "ana@tienda.example" }
`
  await control.call('book.apply', { text }).catch((e) => assert.fail(JSON.stringify(e.data.errors)))
  const since = (await control.call('ping')).now
  const id = await mail('hola')
  const { agents } = await control.call('agent.list')
  const ana = agents.find((a) => a.email === 'ana@tienda.example')
  const admin = await person('admin')
  await admin.call('incident.assign', { id, agent: ana.id })
  await admin.call('incident.answer', { id, text: 'hecho', seen: 1 })
  await admin.call('incident.set', { id, state: 'solved' })
  admin.close()
  const { decisions } = await control.call('incident.explain', { id })
  assert.deepEqual(
    decisions.map((d) => [d.on, d.known, d.rules.map((r) => [r.rule, r.verdict, r.conditions.map((c) => c.verdict)])]),
    [
      ['contact', true, []],
      ['answer', true, [['suya', 'fired', ['yes', 'yes']]]],
      ['state', true, [['estado', 'fired', ['yes', 'yes']]]],
    ],
  )
  const same = await control.call('book.test', { since })
  assert.deepEqual([same.rows, same.rules.map((r) => [r.rule, r.now, r.before])], [[], [['suya', 1, 1]]])
})

const wide = Array.from({ length: 300 }, (_, i) => `rule "r${i}" { on contact if body matches /palabra${i}\\w+/ then tag "t${i}" example "palabra${i}x" }\n`).join('')

test('back-tests wait for each other, and nobody waits for them', async () => {
  const params = { since: SINCE, text: book(wide) }
  const asked = Array.from({ length: 30 }, () => control.call('book.test', params).then(() => 'ok', (e) => e.word))
  const other = await daemon.connect('control')
  assert.equal((await other.call('store.check')).found, 0)
  other.close()
  const ends = await Promise.all(asked)
  assert.deepEqual([...new Set(ends)].sort(), ['busy', 'ok'])
  const { backlog } = await control.call('status.get')
  const tests = backlog.find((b) => b.name === 'tests')
  assert.deepEqual([tests.high, tests.max, tests.waiting], [4, 4, 0])
  assert.ok(ends.filter((e) => e === 'ok').length >= 4)
})

test('a back-test ends when nobody waits for it', async () => {
  const gone = await daemon.connect('control')
  gone.call('book.test', { since: SINCE, text: book(wide) }).catch(() => {})
  gone.call('book.test', { since: SINCE, text: book(wide) }).catch(() => {})
  await gone.call('ping')
  gone.close()
  assert.ok((await control.call('book.test', { since: SINCE })).contacts > 0)
})

test('a back-test: its span, and what is refused', async () => {
  const ask = (params) => control.call('book.test', params)
  assert.equal((await ask({ since: new Date(Date.now() + 60000).toISOString() })).contacts, 0)
  assert.equal((await ask({ since: SINCE, until: '2020-01-02T00:00:00Z' })).contacts, 0)
  await assert.rejects(ask({ since: 'gestern' }), refused('bad_params'))
  for (const more of [{ limit: 501 }, { limit: -1 }, { max_ms: 99 }, { max_ms: 60001 }, { until: 'mañana' }])
    await assert.rejects(ask({ since: SINCE, ...more }), refused('bad_params'))
  await assert.rejects(ask({ since: SINCE, text: 'queue {' }), (e) => refused('book')(e) && assert.ok(e.data.errors[0].line === 1) === undefined)
})

test('rights: everybody reads the versions, managers change the book', async () => {
  const agent = await person('agent')
  assert.ok((await agent.call('book.list')).versions.length > 4)
  assert.ok((await agent.call('book.rules')).rules.length > 0)
  assert.ok((await agent.call('incident.explain', { id: ids[0] })).decisions.length > 0)
  await assert.rejects(agent.call('book.test', { since: SINCE }), refused('not_allowed'))
  await assert.rejects(agent.call('book.diff', { from: 1 }), refused('not_allowed'))
  await assert.rejects(agent.call('book.rollback', { version: 1 }), refused('not_allowed'))
  agent.close()
})
