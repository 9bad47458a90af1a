// Deliveries become contacts and statuses: the order of one person's messages,
// large deliveries, what cannot be read, whose numbers they speak of, and ends
// of gateway and daemon in the middle of it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { PHONES } from '../lib/graph.mjs'
import { until } from '../lib/wait.mjs'
import { addNumber, envelope, startGateway, textBody } from '../lib/whatsapp.mjs'
import { wrote as wroteOf } from './wrote.mjs'

const [SHOP, HELP, OTHER] = PHONES
const OWN = '34900100200'
const NOW_S = Math.floor(Date.now() / 1000)
let daemon
let control
let gateway
let n = 0

const wamid = () => `wamid.apply${++n}`
const message = (from, body, more = {}) => ({ from, id: wamid(), timestamp: String(NOW_S), type: 'text', text: { body }, ...more })
const start = async () => (gateway = await startGateway({ socket: daemon.socket('whatsapp'), dir: daemon.dir }))

async function deliver(body, options) {
  const { status } = await gateway.deliver(body, options)
  assert.equal(status, 200)
}

async function hooks(state) {
  return (await control.call('hook.list', { limit: 100, ...(state ? { state } : {}) })).hooks
}

/** Nothing waits and nothing is being read. */
const settled = () => until(async () => (await hooks('waiting')).length + (await hooks('taken')).length === 0, 'hooks to end')

const wrote = (from) => wroteOf(control, from)
const told = async (code) => (await control.call('account.list', { limit: 100 })).events.filter((e) => e.code === code)

before(async () => {
  daemon = await startDaemon()
  control = await daemon.connect('control')
  await addNumber(control, { name: 'tienda', phone: SHOP })
  await addNumber(control, { name: 'ayuda', phone: HELP, settings: { display_number: '+34 900 100 201' } })
  await addNumber(control, { name: 'otra', phone: OTHER, settings: { display_number: '+34 900 100 202' }, secrets: { app_secret: 'el secreto de otra aplicación' } })
  await start()
})

after(async () => {
  await gateway?.stop()
  const { problems } = await control.call('store.check', {})
  await daemon.stop()
  daemon.remove()
  assert.deepEqual(problems, [])
})

test('one person keeps their order, over deliveries and beside others', async () => {
  const want = []
  for (let i = 0; i < 12; i++) {
    const mine = [`${i} a`, `${i} b`]
    want.push(...mine)
    await deliver(envelope(SHOP, { messages: [message('34611000001', mine[0]), message(`3462200000${i % 10}`, 'otra'), message('34611000001', mine[1])] }))
  }
  await settled()
  assert.deepEqual(await wrote('34611000001'), want)
})

test('a delivery of a thousand updates comes in parts', async () => {
  const list = Array.from({ length: 1000 }, (_, i) => message(`346330000${String(i % 40).padStart(2, '0')}`, `nº ${i} ${'palabra '.repeat(40)}`))
  const body = envelope(SHOP, { messages: list })
  assert.ok(Buffer.byteLength(body) > 400_000)
  await deliver(body)
  await settled()
  const mine = await wrote('34633000007')
  assert.deepEqual(mine.map((t) => Number(/nº (\d+)/.exec(t)[1])), Array.from({ length: 25 }, (_, i) => i * 40 + 7))
})

test('a part that cannot be read ends the delivery dead, and costs nothing else', async () => {
  const body = envelope(SHOP, { messages: [message('34644000001', 'antes'), { id: 7 }, message('34644000001', 'después')] })
  await deliver(body)
  await settled()
  assert.deepEqual(await wrote('34644000001'), ['antes', 'después'])
  const [dead] = await hooks('dead')
  assert.match(dead.why, /^entry\[0\]\.changes\[0\]\.messages\[1\]: no id/)
  await control.call('hook.again', { id: dead.id })
  await settled()
  assert.deepEqual(await wrote('34644000001'), ['antes', 'después'], 'what is read twice is there once')
})

test('numbers of the same app may be spoken of, others not', async () => {
  await deliver(envelope(HELP, { messages: [message('34655000001', 'para ayuda')] }), { phone: SHOP })
  await deliver(envelope(OTHER, { messages: [message('34655000002', 'de otra')] }), { phone: SHOP })
  await deliver(envelope('424242', { messages: [message('34655000003', 'de nadie')] }), { phone: SHOP })
  await deliver(envelope(SHOP, { messages: [message(OWN, 'yo misma'), message('34900100201', 'la de al lado')] }))
  await settled()
  assert.deepEqual(await wrote('34655000001'), ['para ayuda'])
  for (const from of ['34655000002', '34655000003', OWN, '34900100201']) assert.deepEqual(await wrote(from), [], from)
  assert.deepEqual((await told('foreign_number')).map((e) => [e.connection, e.detail]), [['tienda', OTHER]])
  assert.deepEqual((await told('unknown_number')).map((e) => e.detail), ['424242'])
  assert.equal((await told('own_number')).length, 2)
})

test('a reaction to what nobody knows is a message of its own', async () => {
  const known = message('34666000001', 'hola')
  const reaction = (id, emoji) => ({ from: '34666000001', id: wamid(), timestamp: String(NOW_S), type: 'reaction', reaction: { message_id: id, ...(emoji ? { emoji } : {}) } })
  await deliver(envelope(SHOP, { messages: [known, reaction(known.id, '👍'), reaction('wamid.antes-de-todo', '🙏'), reaction('wamid.antes-de-todo')] }))
  await settled()
  assert.deepEqual(await wrote('34666000001'), ['hola', '🙏'])
})

test('gateway and daemon end and come back: nothing is lost or doubled', async () => {
  const want = new Set()
  let posted = 0
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 25; i++) {
      const text = `vuelta ${round} ${i}`
      const { status } = await gateway.deliver(textBody({ phone: SHOP, from: `3467700000${i % 10}`, id: wamid(), text }))
      if (status !== 200) continue
      want.add(text)
      posted++
    }
    if (round % 2) {
      await daemon.stop()
      daemon = await startDaemon({ dir: daemon.dir })
      control = await daemon.connect('control')
      await until(async () => (await gateway.ask('GET', '/readyz')).status === 200, 'the gateway to find the daemon again')
    } else {
      assert.deepEqual(await gateway.stop(), { code: 0, signal: null })
      await start()
    }
  }
  assert.ok(posted > 50, `only ${posted} were taken in`)
  await settled()
  const have = (await Promise.all(Array.from({ length: 10 }, (_, i) => wrote(`3467700000${i}`)))).flat()
  assert.deepEqual(have.sort(), [...want].sort())
})
