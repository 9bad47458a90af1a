// Every page of a store, again and again with other octets: pages.mjs.
import assert from 'node:assert/strict'
import test from 'node:test'
import { longLoop } from '../lib/long.mjs'
import { desk, flip } from './pages.mjs'

test('octets flipped in every page', async (t) => {
  const say = (line) => t.diagnostic(line)
  const d = await desk()
  const count = { found: 0, same: 0, text: 0 }
  try {
    const { did } = await longLoop({ name: 'fsck-pages', unit: 'flips', goal: 20 * d.pages, say }, async (rng) => {
      for (let n = 0; n < d.pages; n++) count[flip(d, n, rng)]++
      return d.pages
    })
    say(JSON.stringify(count))
    assert.ok(did > 0 && count.found > 0)
  } finally {
    d.remove()
  }
})
