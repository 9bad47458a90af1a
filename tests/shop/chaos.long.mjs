// 100,000 changes of two shops under kills: chaos.mjs. A store serves for 4,000
// of them.
import assert from 'node:assert/strict'
import test from 'node:test'
import { longLoop } from '../lib/long.mjs'
import { chaos, tell } from './chaos.mjs'

test('postigod and postigo-shop are killed under 100,000 changes', async (t) => {
  const say = (line) => t.diagnostic(line)
  const { did } = await longLoop({ name: 'shop-chaos', unit: 'changes', goal: 100_000, say }, async (rng) => {
    const run = await chaos(rng, 4000, 60)
    say(tell(run))
    return run.changes
  })
  assert.ok(did > 0)
})
