// postigod alone, 5,000 kills: fast.mjs. A store serves for 100 of them.
import assert from 'node:assert/strict'
import test from 'node:test'
import { longLoop } from '../lib/long.mjs'
import { fastKills, tell } from './fast.mjs'

test('kill -9 of postigod under mail, chat and agents', async (t) => {
  const say = (line) => t.diagnostic(line)
  const { did } = await longLoop({ name: 'kill-daemon', unit: 'kills', goal: 5000, say }, async (rng) => {
    const run = await fastKills(rng, 100)
    say(tell(run))
    return 100
  })
  assert.ok(did > 0)
})
