// Every scenario of scenarios/: exactly the events that stand there.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { makeTemplate, TestClock } from './desk.mjs'
import { playScenario } from './scenario.mjs'

const folder = new URL('scenarios/', import.meta.url)
const clock = new TestClock()
let template

before(async () => {
  clock.set('2026-01-05T09:00:00Z')
  template = await makeTemplate(clock)
})
after(() => {
  clock.remove()
  template.remove()
})

describe('scenarios', { concurrency: 4 }, () => {
  for (const name of readdirSync(folder).filter((f) => f.endsWith('.txt')).sort()) {
    const text = readFileSync(new URL(name, folder), 'utf8')
    test(`${name}: ${text.split('\n')[0].slice(2)}`, async () => {
      const own = new TestClock()
      try {
        assert.equal(await playScenario(template, own, text), null)
      } finally {
        own.remove()
      }
    })
  }
})
