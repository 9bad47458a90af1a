// Nothing is lost and nothing doubled: a Graph API that delivers everything
// twice and again until it hears 200, while gateway and daemon are killed.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { noGraph, startGraph } from '../lib/graph.mjs'
import { freePort, sleep, until } from '../lib/wait.mjs'
import { addNumber, startGateway } from '../lib/whatsapp.mjs'
import { TestClock } from '../replay/desk.mjs'

const DELIVERIES = 90
const AT_ONCE = 12
const LEASE_S = 30 // of gateways/whatsapp/apply.c
const PEOPLE = 7
const clock = new TestClock()
let daemon
let control
let gateway
let graph
let port

const rows = (sql) => JSON.parse(execFileSync('sqlite3', ['-readonly', '-json', join(daemon.dir, 'postigo.db'), sql], { encoding: 'utf8' }) || '[]')
const states = () => Object.fromEntries(rows('SELECT state, count(*) AS n FROM hook GROUP BY state').map(({ state, n }) => [state, n]))
const startAgain = async () => (gateway = await startGateway({ socket: daemon.socket('whatsapp'), dir: daemon.dir, port, ready: false }))

before(async () => {
  if (noGraph) return
  port = await freePort()
  daemon = await startDaemon({ env: clock.env })
  control = await daemon.connect('control')
  graph = await startGraph({
    webhook: `http://127.0.0.1:${port}/whatsapp/106540352242922`,
    options: { webhookRetryMs: Array(600).fill(100).join(','), webhookTimeoutMs: 20_000 },
  })
  await addNumber(control, { graph })
  await startAgain()
})

after(async () => {
  if (noGraph) return
  await gateway.stop()
  await graph.stop()
  const { problems } = await control.call('store.check', {})
  assert.deepEqual(problems, [])
  await daemon.stop()
  daemon.remove()
  clock.remove()
})

test('each message is there once, whoever was killed meanwhile', { skip: noGraph }, async () => {
  const sent = new Map() // wamid -> text
  let next = 0
  let done = 0
  const person = (i) => `3465544332${i % PEOPLE}`
  const messages = (i) => Array.from({ length: 1 + (i % 3) }, (_, k) => ({ from: person(i + k), text: `mensaje ${i}.${k}`, contact: { name: `Persona ${(i + k) % PEOPLE}` } }))
  async function writer() {
    while (next < DELIVERIES) {
      const i = next++
      const list = messages(i)
      const { ids, deliveries } = await graph.post('inbound', { messages: list, batch: ['entries', 'changes', ''][i % 3], deliver: 2 })
      assert.ok(deliveries.every(({ ok }) => ok), `delivery ${i} was given up`)
      ids.forEach((id, k) => sent.set(id, list[k].text))
      done++
    }
  }
  const writers = Promise.all(Array.from({ length: AT_ONCE }, writer))
  for (const [at, kill] of [
    [15, () => gateway.stop('SIGKILL').then(startAgain)],
    [
      40,
      async () => {
        await daemon.kill()
        await sleep(100)
        daemon = await startDaemon({ dir: daemon.dir, env: clock.env })
        control = await daemon.connect('control')
      },
    ],
    [65, () => gateway.stop('SIGKILL').then(startAgain)],
  ]) {
    await until(() => done >= at, `${at} deliveries`)
    await kill()
  }
  await writers
  // what the killed ones had taken is given to the next when its lease is over
  clock.shift(LEASE_S + 10)
  await until(() => {
    const { waiting = 0, taken = 0 } = states()
    return waiting + taken === 0
  }, 'all hooks to be applied')
  assert.deepEqual(Object.keys(states()), ['done'])
  const stored = rows("SELECT json_extract(whatsapp, '$.id') AS id, text FROM message WHERE author = 'customer'")
  assert.equal(new Set(stored.map(({ id }) => id)).size, stored.length, 'none is doubled')
  const lost = [...sent].filter(([id]) => !stored.some((one) => one.id === id))
  assert.deepEqual(lost, [], 'none is lost')
  assert.deepEqual(new Map(stored.map(({ id, text }) => [id, text])), sent)
  assert.equal(rows('SELECT count(*) AS n FROM customer')[0].n, PEOPLE)
})
