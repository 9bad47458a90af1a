// Ten thousand mails through one account: how fast, how much memory, and
// nothing left behind; and beside fifty thousand old ones that nobody wants.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { cannot, Desk, mail, Servers, until } from './lib.mjs'

const MAILS = Number(process.env.MANY_MAILS ?? 10000)
const OLD = Number(process.env.MANY_OLD ?? 50000)
const MIB = 1024
const skip = cannot()
let servers

before(async () => {
  if (!skip) servers = await Servers.start(['ana', 'muchos', 'viejo'])
})
after(() => servers?.stop())

/** The most memory that a process had, in MiB. */
const most = (pid) => Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) / MIB

/** n mails in a folder's cur/, as another program left them. */
function fill(user, n, flags, what) {
  const box = join(servers.mail, user)
  for (const d of ['', 'tmp', 'new', 'cur']) {
    mkdirSync(join(box, d), { recursive: true })
    chownSync(join(box, d), ...servers.owner)
  }
  for (let i = 0; i < n; i++) {
    const file = join(box, 'cur', `${1600000000 + i}.M${i}P1.test:2,${flags}`)
    writeFileSync(file, what(i))
    chownSync(file, ...servers.owner)
  }
}

const stored = async (desk) => (await desk.mailboxes())[0]?.stored ?? 0

/** How many files a process has open. */
const open = (pid) => readdirSync(`/proc/${pid}/fd`).length

test('ten thousand mails', { skip }, async (t) => {
  fill('muchos', MAILS, '', (i) => mail({ id: `m${i}@cliente.example`, subject: `Uno de muchos ${i}`, from: `Ana ${i} <ana${i}@cliente.example>`, body: 'Una línea de texto.\n'.repeat(20 + (i % 80)) }))
  const desk = await Desk.open(t)
  const began = Date.now()
  await desk.add(servers.mailbox('muchos', { start: 'all', smtp_host: null, smtp_port: null }))
  await until(async () => (await stored(desk)) > 0, 'the first ones')
  const files = open(desk.gateway.pid)
  await until(async () => (await stored(desk)) >= MAILS, 'all of them', 3600000)
  const seconds = (Date.now() - began) / 1000
  await desk.state('muchos', 'ok')
  assert.equal(await stored(desk), MAILS)
  assert.equal((await desk.mailboxes())[0].refused, 0)
  // nothing waits, and each mail is marked
  const waiting = async () => {
    const { jobs } = await desk.control.call('status.get')
    return (jobs.queued ?? 0) + (jobs.taken ?? 0)
  }
  await until(async () => (await waiting()) === 0, 'no job to be waiting', 3600000)
  assert.equal(servers.names('muchos').filter((n) => /:2,.*S/.test(n)).length, MAILS)
  const marked = (Date.now() - began) / 1000
  const gateway = most(desk.gateway.pid)
  const daemon = most(desk.daemon.pid)
  t.diagnostic(`${MAILS} mails: ${(MAILS / seconds).toFixed(0)} a second; at most ${gateway.toFixed(0)} MiB in postigo-mail, ${daemon.toFixed(0)} MiB in postigod; the last one is marked after ${marked.toFixed(0)} s`)
  assert.ok(open(desk.gateway.pid) <= files + 4, `${files} files at first, ${open(desk.gateway.pid)} at the end`)
  assert.ok(gateway < 128, `${gateway} MiB`)
  const all = await desk.list()
  assert.equal(all.length, MAILS)
  assert.equal(new Set(all.map((i) => i.subject)).size, MAILS)
})

test('beside fifty thousand old ones', { skip }, async (t) => {
  fill('viejo', OLD, 'S', (i) => mail({ id: `v${i}@cliente.example`, subject: `Vieja ${i}` }))
  const desk = await Desk.open(t)
  const began = Date.now()
  await desk.add(servers.mailbox('viejo', { smtp_host: null, smtp_port: null }))
  await desk.state('viejo', 'ok', 600000)
  const opened = (Date.now() - began) / 1000
  servers.drop('viejo', mail({ subject: 'La nueva' }))
  await desk.incident('La nueva')
  assert.equal(await stored(desk), 1)
  const gateway = most(desk.gateway.pid)
  t.diagnostic(`${OLD} old mails: opened in ${opened.toFixed(1)} s; at most ${gateway.toFixed(0)} MiB in postigo-mail`)
  assert.ok(gateway < 64, `${gateway} MiB`)
})
