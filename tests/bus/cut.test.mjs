// The bus is cut at some octets of each session: cut.mjs.
import assert from 'node:assert/strict'
import test from 'node:test'
import { random } from '../lib/long.mjs'
import { CutDesk } from './cut.mjs'

const PLACES = 50

test(`what is cut is asked again and there once: ${PLACES} places`, async () => {
  const rng = random(20261122)
  const desk = await CutDesk.start()
  const all = await desk.places()
  let cuts = 0
  for (let i = 0; i < PLACES; i++) cuts += (await desk.run(all[rng.between(0, all.length)])).cut ? 1 : 0
  assert.ok(cuts >= PLACES * 0.9, `${cuts} cuts`)
  await desk.stop()
})
