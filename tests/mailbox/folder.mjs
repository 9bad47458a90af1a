// What both servers are put through: a folder of mails old and new, renamed,
// deleted and made again, and read by people at the same time.
//
// box: {imap (a port, in clear), mailbox(user, settings), session(user),
// deliver(user, octets)}
import assert from 'node:assert/strict'

import { CutProxy } from '../lib/cutproxy.mjs'
import { Desk, header, mail, until } from './lib.mjs'

const subjects = async (desk) => (await desk.list()).map((i) => i.subject).sort()

/** A customer writes, is answered, and writes again. deliver(user, octets) */
export async function journey(t, box, servers, me) {
  const first = `uno.${me}.${Date.now()}@cliente.example` // both servers have a user of that name
  const desk = await Desk.open(t)
  await desk.add(box.mailbox(me, { sent_folder: 'Sent' }))
  await desk.state(me, 'ok')
  await box.deliver(me, mail({ id: first, subject: 'La talla no me vale', to: `${me}@localhost` }))
  const { id } = await desk.incident('La talla no me vale')
  const eyes = await box.session(me)
  t.after(() => eyes.close())
  await eyes.say('SELECT INBOX')
  await until(async () => (await eyes.search('SEEN')).length === 1, 'the mail to be marked as seen')
  await desk.answer(id, 'Claro, te la cambiamos.')
  await desk.delivery(id, 'sent')
  const [got] = await until(() => { const m = servers.mails('ana').filter((x) => x.includes(`<${first}>`)); return m.length && m }, 'the answer at the customer’s')
  const key = header(got, 'Message-ID')
  await until(async () => {
    await eyes.say('SELECT Sent')
    return (await eyes.search(`HEADER Message-ID ${key}`)).length === 1
  }, () => `the copy in Sent\n${desk.log().slice(-3000)}`)
  await box.deliver(me, mail({ subject: 'Re: La talla', to: `${me}@localhost`, head: [`In-Reply-To: ${key}`], body: 'Gracias.' }))
  await until(async () => (await desk.detail(id)).messages.length === 3, 'the reply in the incident')
  assert.deepEqual(await subjects(desk), ['La talla no me vale'])
  // whatever people do with what was taken, nothing is taken again
  await eyes.say('SELECT INBOX')
  await eyes.say('STORE 1:* -FLAGS.SILENT (\\Seen)')
  await eyes.say('STORE 1 +FLAGS.SILENT (\\Deleted)')
  await eyes.say('EXPUNGE')
  await box.deliver(me, mail({ subject: 'Otra', to: `${me}@localhost` }))
  await desk.incident('Otra')
  assert.deepEqual(await subjects(desk), ['La talla no me vale', 'Otra'])
}

/** Of what lay there, only what came from a day on. */
export async function sinceADay(t, box, me) {
  const eyes = await box.session(me)
  t.after(() => eyes.close())
  const old = [['31-Jan-2026 23:59:58 +0000', 'Un segundo antes'], ['01-Feb-2026 01:30:00 +0200', 'Antes, aunque no lo parezca'], ['01-Feb-2026 00:00:00 +0000', 'Justo'],
    ['01-Jan-2020 10:00:00 +0000', 'Vieja en medio'], ['03-Mar-2026 10:00:00 +0000', 'Marzo']]
  for (const [at, subject] of old) await eyes.append('INBOX', mail({ subject }), { at, flags: '\\Seen' })
  const desk = await Desk.open(t)
  await desk.add(box.mailbox(me, { start: 'since', start_since: '2026-02-01', handled: 'leave' }))
  await desk.state(me, 'ok')
  await eyes.append('INBOX', mail({ subject: 'Nueva' }))
  await desk.incident('Nueva')
  assert.deepEqual(await subjects(desk), ['Justo', 'Marzo', 'Nueva'])
  // a gateway that begins again looks from the same place
  await desk.stopGateway()
  desk.startGateway()
  await eyes.append('INBOX', mail({ subject: 'Más nueva' }))
  await desk.incident('Más nueva')
  assert.deepEqual(await subjects(desk), ['Justo', 'Marzo', 'Más nueva', 'Nueva'])
}

/** Renamed, and back; deleted, and another one of that name. */
export async function renamed(t, box, me) {
  const eyes = await box.session(me)
  t.after(() => eyes.close())
  const desk = await Desk.open(t)
  const put = (subject, folder = 'Cola') => eyes.append(folder, mail({ id: `${subject.replaceAll(' ', '.')}.${me}@cliente.example`, subject }))
  await eyes.say('CREATE Cola')
  await desk.add(box.mailbox(me, { folder: 'Cola', handled: 'leave', start: 'all' }))
  await desk.state(me, 'ok')
  await put('Primera')
  await desk.incident('Primera')
  await eyes.say('RENAME Cola Apartada')
  await put('Mientras tanto', 'Apartada')
  const { state_detail } = await desk.state(me, 'failing')
  assert.match(state_detail, /folder 'Cola' cannot be selected/)
  await eyes.say('RENAME Apartada Cola')
  await desk.state(me, 'ok')
  await desk.incident('Mientras tanto')
  await eyes.say('DELETE Cola')
  await desk.state(me, 'failing')
  await eyes.say('CREATE Cola')
  await put('Primera') // the same mail, in another folder of that name
  await put('Después')
  await desk.state(me, 'ok')
  await desk.incident('Después')
  assert.deepEqual((await desk.list()).map((i) => `${i.subject} ${i.messages}`).sort(), ['Después 1', 'Mientras tanto 1', 'Primera 1'])
}

/** At a new connection a folder is listed again only if something changed. */
export async function sweptOnce(t, box, me) {
  const proxy = await CutProxy.start(box.imap)
  const eyes = await box.session(me)
  t.after(() => eyes.close())
  const n = 210 // over a page of incidents
  for (let i = 0; i < n; i++) await eyes.append('INBOX', mail({ subject: `Vieja ${i}` }))
  const desk = await Desk.open(t)
  t.after(() => proxy.stop())
  await desk.add(box.mailbox(me, { imap_port: proxy.port, imap_security: 'none', start: 'all', handled: 'leave', poll_s: 3600 }))
  const well = async () => (await desk.mailboxes())[0]?.seen_at
  await until(async () => (await desk.mailboxes())[0]?.stored === n, 'all of them')
  await desk.state(me, 'ok')
  /** Octets of a session, up to the end of its first look. */
  const session = async () => {
    const was = await until(well, 'a look')
    proxy.arm()
    proxy.cutAll()
    await until(async () => (await well()) !== was, 'another look')
    return proxy.down
  }
  // the first sweep may still be under way, or be cut
  let quiet = Infinity
  for (let i = 0; i < 8 && quiet >= 6000; i++) quiet = await session()
  await eyes.say('SELECT INBOX')
  await eyes.say('STORE 1 +FLAGS.SILENT (\\Flagged)')
  const changed = await session()
  assert.ok(quiet < 6000, `${quiet} octets when nothing changed`)
  assert.ok(changed > n * 40, `${changed} octets after a change`)
  await eyes.append('INBOX', mail({ subject: 'Nueva' }))
  await desk.incident('Nueva')
  assert.equal((await desk.list()).length, n + 1)
}
