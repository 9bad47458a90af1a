// postigo-whatsapp's webhook from outside: the handshake, who may deliver,
// what is too much or too slow, and a daemon that is away.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { APP_SECRET, corpus, noCorpus, PHONES, VERIFY_TOKEN } from '../lib/graph.mjs'
import { sleep, until } from '../lib/wait.mjs'
import { addNumber, sign, startGateway, textBody } from '../lib/whatsapp.mjs'

const PHONE = PHONES[0]
const OTHER = PHONES[1] // a connection of another app
const OTHER_SECRET = 'el secreto de otra aplicación'
const MIB = 1024 * 1024
let daemon
let control
let gateway
let slow // a body that comes an octet a second, from the beginning
let n = 0

const sha = (bytes) => createHash('sha256').update(bytes).digest('hex')
const sql = (text) => execFileSync('sqlite3', ['-readonly', join(daemon.dir, 'postigo.db'), text], { encoding: 'utf8' }).trim()
const text = (more = {}) => textBody({ phone: PHONE, id: `wamid.hook${++n}`, ...more })
const hooks = async () => (await control.call('hook.list', { limit: 100 })).hooks
const handshake = (query, phone = PHONE) => gateway.ask('GET', `/whatsapp/${phone}?${query}`)

/** A delivery of that many octets, of one message whose text was lengthened. */
function padded(bytes) {
  const body = text({ text: 'RELLENO' })
  return body.replace('RELLENO', 'x'.repeat(bytes - Buffer.byteLength(body) + 'RELLENO'.length))
}

/** The row of a body is there, or was and ended. */
const stored = (body) => until(async () => (await hooks()).some((hook) => hook.sha256 === sha(body)), 'the delivery to be stored')
const absent = async (body) => assert.equal((await hooks()).some((hook) => hook.sha256 === sha(body)), false)

/** A request by hand: what is written, and everything that came until the end. */
function raw(head, { end = false } = {}) {
  const socket = connect(gateway.port, '127.0.0.1')
  const got = { socket, text: '', closed: false }
  socket.on('data', (bytes) => (got.text += bytes.toString('latin1')))
  socket.on('error', () => undefined)
  got.ended = new Promise((done) => socket.once('close', () => done((got.closed = true))))
  socket.write(head)
  if (end) socket.end()
  return got
}

const head = (length, more = []) =>
  [`POST /whatsapp/${PHONE} HTTP/1.1`, 'Host: x', 'Content-Type: application/json', `Content-Length: ${length}`, ...more, '', ''].join('\r\n')

/** Begin a delivery that will not end. */
function startSlow() {
  const body = text()
  const began = Date.now()
  slow = raw(head(body.length, [`X-Hub-Signature-256: ${sign(body)}`]))
  let ended = Infinity
  let at = 0
  slow.ended.then(() => (ended = Date.now()))
  Object.assign(slow, { body, took: () => ended - began, drip: setInterval(() => slow.closed || slow.socket.write(body[at++]), 1000) })
}

before(async () => {
  daemon = await startDaemon()
  control = await daemon.connect('control')
  await addNumber(control, { secrets: { app_secret_next: null } })
  await addNumber(control, { name: 'taller', phone: OTHER, secrets: { app_secret: OTHER_SECRET, verify_token: 'otra palabra' } })
  gateway = await startGateway({ socket: daemon.socket('whatsapp'), dir: daemon.dir })
  startSlow()
})

after(async () => {
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null })
  const { problems } = await control.call('store.check', {})
  assert.deepEqual(problems, [])
  await daemon.stop()
  daemon.remove()
})

