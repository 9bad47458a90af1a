// Under more than the desk can do: three full windows at once, and three
// hundred subscribers that do not read. Each figure beside one without.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { builddir, row } from '../lib/bench.mjs'
import { startDaemon } from '../lib/bus.mjs'

const run = promisify(execFile)
const COUNT = Number(process.env.BENCH_CONTACTS ?? 20000)
const SLOW = 300
const LOADS = 3 // programs with a full window each
let first = 0

const scratch = mkdtempSync(join(tmpdir(), 'postigo-bench-'))
const settings = join(scratch, 'postigo.conf')
writeFileSync(settings, 'limits {\n  peers = 256\n  reserve = 0\n}\n')
const daemon = await startDaemon({ builddir, args: ['--config', settings] })
const control = await daemon.connect('control')
await control.call('connection.add', {
  name: 'bus',
  kind: 'pipe',
  settings: { address: 'bus@tienda.example', from_name: 'Tienda', out: join(scratch, 'out') },
})

async function load(count, window, more = []) {
  first += 1_000_000
  const args = [daemon.socket('mail'), 'bus', String(count), String(window), '2048', String(first), ...more]
  return JSON.parse((await run(join(builddir, 'tests/bench/bench_contacts'), args)).stdout)
}
const ratio = (a, b) => `${((100 * a) / b).toFixed(0)} %`

await load(COUNT / 4, 256)
const alone = await load(COUNT, 256)
row('contacts/s of one full window', alone.per_second, '')

// Offered: LOADS full windows at once. Nothing may fail, and what is done in
// a second should be what one window gets.
const begun = performance.now()
const loads = await Promise.all(Array.from({ length: LOADS }, () => load(Math.round(COUNT / LOADS), 256)))
const all = Math.round((Math.round(COUNT / LOADS) * LOADS * 1000) / (performance.now() - begun))
const failed = loads.reduce((n, l) => n + l.failed, 0)
row(`contacts/s of ${LOADS} full windows together`, all, `${ratio(all, alone.per_second)} of one, ${failed} failed`)
const one = await load(300, 1)
const beside = load(COUNT, 256)
const beset = await load(300, 1)
await beside
row('  one at a time beside a full window: p50, p99', `${beset.p50_us}, ${beset.p99_us} µs`, `alone ${one.p50_us}, ${one.p99_us} µs`)

// Subscribers that do not read.
const slow = await Promise.all(Array.from({ length: SLOW }, (_, i) => daemon.connect(i % 2 ? 'console' : 'control')))
for (const c of slow) {
  await c.call('events.subscribe', {})
  c.socket.pause()
}
const burdened = await load(COUNT, 256)
const { refused } = await control.call('status.get')
row(`contacts/s with ${SLOW} subscribers that do not read`, burdened.per_second, `${ratio(burdened.per_second, alone.per_second)} of none, ${refused.slow_subscriptions} ended`)
for (const c of slow) c.close()
const status = await control.call('status.get')
for (const b of status.backlog) row(`  waiting for ${b.name}: most, refused`, `${b.high} of ${b.max}, ${b.refused}`, '')
await daemon.stop()
daemon.remove()
rmSync(scratch, { recursive: true, force: true })
