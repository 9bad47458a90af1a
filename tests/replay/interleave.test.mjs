// Some orders of each set of requests: interleave.mjs.
import assert from 'node:assert/strict'
import test from 'node:test'
import { random } from '../lib/long.mjs'
import { makeTemplate, ReplayDesk, TestClock } from './desk.mjs'
import { Incidents, orders, SETS } from './interleave.mjs'

const EACH = 5 // orders of each set

test('two agents and two customers, some orders', async (t) => {
  const rng = random(20261122)
  const clock = new TestClock()
  const template = await makeTemplate(clock)
  const desk = await ReplayDesk.start(template, clock)
  t.after(async () => {
    await desk.drop()
    clock.remove()
    template.remove()
  })
  const incidents = new Incidents(desk)
  await incidents.connect()
  for (const names of SETS) {
    const all = [...orders(names)]
    for (let i = 0; i < EACH; i++) {
      const order = all[rng.between(0, all.length)]
      assert.equal(await incidents.run(order, false), null)
      assert.equal(await incidents.run(order, true), null)
    }
  }
  await desk.end()
})
