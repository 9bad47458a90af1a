// The agents' WebSocket cut at every octet of a session, both ways.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { longLoop } from '../lib/long.mjs'
import { startCutting, stopCutting, work } from './cut.mjs'

for (const way of ['up', 'down'])
  test(`every octet ${way}`, async (t) => {
    const desk = await startCutting()
    try {
      const { octets } = await work(desk)
      let cuts = 0
      const { did } = await longLoop(
        { name: `console-cut-${way}`, unit: 'cuts', goal: octets[way], say: (line) => t.diagnostic(line) },
        async (rng, at) => {
          if ((await work(desk, { way, at, how: at % 2 ? 'end' : 'reset' })).cut) cuts++
        },
      )
      assert.ok(cuts >= did * 0.8, `${cuts} of ${did} were cut`)
    } finally {
      await stopCutting(desk)
    }
  })
