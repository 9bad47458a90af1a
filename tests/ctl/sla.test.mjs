// postigo sla due and explain: lines of JSON in, deadlines or their working out, no daemon.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { lines, postigo, src } from './command.mjs'

const shared = process.env.POSTIGO_SHARED ?? join(src, '../shared')
const corpus = join(shared, 'corpus/sla/cases.jsonl')
const line = (o) => `${JSON.stringify(o)}\n`
const office = { mon: [['09:00', '18:00']], tue: [['09:00', '18:00']], wed: [['09:00', '18:00']] }
const good = {
  id: 'a',
  tz: 'Europe/Madrid',
  calendar: office,
  holidays: [],
  start: '2026-11-16T08:00:00Z',
  budget_seconds: 3600,
  pauses: [],
}

test('the worked cases', { skip: !existsSync(corpus) }, async () => {
  const input = readFileSync(corpus, 'utf8')
  const cases = lines(input)
  assert.ok(cases.length >= 60)
  const { code, out, err } = await postigo(['sla', 'due'], { input })
  assert.equal(code, 0, err)
  assert.deepEqual(
    lines(out),
    cases.map(({ id, due }) => ({ id, due })),
  )
  // the working of each adds up to its budget, without a gap
  const told = lines((await postigo(['sla', 'explain', '--json'], { input })).out)
  assert.equal(told.length, cases.length)
  for (const [i, o] of told.entries()) {
    assert.equal(o.due, cases[i].due)
    if (o.due === null) continue
    assert.equal(o.counted_seconds, cases[i].budget_seconds, o.id)
    let at = cases[i].start
    for (const s of o.steps) {
      assert.equal(s.from, at, o.id)
      at = s.to
    }
    assert.equal(at, o.due, o.id)
  }
})

test('each line is answered in order, with the id as it was given', async () => {
  const { code, out, err } = await postigo(['sla', 'due'], {
    input:
      line(good) +
      line({ ...good, id: 7, budget_seconds: 0, kind: 'passed over', due: 'that too' }) +
      '\n' +
      line({ ...good, id: undefined, holidays: undefined, pauses: undefined, start: '2026-11-16T17:00:00Z' }) +
      line({ ...good, id: 'pause', pauses: [['2026-11-16T08:30:00Z', null]] }) +
      line({ ...good, id: 'never', calendar: {} }) +
      line({ ...good, id: 'special', holidays: ['2026-11-16', { date: '2026-11-17', hours: [['10:00', '10:30']] }] }) +
      line({ ...good, id: 'days', budget_seconds: undefined, working_days: 15 }).trim(),
  })
  assert.equal(code, 0, err)
  assert.equal(err, '')
  assert.deepEqual(lines(out), [
    { id: 'a', due: '2026-11-16T09:00:00Z' },
    { id: 7, due: '2026-11-16T08:00:00Z' },
    { id: null, due: '2026-11-17T09:00:00Z' },
    { id: 'pause', due: null },
    { id: 'never', due: null },
    { id: 'special', due: '2026-11-18T08:30:00Z' },
    { id: 'days', due: '2026-12-21T17:00:00Z' },
  ])
})

