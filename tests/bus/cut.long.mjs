// The bus is cut at every octet of each session, in both directions: cut.mjs.
import test from 'node:test'
import { longLoop } from '../lib/long.mjs'
import { CutDesk } from './cut.mjs'

const STEP = 100

test('the bus is cut at every octet', async (t) => {
  const first = await CutDesk.start()
  const { length } = await first.places()
  await first.stop()
  const say = (line) => t.diagnostic(line)
  await longLoop({ name: 'bus-cut', unit: 'cuts', goal: length, say }, async (_, done) => {
    const desk = await CutDesk.start()
    const some = (await desk.places()).slice(done, done + STEP)
    for (const place of some) await desk.run(place)
    await desk.stop()
    return Math.max(some.length, 1)
  })
})
