// What the catalogue of rules makes of messages that it never saw
// (tests/data/contacts.jsonl): how many get the reason that an agent would
// give, how many of the reasons given are that one, how many get any. Nothing
// is timed. All languages are judged together, as nobody tells the rules which
// one a message is in. BENCH_CATALOG names another book, or folder of books.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { builddir, row } from '../lib/bench.mjs'

const PAIRS = 15
const book = process.env.BENCH_CATALOG ?? join(process.env.POSTIGO_SRCDIR, 'rules/catalog/default.book')
const fromLines = (text) => text.split('\n').filter(Boolean).map((line) => JSON.parse(line))

const contacts = fromLines(readFileSync(new URL('../data/contacts.jsonl', import.meta.url), 'utf8'))

/** The reason that the rules give each message, by id; `other` is none. */
function reasons() {
  const input = contacts.map(({ id, channel, subject, body }) => JSON.stringify({ id, channel, subject, body })).join('\n') + '\n'
  const out = execFileSync(join(builddir, 'postigo'), ['rules', 'match', '--book', book], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const given = new Map()
  for (const { id, actions } of fromLines(out)) given.set(id, actions?.reason === 'other' ? null : (actions?.reason ?? null))
  return given
}

const given = reasons()
const missing = contacts.filter((one) => !given.has(one.id))
if (missing.length > 0) throw new Error(`no answer for ${missing.length} messages, first ${missing[0].id}`)

const fits = (one) => given.get(one.id) === one.reason || (one.also ?? []).includes(given.get(one.id))
const share = (part, whole) => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`)

function figures(title, some, goals = ['', '']) {
  const right = some.filter(fits).length
  const answered = some.filter((one) => given.get(one.id) !== null)
  const due = some.filter((one) => one.reason !== null)
  const covered = due.filter((one) => given.get(one.id) !== null)
  row(`${title}: messages`, some.length, '')
  row('  right', share(right, some.length), goals[0])
  row('  precision: right among those given a reason', share(answered.filter(fits).length, answered.length), goals[1])
  row('  coverage: given one among those that have one', share(covered.length, due.length), '')
}

figures('all', contacts, ['goal: 60 %', 'goal: 85 %'])
for (const language of ['es', 'en']) {
  const some = contacts.filter((one) => one.language === language)
  figures(language, some)
  figures(`${language}, with the obvious word`, some.filter((one) => one.plain))
  figures(`${language}, without it`, some.filter((one) => one.reason !== null && !one.plain))
}
figures('with the obvious word', contacts.filter((one) => one.plain))
figures('without it', contacts.filter((one) => one.reason !== null && !one.plain))
const none = contacts.filter((one) => one.reason === null)
row('without a reason: messages', none.length, '')
row('  left without one', share(none.filter(fits).length, none.length), '')

const pairs = new Map()
for (const one of contacts) {
  if (fits(one) || given.get(one.id) === null) continue
  const pair = `${one.reason ?? 'none'} taken for ${given.get(one.id)}`
  pairs.set(pair, (pairs.get(pair) ?? 0) + 1)
}
const sorted = [...pairs].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
row('reasons that are wrong, by pair', [...pairs.values()].reduce((sum, n) => sum + n, 0), '')
for (const [pair, n] of sorted.slice(0, PAIRS)) row(`  ${pair}`, n, '')
if (sorted.length > PAIRS) row(`  ${sorted.length - PAIRS} more pairs`, sorted.slice(PAIRS).reduce((sum, [, n]) => sum + n, 0), '')

const left = new Map()
for (const one of contacts)
  if (one.reason !== null && given.get(one.id) === null) left.set(one.reason, (left.get(one.reason) ?? 0) + 1)
row('given none although they have one', [...left.values()].reduce((sum, n) => sum + n, 0), '')
for (const [reason, n] of [...left].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))) row(`  ${reason}`, n, '')
