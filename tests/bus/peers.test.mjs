// What one peer does costs that peer alone, and what is refused says why.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { existsSync, readFileSync } from 'node:fs'
import { openSocket, startDaemon } from '../lib/bus.mjs'
import { until } from '../lib/wait.mjs'

const MiB = 1024 * 1024
let daemon
before(async () => {
  daemon = await startDaemon()
})
after(async () => {
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  assert.equal(existsSync(daemon.socket('mail')), false, 'sockets are removed')
  daemon.remove()
})

const raw = () => openSocket(daemon.socket('mail'))
const line = (o) => JSON.stringify(o) + '\n'
const refused = (word, code = -32000) => (e) => {
  assert.equal(e.word, word)
  assert.equal(e.code, code)
  return true
}
async function answersOthers() {
  const other = await daemon.connect('chat')
  assert.match((await other.call('ping')).now, /^\d{4}-.*Z$/)
  other.close()
}

test('a frame over the ceiling costs its peer the connection', async () => {
  const c = await daemon.connect('mail')
  c.write('{"jsonrpc":"2.0","id":1,"method":"ping","x":"' + 'x'.repeat(MiB))
  await c.ended
  assert.equal(c.notes[0].id, null)
  assert.equal(c.notes[0].error.code, -32700)
  assert.match(c.notes[0].error.message, /over 1048576 bytes/)
  await answersOthers()
})

test('the longest frame passes, whole and in pieces', async () => {
  const c = await daemon.connect('mail')
  const head = '{"jsonrpc":"2.0","id":"long","method":"ping","x":"'
  const frame = head + 'x'.repeat(MiB - 1 - head.length - 2) + '"}\n'
  assert.equal(frame.length, MiB)
  c.write(frame)
  const whole = await c.note((n) => n.id === 'long')
  assert.ok(whole.result.now)
  for (const byte of line({ jsonrpc: '2.0', id: 'slow', method: 'ping' })) c.write(byte)
  assert.ok((await c.note((n) => n.id === 'slow')).result.now)
  c.close()
})