test('the handshake gives the word back, as plain text, to who knows the token', async () => {
  const good = await handshake(`hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${VERIFY_TOKEN}`)
  assert.equal(good.status, 200)
  assert.equal(good.text, '1158201444')
  assert.match(good.headers['content-type'], /^text\/plain/)
  assert.equal(good.headers['x-content-type-options'], 'nosniff')
  const markup = await handshake(`hub.mode=subscribe&hub.challenge=%3Cscript%3E1%3C%2Fscript%3E&hub.verify_token=${VERIFY_TOKEN}`)
  assert.equal(markup.text, '<script>1</script>')
  assert.match(markup.headers['content-type'], /^text\/plain/)
  for (const query of [
    '',
    `hub.mode=subscribe&hub.verify_token=${VERIFY_TOKEN}`,
    `hub.mode=subscribe&hub.challenge=&hub.verify_token=${VERIFY_TOKEN}`,
    'hub.mode=subscribe&hub.challenge=1',
    'hub.mode=subscribe&hub.challenge=1&hub.verify_token=',
    `hub.mode=subscribe&hub.challenge=1&hub.verify_token=${VERIFY_TOKEN}x`,
    `hub.mode=subscribe&hub.challenge=1&hub.verify_token=${VERIFY_TOKEN.slice(1)}`,
    `hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=${VERIFY_TOKEN}`,
    `hub.mode[]=subscribe&hub.challenge[]=1&hub.verify_token[]=${VERIFY_TOKEN}`,
    `hub.mode=subscribe&hub.challenge=${'1'.repeat(257)}&hub.verify_token=${VERIFY_TOKEN}`,
  ]) {
    const answer = await handshake(query)
    assert.equal(answer.status, 403, query)
    assert.equal(answer.text, '', query)
  }
  assert.equal(gateway.log().match(/"warn".*"whatsapp.handshake"/g).length, 1)
})

test('each connection has its path, its word and its secret', async () => {
  const other = await handshake('hub.mode=subscribe&hub.challenge=7&hub.verify_token=otra%20palabra', OTHER)
  assert.equal(other.status, 200)
  assert.equal((await handshake(`hub.mode=subscribe&hub.challenge=7&hub.verify_token=${VERIFY_TOKEN}`, OTHER)).status, 403)
  for (const path of ['/whatsapp/', '/whatsapp/999999999999999', `/whatsapp/${PHONE}/`, `/whatsapp/${PHONE}x`, '/whatsapp', '/', '/whatsapp/../x'])
    assert.equal((await gateway.ask('GET', path)).status, 404, path)
  const body = text()
  assert.equal((await gateway.deliver(body, { phone: '999999999999999' })).status, 404)
  assert.equal((await gateway.deliver(body, { phone: OTHER })).status, 401)
  assert.equal((await gateway.deliver(body, { phone: PHONE, secret: OTHER_SECRET })).status, 401)
  await absent(body)
  assert.equal((await gateway.ask('PUT', `/whatsapp/${PHONE}`, { body: 'x', headers: { 'content-length': 1 } })).status, 405)
  assert.equal((await gateway.ask('DELETE', `/whatsapp/${PHONE}`)).status, 405)
})

test('what is signed is stored as it came, and answered with nothing', async () => {
  const body = text({ text: '¿Dónde está mi pedido? /\u{1f4e6}' })
  const answer = await gateway.deliver(body)
  assert.equal(answer.status, 200)
  assert.equal(answer.text, '')
  await stored(body)
  // not JSON, yet signed: it is kept, and never comes back
  for (const odd of ['', '{', '\xff\xfe\x00'.repeat(3), '[]']) {
    const bytes = Buffer.from(odd, 'latin1')
    assert.equal((await gateway.deliver(bytes)).status, 200, JSON.stringify(odd))
    await stored(bytes)
  }
})

test('a signature that is absent, of another kind or of other octets is refused', async () => {
  const body = text({ text: 'ñ' })
  const reserialised = JSON.stringify(JSON.parse(body))
  assert.notEqual(reserialised, body)
  const good = sign(body)
  for (const [what, given] of Object.entries({
    absent: undefined,
    empty: '',
    otherSecret: sign(body, 'nope'),
    otherOctets: sign(reserialised),
    upperCase: good.toUpperCase(),
    cut: good.slice(0, -1),
    longer: `${good}0`,
    bare: good.slice(7),
    twice: `${good}, ${good}`,
    sha1: `sha1=${createHmac('sha1', APP_SECRET).update(body).digest('hex')}`,
  })) {
    const answer = await gateway.deliver(body, { secret: null, headers: given === undefined ? {} : { 'x-hub-signature-256': given } })
    assert.equal(answer.status, 401, what)
    assert.equal(answer.text, '', what)
  }
  const legacy = { 'x-hub-signature': `sha1=${createHmac('sha1', APP_SECRET).update(body).digest('hex')}` }
  assert.equal((await gateway.deliver(body, { secret: null, headers: legacy })).status, 401)
  await absent(body)
  // one line a minute, however many there are
  assert.equal(gateway.log().match(/"whatsapp.unsigned"/g).length, 1)
  assert.doesNotMatch(gateway.log(), /34655443322|wamid/)
  // and one notice an hour and connection; Meta is not kept waiting for it
  const notices = async () => (await control.call('account.list', {})).events.filter((event) => event.connection === 'tienda' && event.code === 'bad_signature')
  assert.equal((await until(async () => ((await notices()).length > 0 ? notices() : null), 'the notice')).length, 1)
})

