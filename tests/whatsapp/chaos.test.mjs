// A few kills: chaos.mjs.
import assert from 'node:assert/strict'
import test from 'node:test'
import { noGraph } from '../lib/graph.mjs'
import { random } from '../lib/long.mjs'
import { chaos, tell } from './chaos.mjs'

test('postigod and the gateway are killed under deliveries and answers', { skip: noGraph }, async (t) => {
  const run = await chaos(random(20261123), 60, 8)
  t.diagnostic(tell(run))
  assert.ok(run.kills.postigod > 0 && run.kills['postigo-whatsapp'] > 0, 'both were killed')
  assert.ok(run.states.sent > 0, 'answers were sent')
})
