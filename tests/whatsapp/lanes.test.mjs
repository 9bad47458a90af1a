// What the gateway asks for a delivery, when the daemon says later, no, or
// nothing. The daemon is a stand-in.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { PHONES } from '../lib/graph.mjs'
import { until } from '../lib/wait.mjs'
import { envelope, startGateway } from '../lib/whatsapp.mjs'
import { refusal, startStandIn } from './stand-in.mjs'

const OK = { result: { stored: true } }
const later = { error: { code: -32000, message: 'later', data: { outcome: 'temp', code: 'busy', retry_after_ms: 20 } } }
const text = (from, id, body = 'Hola') => ({ from, id, timestamp: '1781000000', type: 'text', text: { body } })
let desk
let gateway
let hooks = 0

before(async () => {
  desk = await startStandIn()
  gateway = await startGateway({ socket: desk.socket, dir: desk.dir, ready: false })
})

after(async () => {
  await gateway?.stop()
  desk?.stop()
})

beforeEach(() => {
  desk.calls.length = 0
})

const calls = (method) => desk.calls.filter((c) => c.method === method)

/** Give a hook to the next hook.take, say that there is one, and wait for its end. */
async function apply(body, how, { large = false, connection = 'tienda' } = {}) {
  const id = ++hooks
  const octets = Buffer.from(body)
  const hook = {
    id, attempt: 1, connection, received_at: new Date().toISOString(), bytes: octets.length, sha256: createHash('sha256').update(octets).digest('hex'),
    ...(large ? {} : { body: octets.toString('base64') }),
  }
  let given = false
  desk.own['hook.take'] = () => ({ result: { hooks: given ? [] : ((given = true), [hook]) } })
  desk.how = (method, params) => how(method, params) ?? OK
  desk.tell('wake', { what: 'hooks' })
  await until(() => calls('hook.end').some((c) => c.params.hook === id && c.answered), 'the hook to end')
  return calls('hook.end').at(-1).params
}

/** Say to hook.end what how says, and note that it was answered. */
const ends = (method) => {
  if (method !== 'hook.end') return undefined
  desk.calls.at(-1).answered = true
  return OK
}

test('what the daemon cannot take now is asked again, in its place', async () => {
  let tries = 0
  const end = await apply(envelope(PHONES[0], { messages: [text('1', 'a'), text('1', 'b')] }), (method, params) =>
    method === 'contact.add' && params.external_id === 'a' && ++tries < 3 ? later : ends(method))
  assert.equal(end.result, 'done')
  assert.deepEqual(calls('contact.add').map((c) => c.params.external_id), ['a', 'a', 'a', 'b'])
})

test('what it refuses for good makes the delivery dead, and costs no other', async () => {
  const end = await apply(envelope(PHONES[0], { messages: [text('1', 'a'), text('1', 'b'), text('2', 'c')] }), (method, params) =>
    method === 'contact.add' && params.external_id === 'a' ? refusal('perm', 'too_long') : ends(method))
  assert.deepEqual([end.result, end.why], ['dead', 'contact.add a: too_long'])
  assert.deepEqual(calls('contact.add').map((c) => c.params.external_id).sort(), ['a', 'b', 'c'])
})

test('a person waits for their own message alone', async () => {
  let go
  const held = new Promise((done) => (go = done))
  const ended = apply(envelope(PHONES[0], { messages: [text('1', 'a'), text('1', 'b'), text('2', 'c')] }), (method, params) =>
    params.external_id === 'a' && method === 'contact.add' ? held : ends(method))
  await until(() => calls('contact.add').some((c) => c.params.external_id === 'c'), 'the other person')
  assert.ok(!calls('contact.add').some((c) => c.params.external_id === 'b'))
  go(OK)
  assert.equal((await ended).result, 'done')
  assert.equal(calls('contact.add').at(-1).params.external_id, 'b')
})

test('an answer that is lost with the connection is asked for again', async () => {
  let cut = 0
  const end = await apply(envelope(PHONES[0], { messages: [text('1', 'a')] }), (method) => {
    if (cut < 2 && (method === 'contact.add' || method === 'hook.end') && cut === (method === 'hook.end' ? 1 : 0)) {
      cut++
      desk.cut()
      return new Promise(() => undefined)
    }
    return ends(method)
  })
  assert.equal(cut, 2)
  assert.equal(end.result, 'done')
  assert.equal(calls('contact.add').length, 2)
  assert.equal(calls('hook.end').length, 2)
})

test('a large body comes in parts, also when one of them must wait', async () => {
  const body = Buffer.from(envelope(PHONES[0], { messages: [text('1', 'a', 'x'.repeat(100_000))] }))
  let tries = 0
  const end = await apply(body, (method, params) => {
    if (method !== 'blob.get') return ends(method)
    if (++tries === 2) return later
    return { result: { data: body.subarray(params.offset, params.offset + 40_000).toString('base64'), bytes: body.length, content_type: 'x' } }
  }, { large: true })
  assert.equal(end.result, 'done')
  assert.deepEqual(calls('blob.get').map((c) => c.params.offset), [0, 40_000, 40_000, 80_000])
  assert.equal(calls('contact.add')[0].params.text.length, 100_000)
})

test('a body that ends early makes the delivery dead', async () => {
  const body = envelope(PHONES[0], { messages: [text('1', 'a')] })
  const end = await apply(body, (method) => (method === 'blob.get' ? { result: { data: '', bytes: 0, content_type: 'x' } } : ends(method)), { large: true })
  assert.deepEqual([end.result, end.why], ['dead', 'the body: it is not as long as it was'])
  assert.equal(calls('contact.add').length, 0)
})

test('a connection that the worker does not know yet is no reason to give up', async () => {
  const end = await apply(envelope(PHONES[0], { messages: [text('1', 'a')] }), ends, { connection: 'nueva' })
  assert.deepEqual([end.result, end.why], ['again', 'the connection nueva: is not known yet'])
})