test('two secrets are good while one replaces the other', async () => {
  const [first, next, last] = [text(), text(), text()]
  const set = (secrets) => control.call('connection.update', { name: 'taller', secrets })
  const by = async (body, secret) => (await gateway.deliver(body, { phone: OTHER, secret })).status
  await set({ app_secret_next: 'el siguiente' })
  await until(async () => (await by(next, 'el siguiente')) === 200, 'the next secret to be known')
  assert.equal(await by(first, OTHER_SECRET), 200)
  await set({ app_secret: 'el siguiente', app_secret_next: null })
  await until(async () => (await by(last, OTHER_SECRET)) === 401, 'the first secret to be forgotten')
  assert.equal(await by(last, 'el siguiente'), 200)
  await set({ app_secret: OTHER_SECRET })
  await until(async () => (await by(last, OTHER_SECRET)) === 200, 'the secret to be as it was')
})

test('deliveries of any size up to 4 MB are stored, and nothing above', async () => {
  for (const bytes of [256 * 1024, 256 * 1024 + 1, 3 * MIB, 4 * MIB]) {
    const body = padded(bytes)
    assert.equal(Buffer.byteLength(body), bytes)
    assert.equal((await gateway.deliver(body)).status, 200, `${bytes} octets`)
    await stored(body)
  }
  // refused by what it says of itself, before it is read
  const giant = raw(head(5 * MIB, [`X-Hub-Signature-256: ${'0'.repeat(64)}`]))
  await giant.ended
  assert.match(giant.text, /^HTTP\/1\.1 413 /)
  // and also of one that writes on
  const body = padded(5 * MIB)
  const writer = raw(head(body.length, [`X-Hub-Signature-256: ${sign(body)}`]) + body)
  await writer.ended
  assert.match(writer.text, /^HTTP\/1\.1 413 /)
  await absent(body)
  // no length at all
  const chunked = raw(`POST /whatsapp/${PHONE} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`)
  await chunked.ended
  assert.match(chunked.text, /^HTTP\/1\.1 411 /)
})

test('a body without a signature is not waited for', async () => {
  const idle = raw(head(1000))
  await idle.ended
  assert.match(idle.text, /^HTTP\/1\.1 401 /)
})

test('a hundred at once on connections that are kept, the same ones twice', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 50 })
  const bodies = Array.from({ length: 100 }, () => text())
  const answers = await Promise.all([...bodies, ...bodies].map((body) => gateway.deliver(body, { agent })))
  agent.destroy()
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
})

test('one delivery a thousand times at once is one message', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 100 })
  const body = textBody({ phone: PHONE, id: 'wamid.once' })
  const answers = await Promise.all(Array.from({ length: 1000 }, () => gateway.deliver(body, { agent })))
  agent.destroy()
  const count = (status) => answers.filter((answer) => answer.status === status).length
  // whoever is turned away is delivered again by Meta
  assert.equal(count(200) + count(503), 1000)
  assert.ok(count(200) > 500, `${count(200)} were stored`)
  const busy = async (state) => (await control.call('hook.list', { state, limit: 1 })).hooks.length > 0
  await until(async () => !(await busy('waiting')) && !(await busy('taken')), 'all of them to be read')
  assert.equal(sql("SELECT count(*) FROM message WHERE json_extract(whatsapp, '$.id') = 'wamid.once'"), '1')
})

