// A desk book run over the past: BENCH_PAST (100000) contacts with bodies of 2
// KB, by the book that decided them and by catalogues; then beside contacts
// that come in meanwhile. BENCH_STORE=DIR: a store that `generate` made before.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { bookOf, builddir, row, tool } from '../lib/bench.mjs'
import { startDaemon } from '../lib/bus.mjs'

const COUNT = Number(process.env.BENCH_PAST ?? 100000)
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const BYTES = 2048
const SINCE = '2000-01-01T00:00:00Z'
const srcdir = process.env.POSTIGO_SRCDIR

const scratch = mkdtempSync(join(tmpdir(), 'postigo-past-'))
const dir = process.env.BENCH_STORE ?? join(scratch, 'data')
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]
const goal = `goal: below ${(COUNT / 10000).toFixed(0)} s`

if (!existsSync(join(dir, 'postigo.db'))) {
  const made = tool('generate', '--incidents', String(COUNT), '--messages', String(Math.round(COUNT * 1.2)), '--bytes', String(BYTES), dir)
  row('a store made by the handlers', `${made.seconds} s`, `${made.incidents} incidents, ${made.messages} messages`)
}
const daemon = await startDaemon({ builddir, dir })
try {
  const control = await daemon.connect('control')
  const wal = () => statSync(join(dir, 'postigo.db-wal')).size
  const ask = async (name, params, shown = goal) => {
    const spent = []
    let r
    for (let i = 0; i < ROUNDS; i++) {
      r = await control.call('book.test', { since: SINCE, limit: 100, ...params })
      spent.push(r.spent_ms)
    }
    const seconds = median(spent) / 1000
    row(name, `${seconds.toFixed(2)} s`, `${shown}; ${r.contacts} contacts, ${((seconds * 1e6) / r.contacts).toFixed(0)} µs each, ${r.differ} differ, ${r.undecided} undecided`)
    return seconds
  }
  row('processors', cpus().length, '')
  await ask('back-test by the applied book', {})
  for (const name of ['es', 'en']) {
    const text = ['queues', 'calendars', 'policies', 'replies', name].map((part) => join(srcdir, `rules/catalog/${part}.book`)).filter(existsSync).map((f) => readFileSync(f, 'utf8')).join('\n')
    const { ok, rules } = await control.call('book.check', { text }).catch(() => ({ ok: false }))
    if (ok) await ask(`back-test by the catalogue, ${name}, ${rules} rules`, { text })
  }
  for (const n of [50, 1000]) await ask(`back-test by a book of ${n} rules`, { text: bookOf(n) }, n === 50 ? goal : 'its check of the text is not counted')

  await control.call('connection.add', { name: 'bench', kind: 'pipe', settings: { address: 'bench@tienda.example', from_name: 'T', out: dir } }).catch(() => {})
  const before = wal()
  const alone = tool('bench_contacts', daemon.socket('mail'), 'bench', '2000', '1', '2048', String(Date.now() % 1e8))
  const during = control.call('book.test', { since: SINCE, limit: 0 })
  const beside = tool('bench_contacts', daemon.socket('mail'), 'bench', '2000', '1', '2048', String((Date.now() % 1e8) + 1e6))
  await during
  row('a contact alone: p50, p99', `${(alone.p50_us / 1000).toFixed(2)}, ${(alone.p99_us / 1000).toFixed(2)} ms`, '')
  row('a contact beside a back-test: p50, p99', `${(beside.p50_us / 1000).toFixed(2)}, ${(beside.p99_us / 1000).toFixed(2)} ms`, '')
  row('the log meanwhile', `${((wal() - before) / 1048576).toFixed(1)} MiB`, `${(wal() / 1048576).toFixed(1)} MiB in all`)
  control.close()
} finally {
  await daemon.stop()
  rmSync(scratch, { recursive: true, force: true })
}
