// Deliveries of the corpus through gateway and daemon: sequences with the end
// state that is expected of them, and then all of them at one desk.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { corpus, noCorpus as skip, PHONES } from '../lib/graph.mjs'
import { until } from '../lib/wait.mjs'
import { addNumber, sign, startGateway } from '../lib/whatsapp.mjs'
import { differs } from './differs.mjs'

const DISPLAY = '+1 555 078 3881' // whom the corpus writes to
const CUSTOMER = '16505551234'
const read = (name) => readFileSync(join(corpus, name))
const lines = () => read('expected.jsonl').toString('utf8').trim().split('\n').map((line) => JSON.parse(line))
const sha = (text) => createHash('sha256').update(text).digest('hex')

/** What runs; what a test that failed left is ended all the same. */
const running = new Set()
after(async () => {
  for (const desk of running) {
    await desk.gateway?.stop()
    await desk.daemon.stop()
    desk.daemon.remove()
  }
})

/** A desk with the corpus's numbers, before its gateway is there. */
async function openDesk(phones = PHONES.slice(0, 1)) {
  const daemon = await startDaemon()
  const control = await daemon.connect('control')
  for (const phone of phones) await addNumber(control, { name: `n${phone}`, phone, settings: { display_number: DISPLAY } })
  const desk = {
    daemon,
    control,
    async start() {
      desk.gateway = await startGateway({ socket: daemon.socket('whatsapp'), dir: daemon.dir })
    },
    /** Deliver a file; it is kept when this returns. */
    async post(file, headers = {}) {
      const { status } = await desk.gateway.deliver(read(file), { headers })
      assert.equal(status, 200, file)
    },
    hooks: () => all('hook.list', 'hooks'),
    /** Until every delivery was read and all that it says was asked for. */
    settled: () => until(async () => (await desk.hooks()).every((h) => h.state === 'done' || h.state === 'dead'), 'hooks to end'),
    async incidents() {
      const { incidents } = await control.call('incident.list', { view: 'all', limit: 200 })
      return Promise.all(incidents.map((i) => whole(i.id)))
    },
    async end() {
      const ended = await desk.gateway.stop()
      const { problems } = await control.call('store.check', {})
      await daemon.stop()
      daemon.remove()
      running.delete(desk)
      assert.deepEqual(ended, { code: 0, signal: null })
      assert.deepEqual(problems, [])
    },
  }
  /** An incident with all of its messages. */
  async function whole(id) {
    const { detail } = await control.call('incident.get', { id })
    for (let before = detail.more_before; before; ) {
      const page = await control.call('message.list', { incident: id, before })
      detail.messages.unshift(...page.messages)
      before = page.more_before
    }
    return detail
  }
  /** Every row of a list that goes back by row. */
  async function all(method, name, before) {
    const rows = (await control.call(method, { limit: 100, ...(before ? { before } : {}) }))[name]
    return rows.length < 100 ? rows : [...rows, ...(await all(method, name, rows.at(-1).id))]
  }
  running.add(desk)
  return desk
}

/** An answer of an agent that Meta accepted under each of these ids. */
async function accepted({ daemon, control }, wamids) {
  const whatsapp = await daemon.connect('whatsapp')
  const console_ = await daemon.connect('console')
  const { agent } = await control.call('agent.add', { email: 'laura@tienda.example', name: 'Laura', role: 'admin' })
  const { token } = await control.call('token.add', { agent: agent.id, label: 'test' })
  const { handle } = await console_.call('session.open', { token })
  const connection = `n${PHONES[0]}`
  for (const wamid of wamids) {
    const id = `before-${wamid}`
    const raw = Buffer.from(id)
    const { incident } = await whatsapp.call('contact.add', {
      connection, external_id: id, digest: sha(`whatsapp\n${PHONES[0]}\n${id}`), received_at: (await control.call('ping')).now, channel: 'whatsapp', text: 'Hola',
      raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') },
      whatsapp: { id, type: 'text', supported: true, from: CUSTOMER, wa_id: CUSTOMER },
    })
    await console_.call('incident.answer', { id: incident, text: 'Enseguida', seen: 1, override: true }, { as: handle })
    const { deliveries } = await whatsapp.call('outbox.take', { max: 1, lease_ms: 60000 })
    await whatsapp.call('outbox.report', { delivery: deliveries[0].id, attempt: deliveries[0].attempt, result: 'sent', external_id: wamid })
  }
  whatsapp.close()
  console_.close()
}

