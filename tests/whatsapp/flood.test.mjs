// What the webhook does when there is too much of everything, and when the
// daemon says no or nothing. The daemon is a stand-in.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { after, afterEach, before, test } from 'node:test'
import { PHONES } from '../lib/graph.mjs'
import { sleep, until } from '../lib/wait.mjs'
import { sign, startGateway, textBody } from '../lib/whatsapp.mjs'
import { refusal, startStandIn } from './stand-in.mjs'

const MIB = 1024 * 1024
const RECEIVE_MAX = 512 // of gateways/whatsapp/receive.h
const HELD_BYTES = 64 * MIB
let desk
let gateway
let open = []
let n = 0

const text = () => textBody({ id: `wamid.flood${++n}` })
const puts = () => desk.calls.filter(({ method }) => method === 'hook.put')
const rss = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))[1]) * 1024

/** Begin a delivery of so many octets and write the first of them. */
function begin(length, bytes = '') {
  const socket = connect(gateway.port, '127.0.0.1')
  const one = { socket, text: '', closed: false }
  socket.on('error', () => undefined)
  socket.on('data', (data) => (one.text += data))
  socket.on('close', () => (one.closed = true))
  socket.write(`POST /whatsapp/${PHONES[0]} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\nX-Hub-Signature-256: ${sign('')}\r\n\r\n`)
  socket.write(bytes)
  open.push(one)
  return one
}

before(async () => {
  desk = await startStandIn()
  gateway = await startGateway({ socket: desk.socket, dir: desk.dir })
})

afterEach(async () => {
  for (const { socket } of open) socket.destroy()
  open = []
  desk.how = () => ({ result: { hook: 1 } })
})

after(async () => {
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null })
  desk.stop()
})

test('a daemon that is full, busy or says no means 503: it is delivered again', async () => {
  for (const [outcome, code] of [['temp', 'full'], ['temp', 'busy'], ['perm', 'not_found']]) {
    desk.how = () => refusal(outcome, code)
    const answer = await gateway.deliver(text())
    assert.equal(answer.status, 503, code)
    assert.match(answer.headers['retry-after'], /^[1-9]\d*$/)
  }
  // it says no in the middle of a large one
  desk.how = (method, params) => (params.offset > 0 ? refusal('temp', 'full') : { result: { bytes: 1 } })
  assert.equal((await gateway.deliver(textBody({ id: 'wamid.large', text: 'x'.repeat(MIB) }))).status, 503)
  desk.how = () => ({ result: { hook: 1 } })
  assert.equal((await gateway.deliver(text())).status, 200)
})

test('a large one goes in parts, and three of them at once', async () => {
  const waiting = []
  const bodies = Array.from({ length: 5 }, (_, i) => textBody({ id: `wamid.part${i}`, text: 'y'.repeat(600 * 1024 + i) }))
  const part = (params) => new Promise((done) => waiting.push(() => done({ result: { bytes: 1, ...(params.end ? { sha256: params.sha256 } : {}) } })))
  desk.calls = []
  desk.how = (method, params) => (method === 'blob.put' ? part(params) : { result: { hook: 1 } })
  const answers = bodies.map((body) => gateway.deliver(body))
  await until(() => waiting.length === 3, 'three first parts')
  await sleep(200)
  assert.equal(waiting.length, 3)
  assert.equal(puts().length, 0)
  const more = setInterval(() => waiting.splice(0).forEach((answer) => answer()), 10)
  for (const answer of await Promise.all(answers)) assert.equal(answer.status, 200)
  clearInterval(more)
  for (const body of bodies) {
    const digest = createHash('sha256').update(body).digest('hex')
    const parts = desk.calls.filter(({ params }) => params.upload && params.upload === desk.calls.find((call) => call.params.sha256 === digest && call.params.end)?.params.upload)
    assert.ok(Buffer.concat(parts.map(({ params }) => Buffer.from(params.data, 'base64'))).equals(Buffer.from(body)), 'the parts are the body')
    assert.deepEqual(puts().find(({ params }) => params.body.sha256 === digest).params.body, { sha256: digest, bytes: body.length })
  }
})

test('who hangs up is not waited for, and what was whole is stored', async () => {
  desk.calls = []
  const body = text()
  const gone = connect(gateway.port, '127.0.0.1')
  gone.on('error', () => undefined)
  gone.write(`POST /whatsapp/${PHONES[0]} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\nX-Hub-Signature-256: ${sign(body)}\r\n\r\n${body}`)
  await until(() => puts().length === 1, 'it to be stored')
  gone.destroy()
  const half = begin(1000, 'x'.repeat(500))
  await sleep(50)
  half.socket.destroy()
  assert.equal((await gateway.deliver(text())).status, 200)
})

test('bodies that do not end make room for one that does', async () => {
  for (let i = 0; i < RECEIVE_MAX; i++) begin(1000)
  await sleep(2500)
  assert.equal((await gateway.deliver(text())).status, 200)
  const cut = () => open.filter((one) => one.text.startsWith('HTTP/1.1 503')).length
  await until(() => cut() >= 1, 'the oldest to be cut')
  assert.ok(cut() < 10, 'one makes room, not all')
})

test('the octets of all bodies have a ceiling', async () => {
  const started = rss()
  const big = 4 * MIB
  const count = HELD_BYTES / big + 8
  const bytes = Buffer.alloc(big - 1, 'x')
  for (let i = 0; i < count; i++) {
    begin(big, bytes)
    if (i === 2) await sleep(1500)
  }
  await until(() => open.filter((one) => one.text.startsWith('HTTP/1.1 503')).length >= 7, 'some to be turned away')
  const sanitized = process.env.POSTIGO_SANITIZED === '1' // memory that was freed stays for a while
  assert.ok(sanitized || rss() - started < 2 * HELD_BYTES + 16 * MIB, `${(rss() - started) / MIB} MiB more`)
  for (const { socket } of open) socket.destroy()
  await until(async () => (await gateway.deliver(text())).status === 200, 'the gateway to take deliveries')
})
