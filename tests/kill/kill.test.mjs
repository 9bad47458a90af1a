// A whole desk, killed 6 times: kill.mjs.
import assert from 'node:assert/strict'
import test from 'node:test'
import { random } from '../lib/long.mjs'
import { deskKills, tell } from './kill.mjs'

test('kill -9 of any process of a desk, 6 times', async (t) => {
  const report = await deskKills(random(20261121), 6)
  t.diagnostic(tell(report))
  assert.ok(report.between > 0, 'some kills fell between first byte and acknowledgement')
  assert.ok(report.maildir > 0 && report.bus > 0 && report.lines > 0 && report.outside > 0, 'all ways were used')
})
