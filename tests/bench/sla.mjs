// What a deadline costs, alone and as a line of `postigo sla due`, and how long the promises of an
// old version of a desk book take to read.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { builddir, row, tool } from '../lib/bench.mjs'

const r = tool('bench_sla')
const us = (name) => `${r[name]} µs`
row('a deadline within a month, two pauses', us('month_us'), `p99 ${us('month_us_p99')}; goal: below 20 µs`)
row('15 working days', us('days_us'), `p99 ${us('days_us_p99')}`)
row('a chain of three spans', us('chain_us'), `p99 ${us('chain_us_p99')}`)
row('at worst: 1,100 days, all limits reached', us('worst_us'), `p99 ${us('worst_us_p99')}; goal: below 2,000 µs`)
row('a calendar that is never open', us('never_us'), `p99 ${us('never_us_p99')}`)
row('promises of a book of 450 KB', `${r.promises_ms} ms`, `p99 ${r.promises_ms_p99} ms`)

const zones = ['Europe/Madrid', 'America/Santiago', 'Australia/Lord_Howe', 'Asia/Kolkata']
const hours = [
  ['09:00', '14:00'],
  ['16:00', '19:00'],
]
const one = (i) => ({
  id: i,
  tz: zones[i % zones.length],
  calendar: { mon: hours, tue: hours, wed: hours, thu: hours, fri: hours },
  holidays: ['2026-12-25', { date: '2026-12-24', hours: [['09:00', '13:00']] }],
  start: new Date(Date.UTC(2026, 0, 1) + i * 617000).toISOString().replace('.000', ''),
  budget_seconds: 3600 + (i % 140) * 3600,
  pauses: [],
})
const count = 50000
const input = Array.from({ length: count }, (_, i) => `${JSON.stringify(one(i))}\n`).join('')
const start = performance.now()
execFileSync(join(builddir, 'postigo'), ['sla', 'due'], { input, maxBuffer: 1 << 28 })
row('a line of sla due, read and written', `${(((performance.now() - start) * 1000) / count).toFixed(1)} µs`, '')
