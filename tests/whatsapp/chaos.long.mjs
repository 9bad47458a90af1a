// 10,000 deliveries under kills: chaos.mjs. A store serves for 500 of them.
import assert from 'node:assert/strict'
import test from 'node:test'
import { noGraph } from '../lib/graph.mjs'
import { longLoop } from '../lib/long.mjs'
import { chaos, tell } from './chaos.mjs'

test('postigod and the gateway are killed under 10,000 deliveries', { skip: noGraph }, async (t) => {
  const say = (line) => t.diagnostic(line)
  const { did } = await longLoop({ name: 'whatsapp-chaos', unit: 'deliveries', goal: 10_000, say }, async (rng) => {
    const run = await chaos(rng, 500, 60)
    say(tell(run))
    return run.customers.posts
  })
  assert.ok(did > 0)
})