test('wrong lines are named with their member, the others answered, the exit code is 65', async () => {
  const wrong = [
    [{ tz: 'Europe/Madird' }, "'tz' is no time zone: Europe/Madird (did you mean 'Europe/Madrid'?)"],
    [{ tz: 5 }, "'tz' is not the name of a time zone"],
    [{ tz: '../../etc/passwd' }, "'tz' is no time zone: ../../etc/passwd (zones are named like Europe/Madrid)"],
    [{ calendar: undefined }, "'calendar' is not an object of weekdays"],
    [{ calendar: { lunes: [] } }, "'calendar.lunes' is not a weekday: they are mon to sun"],
    [{ calendar: { mon: [['09:00', '09:00']] } }, "'calendar.mon[0]' opens and closes at the same time"],
    [{ calendar: { mon: [['24:00', '09:00']] } }, "'calendar.mon[0]' opens at 24:00: write 00:00 of the next day"],
    [{ calendar: { mon: [['9:00', '10:00']] } }, "'calendar.mon[0]' has a time that is not from 00:00 to 24:00"],
    [{ calendar: { mon: [['09:00', '24:01']] } }, "'calendar.mon[0]' has a time that is not from 00:00 to 24:00"],
    [{ calendar: { mon: [['09:00']] } }, '\'calendar.mon[0]\' is not an interval as ["09:00", "17:00"]'],
    [{ calendar: { mon: Array(25).fill(['09:00', '10:00']) } }, "'calendar.mon[24]' is one of more than 24 in a day"],
    [{ holidays: ['2026-02-29'] }, '\'holidays[0]\' is not a date as "2026-12-25"'],
    [{ holidays: ['2026-12-25', '2026-12-25'] }, "'holidays[1]' is a date that is given twice"],
    [
      { holidays: ['2026-12-25', { date: '2026-12-25', hours: [] }] },
      "'holidays[1].date' is a date that is given twice",
    ],
    [
      { holidays: [{ date: '2026-12-25', hours: [['22:00', '06:00']] }] },
      "'holidays[0].hours[0]' runs past midnight: end it at 24:00",
    ],
    [{ holidays: [{ date: '2026-12-25' }] }, "'holidays[0].hours' is not a list of intervals"],
    [{ start: '2026-11-16 08:00' }, '\'start\' is not an instant as "2026-01-05T09:00:00Z"'],
    [{ start: '2026-11-16T08:00:00.5Z' }, '\'start\' is not an instant as "2026-01-05T09:00:00Z"'],
    [{ budget_seconds: -1 }, "'budget_seconds' is negative"],
    [{ budget_seconds: 1.5 }, "'budget_seconds' is not a whole number"],
    [{ budget_seconds: undefined }, "'budget_seconds' is not a whole number"],
    [{ working_days: 2 }, "'working_days' stands beside 'budget_seconds': give one"],
    [{ budget_seconds: undefined, working_days: 151 }, "'working_days' is over 150"],
    [{ pauses: [['2026-11-16T08:00:00Z']] }, "'pauses[0]' is not a pause as [from, to]"],
    [{ pauses: [[null, null]] }, '\'pauses[0][0]\' is not an instant as "2026-01-05T09:00:00Z"'],
    [{ id: [] }, "'id' is neither a string nor a number"],
  ]
  const input = wrong.map(([o]) => line({ ...good, ...o })).join('')
  const { code, out, err } = await postigo(['sla', 'due'], { input: `${input}{"tz":1,"tz":2}\n[]\n${line(good)}` })
  assert.equal(code, 65)
  assert.deepEqual(lines(out), [{ id: 'a', due: '2026-11-16T09:00:00Z' }])
  const told = err.trimEnd().split('\n')
  for (const [i, [, text]] of wrong.entries()) assert.equal(told[i], `postigo: line ${i + 1}: ${text}`)
  assert.match(told[wrong.length], /duplicate/)
  assert.match(told[wrong.length + 1], /not an object/)
  assert.equal(told.at(-1), `postigo: ${wrong.length + 2} of ${wrong.length + 3} lines were wrong`)
})

test('explain prints each stretch in local time, and why something never comes', async () => {
  const { code, out, err } = await postigo(['sla', 'explain'], {
    input:
      line({
        ...good,
        holidays: ['2026-11-17'],
        budget_seconds: 10 * 3600,
        pauses: [['2026-11-16T09:00:00Z', '2026-11-16T10:00:00Z']],
      }) +
      line({ ...good, id: 'held', pauses: [['2026-11-16T08:30:00Z', null]] }) +
      line({ ...good, id: 'closed', calendar: {} }),
  })
  assert.equal(code, 0, err)
  const [a, held, closed] = out.split(/^(?=[a-z]+: )/m)
  const rows = a.trimEnd().split('\n')
  assert.equal(rows[0], 'a: 2026-11-18T10:00:00Z')
  assert.match(rows[1], /^ {2}zone {5}Europe\/Madrid, edition \S+$/)
  assert.deepEqual(
    rows.slice(2).map((s) => s.trim().replace(/ +/g, ' ')),
    [
      'start Mon 2026-11-16 09:00:00 +01:00',
      'budget 10:00:00',
      'open Mon 2026-11-16 09:00:00 +01:00 to Mon 2026-11-16 10:00:00 +01:00 1:00:00 1:00:00',
      'paused Mon 2026-11-16 10:00:00 +01:00 to Mon 2026-11-16 11:00:00 +01:00',
      'open Mon 2026-11-16 11:00:00 +01:00 to Mon 2026-11-16 18:00:00 +01:00 7:00:00 8:00:00',
      'closed Mon 2026-11-16 18:00:00 +01:00 to Tue 2026-11-17 00:00:00 +01:00',
      'holiday Tue 2026-11-17 00:00:00 +01:00 to Wed 2026-11-18 00:00:00 +01:00',
      'closed Wed 2026-11-18 00:00:00 +01:00 to Wed 2026-11-18 09:00:00 +01:00',
      'open Wed 2026-11-18 09:00:00 +01:00 to Wed 2026-11-18 11:00:00 +01:00 2:00:00 10:00:00',
      'due Wed 2026-11-18 11:00:00 +01:00',
    ],
  )
  assert.match(held, /^held: never\n[^]*never {4}the pause from Mon 2026-11-16 09:30:00 \+01:00 is not lifted\n/)
  assert.match(closed, /^closed: never\n[^]*never {4}no open second within 1100 days\n/)
})
