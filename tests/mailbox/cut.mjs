// Sessions with both servers are cut after so many octets of either
// direction. Afterwards each mail is one incident, and each answer is one mail
// at the customer's, or its delivery says that nobody knows.
import assert from 'node:assert/strict'

import { CutProxy } from '../lib/cutproxy.mjs'
import { Desk, header, mail, sleep, until } from './lib.mjs'

const env = { POSTIGO_TEST_PACE_MS: '20', POSTIGO_TEST_LEASE_MS: '20000' }

/** A seed that POSTIGO_SEED repeats; said in the test's output. */
export function seed(t) {
  const n = Number(process.env.POSTIGO_SEED ?? Date.now() % 1000000)
  t.diagnostic(`POSTIGO_SEED=${n}`)
  return n
}

/** All cuts of a session of these sizes, or `count` of them by chance. */
export function cuts(sizes, count, chance) {
  const all = []
  for (const direction of ['up', 'down']) for (let n = 0; n < sizes[direction]; n++) all.push({ direction, n, how: n % 2 ? 'end' : 'reset' })
  if (!count) return all
  return Array.from({ length: count }, () => all[Math.floor(chance() * all.length)])
}

/** Every incident: subject to its number of messages, and how many there are. */
async function incidents(desk) {
  const found = new Map()
  for (let id = 1; ; id++) {
    let d
    try {
      d = await desk.detail(id)
    } catch {
      return found
    }
    const subject = d.incident?.subject ?? d.subject
    found.set(subject, [...(found.get(subject) ?? []), d.messages.length])
  }
}

const stored = async (desk, name) => (await desk.mailboxes()).find((m) => m.connection === name)?.stored ?? 0

/** IMAP: cut at each of pick(sizes). */
export async function cutImap(t, servers, me, pick, settings = { imap_port: servers.imap, imap_security: 'none' }) {
  const proxy = await CutProxy.start(settings.imap_port)
  const desk = await Desk.open(t, { env })
  t.after(() => proxy.stop())
  const begun = Date.now()
  let count = 0
  const put = () => servers.drop(me, mail({ id: `corte${count}.${me}@cliente.example`, subject: `Corte ${count++}`, body: 'Una línea.\n'.repeat(5) }))
  put()
  await desk.add(servers.mailbox(me, { ...settings, imap_port: proxy.port, start: 'all', smtp_host: null, smtp_port: null }))
  await desk.state(me, 'ok')
  // how long is a session that takes one mail and marks it?
  put()
  proxy.arm()
  proxy.cutAll()
  await until(async () => (await stored(desk, me)) === 2, 'the second mail')
  await until(() => servers.names(me).every((n) => /:2,.*S/.test(n)), 'its mark')
  const list = pick({ up: proxy.up, down: proxy.down })
  t.diagnostic(`IMAP: ${proxy.up} octets up, ${proxy.down} down, ${list.length} cuts`)
  for (const c of list) {
    put()
    proxy.arm(c.direction, c.n, c.how)
    proxy.cutAll()
    await until(async () => (await stored(desk, me)) === count, () => `mail ${count}, cut ${JSON.stringify(c)}\n${desk.log().slice(-2000)}`)
    // what comes after the mail is stored is cut as well: its mark, the next look
    await until(() => proxy.done, 'the cut', 1000).catch(() => {})
  }
  proxy.arm()
  // a mark that was cut each time waits as long again as it has waited
  const patience = Date.now() - begun + 200000
  const unmarked = () => servers.names(me).filter((n) => !/:2,.*S/.test(n))
  await until(() => unmarked().length === 0, () => `${unmarked().length} of ${count} marks\n${desk.log().slice(-2000)}`, patience)
  await desk.state(me, 'ok')
  const found = await incidents(desk)
  assert.equal(found.size, count)
  for (const [subject, messages] of found) assert.deepEqual(messages, [1], subject)
  assert.ok(proxy.cuts >= Math.min(list.length, 10) / 3, `${proxy.cuts} cuts`)
  t.diagnostic(`IMAP: ${proxy.cuts} sessions were cut, ${count} mails`)
}

/** SMTP: cut at each of pick(sizes). */
export async function cutSmtp(t, servers, me, pick, settings = { smtp_port: servers.clear, smtp_security: 'none' }) {
  const proxy = await CutProxy.start(settings.smtp_port)
  const desk = await Desk.open(t, { env })
  t.after(() => proxy.stop())
  await desk.add(servers.mailbox(me, { ...settings, smtp_port: proxy.port, start: 'all', handled: 'leave' }))
  const ids = []
  const batch = 20
  const text = (id) => `Respuesta ${id} de ${me}.`
  const more = async () => {
    const first = ids.length
    for (let i = 0; i < batch; i++) servers.drop(me, mail({ id: `pedido${first + i}.${me}@cliente.example`, subject: `Pedido ${first + i}` }))
    await until(async () => (await stored(desk, me)) === first + batch, 'customers')
    for (let i = 1; i <= batch; i++) ids.push(first + i)
  }
  const last = async (id) => (await desk.detail(id)).messages.at(-1).delivery
  let next = 0
  const answer = async () => {
    if (next === ids.length) await more()
    const id = ids[next++]
    await desk.answer(id, text(id))
    await until(async () => {
      const d = await last(id)
      return d && (d.attempts > 1 || (d.attempts === 1 && d.state !== 'taken'))
    }, () => `an attempt for ${id}\n${desk.log().slice(-2000)}`)
    return id
  }
  await desk.state(me, 'ok')
  proxy.arm()
  await desk.delivery(await answer(), 'sent')
  const list = pick({ up: proxy.up, down: proxy.down })
  t.diagnostic(`SMTP: ${proxy.up} octets up, ${proxy.down} down, ${list.length} cuts`)
  for (const c of list) {
    proxy.cutAll()
    proxy.arm(c.direction, c.n, c.how)
    // a server that just failed is left alone for a moment: try until it is cut
    for (let i = 0; i < 8 && !proxy.done; i++) {
      await sleep(i * 100)
      await answer()
    }
  }
  proxy.arm()
  const ended = new Map()
  for (const id of ids.slice(0, next)) ended.set(id, await until(async () => {
    const d = await last(id)
    // one that is lost goes again in five minutes, as often as the daemon's tests say
    return d.lost > 0 ? 'lost' : ['sent', 'failed'].includes(d.state) && d.state
  }, () => `an end for ${id}\n${desk.log().slice(-2000)}`, 400000))
  await until(async () => servers.mails('ana').length && (await sleep(1000), true), 'the last mails')
  const got = servers.mails('ana')
  const tally = { sent: 0, lost: 0, arrived: 0 }
  for (const [id, state] of ended) {
    const copies = got.filter((m) => m.includes(text(id)))
    const n = copies.length
    const { lost } = await last(id)
    assert.notEqual(state, 'failed', `${id}`)
    assert.ok(state === 'sent' ? n === 1 : n <= 1 + lost, `answer ${id} is ${state} and arrived ${n} times`)
    assert.ok(new Set(copies.map((m) => header(m, 'Message-ID'))).size <= 1, `answer ${id} has one Message-ID`)
    tally[state]++
    tally.arrived += n
  }
  t.diagnostic(`SMTP: ${proxy.cuts} sessions were cut; ${JSON.stringify(tally)}`)
  assert.ok(proxy.cuts >= Math.min(list.length, 10) / 3, `${proxy.cuts} cuts`)
}
