// A connection that is cut at every byte of a conversation, both ways.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { converse, cutAt, startCutting } from './cut.mjs'

for (const way of ['up', 'down'])
  test(`every byte ${way}`, async () => {
    const all = await startCutting()
    const { bytes } = await converse(all)
    const places = [...Array(bytes[way]).keys()].map((i) => ({ way, at: i + 1 }))
    const cuts = await cutAt(all, places)
    console.log(`# ${cuts} cuts of ${bytes[way]} bytes ${way}`)
    assert.ok(cuts >= bytes[way] * 0.9)
    await all.stop()
  })
