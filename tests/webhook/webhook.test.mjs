// postigo-webhook between a daemon whose clock the test sets and a server that
// answers, refuses, redirects, hangs or cuts, as it is told.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import { openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { until } from '../lib/wait.mjs'
import { TestClock } from '../replay/desk.mjs'

const sha = (text) => createHash('sha256').update(text).digest('hex')
const SECRET = 'un secreto de prueba, y uno que es más largo que los sesenta y cuatro octetos de un bloque'
const START = '2026-01-12T09:30:00Z'
const BOOK = `
queue "general" { title "General" }
calendar "siempre" { timezone "Europe/Madrid" mon-sun 00:00-24:00 }
policy "correo" {
    calendar "siempre"
    first response 4h
    warn at 50%
    escalate first response at 75% then webhook "almacen", priority high
}
rule "pedido" { on contact if body contains "pedido" then webhook "almacen", tag "pedido" example "mi pedido" }
rule "aviso" { on clock.warning then webhook "almacen" }
rule "nadie" { on contact if body contains "nadie" then webhook "otro" example "nadie" }
`
const clock = new TestClock()
let daemon
let control
let mail
let server
let gateway
let seen = [] // {headers, body, text, path}
let how = () => ({ status: 200 })
let n = 0

/** The server: what it does with each post is the test's. */
function startServer() {
  server = createServer((request, response) => {
    const pieces = []
    request.on('data', (piece) => pieces.push(piece))
    request.on('end', () => {
      const text = Buffer.concat(pieces).toString('utf8')
      seen.push({ headers: request.headers, text, body: JSON.parse(text), path: request.url, method: request.method })
      const { status, hang, cut, half, headers = {}, body = '' } = how(seen.length, request)
      if (hang) return
      if (cut) return request.socket.destroy()
      if (half) {
        request.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')
        return request.socket.destroy()
      }
      response.writeHead(status, headers)
      response.end(body)
    })
  })
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server.address().port)))
}

function startGateway() {
  const log = join(daemon.dir, 'webhook.log')
  const fd = openSync(log, 'a')
  const child = spawn(join(process.env.POSTIGO_BUILDDIR, 'postigo-webhook'), ['--socket', daemon.socket('webhook')], { stdio: ['ignore', fd, fd] })
  const ended = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })))
  return { child, ended, log: () => readFileSync(log, 'utf8'), end: (signal) => (child.kill(signal), ended) }
}

const cli = (...args) => execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigo'), ['--dir', daemon.dir, ...args], { encoding: 'utf8' })

async function contact(text) {
  const id = `w${++n}@x.example`
  const raw = Buffer.from(`Message-ID: <${id}>\r\n\r\n${text}\r\n`)
  const { incident } = await mail.call('contact.add', {
    connection: 'correo', external_id: `<${id}>`, digest: sha(text), received_at: (await control.call('ping')).now, channel: 'email', from: { name: 'Ana', address: `ana${n}@x.example` },
    subject: 'Un correo', text, raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') },
  })
  return incident
}

const jobs = async () => (await control.call('job.list', { kind: 'webhook.send' })).jobs
const newest = async () => (await jobs())[0]

/** The newest job is as it should be. */
const job = (state, attempts) => until(async () => ((j) => j.state === state && j.attempts === attempts && j)(await newest()), `a job ${state} after ${attempts}`)

/** The daemon's clock goes on so far, and it knows. */
async function later(seconds) {
  clock.shift(clock.seconds + seconds)
  const want = Date.now() + clock.seconds * 1000
  await until(async () => Date.parse((await control.call('ping')).now) >= want - 1000, 'the clock to go on')
}

/**
 * The server heard of it. More warnings are due at once than one server is sent
 * at a time: what the gateway puts off goes when the daemon's clock gets there.
 */
const heard = (fits, what) => until(async () => {
  const found = seen.find((s) => fits(s.body))
  if (found) return found
  const list = await jobs()
  const putOff = list.filter((j) => j.state === 'queued' && j.attempts > 0).map((j) => Date.parse(j.due_at))
  if (list.some((j) => j.state === 'taken') || putOff.length === 0) return
  const left = Math.min(...putOff) - Date.parse((await control.call('ping')).now)
  if (left > 0) await later(Math.ceil(left / 1000))
}, what)

