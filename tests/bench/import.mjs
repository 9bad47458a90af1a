// postigo import orders: a file of BENCH_ORDERS orders, three rows each, made
// here and the same each time (20000 by default, 1000000 when asked for): rate,
// peak memory of the command and of postigod, and contacts alone and beside it.
import { spawn } from 'node:child_process'
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { builddir, mailOf, row } from '../lib/bench.mjs'
import { startDaemon } from '../lib/bus.mjs'

const ORDERS = Number(process.env.BENCH_ORDERS ?? 20000)
const SHARE_MS = 5000 // contacts alone, and then beside the import
const WRITERS = 16 // contacts under way at once
const LOOK_MS = 200 // between two looks at memory and at how far it is
const PART = 2000 // orders written at once

const mb = (kib) => `${(kib / 1024).toFixed(1)} MB`
const rate = (n, ms) => (n * 1000) / ms

// --- the file ---------------------------------------------------------------

const HEAD = 'external_id;placed_at;status;currency;total;customer_id;email;phone;name;country;line_id;item_sku;item_name;quantity;unit_price;item_total;carrier;tracking_number;delivered_at\n'

/** Every third buyer is a guest; a buyer has four orders; money has commas. */
function orderRows(i) {
  const buyer = i >> 2
  const placed = new Date(Date.UTC(2015, 0, 1) + i * 300_000).toISOString().slice(0, 16).replace('T', ' ')
  const own = [
    `B-${i}`, placed, 'completed', 'EUR', '1.060,50', buyer % 3 ? `${buyer}` : '', `c${buyer}@correo.example`, `6${String(buyer).padStart(8, '0')}`, `"Peña; Cliente ${buyer}"`, 'ES',
  ].join(';')
  const parcel = `correos;PK${i};${placed}`
  return [1, 2, 3].map((k) => `${own};${k};SKU-${(i * 3 + k) % 5000};"Artículo ""${k}"" de la tienda";${k};353,50;353,50;${parcel}\n`).join('')
}

async function makeFile(path) {
  const out = createWriteStream(path)
  out.write(HEAD)
  for (let i = 0; i < ORDERS; i += PART) {
    let text = ''
    for (let k = i; k < Math.min(i + PART, ORDERS); k++) text += orderRows(k)
    if (!out.write(text)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'close')
}

// --- memory -----------------------------------------------------------------

/** The most that a process ever took, looked at now and then. */
function memory(pid) {
  let peak = 0
  const look = () => {
    try {
      peak = Math.max(peak, Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]))
    } catch {} // it has ended
    return peak
  }
  const timer = setInterval(look, LOOK_MS)
  look()
  return () => {
    look()
    clearInterval(timer)
    return peak
  }
}

// --- contacts ---------------------------------------------------------------

/** Contacts for a while: how many a second, and how long most were waited for. */
async function contacts(daemon, name) {
  const mail = await daemon.connect('mail')
  const took = []
  const began = performance.now()
  const writer = async (w) => {
    for (let i = 0; performance.now() - began < SHARE_MS; i++) {
      const id = `${name}.${w}.${i}`
      const at = performance.now()
      await mail.call('contact.add', mailOf(id, `w${w}@correo.example`))
      took.push(performance.now() - at)
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, (_, w) => writer(w)))
  const second = rate(took.length, performance.now() - began)
  mail.close()
  took.sort((a, b) => a - b)
  return { second, p99: took[Math.floor(took.length * 0.99)] }
}

// --- the import -------------------------------------------------------------

/** Run the command: when it has ended, what it said last. */
async function importing(daemon, path) {
  const child = spawn(join(builddir, 'postigo'), ['--dir', daemon.dir, '--quiet', '--json', 'import', 'orders', path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const peak = memory(child.pid)
  let out = ''
  child.stdout.on('data', (bytes) => (out += bytes))
  const ended = once(child, 'close').then(([code]) => {
    if (code !== 0) throw new Error(`the import ended with ${code}`)
    return { at: performance.now(), said: JSON.parse(out.trim().split('\n').at(-1)), peak: peak() }
  })
  ended.catch(() => {})
  return ended
}

const accepted = async (control) => (await control.call('import.list', {})).runs[0]?.accepted ?? 0

/** From the next note of how far it is, until it has ended: orders a second. */
async function alone(control, ended) {
  const first = await accepted(control)
  let over = false
  ended.then(() => (over = true), () => (over = true))
  let from = first
  while (!over && (from = await accepted(control)) === first) await sleep(LOOK_MS)
  const began = performance.now()
  const { at } = await ended
  return from > first && from < ORDERS ? rate(ORDERS - from, at - began) : 0
}

const dir = mkdtempSync(join(tmpdir(), 'postigo-bench-import-'))
const path = join(dir, 'orders.csv')
const daemon = await startDaemon()
try {
  const control = await daemon.connect('control')
  await control.call('connection.add', { name: 'banco', kind: 'orders', settings: {}, secrets: { secret: 'secreto' } })
  await control.call('connection.add', { name: 'api', kind: 'pipe', settings: { address: 'hola@tienda.example', from_name: 'Tienda', out: `${daemon.dir}/out` } })
  await makeFile(path)
  const quiet = await contacts(daemon, 'alone')
  const peak = memory(daemon.pid)
  const before = peak()
  const daemonPeak = memory(daemon.pid)
  const began = performance.now()
  const run = importing(daemon, path)
  while ((await accepted(control)) === 0) await sleep(LOOK_MS)
  const busy = await contacts(daemon, 'beside')
  const end = run.then(async (r) => r)
  const undisturbed = await alone(control, end)
  const { at, said, peak: commandPeak } = await end
  if (said.accepted !== ORDERS || said.refused !== 0) throw new Error(`not all is in: ${JSON.stringify(said)}`)
  row(`import of ${ORDERS} orders, three rows each, ${mb(statSync(path).size / 1024)}`, `${rate(ORDERS, at - began).toFixed(0)} orders/s`, `${((at - began) / 1000).toFixed(1)} s`)
  if (undisturbed > 0) row('  while no contacts come in', `${undisturbed.toFixed(0)} orders/s`, '')
  row('  memory of the command at most (PSS)', mb(commandPeak), 'goal: tens of MB')
  row('  memory of postigod before, and at most (PSS)', `${mb(before)}, ${mb(daemonPeak())}`, 'goal: tens of MB')
  row('contacts/s alone, and beside the import', `${quiet.second.toFixed(0)}, ${busy.second.toFixed(0)}`, `${((100 * busy.second) / quiet.second).toFixed(0)} %`)
  row('  99 % of them answered within', `${quiet.p99.toFixed(0)}, ${busy.p99.toFixed(0)} ms`, '')
} finally {
  await daemon.stop()
  daemon.remove()
  rmSync(dir, { recursive: true, force: true })
}
