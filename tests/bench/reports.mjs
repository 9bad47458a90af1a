// Reports over a store of BENCH_INCIDENTS (20000 by default; 1000000 when asked
// for): each over its busiest month and over all of it, and contacts per second
// with a loop of reports beside them and without.
// BENCH_STORE=DIR: a store that `generate` made before; contacts are added to it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { builddir, row, tool } from '../lib/bench.mjs'
import { startDaemon } from '../lib/bus.mjs'

const INCIDENTS = Number(process.env.BENCH_INCIDENTS ?? 20000)
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5)
const CONTACTS = 6000
const PASSES = 3
const DAY = 86_400_000
const scratch = mkdtempSync(join(tmpdir(), 'postigo-reports-'))
const ms = (n) => n.toFixed(n < 10 ? 1 : 0)
const iso = (at) => new Date(at).toISOString()

function store() {
  const have = process.env.BENCH_STORE
  if (have && existsSync(join(have, 'postigo.db'))) return have
  const dir = have ?? join(scratch, 'data')
  const made = tool('generate', '--incidents', String(INCIDENTS), dir)
  row('a store made by the handlers', `${made.seconds} s`, `${made.incidents} incidents, ${made.messages} messages`)
  return dir
}

const ask = (client, params) => client.call('report.get', params)

/** The 30 days in which most was taken in. */
async function busiest(client, end) {
  const got = await ask(client, { report: 'volume', group: 'day', since: iso(end - 900 * DAY), until: iso(end) })
  const days = got.rows.map((r) => ({ day: Date.parse(`${r.key}T00:00:00Z`), n: r.values[0] }))
  let best = { since: end - 30 * DAY, n: -1 }
  for (const { day } of days) {
    const n = days.filter((d) => d.day >= day && d.day < day + 30 * DAY).reduce((sum, d) => sum + d.n, 0)
    if (n > best.n) best = { since: day, n }
  }
  return best
}

async function time(client, params) {
  const took = []
  let got
  for (let i = 0; i < ROUNDS; i++) {
    const begun = performance.now()
    got = await ask(client, params)
    took.push(performance.now() - begun)
  }
  took.sort((a, b) => a - b)
  return { median: took[Math.floor(ROUNDS / 2)], worst: took.at(-1), got }
}

async function each(client, reports, period, goal) {
  for (const { report, groups } of reports)
    for (const group of [...new Set([groups[0], groups.at(-1)])]) {
      const { median, worst, got } = await time(client, { report, group, ...period })
      row(`  ${report} by ${group}: median, worst`, `${ms(median)}, ${ms(worst)} ms`, `${got.rows.length} rows${got.cut ? ', cut' : ''}${goal}`)
    }
}

let digest = Math.floor(Math.random() * 1e8)
/** Contacts per second of one pass. */
async function ingest(socket) {
  digest += CONTACTS
  const child = spawn(join(builddir, 'tests/bench/bench_contacts'), [socket, 'bus', String(CONTACTS), '64', '2048', String(digest)])
  let out = ''
  child.stdout.on('data', (bytes) => (out += bytes))
  await once(child, 'close')
  return JSON.parse(out).per_second
}

/** Reports, one after the other, until told to stop; how many. */
function loop(client, period) {
  const state = { on: true, n: 0 }
  state.ended = (async () => {
    while (state.on) {
      await ask(client, { report: 'promises', group: 'queue', ...period })
      await ask(client, { report: 'times', group: 'clock', ...period })
      state.n += 2
    }
  })()
  return state
}

const dir = store()
const begun = performance.now()
const daemon = await startDaemon({ dir })
row('start of postigod', `${ms(performance.now() - begun)} ms`, 'with the migration of an older store')
const client = await daemon.connect('control')
const { reports } = await client.call('report.list', {})
const end = Date.now()
const month = await busiest(client, end)
const period = { since: iso(month.since), until: iso(month.since + 30 * DAY) }
console.log(`the busiest month, ${month.n} contacts:`)
await each(client, reports, period, '; goal: below 1000 ms')
console.log('the last 900 days:')
await each(client, reports, { since: iso(end - 900 * DAY), until: iso(end) }, '')

const alone = []
const beside = []
let made = 0
for (let i = 0; i < PASSES; i++) {
  alone.push(await ingest(daemon.socket('mail')))
  const state = loop(client, period)
  beside.push(await ingest(daemon.socket('mail')))
  state.on = false
  await state.ended
  made += state.n
}
const best = (list) => Math.max(...list)
row('contacts/s, nothing beside', best(alone), `best of ${PASSES}, 2 KB of text`)
row('contacts/s beside a loop of reports of that month', best(beside), `${made} reports meanwhile; ${((best(beside) / best(alone)) * 100).toFixed(0)} % of alone`)
client.close()
await daemon.stop()
rmSync(scratch, { recursive: true, force: true })
