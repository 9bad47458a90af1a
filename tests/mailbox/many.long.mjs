// Ten thousand mails through one account: how fast, how much memory, and
// nothing left behind; and one new mail beside fifty thousand old ones.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { cannot, Desk, mail, Servers } from './lib.mjs'
import { fill, most, stored, takeMany } from './many.mjs'

const MAILS = Number(process.env.MANY_MAILS ?? 10000)
const OLD = Number(process.env.MANY_OLD ?? 50000)
const GATEWAY_MIB = 64
const skip = cannot()
let servers

before(async () => {
  if (!skip) servers = await Servers.start(['ana', 'muchos', 'viejo'])
})
after(() => servers?.stop())

test('ten thousand mails', { skip }, async (t) => {
  const desk = await Desk.open(t)
  const got = await takeMany(desk, servers, 'muchos', MAILS)
  t.diagnostic(`${MAILS} mails: ${(MAILS / got.seconds).toFixed(0)} a second, the last one marked after ${got.marked.toFixed(0)} s; at most ${got.gateway.toFixed(0)} MiB in postigo-mail, ${got.daemon.toFixed(0)} MiB in postigod`)
  assert.ok(got.gateway < GATEWAY_MIB, `${got.gateway} MiB`)
  assert.equal(await stored(desk), MAILS)
  assert.equal((await desk.mailboxes())[0].refused, 0)
  const all = await desk.list()
  assert.equal(all.length, MAILS)
  assert.equal(new Set(all.map((i) => i.subject)).size, MAILS)
})

test('beside fifty thousand old ones', { skip }, async (t) => {
  fill(servers, 'viejo', OLD, 'S', (i) => mail({ id: `v${i}@cliente.example`, subject: `Vieja ${i}` }))
  const desk = await Desk.open(t)
  const began = Date.now()
  await desk.add(servers.mailbox('viejo', { smtp_host: null, smtp_port: null }))
  await desk.state('viejo', 'ok', 600000)
  const seconds = (Date.now() - began) / 1000
  servers.drop('viejo', mail({ subject: 'La nueva' }))
  await desk.incident('La nueva')
  assert.equal(await stored(desk), 1)
  const gateway = most(desk.gateway.pid)
  t.diagnostic(`${OLD} old mails: opened in ${seconds.toFixed(1)} s; at most ${gateway.toFixed(0)} MiB in postigo-mail`)
  assert.ok(gateway < GATEWAY_MIB, `${gateway} MiB`)
})
