// Many mails through one account, and what that cost.
import assert from 'node:assert/strict'
import { chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { mail, until } from './lib.mjs'

const LONG_MS = 3600000

/** The most memory that a process had, in MiB. */
export const most = (pid) => Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) / 1024

/** How many files a process has open. */
const open = (pid) => readdirSync(`/proc/${pid}/fd`).length

/** n mails in a folder's cur/, with these flags, as another program left them. */
export function fill(servers, user, n, flags, what) {
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

export const stored = async (desk) => (await desk.mailboxes())[0]?.stored ?? 0

/**
 * n mails that lie there are taken in and marked; nothing waits afterwards.
 * {seconds} until the last is stored, {marked} until it is marked, {gateway}
 * and {daemon}: MiB at most.
 */
export async function takeMany(desk, servers, user, n) {
  fill(servers, user, n, '', (i) => mail({ id: `m${i}.${user}@cliente.example`, subject: `Uno de muchos ${i}`, from: `Ana ${i} <ana${i}@cliente.example>`, body: 'Una línea de texto.\n'.repeat(20 + (i % 80)) }))
  const began = performance.now()
  await desk.add(servers.mailbox(user, { start: 'all', smtp_host: null, smtp_port: null }))
  await until(async () => (await stored(desk)) > 0, 'the first ones')
  const files = open(desk.gateway.pid)
  await until(async () => (await stored(desk)) >= n, 'all of them', LONG_MS)
  const seconds = (performance.now() - began) / 1000
  await desk.state(user, 'ok', LONG_MS)
  await until(async () => {
    const { jobs } = await desk.control.call('status.get')
    return !jobs.queued && !jobs.taken
  }, 'no job to be waiting', LONG_MS)
  const marked = (performance.now() - began) / 1000
  assert.equal(servers.names(user).filter((x) => /:2,.*S/.test(x)).length, n)
  assert.ok(open(desk.gateway.pid) <= files + 4, `${files} files at first, ${open(desk.gateway.pid)} at the end`)
  return { seconds, marked, gateway: most(desk.gateway.pid), daemon: most(desk.daemon.pid) }
}
