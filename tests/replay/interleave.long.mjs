// All orders of each set of requests, one after another and all at once.
import assert from 'node:assert/strict'
import test from 'node:test'
import { longLoop } from '../lib/long.mjs'
import { makeTemplate, ReplayDesk, TestClock } from './desk.mjs'
import { Incidents, orders, SETS } from './interleave.mjs'

const STEP = 100

test('two agents and two customers, all orders', async (t) => {
  const clock = new TestClock()
  const template = await makeTemplate(clock)
  const all = SETS.flatMap((names) => [...orders(names)]).flatMap((order) => [
    [order, false],
    [order, true],
  ])
  const say = (line) => t.diagnostic(line)
  await longLoop({ name: 'interleave', unit: 'orders', goal: all.length, say }, async (_, done) => {
    const desk = await ReplayDesk.start(template, clock)
    const incidents = new Incidents(desk)
    await incidents.connect()
    const some = all.slice(done, done + STEP)
    try {
      for (const [order, atOnce] of some) assert.equal(await incidents.run(order, atOnce), null)
      await desk.end()
    } finally {
      await desk.drop()
    }
    return some.length
  })
  clock.remove()
  template.remove()
})
