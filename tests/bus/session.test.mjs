// Handles: whom a connection may speak for, and until when.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'

let daemon
before(async () => {
  daemon = await startDaemon()
})
after(async () => {
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  daemon.remove()
})

const word = (w) => (e) => {
  assert.equal(e.word, w)
  return true
}
async function agent(control, email, role) {
  const { agent: a, password } = await control.call('agent.add', { email, name: email, role })
  const consoles = await daemon.connect('console')
  const login = await consoles.call('session.login', { email, password, network: '127.0.0.1' })
  const { handle } = await consoles.call('session.open', { cookie: login.cookie })
  return { id: a.id, cookie: login.cookie, consoles, handle }
}

test('a handle stands for its agent, on its connection alone', async () => {
  const control = await daemon.connect('control')
  const ana = await agent(control, 'ana@tienda.example', 'agent')
  assert.ok(await ana.consoles.call('incident.list', {}, { as: ana.handle }))
  await assert.rejects(ana.consoles.call('agent.add', { email: 'x@y.example', name: 'x', role: 'admin' }, { as: ana.handle }), word('not_allowed'))
  const other = await daemon.connect('console')
  await assert.rejects(other.call('incident.list', {}, { as: ana.handle }), word('no_session'))
  const mail = await daemon.connect('mail')
  await assert.rejects(mail.call('connection.mine', {}, { as: ana.handle }), (e) => e.outcome === 'perm')
  const second = await ana.consoles.call('session.open', { cookie: ana.cookie })
  assert.notEqual(second.handle, ana.handle)
  await ana.consoles.call('session.close', { handle: second.handle })
  await assert.rejects(ana.consoles.call('incident.list', {}, { as: second.handle }), word('no_session'))
  assert.ok(await ana.consoles.call('incident.list', {}, { as: ana.handle }))
  for (const c of [control, ana.consoles, other, mail]) c.close()
})

test('a role that changes counts at once, and who is shut out is told', async () => {
  const control = await daemon.connect('control')
  const eva = await agent(control, 'eva@tienda.example', 'agent')
  await assert.rejects(eva.consoles.call('connection.list', {}, { as: eva.handle }), word('not_allowed'))
  await control.call('agent.update', { id: eva.id, role: 'manager' })
  assert.ok((await eva.consoles.call('connection.list', {}, { as: eva.handle })).connections)
  await control.call('agent.update', { id: eva.id, role: 'agent' })
  await assert.rejects(eva.consoles.call('connection.list', {}, { as: eva.handle }), word('not_allowed'))
  await control.call('agent.update', { id: eva.id, active: false })
  const told = await eva.consoles.note((n) => n.method === 'session.ended')
  assert.equal(told.params.handle, eva.handle)
  await assert.rejects(eva.consoles.call('incident.list', {}, { as: eva.handle }), word('no_session'))
  await assert.rejects(eva.consoles.call('session.open', { cookie: eva.cookie }), word('no_session'))
  for (const c of [control, eva.consoles]) c.close()
})

test('what shall not be repeated for ever is not kept under a key', async () => {
  const control = await daemon.connect('control')
  const add = { email: 'una@tienda.example', name: 'Una', role: 'agent' }
  assert.ok((await control.call('agent.add', add, { key: 'add-1' })).password)
  await assert.rejects(control.call('agent.add', add, { key: 'add-1' }), word('exists'))
  control.close()
})
