// A real disk is full 500 times, at random moments.
import assert from 'node:assert/strict'
import test from 'node:test'
import { longLoop } from '../lib/long.mjs'
import { canMount, spaceRun } from './space.mjs'

test('a disk is full at random moments: nothing acknowledged is lost', { skip: !canMount() && 'a small disk cannot be mounted here' }, async (t) => {
  const { did } = await longLoop({ name: 'power-space', unit: 'times full', goal: 500, say: (line) => t.diagnostic(line) }, (rng) => spaceRun(rng))
  assert.ok(did > 0)
})
