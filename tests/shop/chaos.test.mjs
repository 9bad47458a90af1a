// A few kills: chaos.mjs.
import assert from 'node:assert/strict'
import test from 'node:test'
import { random } from '../lib/long.mjs'
import { chaos, tell } from './chaos.mjs'

test('postigod and postigo-shop are killed while two shops change', async (t) => {
  const run = await chaos(random(20261122), 300, 6)
  t.diagnostic(tell(run))
  assert.ok(run.kills.postigod > 0 && run.kills['postigo-shop'] > 0, 'both were killed')
  const shops = Object.values(run.shops)
  for (const what of ['lost', 'twice', 'late']) assert.ok(shops.some((shop) => shop.counts[what] > 0), what)
  for (const { counts, faulty } of shops) {
    assert.ok(counts.told > 0 && counts.asked > 0, 'webhooks and requests')
    assert.ok(Object.keys(faulty).length >= 3, 'faults')
  }
})
