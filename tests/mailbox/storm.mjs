// Mails under a proxy that cuts at random, while people work in the same
// folder with another program: each mail becomes one incident or joins the
// right one, whatever of it was seen, moved or expunged meanwhile.
import assert from 'node:assert/strict'

import { CutProxy } from '../lib/cutproxy.mjs'
import { random } from '../lib/long.mjs'
import { seed } from './cut.mjs'
import { Desk, mail, sleep, until } from './lib.mjs'

const ANSWERED = 5 // one mail of so many is answered, and the customer replies

/** Cut after some octets by chance, again and again, until stopped. */
async function cutting(proxy, chance, stopped) {
  while (!stopped()) {
    const n = Math.floor(chance() ** 3 * 20000)
    proxy.arm(chance() < 0.3 ? 'up' : 'down', n, chance() < 0.5 ? 'reset' : 'end')
    for (let i = 0; i < 8 && !proxy.done && !stopped(); i++) await sleep(50)
  }
  proxy.arm()
}

/**
 * A person with a mail program: flags what comes, takes the flag away, moves
 * and expunges. Mails are moved or expunged once the desk has them: what is
 * gone before anybody read it is gone.
 */
async function meddling(box, me, chance, taken, stopped, tally) {
  const eyes = await box.session(me)
  await eyes.say('CREATE Leidos').catch(() => {})
  await eyes.say('SELECT INBOX')
  while (!stopped()) {
    await sleep(30)
    const uids = await eyes.search()
    const uid = uids[Math.floor(chance() * uids.length)]
    if (!uid) continue
    const what = chance()
    if (what < 0.4) await eyes.say(`UID STORE ${uid} +FLAGS.SILENT (\\Seen)`)
    else if (what < 0.6) await eyes.say(`UID STORE ${uid} -FLAGS.SILENT (\\Seen)`)
    else if (await taken(await idOf(eyes, uid))) {
      await eyes.say(what < 0.8 ? `UID MOVE ${uid} Leidos` : `UID STORE ${uid} +FLAGS.SILENT (\\Deleted)`)
      if (what >= 0.8) await eyes.say(`UID EXPUNGE ${uid}`)
      tally.gone++
    }
    tally.meddled++
  }
  eyes.close()
}

async function idOf(eyes, uid) {
  return /^Message-ID: *(<.*>)/im.exec(await eyes.say(`UID FETCH ${uid} BODY.PEEK[HEADER.FIELDS (Message-ID)]`))?.[1]
}

/** count mails; box as in folder.mjs. */
export async function storm(t, box, servers, me, count, env = {}) {
  const chance = random(seed(t)).next
  const desk = await Desk.open(t, { env: { POSTIGO_TEST_PACE_MS: '20', ...env } })
  const proxy = await CutProxy.start(box.imap)
  t.after(() => proxy.stop())
  let stop = false
  const tally = { meddled: 0, gone: 0, replies: 0 }
  await desk.add(box.mailbox(me, { imap_port: proxy.port, imap_security: 'none', start: 'all' }))
  await desk.state(me, 'ok')

  /** Message-IDs of what the desk has, each with the incidents it is in. */
  const has = new Map()
  const note = (incident, messages) => {
    for (const m of messages) {
      if (m.direction !== 'in') continue
      if (!has.has(m.external_id)) has.set(m.external_id, new Map())
      has.get(m.external_id).set(m.id, incident)
    }
  }
  let last = 0
  const look = async () => {
    for (let d; (d = await desk.detail(last + 1).catch(() => null)); ) note(++last, d.messages)
  }
  const cuts = cutting(proxy, chance, () => stop)
  const people = meddling(box, me, chance, (id) => has.has(id), () => stop, tally)
  const began = Date.now()
  const first = Math.ceil((count * ANSWERED) / (ANSWERED + 1))
  const answered = []
  const wanted = new Map() // Message-ID to the incident that it must join, or null: its own
  for (let k = 0; k < first; k++) {
    const id = `tormenta${k}.${me}@cliente.example`
    await box.deliver(me, mail({ id, subject: `Tormenta ${k}`, to: `${me}@localhost`, from: `Ana ${k} <ana${k}@localhost>`, body: 'Una línea.\n'.repeat(1 + Math.floor(chance() * 200)) }))
    wanted.set(`<${id}>`, null)
    // not faster than sessions are cut, or most would come through the first one
    const cut = proxy.cuts
    if (k % 6 === 5) await until(() => proxy.cuts > cut, 'a cut', 1000).catch(() => {})
    if (k % 50 === 49) await look()
  }
  await until(async () => (await look(), [...wanted.keys()].every((id) => has.has(id))), () => `all first mails: ${has.size} of ${wanted.size}\n${desk.log().slice(-2000)}`, 600000)
  // answers leave beside the proxy; the customers write again
  for (let k = 0; answered.length < count - first; k += ANSWERED) answered.push(k)
  for (const k of answered) {
    const [incident] = has.get(`<tormenta${k}.${me}@cliente.example>`).values()
    await desk.answer(incident, 'Gracias, lo miramos.')
    const key = await until(async () => (await desk.detail(incident)).messages.find((m) => m.direction === 'out')?.external_id, 'the answer’s Message-ID')
    const id = `replica${k}.${me}@cliente.example`
    await box.deliver(me, mail({ id, subject: `Re: Tormenta ${k}`, to: `${me}@localhost`, from: `Ana ${k} <ana${k}@localhost>`, head: [`In-Reply-To: ${key}`], body: 'Y otra cosa.' }))
    wanted.set(`<${id}>`, incident)
    tally.replies++
  }
  await until(async () => {
    await look()
    for (const [id, incident] of wanted) if (incident && !has.has(id)) note(incident, (await desk.detail(incident)).messages)
    return [...wanted.keys()].every((id) => has.has(id))
  }, () => `all replies: ${has.size} of ${wanted.size}\n${desk.log().slice(-2000)}`, 600000)
  const seconds = (Date.now() - began) / 1000
  stop = true
  await Promise.all([cuts, people])
  await desk.state(me, 'ok')
  has.clear()
  last = 0
  await look()
  for (const [id, incident] of wanted) {
    const at = [...has.get(id).values()]
    assert.equal(at.length, 1, `${id} is there ${at.length} times`)
    if (incident) assert.deepEqual(at, [incident], id)
  }
  assert.equal(has.size, wanted.size)
  const all = await desk.list()
  assert.equal(all.length, first, 'each first mail is one incident')
  assert.ok(proxy.cuts >= count / 20, `${proxy.cuts} cuts`)
  assert.ok(tally.meddled >= count / 20, `${tally.meddled} things done by people`)
  t.diagnostic(`${me}: ${wanted.size} mails, ${all.length} incidents, ${tally.replies} replies joined; ${proxy.cuts} cuts, ${tally.meddled} changes by people, ${tally.gone} mails moved or expunged, ${seconds.toFixed(0)} s`)
}
