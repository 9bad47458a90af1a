// Power losses by the thousand.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { longLoop } from '../lib/long.mjs'
import { session } from './image.mjs'
import { restoreImages } from './restore.mjs'
import { plans } from './session.mjs'

const IMAGES = 40 // of each session
const shim = join(process.env.POSTIGO_BUILDDIR, 'tests/shim/record.so')

const skip = !existsSync(shim) && 'this build has sanitizers: nothing is preloaded'

test('what was acknowledged survives 3,000 power losses', { skip }, async (t) => {
  const styles = {}
  const names = Object.keys(plans)
  const { did } = await longLoop({ name: 'power', unit: 'images', goal: 3000, say: (line) => t.diagnostic(line) }, (rng) =>
    session(names[rng.between(0, names.length)], rng, IMAGES, ({ style }) => (styles[style] = (styles[style] ?? 0) + 1)),
  )
  assert.ok(did > 0)
  t.diagnostic(JSON.stringify(styles))
})

test('a store that is being made survives 1,000 power losses', { skip }, async (t) => {
  const loop = { name: 'power-making', unit: 'images', goal: 1000, say: (line) => t.diagnostic(line) }
  const { did } = await longLoop(loop, (rng) => session('first', rng, IMAGES, () => {}, true))
  assert.ok(did > 0)
})

test('a restore survives 300 power losses', { skip }, async (t) => {
  const loop = { name: 'power-restore', unit: 'images', goal: 300, say: (line) => t.diagnostic(line) }
  const { did } = await longLoop(loop, (rng) => restoreImages(rng, IMAGES))
  assert.ok(did > 0)
})
