// Deliveries of WhatsApp: 500 a second of one to three updates each, as Meta
// sends them, while what they say is applied; then deliveries of 1,000 updates
// and 3 MB, alone. Each answer is counted from the instant at which its
// delivery was due, so one that waits delays none of the figures after it. A
// twin writes as many octets and syncs them, in turns with it.
import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { row, tool } from '../lib/bench.mjs'
import { startDaemon } from '../lib/bus.mjs'
import { PHONES } from '../lib/graph.mjs'
import { sleep, until } from '../lib/wait.mjs'
import { addNumber, envelope, startGateway } from '../lib/whatsapp.mjs'

const SECONDS = Number(process.env.BENCH_WHATSAPP_SECONDS ?? 20)
const RATE = 500
const LARGE = 20 // deliveries of 1,000 updates
const PHONE = PHONES[0]
const PEOPLE = 2000
let n = 0

const at = (list, part) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * part))]
const ms = (value) => `${value.toFixed(1)} ms`
const rss = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])

/** One of our messages was seen, or somebody writes: what stands in a value. */
function update(text) {
  n++
  const from = String(34600000000 + (n % PEOPLE))
  const timestamp = String(Math.floor(Date.now() / 1000))
  if (text === undefined && n % 4 !== 0)
    return { statuses: [{ id: `wamid.out${n}`, status: ['sent', 'delivered', 'read'][n % 3], timestamp, recipient_id: from }] }
  return {
    contacts: [{ profile: { name: `Persona ${n % PEOPLE}` }, wa_id: from }],
    messages: [{ from, id: `wamid.in${n}`, timestamp, type: 'text', text: { body: text ?? '¿Ha salido ya mi pedido?' } }],
  }
}

const small = () => envelope(PHONE, ...Array.from({ length: 1 + (n % 3) }, () => update()))

async function deliver(body, agent, due) {
  const { status } = await gateway.deliver(body, { agent })
  return { status, ms: performance.now() - due }
}

/** A round of so many seconds at the rate; what each answer took. */
async function round(seconds, agent) {
  const began = performance.now() + 100
  const all = []
  for (let i = 0; i < seconds * RATE; i++) {
    const due = began + (i * 1000) / RATE
    const body = small()
    while (performance.now() < due) await sleep(1)
    all.push(deliver(body, agent, due))
  }
  return Promise.all(all)
}

const daemon = await startDaemon()
const control = await daemon.connect('control')
await addNumber(control)
const gateway = await startGateway({ socket: daemon.socket('whatsapp'), dir: daemon.dir })
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
await round(2, agent)
const before = rss(gateway.pid)
const answers = []
const syncs = []
for (let i = 0; i < 4; i++) {
  answers.push(...(await round(Math.max(1, SECONDS / 4), agent)))
  syncs.push(tool('bench_sync', join(daemon.dir, 'twin'), '16384', '200'))
}
const after = rss(gateway.pid)
const took = answers.map((one) => one.ms)
const bad = answers.filter(({ status }) => status !== 200).length
const sync = (name) => at(syncs.map((one) => one[name]), 0.5) / 1000
row(`deliveries at ${RATE}/s: median of the answer`, ms(at(took, 0.5)), `goal: below 20 ms; ${answers.length} of them`)
row('deliveries: p99 of the answer', ms(at(took, 0.99)), 'goal: below 250 ms')
row('  16 KiB written and synced: median, p99', `${ms(sync('p50_us'))}, ${ms(sync('p99_us'))}`, 'between the rounds')
row('deliveries not answered with 200', bad, 'goal: 0')
const some = async (state) => (await control.call('hook.list', { state, limit: 1 })).hooks.length > 0
const applied = () => until(async () => !(await some('waiting')) && !(await some('taken')), 'all of them to be applied', 900_000)
const from = performance.now()
await applied()
row('  until all were applied, after the last', ms(performance.now() - from), '')

const large = []
let half = 0
for (let i = 0; i < LARGE; i++) {
  const body = envelope(PHONE, ...Array.from({ length: 1000 }, () => update('x'.repeat(2900))))
  if (i === 0) row('a delivery of 1,000 updates: its size', `${(body.length / 1e6).toFixed(1)} MB`, '')
  large.push(await deliver(body, agent, performance.now()))
  if (i === LARGE / 2 - 1) {
    await applied()
    half = rss(gateway.pid)
  }
}
const largeTook = large.map((one) => one.ms)
row('  its answer: median, longest', `${ms(at(largeTook, 0.5))}, ${ms(Math.max(...largeTook))}`, 'goal: below 1,000 ms')
row('  not answered with 200', large.filter(({ status }) => status !== 200).length, 'goal: 0')
await applied()
row('memory of the gateway: after 2 s, at the end of the rounds', `${before}, ${after} kB`, 'goal: flat')
row(`  after ${LARGE / 2} large ones, after ${LARGE}`, `${half}, ${rss(gateway.pid)} kB`, 'goal: flat')
row('deliveries that could not be read', (await control.call('hook.list', { state: 'dead', limit: 100 })).hooks.length, 'goal: 0')
agent.destroy()
await gateway.stop()
control.close()
await daemon.stop()
daemon.remove()