before(async () => {
  clock.set(START)
  daemon = await startDaemon({ env: clock.env })
  ;[control, mail] = await Promise.all(['control', 'mail'].map((role) => daemon.connect(role)))
  const port = await startServer()
  await control.call('connection.add', { name: 'correo', kind: 'pipe', settings: { address: 'hola@olmo.example', from_name: 'Tienda', out: '/tmp/none' } })
  await control.call('connection.add', { name: 'almacen', kind: 'webhook', settings: { url: `http://127.0.0.1:${port}/aviso?a=1` }, secrets: { secret: SECRET } })
  await control.call('book.apply', { text: BOOK })
  gateway = startGateway()
})

after(async () => {
  await gateway.end('SIGTERM')
  server.closeAllConnections?.()
  server.close()
  const { problems } = await control.call('store.check', {})
  assert.deepEqual(problems, [])
  await daemon.stop()
  daemon.remove()
  clock.remove()
})

beforeEach(() => {
  seen = []
  how = () => ({ status: 200 })
})

test('a rule tells another program, signed, without a word of the customer', async () => {
  const incident = await contact('¿Dónde está mi pedido de jarrones?')
  const done = await job('done', 1)
  assert.equal(seen.length, 1)
  const [{ headers, body, text, path, method }] = seen
  assert.equal(method, 'POST')
  assert.equal(path, '/aviso?a=1')
  assert.equal(headers['content-type'], 'application/json')
  assert.equal(headers['postigo-id'], body.id)
  assert.match(body.id, /^[\w-]{43}$/)
  const mac = createHmac('sha256', SECRET).update(`${body.id}.${headers['postigo-timestamp']}.${text}`).digest('hex')
  assert.equal(headers['postigo-signature'], `v1=${mac}`)
  assert.ok(Math.abs(Number(headers['postigo-timestamp']) - Date.now() / 1000) < 600)
  assert.equal(body.kind, 'rule')
  assert.equal(body.on, 'contact')
  assert.equal(body.rule, 'pedido')
  assert.equal(body.incident.id, incident)
  assert.equal(body.incident.ref, `P-${incident}`)
  assert.deepEqual(body.incident.tags, ['pedido'])
  assert.doesNotMatch(text, /jarr|Ana|x\.example|Un correo/)
  assert.deepEqual(done.payload, body)
  assert.equal(done.result.status, 200)
  const { events } = await control.call('events.since', { from: 0, limit: 1000 })
  const classified = events.filter((e) => e.kind === 'incident.classified' && e.incident === incident).at(-1)
  assert.deepEqual(classified.data.set.webhook, [done.id])
})

test('a connection that is not there is left, and says so', async () => {
  const before = (await jobs()).length
  const incident = await contact('para nadie')
  const { events } = await control.call('events.since', { from: 0, limit: 1000 })
  const { data } = events.filter((e) => e.kind === 'incident.classified' && e.incident === incident).at(-1)
  assert.deepEqual(data.left, [{ action: 'webhook', rule: 'nadie', why: 'unknown' }])
  assert.equal((await jobs()).length, before)
})

for (const [name, behaviour, detail] of [
  ['an error', { status: 500, body: 'cannot now\u0007' }, /^answered 500: cannot now $/],
  ['a refusal', { status: 404 }, /^answered 404$/],
  ['a cut', { cut: true }, /./],
  ['half an answer', { half: true }, /./],
])
  test(`after ${name} it comes again, with the same id`, async () => {
    how = (times) => (times === 1 ? behaviour : { status: 204 })
    await contact('mi pedido')
    const first = await job('queued', 1)
    assert.match(first.result.detail, detail)
    assert.equal(first.result.ok, false)
    assert.equal((await control.call('connection.list')).connections.find((c) => c.name === 'almacen').state, 'failing')
    // not before its time
    assert.ok(Date.parse(first.due_at) - Date.parse((await control.call('ping')).now) > 20_000)
    await later(31)
    await job('done', 2)
    assert.equal(seen.length, 2)
    assert.equal(seen[0].headers['postigo-id'], seen[1].headers['postigo-id'])
    assert.equal(seen[0].text, seen[1].text)
    await until(async () => (await control.call('connection.list')).connections.find((c) => c.name === 'almacen').state === 'ok', 'the connection to do well')
  })

test('no redirect is followed', async () => {
  how = (times, request) => (request.url === '/otro' ? { status: 200 } : times === 1 ? { status: 307, headers: { location: '/otro' } } : { status: 200 })
  await contact('mi pedido')
  const first = await job('queued', 1)
  assert.equal(first.result.status, 307)
  await later(31)
  await job('done', 2)
  assert.deepEqual(seen.map((s) => s.path), ['/aviso?a=1', '/aviso?a=1'])
})

