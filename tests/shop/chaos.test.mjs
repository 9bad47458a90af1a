// A few kills: chaos.mjs.
import assert from 'node:assert/strict'
import test from 'node:test'
import { random } from '../lib/long.mjs'
import { chaos, tell } from './chaos.mjs'

test('postigod and postigo-shop are killed while two shops change', async (t) => {
  const run = await chaos(random(20261122), 300, 6)
  t.diagnostic(tell(run))
  assert.ok(run.kills.postigod > 0 && run.kills['postigo-shop'] > 0, 'both were killed')
  for (const shop of Object.values(run.shops)) assert.ok(shop.told > 0 && shop.asked > 0 && shop.faulty > 0, 'webhooks, requests and faults')
})
