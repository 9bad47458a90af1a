// postigo clock: the receipt of a deadline as a person reads it, with holidays,
// a pause, another length midway, and why the promise was broken.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { until } from '../lib/wait.mjs'
import { makeTemplate, ReplayDesk, TestClock } from '../replay/desk.mjs'
import { lines, postigo } from './command.mjs'

const book = `
queue "general" { title "General" }
calendar "tienda" {
    timezone "Europe/Madrid"
    mon-fri 09:00-14:00, 16:00-19:00
    closed 2026-12-07, 2026-12-08
}
policy "correo" {
    calendar "tienda"
    first response 4h
    resolution 16h, high 8h
}
rule "vip" {
    on contact
    if subject or body matches /\\bvip\\b/
    then policy "correo"
    example "soy vip"
    counterexample "hola"
}
`
const clock = new TestClock()
let template
let desk
const cli = (...args) => postigo(['--socket', join(desk.daemon.dir, 'run/control.sock'), ...args])

before(async () => {
  clock.set('2026-12-04T08:00:00Z')
  template = await makeTemplate(clock)
  clock.set('2026-12-04T17:30:00Z')
  desk = await ReplayDesk.start(template, clock)
  await desk.control.call('book.apply', { text: book })
  await desk.contact('ana', 'a1', 'soy vip', { at: '2026-12-04T17:30:00Z' })
  await desk.at('2026-12-09T08:00:00Z')
  await desk.agents.laura.call('incident.set', { id: 1, state: 'on_hold' })
  await desk.at('2026-12-09T09:00:00Z')
  await desk.agents.laura.call('incident.set', { id: 1, state: 'open', priority: 'high' })
  await desk.at('2026-12-09T12:00:00Z')
  await until(async () => (await desk.control.call('clock.explain', { id: 1 })).breach, 'the breach')
})
after(async () => {
  await desk.drop()
  template.remove()
  clock.remove()
})

/** Runs of spaces as one. */
const flat = (text) => text.replace(/ +/g, ' ').split('\n').map((line) => line.trim())

test('clock list names the promises of an incident', async () => {
  const { code, out } = await cli('clock', 'list', 'P-1')
  assert.equal(code, 0)
  assert.match(out, /^1 +first_response +running +correo +4:00 .*broken *$/m)
  assert.match(out, /^2 +resolution +running +correo +8:00 /m)
  const objects = lines((await cli('--json', 'clock', 'list', '1')).out)
  assert.deepEqual(objects.map((o) => o.name), ['first_response', 'resolution'])
})

test('the receipt of a first response', async () => {
  const { code, out } = await cli('clock', 'explain', '1')
  assert.equal(code, 0)
  const text = flat(out)
  assert.equal(text[0], 'P-1, first_response: due Wed 2026-12-09 12:30 +01:00')
  assert.equal(text[1], 'promised 4:00 h of "tienda" (Europe/Madrid), policy "correo", version 3 of the desk book')
  assert.equal(text[2], 'because rule "vip" says so')
  assert.equal(text[3], 'started Fri 2026-12-04 18:30 +01:00')
  assert.deepEqual(text.slice(5, 13), [
    'Fri 2026-12-04 18:30 - 19:00 open 0:30 0:30',
    'Fri 2026-12-04 19:00 - Mon 2026-12-07 00:00 closed',
    'Mon 2026-12-07 all day holiday',
    'Tue 2026-12-08 all day holiday',
    'Wed 2026-12-09 00:00 - 09:00 closed',
    'Wed 2026-12-09 09:00 - 12:30 open 3:30 4:00',
    '4:00 in all',
    '',
  ])
  assert.match(text[13], /^now 4:30(:\d\d)? h used, 0:30(:\d\d)? h over$/)
  // whoever set it on hold had not taken it
  assert.match(text.join('\n'), /^broken nobody_assigned for (4:00|3:59:5\d) h$/m)
})

test('the receipt of a resolution that paused and got another length', async () => {
  const text = flat((await cli('clock', 'explain', '2')).out)
  assert.match(text[0], /^P-1, resolution: due Thu 2026-12-10 09:(29|30)/)
  assert.equal(text[1], 'promised 16:00 h of "tienda" (Europe/Madrid), policy "correo", version 3 of the desk book')
  assert.ok(text.some((line) => /^Wed 2026-12-09 09:00(:\d\d)? - 10:00(:\d\d)? paused: on_hold$/.test(line)), text.join('\n'))
  assert.ok(text.some((line) => /^Wed 2026-12-09 10:00(:\d\d)? from here on 8:00 h of "tienda"/.test(line)), text.join('\n'))
  assert.ok(text.includes('8:00 in all'), text.join('\n'))
  assert.ok(text.some((line) => /^paused (1:00|0:59)(:\d\d)? h of the day's own time$/.test(line)))
})

test('the receipt for a program is what the method says', async () => {
  const [object] = lines((await cli('--json', 'clock', 'explain', '2')).out)
  assert.deepEqual(object.spans.map((s) => s.budget_s), [57_600, 28_800])
  assert.deepEqual(object.pauses.map((p) => p.cause), ['on_hold'])
  assert.equal(object.steps.reduce((sum, step) => sum + step.counted_s, 0), 28_800)
  assert.equal(object.used_s + object.left_s, 28_800)
})

test('the ledger: how many of each cause, and each of them', async () => {
  const span = ['--since', '2026-12-01', '--until', '2026-12-10']
  const { code, out, err } = await cli('breach', 'list', ...span)
  assert.equal(code, 0, err)
  assert.match(out, /^nobody_assigned +1 +(4:00|3:59) *$/m)
  assert.match(out, /^2026-12-09T11:30:00.000Z +P-1 +1 +first_response +nobody_assigned +(4:00|3:59) .*general/m)
  const [one, ...rest] = lines((await cli('--json', 'breach', 'list', ...span, '--cause', 'nobody_assigned', '--queue', 'general')).out)
  assert.deepEqual([one.ref, one.budget_s, rest.length], ['P-1', 14_400, 0])
  assert.equal((await cli('--json', 'breach', 'list', ...span, '--cause', 'unopened')).out, '')
  assert.equal((await cli('breach', 'list', '--since', 'yesterday')).code, 64)
  assert.equal((await cli('breach', 'list', '--cause', 'moon')).code, 65)
})

test('a clock that is not there', async () => {
  const { code, err } = await cli('clock', 'explain', '99')
  assert.equal(code, 65)
  assert.match(err, /99/)
  assert.equal((await cli('clock', 'explain', 'x')).code, 64)
})
