// postigo whatsapp: what an operator asks about numbers, templates, and
// deliveries that could not be understood.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { noGraph, PHONES, startGraph } from '../lib/graph.mjs'
import { until } from '../lib/wait.mjs'
import { addNumber, startGateway } from '../lib/whatsapp.mjs'
import { lines, postigo } from './command.mjs'

const skip = noGraph
let daemon
let control
let graph
let gateway
const run = (...args) => postigo(['--dir', daemon.dir, 'whatsapp', ...args])
const json = async (code, ...args) => {
  const end = await postigo(['--dir', daemon.dir, '--json', 'whatsapp', ...args])
  assert.equal(end.code, code, end.out + end.err)
  return lines(end.out)
}
const template = (name, language, more = {}) => ({
  name,
  language,
  category: 'UTILITY',
  components: [
    { type: 'BODY', text: 'Hola {{1}}, tu pedido {{2}} está en camino.' },
    { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Ver', url: 'https://tienda.example/{{1}}' }] },
  ],
  ...more,
})

before(async () => {
  if (skip) return
  daemon = await startDaemon()
  control = await daemon.connect('control')
  graph = await startGraph()
  await addNumber(control, { graph, settings: { display_number: '+1 555 000 0000' } })
  gateway = await startGateway({ socket: daemon.socket('whatsapp'), dir: daemon.dir })
})
after(async () => {
  await gateway?.stop()
  await graph?.stop()
  control?.close()
  await daemon?.stop()
  daemon?.remove()
})

test('templates are read from Meta and shown', { skip }, async () => {
  await graph.post('templates', { strict: true, templates: [template('pedido_enviado', 'es'), template('pedido_enviado', 'en_US'), template('viejo', 'es', { status: 'PAUSED' }), { name: 'sin_partes', language: 'es' }] })
  const rows = await json(0, 'templates', '--connection', 'tienda', '--sync')
  assert.deepEqual(
    rows.map((t) => [t.connection, t.name, t.language, t.status, t.parameters, t.usable]),
    [
      ['tienda', 'pedido_enviado', 'en_US', 'APPROVED', 3, true],
      ['tienda', 'pedido_enviado', 'es', 'APPROVED', 3, true],
      ['tienda', 'viejo', 'es', 'PAUSED', 3, false],
    ],
  )
  const end = await run('templates')
  assert.match(end.out, /^tienda +pedido_enviado +es +UTILITY +APPROVED +3 +yes /mu)
  assert.equal((await run('templates', '--sync')).code, 64)
})

test('a desk book is warned of templates that are not so', { skip }, async () => {
  const book = join(daemon.dir, 'tienda.book')
  writeFileSync(book, 'queue "q" { }\nreply "r" {\n    text "a"\n    template es "pedido_enviado" with "a", "b"\n}\n')
  const end = await postigo(['--dir', daemon.dir, 'book', 'apply', book])
  assert.equal(end.code, 0)
  assert.match(end.err, /tienda\.book:4:17: template 'pedido_enviado' takes 3 parameters, not 2 \(/u)
  assert.match(end.err, /applied as version/u)
})

test('a number that works says so, line by line', { skip }, async () => {
  await graph.post('templates', { templates: [template('viejo', 'es')] })
  const [row] = await json(0, 'check', 'tienda')
  assert.deepEqual([row.connection, row.works], ['tienda', true])
  assert.deepEqual(
    row.checks.map((c) => [c.check, c.ok]),
    [
      ['token', true],
      ['number', true],
      ['webhook', true],
      ['templates', true],
    ],
  )
  assert.match(row.checks[1].detail, /quality GREEN, throughput STANDARD/)
  const end = await run('check')
  assert.equal(end.code, 0)
  assert.match(end.out, /^tienda +webhook +ok +subscribed: postigo$/mu)
})

test('what is wrong is named, and ends with 1', { skip }, async () => {
  await graph.post('templates', { templates: [template('viejo', 'es', { status: 'PAUSED' })] })
  assert.deepEqual(
    (await json(1, 'check', 'tienda'))[0].checks.filter((c) => !c.ok).map((c) => c.check),
    ['templates'],
  )
  await addNumber(control, { name: 'ajena', phone: PHONES[1], graph })
  const [stranger] = await json(1, 'check', 'ajena')
  assert.deepEqual(
    stranger.checks.map((c) => [c.check, c.ok]),
    [
      ['token', true],
      ['number', false],
    ],
  )
  await control.call('connection.update', { name: 'ajena', secrets: { access_token: 'otro' } })
  const [locked] = await json(1, 'check', 'ajena')
  assert.deepEqual(locked.checks.map((c) => [c.check, c.ok]), [['token', false]])
  assert.equal((await run('check', 'nadie')).code, 65)
})

test('deliveries that cannot be understood are listed and taken again', { skip }, async () => {
  assert.equal((await gateway.deliver('{"object":"whatsapp_business_account","entry":[')).status, 200)
  const [dead] = await until(async () => {
    const rows = await json(0, 'dead')
    return rows.length ? rows : undefined
  }, 'the delivery to be dead')
  assert.equal(dead.connection, 'tienda')
  assert.ok(dead.why.length > 0)
  assert.match((await run('dead')).out, new RegExp(`^${dead.id} `, 'mu'))
  const endedAfter = (instant) =>
    until(async () => {
      const { hook } = await control.call('hook.get', { id: dead.id })
      return hook.state === 'dead' && hook.ended_at > instant ? hook.ended_at : undefined
    }, 'it to be dead once more')
  assert.equal((await run('replay', String(dead.id))).code, 0)
  const again = await endedAfter(dead.ended_at)
  assert.deepEqual(await json(0, 'replay', '--all'), [{ again: 1 }])
  await endedAfter(again)
  assert.equal((await run('replay')).code, 64)
  assert.equal((await run('replay', '999999')).code, 65)
})
