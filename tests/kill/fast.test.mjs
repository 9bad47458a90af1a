// postigod alone, killed 25 times: fast.mjs.
import assert from 'node:assert/strict'
import test from 'node:test'
import { random } from '../lib/long.mjs'
import { fastKills, tell } from './fast.mjs'

test('kill -9 of postigod under mail, chat and agents, 25 times', async (t) => {
  const run = await fastKills(random(20261122), 25)
  t.diagnostic(tell(run))
  const [mails, lines, staff] = run.writers.map((w) => w.done.map((i) => i.kind))
  assert.ok(mails.length > 0 && lines.includes('line'), 'customers wrote')
  for (const kind of ['answer', 'note', 'claim', 'priority']) assert.ok(staff.includes(kind), kind)
  assert.ok(run.outside.ended.size > 0, 'answers were delivered')
  assert.ok(run.checked > 0 && run.writers.some((w) => w.repeats > 0), 'something was looked at and asked again')
})