const messagesOf = (incidents) => incidents.flatMap((i) => i.messages)
/** As they are shown: Meta's time decides, not that of their arrival. */
const inbound = (incidents) => messagesOf(incidents).filter((m) => m.direction === 'in').sort((a, b) => a.at.localeCompare(b.at) || a.number - b.number)

/** What a desk has in the end, in the words of the corpus. */
async function stateOf(desk, final) {
  const incidents = await desk.incidents()
  const is = {}
  if ('messages' in final) is.messages = inbound(incidents).length
  if ('customers' in final) is.customers = new Set(incidents.map((i) => i.incident.customer.id)).size
  if ('thread_order' in final) is.thread_order = inbound(incidents).map((m) => m.text)
  if ('message_status' in final) {
    const out = messagesOf(incidents).filter((m) => m.direction === 'out' && m.delivery)
    const [wamid] = Object.keys(final.message_status)
    is.message_status = { [wamid]: out.map((m) => m.delivery.receipt).join() }
  }
  if ('status_events' in final) is.status_events = incidents.flatMap((i) => i.events).filter((e) => e.kind === 'delivery.receipt').length
  return is
}

test('sequences of deliveries end as they should', { skip }, async () => {
  for (const { case: name, sequence, final } of lines().filter((line) => line.sequence)) {
    const desk = await openDesk()
    await accepted(desk, Object.keys(final.message_status ?? {}))
    await desk.start()
    for (const file of sequence) {
      await desk.post(file)
      await desk.settled()
    }
    assert.deepEqual(await stateOf(desk, final), final, name)
    await desk.end()
  }
})

// What need not be a message of its own: a chat that was opened, and what is
// about a message that this desk never had.
const WITHOUT = ['request_welcome', 'reaction', 'revoke']

// Members that a card keeps: who it is from is the customer's.
const KEPT = ['type', 'supported', 'context_id', 'forwarded', 'frequently_forwarded', 'group_id', 'location', 'contacts', 'button', 'interactive',
  'order', 'reaction', 'system', 'edit', 'revoke', 'referral', 'referred_product', 'error_codes']

/** How a message at the desk differs from what is expected of it. */
function wrongIn(is, want) {
  const kept = Object.fromEntries(Object.entries(want).filter(([name]) => KEPT.includes(name)))
  if (is.direction === 'in' && want.timestamp && Date.parse(is.at) !== want.timestamp * 1000) return `at: ${is.at}`
  if (want.media && !is.whatsapp.media) return 'no media'
  if (want.type === 'text' && want.text && is.text !== want.text) return `text: ${is.text}`
  return differs(is.whatsapp, kept, 'card')
}

test('the whole corpus at one desk', { skip }, async () => {
  const desk = await openDesk(PHONES)
  await desk.start()
  const good = lines().filter((line) => line.file && line.headers?.['X-Hub-Signature-256'] === sign(read(line.file)))
  for (const { file } of good) await desk.post(file)
  await desk.settled()
  // an id stands for a message of a number: of one that came twice, the first counts
  const wanted = new Map()
  for (const { expect } of good) {
    for (const m of expect.messages ?? []) {
      const key = `${m.phone_number_id} ${m.id}`
      if (PHONES.includes(m.phone_number_id) && !wanted.has(key)) wanted.set(key, m)
    }
  }
  const seen = new Map(messagesOf(await desk.incidents()).filter((m) => m.whatsapp).map((m) => [m.external_id, m]))
  const wrong = []
  for (const m of wanted.values()) {
    const is = seen.get(m.id)
    const how = is ? wrongIn(is, m) : !WITHOUT.includes(m.type) && 'is not there'
    if (how) wrong.push(`${m.type} ${m.id}: ${how}`)
  }
  assert.deepEqual(wrong, [])
  assert.ok(wanted.size > 200, `only ${wanted.size} messages were expected`)
  const dead = (await desk.hooks()).filter((h) => h.state === 'dead')
  assert.ok(dead.length > 10 && dead.every((h) => /^(entry|the body)/.test(h.why)), JSON.stringify(dead))
  await desk.end()
})
