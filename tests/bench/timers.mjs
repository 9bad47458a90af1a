// How late warnings, escalations and breaches are, to the instant at which they are due: on a desk that does nothing
// else, and while contacts come in as fast as they are answered.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builddir, row } from '../lib/bench.mjs'
import { connectSocket } from '../lib/bus.mjs'
import { Desk } from '../lib/desk.mjs'
import { freePort, sleep } from '../lib/wait.mjs'

const COUNT = Number(process.env.BENCH_TIMERS ?? 300)
const SPREAD_MS = 10_000 // over which they begin
const BOOK = `
queue "general" { title "General" }
calendar "siempre" { timezone "Europe/Madrid" mon-sun 00:00-24:00 }
policy "correo" { via email calendar "siempre" first response 4h warn at 75%, 15m left }
policy "corta" {
    calendar "siempre"
    first response 1m
    warn at 50%
    escalate first response at 75% then priority high
}
rule "corta" { on contact if body contains "corta" then policy "corta" example "una corta" }
`
const sha = (text) => createHash('sha256').update(text).digest('hex')
/** Past its instant, in ms; a promise is broken a second after its deadline. */
const late = ({ kind, at, data }) => Date.parse(at) - (data.at_s + (kind === 'clock.breached')) * 1000

let n = 0
async function begin(mail) {
  const id = `<t${++n}@x.example>`
  const raw = Buffer.from(`Message-ID: ${id}\r\n\r\nuna corta\r\n`)
  await mail.call('contact.add', {
    connection: 'bus', external_id: id, digest: sha(id), received_at: new Date().toISOString(), channel: 'email',
    from: { name: 'Ana', address: `t${n}@x.example` }, subject: 'Una', text: 'una corta', raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') },
  })
}

/** What was told since the last look is added to what was found. */
async function look(control, found) {
  for (let more = true; more; ) {
    const page = await control.call('events.since', { from: found.from, limit: 1000 })
    for (const event of page.events) {
      found.from = event.number
      found.late[event.kind]?.push(late(event))
    }
    more = page.more
  }
}

/** Promises that begin over some seconds; how late each step was, beside what `load` does meanwhile. */
async function round(control, mail, name, load) {
  const found = { from: 0, late: { 'clock.warned': [], 'clock.escalated': [], 'clock.breached': [] } }
  await look(control, found)
  for (const list of Object.values(found.late)) list.length = 0
  for (let i = 0; i < COUNT; i++) {
    await begin(mail)
    await sleep(SPREAD_MS / COUNT)
  }
  const done = load()
  while (found.late['clock.breached'].length < COUNT) {
    await sleep(1000)
    await look(control, found)
  }
  await done()
  row(name, '', '')
  for (const [kind, list] of Object.entries(found.late)) {
    const sorted = list.sort((a, b) => a - b)
    const at = (q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
    row(`  ${kind} late: p50, p99, most`, `${at(0.5)}, ${at(0.99)}, ${sorted.at(-1)} ms`, `${sorted.length} of them`)
  }
}

const desk = new Desk({ builddir, port: await freePort() })
const book = join(desk.dir, 'bench.book')
writeFileSync(book, BOOK)
desk.start()
await desk.ready()
await desk.setUp(book)
const [control, mail] = await Promise.all(['control', 'mail'].map((role) => connectSocket(desk.socket(role), { program: 'bench' })))
await round(control, mail, `${COUNT} promises, nothing else`, () => async () => {})
await round(control, mail, `${COUNT} promises, contacts meanwhile`, () => {
  const load = spawn(join(builddir, 'tests/bench/bench_contacts'), [desk.socket('mail'), 'bus', '100000000', '64', '2048', '1000000'], { stdio: 'ignore' })
  const ended = new Promise((end) => load.once('exit', end))
  return async () => (load.kill('SIGTERM'), ended)
})
control.close()
mail.close()
await desk.stop()
rmSync(desk.dir, { recursive: true, force: true })
