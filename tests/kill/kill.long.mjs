// A whole desk, 300 kills: kill.mjs. A desk serves for 50 of them.
import assert from 'node:assert/strict'
import test from 'node:test'
import { longLoop } from '../lib/long.mjs'
import { deskKills, tell } from './kill.mjs'

test('kill -9 of any process of a desk', async (t) => {
  const say = (line) => t.diagnostic(line)
  const { did } = await longLoop({ name: 'kill-desk', unit: 'kills', goal: 300, say }, async (rng) => {
    say(tell(await deskKills(rng, 50)))
    return 50
  })
  assert.ok(did > 0)
})