test('a delivery that is cut at any octet is none', async () => {
  const body = text()
  const request = Buffer.from(head(body.length, [`X-Hub-Signature-256: ${sign(body)}`]) + body)
  const before = sql('SELECT count(*) FROM hook')
  const cut = (bytes) =>
    new Promise((done) => {
      const socket = connect(gateway.port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.on('close', done)
      socket.write(request.subarray(0, bytes), () => socket.destroy())
    })
  const descriptors = () => readdirSync(`/proc/${gateway.pid}/fd`).length
  const few = descriptors()
  let at = 1
  const cutter = async () => {
    while (at < request.length) await cut(at++)
  }
  await Promise.all(Array.from({ length: 20 }, cutter))
  await until(() => descriptors() <= few + 5, 'the connections to be closed')
  assert.equal((await gateway.ask('GET', '/readyz')).status, 200)
  assert.equal(sql('SELECT count(*) FROM hook'), before)
  await absent(body)
  assert.equal((await gateway.deliver(body)).status, 200)
  await stored(body)
})

test('a daemon that is away means 503, and what is delivered again is stored', async () => {
  const body = text()
  const large = padded(600 * 1024)
  const pid = daemon.pid
  process.kill(pid, 'SIGSTOP')
  const waits = gateway.deliver(text())
  await sleep(200)
  process.kill(pid, 'SIGCONT')
  assert.equal((await waits).status, 200)
  await daemon.kill()
  await until(async () => (await gateway.ask('GET', '/readyz')).status === 503, 'the gateway to notice')
  assert.equal((await gateway.ask('GET', '/healthz')).status, 200)
  for (const one of [body, large]) {
    const answer = await gateway.deliver(one)
    assert.equal(answer.status, 503)
    assert.match(answer.headers['retry-after'], /^[1-9]\d*$/)
  }
  // who is not Meta still hears so, and the handshake works
  assert.equal((await gateway.deliver(body, { secret: 'nope' })).status, 401)
  assert.equal((await handshake(`hub.mode=subscribe&hub.challenge=1&hub.verify_token=${VERIFY_TOKEN}`)).status, 200)
  daemon = await startDaemon({ dir: daemon.dir })
  control = await daemon.connect('control')
  await until(async () => (await gateway.ask('GET', '/readyz')).status === 200, 'the gateway to find the daemon')
  for (const one of [body, large]) {
    assert.equal((await gateway.deliver(one)).status, 200)
    await stored(one)
  }
})

test('a gateway that starts without a daemon waits for it', async () => {
  const alone = await startGateway({ socket: join(daemon.dir, 'nowhere.sock'), dir: daemon.dir, ready: false })
  assert.equal((await alone.deliver(text())).status, 503)
  assert.equal((await alone.ask('GET', '/readyz')).status, 503)
  assert.deepEqual(await alone.stop(), { code: 0, signal: null })
})

test('the slow body of the beginning was cut, and nobody waited for it', async () => {
  await until(() => slow.closed, 'the slow body to be cut')
  clearInterval(slow.drip)
  assert.ok(slow.took() >= 9_000, 'a body may take its time')
  assert.match(slow.text, /^HTTP\/1\.1 408 /)
  await absent(slow.body)
})

test('every delivery of the corpus is answered as it should be', { skip: noCorpus }, async () => {
  const lines = readFileSync(join(corpus, 'expected.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line))
  const phones = PHONES.slice(2)
  for (const [i, phone] of phones.entries()) await addNumber(control, { name: `corpus${i}`, phone })
  let posted = 0
  for (const { file, headers, http, get, body } of lines) {
    if (get !== undefined) {
      const answer = await handshake(get)
      assert.ok(http.includes(answer.status), `${get}: ${answer.status}`)
      if (body !== undefined) assert.equal(answer.text, body)
    }
    if (file === undefined || http === undefined) continue
    const bytes = readFileSync(join(corpus, file))
    const { status } = await gateway.deliver(bytes, { secret: null, headers })
    assert.equal(status, http[0], file)
    posted++
  }
  assert.ok(posted > 100, `${posted} were posted`)
})