test('410 is an end', async () => {
  how = () => ({ status: 410 })
  await contact('mi pedido')
  const { result } = await job('failed', 1)
  assert.equal(result.status, 410)
})

test('an answer without an end is not waited for, nor read to its end', async () => {
  how = () => ({ status: 200, body: 'x'.repeat(5_000_000) })
  await contact('mi pedido')
  assert.equal((await job('done', 1)).result.ok, true)
})

test('one that hangs holds up no other, and is taken again after a kill', async () => {
  const held = []
  how = (times, request) => (times === 1 ? (held.push(request), { hang: true }) : { status: 200 })
  await contact('mi pedido')
  await until(() => held.length === 1, 'the first to hang')
  const hanging = (await newest()).id
  await contact('mi pedido')
  await job('done', 1)
  assert.equal((await jobs()).find((j) => j.id === hanging).state, 'taken')
  await gateway.end('SIGKILL')
  gateway = startGateway()
  await later(61)
  await until(async () => (await jobs()).find((j) => j.id === hanging).state === 'done', 'the hanging one to go')
  assert.equal(seen[0].headers['postigo-id'], seen.at(-1).headers['postigo-id'])
})

test('warnings and escalations tell it too', async () => {
  const incident = await contact('hola')
  await later(2 * 3600 + 1)
  const warned = await heard((b) => b.on === 'clock.warning' && b.incident.id === incident, 'the warning')
  assert.equal(warned.body.rule, 'aviso')
  assert.equal(warned.body.clock, 'first_response')
  await later(3600)
  const { body } = await heard((b) => b.on === 'escalation' && b.incident.id === incident, 'the escalation')
  assert.equal(body.rule, 'correo')
  assert.equal(body.incident.priority, 'high')
})

test('the log says how it went, and one goes again', async () => {
  await contact('mi pedido')
  const { id, payload } = await job('done', 1)
  const line = cli('webhook', 'log', '--connection', 'almacen', '--limit', '5').split('\n').find((l) => l.startsWith(`${id} `))
  assert.match(line, /almacen +P-\d+ +pedido +done +1 .*answered 200/)
  assert.equal(JSON.parse(cli('webhook', 'log', '--json', '--limit', '1')).id, id)
  cli('webhook', 'replay', String(id))
  const again = await job('done', 1)
  assert.notEqual(again.id, id)
  assert.deepEqual(again.payload, payload)
  assert.equal(seen.at(-1).headers['postigo-id'], payload.id)
  assert.throws(() => cli('webhook', 'replay', '999999'), /no such job/)
})

test('a test says at once how it goes', async () => {
  how = () => ({ status: 503 })
  const { job: bad } = await control.call('connection.test', { name: 'almacen' })
  await until(async () => (await control.call('job.get', { id: bad })).state === 'failed', 'the test to fail')
  how = () => ({ status: 200 })
  const { job: good } = await control.call('connection.test', { name: 'almacen' })
  await until(async () => (await control.call('job.get', { id: good })).state === 'done', 'the test to go well')
  assert.equal(seen.at(-1).body.kind, 'test')
  assert.deepEqual(Object.keys(seen.at(-1).body).sort(), ['at', 'id', 'kind'])
})

test('what a connection may be', async () => {
  const add = (settings, secrets = { secret: 'x' }) => control.call('connection.add', { name: 'malo', kind: 'webhook', settings, secrets })
  for (const url of ['http://almacen.example/x', 'ftp://127.0.0.1/', 'https://ana:clave@almacen.example/', 'http://127.0.0.1@almacen.example/', 'almacen'])
    await assert.rejects(add({ url }), (e) => e.word === 'bad_params' && /'settings\.url'/.test(e.message), url)
  await assert.rejects(add({ url: 'https://almacen.example/' }, {}), (e) => e.word === 'bad_params' && /'secrets\.secret' is missing/.test(e.message))
  await assert.rejects(control.call('connection.update', { name: 'almacen', secrets: { secret: null } }), (e) => e.word === 'bad_params')
})

test('SIGTERM ends it', async () => {
  assert.deepEqual(await gateway.end('SIGTERM'), { code: 0, signal: null })
  gateway = startGateway()
})
