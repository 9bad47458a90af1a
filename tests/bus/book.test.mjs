// The desk book from its methods: versions, what differs between them, going
// back to one.
import assert from 'node:assert/strict'
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

test('rights: everybody reads the versions, managers change the book', async () => {
  const agent = await person('agent')
  assert.equal((await agent.call('book.list')).versions.length, 4)
  await assert.rejects(agent.call('book.diff', { from: 1 }), refused('not_allowed'))
  await assert.rejects(agent.call('book.rollback', { version: 1 }), refused('not_allowed'))
  agent.close()
})
