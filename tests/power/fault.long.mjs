// Every sync and every write of a session fails in turn.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { longLoop, random } from '../lib/long.mjs'
import { countOf, syncFault, syncFaults, writeFault, writeFaults } from './fault.mjs'

const shim = join(process.env.POSTIGO_BUILDDIR, 'tests/shim/fault.so')
const skip = !existsSync(shim) && 'this build has sanitizers: nothing is preloaded'

const FEW = 20 // that a run which goes on may have left to do

const kinds = [
  ['sync', syncFault, syncFaults],
  ['write', writeFault, writeFaults],
]

for (const [what, fail, ways] of kinds)
  for (const plan of ['short', 'migrate', 'checkpoint'])
    test(`every ${what} of a session fails: ${plan}`, { skip }, async (t) => {
      // every one in the first way, then in the next: the way that lasts comes
      // first; the longer plans in the two that differ most
      const last = ways.full ?? ways.ever
      const modes = [last, ...(plan === 'short' ? Object.values(ways).filter((way) => way !== last) : [ways.once])]
      const count = await countOf(what, plan, random(1))
      let failed = 0
      let first = null
      const { did } = await longLoop(
        { name: `fault-${what}-${plan}`, unit: 'faults', goal: count * modes.length, say: (line) => t.diagnostic(line) },
        async (_, index) => {
          first ??= index
          const n = 1 + (index % count)
          if (await fail(plan, random(1), n, modes[Math.floor(index / count) % modes.length])) failed++
          return 1
        },
      )
      // sessions differ a little: the last ones may not have so many, and a run
      // that goes on may have just those to do
      assert.ok(failed > did / 2 || (first > 0 && did < FEW), `${failed} of ${did}`)
      t.diagnostic(`${failed} faults came`)
    })
