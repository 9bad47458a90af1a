// Power losses: a real daemon's writes are recorded, a machine's disk after a
// loss is made of them, and the daemon starts on it.
import assert from 'node:assert/strict'
import test from 'node:test'
import { random } from '../lib/long.mjs'
import { session } from './image.mjs'
import { restoreImages } from './restore.mjs'
import { plans } from './session.mjs'

const IMAGES = Number(process.env.POWER_IMAGES ?? 3) // of each session

/** Images of one session; one that was killed within a call tells nothing, another does. */
async function imagesOf(plan, rng, count, making = false) {
  let made = 0
  for (let tries = 0; made === 0 && tries < 10; tries++) made = await session(plan, rng, count, () => {}, making)
  assert.equal(made, count)
}

for (const plan of Object.keys(plans))
  test(`what was acknowledged survives a power loss: ${plan}`, () => imagesOf(plan, random(20261122), IMAGES))

test('a power loss while a store is made', () => imagesOf('first', random(20261123), 2 * IMAGES, true))

test('a restore and a power loss: half a desk is refused, and restored again', async () => {
  assert.equal(await restoreImages(random(20261122), 2 * IMAGES), 2 * IMAGES)
})
