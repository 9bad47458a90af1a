// `postigo report plan`: what is given arrives, and what is wrong is said.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { startDaemon } from '../lib/bus.mjs'
import { postigo } from './command.mjs'

let daemon, control, dir
const plan = (...args) => postigo(['--dir', daemon.dir, 'report', 'plan', ...args])
const plans = async () => (await control.call('plan.list')).plans

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postigo-plan-'))
  daemon = await startDaemon()
  control = await daemon.connect('control')
  for (const name of ['ana', 'bea']) await control.call('agent.add', { email: `${name}@tienda.example`, name, role: 'manager' })
  await control.call('connection.add', { name: 'correo', kind: 'pipe', settings: { address: 'hola@olmo.example', from_name: 'Tienda', out: '/tmp/none' } })
})

after(async () => {
  await daemon.stop()
  daemon.remove()
  rmSync(dir, { recursive: true, force: true })
})

test('a plan is added, listed, changed, tried and removed', async () => {
  let r = await plan('add', 'De la semana', 'promises', '--every', 'week', '--at', '08:30', '--to', 'ana@tienda.example', '--to', 'BEA@tienda.example', '--below', '92.5%', '--with', 'group=team', '--with', 'agent=0', '--zone', 'America/Mexico_City')
  assert.equal(r.code, 0, r.err)
  assert.match(r.err, /added plan 1 'De la semana', next run 20/)
  let [p] = await plans()
  assert.deepEqual([p.name, p.report, p.period, p.minute, p.zone, p.below, p.above], ['De la semana', 'promises', 'week', 510, 'America/Mexico_City', 9250, null])
  assert.deepEqual(p.params, { group: 'team', agent: 0 })
  assert.equal(p.agents.length, 2)

  r = await plan('edit', '1', '--at', '7:05', '--below', 'none', '--above', '40', '--with', 'group=', '--with', 'csv=semicolon', '--name', 'Otra', '--off')
  assert.equal(r.code, 0, r.err)
  ;[p] = await plans()
  assert.deepEqual([p.name, p.minute, p.below, p.above, p.active, p.next_at], ['Otra', 425, null, 40, false, null])
  assert.deepEqual(p.params, { agent: 0, csv: 'semicolon' })
  r = await plan('list')
  assert.match(r.out, /Otra .* week 07:05 .* off/)
  r = await plan('edit', '1', '--on')
  assert.equal((await plans())[0].active, true)

  r = await plan('try', '1', '--to', 'ana@tienda.example')
  assert.match(r.err, /mails on their way: 1/)
  r = await plan('remove', '1')
  assert.equal(r.code, 0, r.err)
  assert.deepEqual(await plans(), [])
})

test('what is wrong is said, with the code of its kind', async () => {
  const good = ['promises', '--every', 'day', '--at', '08:00', '--to', 'ana@tienda.example']
  const cases = [
    [['add', 'x', 'promises'], 64, /'--every', '--at' and '--to' are needed/],
    [['add', 'x', ...good, '--at', '24:00'], 64, /HH:MM/],
    [['add', 'x', ...good, '--at', '8h'], 64, /HH:MM/],
    [['add', 'x', ...good, '--below', '101%'], 64, /--below/],
    [['add', 'x', ...good, '--with', 'group'], 64, /KEY=VALUE/],
    [['add', 'x', ...good, '--with', 'moon=1'], 65, /'moon'/],
    [['add', 'x', ...good, '--to', 'nadie@tienda.example'], 65, /no such agent: 'nadie@/],
    [['add', 'x', 'nonsense', ...good.slice(1)], 65, /no report 'nonsense'/],
    [['edit', '77', '--on'], 65, /no such plan: 77/],
    [['edit', '77', '--on', '--off'], 64, /together/],
    [['remove', '77'], 65, /no such plan: 77/],
    [['try', 'x'], 64, /ID/],
  ]
  for (const [args, code, pattern] of cases) {
    const r = await plan(...args)
    assert.equal(r.code, code, `${args}: ${r.err}`)
    assert.match(r.err, pattern)
  }
  assert.deepEqual(await plans(), [])
})
