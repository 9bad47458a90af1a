// A sample of pages.mjs.
import assert from 'node:assert/strict'
import test from 'node:test'
import { random } from '../lib/long.mjs'
import { desk, flip } from './pages.mjs'

test('an octet flipped in a page is found, or does no harm', async (t) => {
  const seed = Number(process.env.POSTIGO_SEED ?? 20261122)
  t.diagnostic(`POSTIGO_SEED=${seed}`)
  const rng = random(seed)
  const d = await desk()
  const count = { found: 0, same: 0, text: 0 }
  try {
    for (let i = 0; i < 25; i++) count[flip(d, rng.between(0, d.pages), rng)]++
  } finally {
    d.remove()
  }
  t.diagnostic(JSON.stringify(count))
  assert.ok(count.found > 0, JSON.stringify(count))
})
