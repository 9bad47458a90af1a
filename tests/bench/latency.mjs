// What the bus adds to a contact beside its own sync, one contact at a time,
// socket to socket: its sync is the one that the daemon's committing thread did
// meanwhile, as timesync.so wrote it down. Beside it SQLite alone commits the
// rows that such contacts left, one contact at a time, and a process alone
// writes and syncs as many octets. In turns; the medians are printed.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bookOf, builddir, row, tool } from '../lib/bench.mjs'
import { Desk } from '../lib/desk.mjs'
import { freePort } from '../lib/wait.mjs'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5)
const COUNT = 400
const shim = join(builddir, 'tests/shim/timesync.so')
if (!existsSync(shim)) {
  console.log('left out: this build has sanitizers, and nothing is preloaded')
  process.exit(0)
}

const at = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
const sorted = (list) => [...list].sort((a, b) => a - b)
const quantiles = (list) => ({ p50_us: Math.round(at(sorted(list), 0.5)), p99_us: Math.round(at(sorted(list), 0.99)) })
const rows = (path) => readFileSync(path, 'utf8').trim().split('\n').map((line) => line.split(' ').map(Number))

/** Octets that each thread of a process has written. */
const written = (pid) =>
  Object.fromEntries(
    readdirSync(`/proc/${pid}/task`).map((id) => [id, Number(/^wchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/task/${id}/io`, 'utf8'))[1])]),
  )

/** The thread that wrote most since then, which is the one that commits, and how much. */
const busiest = (now, before) => Object.keys(now).map((id) => [Number(id), now[id] - (before[id] ?? 0)]).sort((a, b) => b[1] - a[1])[0]

/** Of each contact [begun, ended]: how long was synced meanwhile. */
const syncsOf = (contacts, syncs) =>
  contacts.map(([begun, ended]) => syncs.reduce((sum, [, from, to]) => sum + Math.max(0, Math.min(to, ended) - Math.max(from, begun)), 0))

/** Of the last commits of SQLite alone, with the rows of the desk: how long each took beside its syncs, those of its own copying too. */
function alone(round) {
  const dir = join(desk.dir, `alone${round}`)
  const [times, syncs] = ['times', 'syncs'].map((name) => join(dir, name))
  mkdirSync(dir)
  const env = { ...process.env, LD_PRELOAD: shim, TIMESYNC_FILE: syncs }
  execFileSync(join(builddir, 'tests/bench/bench_twin'), [join(desk.data, 'postigo.db'), join(dir, 'postigo.db'), '1', times], { env })
  const last = rows(times).slice(-COUNT)
  const waited = syncsOf(last, rows(syncs))
  rmSync(dir, { recursive: true })
  return quantiles(last.map(([begun, ended], n) => ended - begun - waited[n]))
}

const desk = new Desk({ builddir, port: await freePort() })
const syncFile = join(desk.dir, 'syncs')
const book = join(desk.dir, 'bench.book')
writeFileSync(book, bookOf(20))
desk.start({ LD_PRELOAD: shim, TIMESYNC_FILE: syncFile })
await desk.ready()
await desk.setUp(book)
const { postigod } = desk.processes()
tool('bench_contacts', desk.socket('mail'), 'bus', '2000', '64', '2048', '0')
const contacts = []
const syncs = []
const beside = []
const sqlite = []
const twins = []
let octets = 0
for (let i = 0; i < ROUNDS; i++) {
  const before = written(postigod)
  const times = join(desk.dir, 'times')
  contacts.push(tool('bench_contacts', desk.socket('mail'), 'bus', String(COUNT), '1', '2048', String(100000 * (i + 1)), '0', times))
  const [thread, wrote] = busiest(written(postigod), before)
  const each = rows(times)
  const waited = syncsOf(each, rows(syncFile).filter(([id]) => id === thread))
  octets = Math.round(wrote / COUNT)
  syncs.push(quantiles(waited))
  beside.push(quantiles(each.map(([begun, ended], n) => ended - begun - waited[n])))
  sqlite.push(alone(i))
  twins.push(tool('bench_sync', join(desk.data, 'twin'), String(octets), String(COUNT)))
}
await desk.stop()
rmSync(desk.dir, { recursive: true, force: true })

const of = (list, name) => at(sorted(list.map((one) => one[name])), 0.5)
for (const q of ['p50_us', 'p99_us']) {
  const name = q.slice(0, 3)
  row(`a contact, socket to socket: ${name}`, `${of(contacts, q)} µs`, `${COUNT} at a time, ${ROUNDS} rounds`)
  row(`  its sync of the log: ${name}`, `${of(syncs, q)} µs`, '')
  row(`  what the bus and the desk add beside its sync: ${name}`, `${of(beside, q)} µs`, 'goal: p99 below 2,000 µs')
  row(`  the same of SQLite alone, which commits such rows: ${name}`, `${of(sqlite, q)} µs`, `${(of(beside, q) / of(sqlite, q)).toFixed(1)} times that`)
  row(`  as many octets written and synced by a process alone: ${name}`, `${of(twins, q)} µs`, `${octets} octets`)
}
row('a contact, socket to socket: the longest', `${Math.max(...contacts.map((one) => one.max_us))} µs`, `of ${ROUNDS * COUNT}`)