for (const [name, bytes] of [
  ['broken JSON', '{]\n'],
  ['an array', '[1]\n'],
  ['an empty line', '\n'],
  ['a member that stands twice', '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}\n'],
  ['nesting of 40', '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":' + '['.repeat(40) + ']'.repeat(40) + '}}\n'],
  ['a byte that is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d, 0x0a])],
  ['NUL in a text', '{"jsonrpc":"2.0","id":1,"method":"pi\\u0000ng"}\n'],
])
  test(`${name} is answered with -32700 and closed`, async () => {
    const c = await daemon.connect('mail')
    c.write(bytes)
    await c.ended
    assert.equal(c.notes.length, 1)
    assert.equal(c.notes[0].id, null)
    assert.equal(c.notes[0].error.code, -32700)
    await answersOthers()
  })

for (const [name, frame, id] of [
  ['another version', { jsonrpc: '1.0', id: 5, method: 'ping' }, 5],
  ['no id', { jsonrpc: '2.0', method: 'ping' }, null],
  ['an id of 65 characters', { jsonrpc: '2.0', id: 'x'.repeat(65), method: 'ping' }, null],
  ['an id that is a list', { jsonrpc: '2.0', id: [1], method: 'ping' }, null],
  ['no method', { jsonrpc: '2.0', id: 6 }, 6],
  ['params that are a list', { jsonrpc: '2.0', id: 7, method: 'ping', params: [] }, 7],
  ['a key of a blank', { jsonrpc: '2.0', id: 8, method: 'ping', key: ' ' }, 8],
  ['a handle that is a number', { jsonrpc: '2.0', id: 9, method: 'ping', as: 1 }, 9],
])
  test(`${name}: -32600, and the connection stays`, async () => {
    const c = await daemon.connect('mail')
    c.write(line(frame))
    const got = await c.note((n) => n.error)
    assert.equal(got.error.code, -32600)
    assert.equal(got.id, id)
    assert.ok((await c.call('ping')).now)
    c.close()
  })

test('nothing goes before hello', async () => {
  const c = await raw()
  await assert.rejects(c.call('ping'), refused('hello', -32600))
  await assert.rejects(c.call('no.such'), refused('hello', -32600))
  assert.equal((await c.call('hello', { protocol: 1, program: 'test', version: '1' })).program, 'postigod')
  assert.ok((await c.call('ping')).now)
  c.close()
})

test('another major version is refused and closed', async () => {
  const c = await raw()
  await assert.rejects(c.call('hello', { protocol: 2, program: 'test', version: '1' }), (e) => {
    assert.equal(e.outcome, 'perm')
    assert.equal(e.word, 'protocol')
    return true
  })
  await c.ended
})

test('hello without what it needs is refused, and can be said again', async () => {
  const c = await raw()
  await assert.rejects(c.call('hello', { protocol: 1, version: '1' }), (e) => {
    assert.equal(e.code, -32602)
    assert.match(e.message, /'program'/)
    return true
  })
  assert.equal((await c.call('hello', { protocol: 1, program: 'test', version: '1' })).protocol, 1)
  c.close()
})

test('who says no hello is closed after ten seconds', async () => {
  const began = Date.now()
  const c = await raw()
  await c.ended
  assert.ok(Date.now() - began >= 9900)
})

test('methods are those of the socket', async () => {
  const mail = await daemon.connect('mail')
  await assert.rejects(mail.call('no.such'), refused('no_method', -32601))
  await assert.rejects(mail.call('store.check'), refused('no_method', -32601))
  await assert.rejects(mail.call('incident.answer', { id: 1, text: 'x', seen: 0 }), refused('no_method', -32601))
  const control = await daemon.connect('control')
  await assert.rejects(control.call('contact.add', {}), refused('no_method', -32601))
  await assert.rejects(control.call('incident.answer', { id: 1, text: 'x', seen: 0 }), refused('not_allowed'))
  const consoles = await daemon.connect('console')
  for (const as of ['h0.1', 'h', 'h99999999999999999999.1', 'x', 'h0.'])
    await assert.rejects(consoles.call('incident.list', {}, { as }), refused('no_session'), as)
  await assert.rejects(consoles.call('incident.list'), refused('not_allowed'))
  for (const c of [mail, control, consoles]) c.close()
})

test('wrong parameters are named', async () => {
  const c = await daemon.connect('control')
  for (const [method, params, what] of [
    ['desk.set', { name: 5 }, /'name'/],
    ['incident.get', {}, /'id'/],
    ['desk.set', { name: 'x'.repeat(201) }, /'name'/],
  ])
    await assert.rejects(c.call(method, params), (e) => {
      assert.equal(e.code, -32602)
      assert.equal(e.word, 'bad_params')
      assert.match(e.message, what)
      return true
    })
  c.close()
})

test('a peer that does not read is not read either; nothing of it is lost', async () => {
  const c = await daemon.connect('mail')
  const sizeOf = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))[1])
  const before = sizeOf()
  c.socket.pause()
  const many = line({ jsonrpc: '2.0', id: 'x'.repeat(60), method: 'ping' }).repeat(1000)
  for (let i = 0; i < 200; i++) {
    c.write(many)
    await new Promise((done) => setImmediate(done))
    if (i % 50 === 0) await answersOthers()
  }
  assert.ok(c.socket.writableLength > 1 * MiB, 'most of it waits at the sender')
  assert.ok(process.env.POSTIGO_SANITIZED === '1' || sizeOf() - before < 32 * 1024, 'the daemon keeps little of it')
  c.socket.resume()
  await until(() => c.notes.length >= 200_000, 'every answer')
  assert.ok(c.notes.every((n) => n.result.now))
  c.close()
  await answersOthers()
})

test('requests before the end of sending are answered', async () => {
  const c = await daemon.connect('control', {})
  const calls = Array.from({ length: 300 }, (_, i) => c.call('desk.set', { name: `N${i}` }))
  c.socket.end()
  const results = await Promise.all(calls)
  assert.equal(results.length, 300)
  await c.ended
})

test('a peer that leaves in the middle costs nobody else', async () => {
  for (let i = 0; i < 20; i++) {
    const c = await daemon.connect('control')
    for (let k = 0; k < 50; k++) c.call('desk.set', { name: `weg ${i} ${k}` }).catch(() => {})
    await new Promise((done) => setTimeout(done, i % 5))
    c.close()
  }
  await answersOthers()
})
