// What the bus adds to a contact beside its own sync, one contact at a time:
// socket to socket, against a twin that appends as many octets and syncs them.
// In turns, several times; the medians are printed.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bookOf, builddir, row, tool } from '../lib/bench.mjs'
import { Desk } from '../lib/desk.mjs'
import { freePort } from '../lib/wait.mjs'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5)
const COUNT = 400

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]

/** Octets that each thread of a process has written. */
const written = (pid) =>
  Object.fromEntries(
    readdirSync(`/proc/${pid}/task`).map((id) => [id, Number(/^wchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/task/${id}/io`, 'utf8'))[1])]),
  )

/** Of the thread that wrote most since then: the one that commits. */
const since = (now, before) => Math.max(...Object.keys(now).map((id) => now[id] - (before[id] ?? 0)))

const desk = new Desk({ builddir, port: await freePort() })
const book = join(desk.dir, 'bench.book')
writeFileSync(book, bookOf(20))
desk.start()
await desk.ready()
await desk.setUp(book)
const { postigod } = desk.processes()
tool('bench_contacts', desk.socket('mail'), 'bus', '2000', '64', '2048', '0')
const contacts = []
const syncs = []
let octets = 0
for (let i = 0; i < ROUNDS; i++) {
  const before = written(postigod)
  contacts.push(tool('bench_contacts', desk.socket('mail'), 'bus', String(COUNT), '1', '2048', String(100000 * (i + 1))))
  octets = Math.round(since(written(postigod), before) / COUNT)
  syncs.push(tool('bench_sync', join(desk.data, 'twin'), String(octets), String(COUNT)))
}
await desk.stop()
rmSync(desk.dir, { recursive: true, force: true })

const of = (list, name) => median(list.map((one) => one[name]))
for (const q of ['p50_us', 'p99_us']) {
  const name = q.slice(0, 3)
  row(`a contact, socket to socket: ${name}`, `${of(contacts, q)} µs`, `${COUNT} at a time, ${ROUNDS} rounds`)
  row(`  as many octets written and synced: ${name}`, `${of(syncs, q)} µs`, `${octets} octets`)
  row(`  what the bus and the desk add: ${name}`, `${of(contacts, q) - of(syncs, q)} µs`, 'goal: p99 below 2,000 µs')
}
row('a contact, socket to socket: the longest', `${Math.max(...contacts.map((one) => one.max_us))} µs`, `of ${ROUNDS * COUNT}`)
