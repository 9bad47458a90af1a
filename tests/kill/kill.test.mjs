// Nothing acknowledged is lost or doubled: 20 kills in `make check`.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import test from 'node:test'
import { killLoop } from './kill.mjs'

const cycles = Number(process.env.KILL_CYCLES ?? 20)

test(`kill -9 of any process, ${cycles} times, while mail arrives`, { timeout: 1200000 }, async (t) => {
  const report = await killLoop({
    builddir: process.env.POSTIGO_BUILDDIR,
    srcdir: process.env.POSTIGO_SRCDIR,
    cycles,
    seconds: Number(process.env.KILL_SECONDS ?? 600),
    seedFile: process.env.KILL_SEED_FILE,
    say: (line) => t.diagnostic(line),
  })
  assert.deepEqual(report.wrong.slice(0, 20), [], 'each acknowledged contact is there exactly once')
  assert.deepEqual(report.problems, [], 'checks.sql returns nothing')
  assert.ok(report.checks > 0, 'checks were run')
  assert.equal(report.cycles, cycles, 'all kills happened in time')
  assert.ok(report.between > 0, 'some kills fell between first byte and acknowledgement')
  assert.ok(report.maildir > 0 && report.bus > 0, 'both ways were used')
  rmSync(report.dir, { recursive: true, force: true })
})
