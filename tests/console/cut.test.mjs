// A sample of the cuts of cut.long.mjs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../lib/long.mjs'
import { startCutting, stopCutting, work } from './cut.mjs'

const CUTS = 24

test('an agent at work is cut anywhere: what was written is there once', async (t) => {
  const seed = Number(process.env.POSTIGO_SEED ?? 20261122)
  t.diagnostic(`POSTIGO_SEED=${seed}`)
  const rng = random(seed)
  const desk = await startCutting()
  try {
    const { octets } = await work(desk)
    let cuts = 0
    for (let i = 0; i < CUTS; i++) {
      const way = i % 2 ? 'up' : 'down'
      if ((await work(desk, { way, at: rng.between(0, octets[way]), how: i % 4 < 2 ? 'reset' : 'end' })).cut) cuts++
    }
    assert.ok(cuts > CUTS / 2, `${cuts} of ${CUTS} were cut`)
  } finally {
    await stopCutting(desk)
  }
})
