// Killed while it recovers, held up, ended in order; and steps of the clock: stop.mjs.
import assert from 'node:assert/strict'
import test from 'node:test'
import { random } from '../lib/long.mjs'
import { tell } from './fast.mjs'
import { clockLoop, stopLoop } from './stop.mjs'

test('killed while it recovers, SIGSTOP, SIGTERM: nothing is lost', async (t) => {
  const run = await stopLoop(random(20261122), 2)
  t.diagnostic(`${tell(run)}; slowest end ${run.slowest} ms`)
  assert.ok(run.slowest > 0)
})

test('the clock steps under load, by a second, an hour, a day, years', async (t) => {
  const run = await clockLoop(random(20261122), 6)
  t.diagnostic(tell(run))
  assert.ok(run.listener.events.some((text) => text.includes('clock.breached')), 'deadlines passed')
})
