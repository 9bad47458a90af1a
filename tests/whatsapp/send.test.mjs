// What leaves by WhatsApp, and what is fetched: postigo-whatsapp between a
// daemon whose clock the test sets and a Graph API that refuses, cuts, doubts.
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { connect, createServer as createProxy } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { APP_SECRET, noGraph, PHONES, startGraph, TOKEN } from '../lib/graph.mjs'
import { freePort, until } from '../lib/wait.mjs'
import { addNumber, startGateway } from '../lib/whatsapp.mjs'
import { TestClock } from '../replay/desk.mjs'

const PHONE = PHONES[0]
const MESSAGES = `/v25.0/${PHONE}/messages`
const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(2000, 7)])
const BOOK = 'queue "general" { title "General" }\n'
const sha = (bytes) => createHash('sha256').update(bytes).digest('hex')

process.env.POSTIGO_TEST_DOUBT_MS = '400'
process.env.POSTIGO_TEST_PROBE_MS = '300'

const clock = new TestClock()
let daemon
let control
let agent
let laura
let graph
let gateway
let people = 0

/** A customer who has just written: { from, incident, wamid }. */
async function customer(more = {}) {
  const from = `3460000${String(++people).padStart(4, '0')}`
  const sent = await graph.post('inbound', { from, text: 'Hola', contact: { name: `Ana ${people}` }, ...more })
  const incident = await until(async () => {
    const { events } = await control.call('events.since', { from: 0, limit: 1000 })
    for (const e of events.filter((x) => x.incident).reverse()) {
      const { messages } = await get(e)
      if (messages.some((m) => m.external_id === sent.ids[0])) return e.incident
    }
  }, 'the message to be an incident')
  return { from, incident, wamid: sent.ids[0] }
}

const get = async (who) => (await laura('incident.get', { id: who.incident })).detail
const answer = (who, text, more = {}) => laura('incident.answer', { id: who.incident, text, seen: 0, override: true, ...more })

/** The newest answer's delivery. */
async function delivery(who) {
  const { messages } = await get(who)
  return messages.filter((m) => m.delivery).at(-1)?.delivery
}

const ends = (who, state) => until(async () => ((d) => d?.state === state && d)(await delivery(who)), `a delivery to be ${state}`)
const asked = async (who, path = MESSAGES) => (await graph.get(`requests?path=${path}`)).filter((r) => !who || r.body?.to === `+${who.from}`)
const inject = (who, action, more = {}) => graph.post('inject', [{ match: { path: '/messages', to: who.from }, times: 1, action, ...more }])

const connection = async (name = 'tienda') => (await control.call('connection.list')).connections.find((c) => c.name === name)

/** The daemon's clock goes on, and it knows. */
async function later(seconds) {
  clock.shift(clock.seconds + seconds)
  const want = Date.now() + clock.seconds * 1000
  await until(async () => Date.parse((await control.call('ping')).now) >= want - 1000, 'the clock to go on')
}

before(async () => {
  if (noGraph) return
  graph = await startGraph({ phones: PHONES.slice(0, 2), options: { autoStatus: 'sent,delivered' } })
  daemon = await startDaemon({ env: clock.env })
  control = await daemon.connect('control')
  await control.call('book.apply', { text: BOOK })
  await addNumber(control, { graph })
  ;({ agent } = await control.call('agent.add', { email: 'laura@olmo.example', name: 'Laura', role: 'lead' }))
  const { token } = await control.call('token.add', { agent: agent.id, label: 'test' })
  const client = await daemon.connect('console')
  const { handle } = await client.call('session.open', { token })
  laura = (method, params = {}) => client.call(method, params, { as: handle })
  gateway = await startGateway({ socket: daemon.socket('whatsapp'), dir: daemon.dir })
  await graph.post('options', { webhook: gateway.webhook() })
})

after(async () => {
  if (noGraph) return
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null })
  const { problems } = await control.call('store.check', {})
  assert.deepEqual(problems, [])
  await daemon.stop()
  daemon.remove()
  await graph.stop()
  clock.remove()
})

beforeEach(async () => {
  if (!noGraph) await graph.control('DELETE', 'inject')
})

const it = (name, fn) => test(name, { skip: noGraph }, fn)

