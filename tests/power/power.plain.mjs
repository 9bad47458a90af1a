// Power losses: a real daemon's writes are recorded, a machine's disk after a
// loss is made of them, and the daemon starts on it.
import assert from 'node:assert/strict'
import test from 'node:test'
import { random } from '../lib/long.mjs'
import { session } from './image.mjs'
import { restoreImages } from './restore.mjs'
import { plans } from './session.mjs'

const IMAGES = Number(process.env.POWER_IMAGES ?? 3) // of each session

for (const plan of Object.keys(plans))
  test(`what was acknowledged survives a power loss: ${plan}`, async (t) => {
    const rng = random(20261122)
    let made = 0
    // a session that was killed within a call tells nothing; another does
    for (let tries = 0; made === 0 && tries < 10; tries++) made = await session(plan, rng, IMAGES)
    assert.equal(made, IMAGES)
    t.diagnostic(`${made} images`)
  })

test('a restore and a power loss: half a desk is refused, and restored again', async () => {
  assert.equal(await restoreImages(random(20261122), 2 * IMAGES), 2 * IMAGES)
})
