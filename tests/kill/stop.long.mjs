// 500 kills during recovery, 500 SIGSTOP, 500 SIGTERM, 1,000 steps of the clock: stop.mjs.
import test from 'node:test'
import { longLoop } from '../lib/long.mjs'
import { tell } from './fast.mjs'
import { clockLoop, stopLoop } from './stop.mjs'

const EACH = 20
const STEPS = 40

test('killed while it recovers, SIGSTOP, SIGTERM', async (t) => {
  const say = (line) => t.diagnostic(line)
  await longLoop({ name: 'kill-stop', unit: 'of recovery, SIGSTOP and SIGTERM', goal: 1500, say }, async (rng) => {
    const run = await stopLoop(rng, EACH)
    say(`${tell(run)}; slowest end ${run.slowest} ms`)
    return 3 * EACH
  })
})

test('the clock steps under load', async (t) => {
  const say = (line) => t.diagnostic(line)
  await longLoop({ name: 'kill-clock', unit: 'steps', goal: 1000, say }, async (rng) => {
    say(tell(await clockLoop(rng, STEPS)))
    return STEPS
  })
})