it('an answer goes with marks, as a quote, under its tracker', async () => {
  const ana = await customer()
  const { messages } = await get(ana)
  await answer(ana, '**Hola**, su pedido 5*3 sale *hoy*.', { quotes: messages[0].number })
  const d = await ends(ana, 'sent')
  const [{ body, headers }] = await asked(ana)
  assert.equal(body.text.body, '*Hola*, su pedido 5*3 sale _hoy_.')
  assert.equal(body.context.message_id, ana.wamid)
  assert.match(headers['user-agent'], /^postigo-whatsapp\//)
  assert.match(d.external_id, /^wamid\./)
  await until(async () => (await delivery(ana)).receipt === 'delivered', 'the receipt')
})

it('calls prove the secret of the app; where the proof is refused, none is given', async () => {
  const ana = await customer()
  await inject(ana, { kind: 'error', code: 100, message: 'Invalid appsecret_proof provided in the API argument' })
  await answer(ana, 'hola')
  await ends(ana, 'sent')
  const [refused, taken] = await asked(ana)
  assert.equal(refused.query.appsecret_proof, createHmac('sha256', APP_SECRET).update(TOKEN).digest('hex'))
  assert.equal(taken.query.appsecret_proof, undefined)
})

it('messages to one person go one after the other, each after its "sent"', async () => {
  const ana = await customer()
  for (const text of ['uno', 'dos', 'tres']) await answer(ana, text)
  await until(async () => (await asked(ana)).length === 3, 'three messages')
  const sent = await asked(ana)
  assert.deepEqual(sent.map((r) => r.body.text.body), ['uno', 'dos', 'tres'])
  await until(async () => (await get(ana)).messages.filter((m) => m.delivery?.state === 'sent').length === 3, 'three deliveries to be sent')
})

it('too many to one person: that person waits, and nobody else', async () => {
  const ana = await customer()
  const bea = await customer()
  await inject(ana, { kind: 'error', code: 131056, headers: { 'Retry-After': '1' } })
  await answer(ana, 'para Ana')
  await until(async () => (await asked(ana)).length === 1, 'a refusal')
  await answer(bea, 'para Bea')
  await ends(bea, 'sent')
  assert.equal((await asked(ana)).length, 1)
  await ends(ana, 'sent')
  assert.equal((await asked(ana)).length, 2)
})

it('too many of the number: all wait, as long as Graph says', async () => {
  const ana = await customer()
  await inject(ana, { kind: 'error', code: 130429, http: 429, headers: { 'Retry-After': '1' } })
  await answer(ana, 'hola')
  await ends(ana, 'sent')
  assert.deepEqual((await asked(ana)).map((r) => r.status), [429, 200])
})

it('what Graph refuses for good is told with its code, and not asked again', async () => {
  for (const code of [131026, 131047, 132000, 131042, 999999]) {
    const ana = await customer()
    await inject(ana, { kind: 'error', code })
    await answer(ana, 'hola')
    const d = await ends(ana, 'failed')
    assert.equal(d.error_code, code)
    assert.equal((await asked(ana)).length, 1)
  }
  const { events } = await control.call('account.list', { connection: 'tienda' })
  assert.ok(events.some((e) => e.code === '131042' && e.severity === 'warning'))
})

it('what nothing went of is asked again', async () => {
  // a number whose Graph is not there at first
  const port = await freePort()
  const other = PHONES[1]
  await addNumber(control, { name: 'taller', phone: other, graph: { base: `http://127.0.0.1:${port}` } })
  const ana = await customer({ phone_number_id: other })
  await answer(ana, 'hola')
  await until(async () => (await connection('taller')).state === 'failing', 'the connection to fail')
  assert.equal((await delivery(ana)).state, 'queued')
  const proxy = createProxy((socket) => socket.pipe(connect(graph.port, '127.0.0.1')).pipe(socket))
  await new Promise((done) => proxy.listen(port, '127.0.0.1', done))
  await later(60)
  await ends(ana, 'sent')
  assert.equal((await asked(ana, `/v25.0/${other}/messages`)).length, 1)
  assert.equal((await connection('taller')).state, 'ok')
  proxy.close()
})

it('an answer that is lost is never sent twice: a status tells', async () => {
  for (const kind of ['accept_then_reset', 'truncate']) {
    const ana = await customer()
    await inject(ana, { kind })
    await answer(ana, 'una vez')
    const d = await ends(ana, 'sent')
    assert.match(d.external_id, /^wamid\./)
    assert.equal((await asked(ana)).length, 1)
  }
})

it('and where none tells, staff decide', async () => {
  await graph.post('options', { auto_status: [] })
  for (const action of [{ kind: 'accept_then_reset' }, { kind: 'reset' }, { kind: 'truncate' }, { kind: 'http', status: 503, body: '<html>' }]) {
    const ana = await customer()
    await inject(ana, action)
    await answer(ana, 'una vez')
    await ends(ana, 'unknown')
    await later(600)
    assert.equal((await delivery(ana)).state, 'unknown')
    assert.equal((await asked(ana)).length, 1)
  }
  await graph.post('options', { auto_status: ['sent', 'delivered'] })
})

it('an answer that comes letter by letter is one', async () => {
  const ana = await customer()
  await inject(ana, { kind: 'drip', ms: 1 })
  await answer(ana, 'despacio')
  await ends(ana, 'sent')
  assert.equal((await asked(ana)).length, 1)
})

it('a token that is over stops the connection, says so once, and keeps all', async () => {
  const ana = await customer()
  const bea = await customer()
  await graph.post('inject', [{ match: { path: PHONE }, times: 1000, action: { kind: 'error', code: 190 } }])
  await answer(ana, 'para Ana')
  await until(async () => (await connection()).state === 'failing', 'the connection to fail')
  await answer(bea, 'para Bea')
  await until(async () => (await graph.get('requests')).filter((r) => r.method === 'GET' && r.path.endsWith(PHONE)).length >= 2, 'two probes')
  assert.equal((await asked(ana)).length + (await asked(bea)).length, 1)
  const { events } = await control.call('account.list', { connection: 'tienda' })
  assert.equal(events.filter((e) => e.code === '190').length, 1)
  assert.deepEqual([(await delivery(ana)).state, (await delivery(bea)).state], ['queued', 'queued'])
  await graph.control('DELETE', 'inject')
  await until(async () => (await connection()).state === 'ok', 'the connection to be well')
  await later(120)
  await ends(ana, 'sent')
  await ends(bea, 'sent')
})

/** A customer whose message brings a file; the row of its media when it is no longer awaited. */
async function sends(media, more = {}) {
  const ana = await customer({ text: undefined, type: 'image', media_id: media.id, ...more })
  return until(async () => {
    const { messages } = await get(ana)
    const [file] = messages[0].media ?? []
    return file && file.state !== 'pending' && { ...file, attachments: messages[0].attachments }
  }, 'the file to come, or to be gone')
}

const offer = (more = {}) => graph.post('media', { mime_type: 'image/png', data_base64: PNG.toString('base64'), ...more })

it('a file of a customer comes, whole', async () => {
  const file = await sends(await offer())
  assert.equal(file.state, 'here')
  assert.equal(file.attachments[0].sha256, sha(PNG))
})

it('a file that is not what was announced is fetched once more, and kept with a warning', async () => {
  const file = await sends(await offer({ sha256: createHash('sha256').update('otra cosa').digest('base64') }))
  assert.equal(file.state, 'here')
  assert.equal(file.attachments[0].sha256, sha(PNG))
  assert.equal((await graph.get('requests?path=/lookaside/')).length >= 2, true)
  assert.match(gateway.log(), /whatsapp\.media_digest/)
})

it('the token goes to no other host', async () => {
  const seen = []
  const other = createServer((request, response) => {
    seen.push(request.url)
    response.end('x')
  })
  await new Promise((done) => other.listen(0, '127.0.0.1', done))
  const media = await offer()
  const url = `http://127.0.0.1:${other.address().port}/x`
  await graph.post('inject', [{ match: { path: `/${media.id}`, method: 'GET' }, times: 9, action: { kind: 'http', status: 200, content_type: 'application/json', body: JSON.stringify({ url }) } }])
  await graph.post('options', { media_url_in_webhook: false })
  const file = await sends(media)
  await graph.post('options', { media_url_in_webhook: true })
  assert.equal(file.state, 'gone')
  assert.equal(file.why, 'host')
  // nor where a redirect points
  const failed = () => (gateway.log().match(/whatsapp\.job_failed.*answered 302/g) ?? []).length
  await graph.control('DELETE', 'inject')
  await graph.post('inject', [{ match: { path: '/lookaside/' }, times: 9, action: { kind: 'http', status: 302, headers: { Location: url } } }])
  await customer({ text: undefined, type: 'image', media_id: (await offer()).id })
  await until(() => failed() === 1, 'the job to fail')
  assert.deepEqual(seen, [])
  other.close()
})

const fileIn = (filename, type, bytes) => ({ filename, content_type: type, size: bytes.length, sha256: sha(bytes), inline: false, data: bytes.toString('base64') })

it('files go as what their octets are, the text with the first; once uploaded', async () => {
  const ana = await customer()
  const bea = await customer()
  const uploads = async () => (await graph.get('requests?path=/media')).filter((r) => r.method === 'POST').length
  const before = await uploads()
  const pdf = Buffer.from('%PDF-1.4 ' + 'x'.repeat(700_000))
  // it says that it is a picture
  await answer(ana, 'la **foto**', { attachments: [fileIn('foto.png', 'image/png', PNG), fileIn('factura.pdf', 'image/png', pdf)] })
  await until(async () => (await get(ana)).messages.filter((m) => m.delivery?.state === 'sent').length === 2, 'two messages')
  const [first, second] = (await asked(ana)).map((r) => r.body)
  assert.equal(first.type, 'image')
  assert.equal(first.image.caption, 'la *foto*')
  assert.equal(second.type, 'document')
  assert.equal(second.document.filename, 'factura.pdf')
  await answer(bea, '', { attachments: [fileIn('foto.png', 'image/png', PNG)] })
  await ends(bea, 'sent')
  const [again] = (await asked(bea)).map((r) => r.body)
  assert.equal(again.image.id, first.image.id)
  assert.equal((await uploads()) - before, 2)
  const bytes = await fetch(`${graph.base}/v25.0/${second.document.id}`, { headers: { Authorization: `Bearer ${TOKEN}` } }).then((r) => r.json())
  assert.equal(bytes.mime_type, 'application/pdf')
  assert.equal(bytes.sha256, createHash('sha256').update(pdf).digest('base64'))
})

it('a file that Graph does not take fails with its code', async () => {
  const ana = await customer()
  const webp = Buffer.concat([Buffer.from('RIFF0000WEBPVP8 '), Buffer.alloc(100)])
  await answer(ana, '', { attachments: [fileIn('a.webp', 'image/webp', webp)] })
  const d = await ends(ana, 'failed')
  assert.equal(d.error_code, 131053)
  const [{ body }] = await asked(ana)
  assert.equal(body.type, 'document')
})

it('buttons, lists and reactions go as such', async () => {
  const ana = await customer()
  await answer(ana, '¿Le va bien?', { buttons: ['Sí', 'No'] })
  await ends(ana, 'sent')
  await answer(ana, '¿Qué día?', { buttons: ['lunes', 'martes', 'miércoles', 'jueves'] })
  await until(async () => (await asked(ana)).length === 2, 'a list')
  const { messages } = await get(ana)
  await laura('incident.react', { id: ana.incident, number: messages[0].number, emoji: '👍' })
  await until(async () => (await asked(ana)).length === 3, 'a reaction')
  const [buttons, list, reaction] = (await asked(ana)).map((r) => r.body)
  assert.deepEqual(buttons.interactive.action.buttons.map((b) => b.reply.title), ['Sí', 'No'])
  assert.equal(list.interactive.action.sections[0].rows.length, 4)
  assert.deepEqual(reaction.reaction, { message_id: ana.wamid, emoji: '👍' })
})

it('what an agent reads is marked as read, and that somebody types is seen', async () => {
  const ana = await customer()
  const marked = (typing) =>
    until(
      async () => (await asked(null)).some((r) => r.body?.status === 'read' && r.body.message_id === ana.wamid && (r.body.typing_indicator?.type === 'text') === typing),
      'a mark',
    )
  await laura('incident.opened', { id: ana.incident })
  await marked(false)
  await laura('incident.typing', { id: ana.incident, on: true })
  await marked(true)
})

it('a gateway that ends gives back what it has not begun', async () => {
  const ana = await customer()
  await inject(ana, { kind: 'error', code: 131056, headers: { 'Retry-After': '50' } })
  await answer(ana, 'hola')
  await until(async () => (await asked(ana)).length === 1, 'a refusal')
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null })
  assert.equal((await delivery(ana)).state, 'queued')
  gateway = await startGateway({ socket: daemon.socket('whatsapp'), dir: daemon.dir })
  await graph.post('options', { webhook: gateway.webhook() })
  await later(120)
  await ends(ana, 'sent')
  assert.equal((await asked(ana)).length, 2)
})
