// The figures that a desk is held to, each as a ratio or a limit within this
// one run: durable contacts beside SQLite's own group commit of the same rows,
// the cost of each part of a contact, lists over HTTP, memory, start.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bookOf, builddir, row, tool } from '../lib/bench.mjs'
import { Desk } from '../lib/desk.mjs'

const COUNT = process.env.BENCH_CONTACTS ?? '20000'
const WINDOW = '256'
const BYTES = '2048'

function pss(desk) {
  let kib = 0
  const each = {}
  for (const [name, pid] of Object.entries(desk.processes())) {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    const n = Number(/^Pss:\s+(\d+)/m.exec(text)[1])
    each[name] = `${(n / 1024).toFixed(1)} MB`
    kib += n
  }
  return { mb: kib / 1024, each }
}

async function contacts(rules, port) {
  const desk = new Desk({ builddir, port })
  const book = join(desk.dir, 'bench.book')
  writeFileSync(book, bookOf(rules))
  const begun = performance.now()
  desk.start()
  await desk.ready()
  const startMs = performance.now() - begun
  await desk.setUp(book)
  const memory = pss(desk)
  const load = tool('bench_contacts', desk.socket('mail'), 'bus', COUNT, WINDOW, BYTES, '0')
  const one = tool('bench_contacts', desk.socket('mail'), 'bus', '500', '1', BYTES, '10000000')
  await desk.stop()
  const twin = tool('bench_twin', join(desk.data, 'postigo.db'), join(desk.dir, 'twin.db'), WINDOW)
  rmSync(desk.dir, { recursive: true, force: true })
  return { rules, load, one, twin, memory, startMs }
}

async function lists(port) {
  const desk = new Desk({ builddir, port })
  const book = join(desk.dir, 'bench.book')
  writeFileSync(book, bookOf(20))
  desk.start()
  await desk.ready()
  await desk.setUp(book)
  tool('bench_contacts', desk.socket('mail'), 'bus', '2000', WINDOW, '400', '0')
  const made = JSON.parse(await desk.postigo('--json', 'token', 'create', 'laura@tienda.example', '--label', 'bench'))
  const path = '/api/v1/incidents?limit=50'
  const list = tool('bench_http', String(port), path, made.token, '90')
  await desk.stop()
  rmSync(desk.dir, { recursive: true, force: true })
  return list
}

const scratch = mkdtempSync(join(tmpdir(), 'postigo-bench-'))
writeFileSync(join(scratch, '20.book'), bookOf(20))
const parts = tool('bench_parts', join(scratch, '20.book'))
rmSync(scratch, { recursive: true, force: true })

for (const rules of [0, 20]) {
  const r = await contacts(rules, 18500 + rules)
  const ratio = (100 * r.load.per_second) / r.twin.per_second
  const goal = rules === 0 ? 30 : 20
  row(`durable contacts/s over the bus, 2 KB, ${rules} rules`, r.load.per_second, '')
  row('  SQLite alone, same rows, contacts/s', r.twin.per_second, `${r.twin.rows_per_second} rows/s, group ${WINDOW}`)
  row('  ratio', `${ratio.toFixed(0)} %`, `goal: at least ${goal} %`)
  row('  rows a contact', (r.twin.rows / r.twin.contacts).toFixed(1), `${(1e6 / r.twin.per_second).toFixed(0)} µs of SQLite`)
  row('  one at a time: p50, p99', `${r.one.p50_us}, ${r.one.p99_us} µs`, 'fsync included')
  if (rules === 0) {
    row('memory of the desk just started (PSS)', `${r.memory.mb.toFixed(1)} MB`, 'goal: below 40 MB')
    row('  each', JSON.stringify(r.memory.each), '')
    row('start to first answer on the bus', `${r.startMs.toFixed(0)} ms`, '')
  }
}
row('of a contact: JSON', `${parts.json_us} µs`, 'request and response')
row('of a contact: octets (base64, SHA-256)', `${parts.octets_us} µs`, '')
row(`of a contact: ${parts.rules} rules`, `${parts.rules_us} µs`, '')
row('a deadline within a month', `${parts.deadline_us} µs`, 'goal: below 20 µs')
const list = await lists(18530)
row('list of 50 of 2,000 over HTTP: p50, p99', `${list.p50_us}, ${list.p99_us} µs`, 'goal: 1,000 and below 5,000 µs')
