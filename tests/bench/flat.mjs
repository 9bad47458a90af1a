// Memory over time: BENCH_FLAT contacts (30000 by default, 1000000 when asked
// for), each of another customer; PSS of postigod sampled 20 times, and the
// slope of the second half.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bookOf, builddir, row, tool } from '../lib/bench.mjs'
import { Desk } from '../lib/desk.mjs'
import { freePort } from '../lib/wait.mjs'

const CONTACTS = Number(process.env.BENCH_FLAT ?? 30000)
const SAMPLES = 20

const pss = (pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1])

/** KiB for each x, by least squares. */
function slope(points) {
  const mean = (f) => points.reduce((sum, p) => sum + f(p), 0) / points.length
  const x = mean((p) => p[0])
  const y = mean((p) => p[1])
  return mean((p) => (p[0] - x) * (p[1] - y)) / mean((p) => (p[0] - x) ** 2)
}

const desk = new Desk({ builddir, port: await freePort() })
const book = join(desk.dir, 'bench.book')
writeFileSync(book, bookOf(20))
desk.start()
await desk.ready()
await desk.setUp(book)
const { postigod } = desk.processes()
const points = []
const rates = []
const share = Math.ceil(CONTACTS / SAMPLES)
for (let i = 0; i < SAMPLES; i++) {
  const load = tool('bench_contacts', desk.socket('mail'), 'bus', String(share), '256', '400', String(i * share))
  points.push([(i + 1) * share, pss(postigod)])
  rates.push(load.per_second)
}
await desk.stop()
rmSync(desk.dir, { recursive: true, force: true })

const late = points.slice(SAMPLES / 2)
const mb = (kib) => `${(kib / 1024).toFixed(1)} MB`
row(`memory of postigod after ${share} contacts (PSS)`, mb(points[0][1]), '')
row(`  after ${SAMPLES * share}`, mb(points.at(-1)[1]), 'goal: flat')
row('  slope of the second half', `${(slope(late) * 1000).toFixed(2)} KiB`, 'each 1,000 contacts')
row('contacts/s, first and last twentieth', `${rates[0]}, ${rates.at(-1)}`, `${(100 * rates.at(-1) / rates[0]).toFixed(0)} %`)
