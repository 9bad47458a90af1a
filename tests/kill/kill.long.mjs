// The same with 300 kills, or as many as KILL_CYCLES says.
process.env.KILL_CYCLES ??= '300'
process.env.KILL_SECONDS ??= '1800'
const { default: test } = await import('node:test')
const { default: assert } = await import('node:assert/strict')
const { rmSync } = await import('node:fs')
const { killLoop } = await import('./kill.mjs')

test('kill -9 of any process, the long loop', { timeout: 2400000 }, async (t) => {
  const cycles = Number(process.env.KILL_CYCLES)
  const report = await killLoop({
    builddir: process.env.POSTIGO_BUILDDIR,
    srcdir: process.env.POSTIGO_SRCDIR,
    cycles,
    seconds: Number(process.env.KILL_SECONDS),
    seedFile: process.env.KILL_SEED_FILE,
    say: (line) => t.diagnostic(line),
  })
  assert.deepEqual(report.wrong.slice(0, 20), [])
  assert.deepEqual(report.problems, [])
  assert.ok(report.cycles > 0 && report.between > 0)
  rmSync(report.dir, { recursive: true, force: true })
})
