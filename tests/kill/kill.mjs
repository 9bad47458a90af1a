// kill -9 of any process of a desk at random moments while mail and chat keep
// arriving and an agent answers. What was acknowledged must be there exactly
// once with its octets, every answer must arrive once, and nothing else.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { connectSocket } from '../lib/bus.mjs'
import { Desk } from '../lib/desk.mjs'
import { freePort, sleep, until } from '../lib/wait.mjs'
import { Ledger } from './ledger.mjs'
import { readIncidents } from './truth.mjs'
import { Answerer, BusWriter, ChatVisitor, MaildirWriter } from './writers.mjs'

const DRAIN_MS = 300_000
const LEASE_MS = 4000 // of a delivery: what a killed gateway had taken is taken again soon
const VISITORS = 3
// A program that ended is started again later and later: after so many kills of
// one of them the supervisor itself is the victim, and all begins anew.
const KILLS_OF_ONE = 3

// How often each is the victim.
const victims = [
  ['postigod', 45],
  ['postigo-mail', 18],
  ['postigo-chat', 12],
  ['postigo-mime', 10],
  ['postigo-console', 5],
  ['serve', 10],
]

function choose(rng) {
  let at = rng.between(
    0,
    victims.reduce((sum, [, weight]) => sum + weight, 0),
  )
  for (const [name, weight] of victims) {
    if (at < weight) return name
    at -= weight
  }
  return 'postigod'
}

/** False: it ended by itself a moment ago. */
function killed(pid) {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
    return false
  }
}

/** Requests, mails and lines that are between their first byte and their acknowledgement. */
const between = (who) => who.bus.underWay + who.maildir.waiting() + who.visitors.filter((v) => v.flying).length

async function killOne(desk, rng, who, report) {
  await desk.ready()
  await sleep(rng.between(20, 350))
  const processes = desk.processes()
  const name = Object.values(report.since).some((n) => n >= KILLS_OF_ONE) ? 'serve' : choose(rng)
  const pid = processes[name]
  if (pid === undefined) {
    report.absent++
    return
  }
  const open = between(who)
  if (name === 'serve') {
    await desk.kill()
    desk.start()
    report.since = {}
  } else if (!killed(pid)) {
    report.absent++
    return
  }
  report.since[name] = (report.since[name] ?? 0) + (name === 'serve' ? 0 : 1)
  report.kills[name] = (report.kills[name] ?? 0) + 1
  if (open > 0 && name !== 'postigo-console') report.between++
}

/** Files of a Maildir, by Message-ID. */
function arrived(dir) {
  const found = new Map()
  for (const part of ['new', 'cur'])
    for (const name of existsSync(join(dir, part)) ? readdirSync(join(dir, part)) : []) {
      const id = /^Message-ID:\s*(<[^>]+>)/im.exec(readFileSync(join(dir, part, name), 'latin1'))?.[1]
      found.set(id, [...(found.get(id) ?? []), name])
    }
  return found
}

/** Wait until all that was offered is taken, and all that was answered has gone out. */
async function drain(desk, who) {
  const sent = () => who.agent.answers.filter((a) => a.delivery !== null)
  const outside = () => arrived(desk.outbox)
  const left = () =>
    `${who.maildir.waiting()} in new/, ${who.bus.unacknowledged.size} on the bus, ${who.visitors.map((v) => v.outbox.length)} lines, ` +
    `${sent().length} answers, ${outside().size} outside`
  try {
    await until(
      () =>
        who.maildir.waiting() === 0 &&
        who.bus.unacknowledged.size === 0 &&
        who.visitors.every((v) => v.outbox.length === 0) &&
        outside().size >= sent().length,
      'all to be taken',
      DRAIN_MS,
    )
  } catch {
    throw new Error(`not drained: ${left()}`)
  }
  who.maildir.look()
}

/** Mails that came in, by Message-ID: how often, and their octets. */
function mails(incidents) {
  const found = new Map()
  for (const { incident, messages } of incidents.values())
    for (const m of incident.channel === 'chat' ? [] : messages.filter((one) => one.direction === 'in'))
      found.set(m.external_id, [...(found.get(m.external_id) ?? []), m.raw?.sha256])
  return found
}

function compareMails(ledger, incidents) {
  const wrong = []
  const found = mails(incidents)
  for (const mail of ledger.offered.values()) {
    const copies = found.get(mail.id) ?? []
    if (mail.acknowledged && copies.length === 0) wrong.push(`${mail.id}: acknowledged by ${mail.via} and lost`)
    if (copies.length === 0 && !mail.acknowledged) wrong.push(`${mail.id}: offered again to the end and not there`)
    if (copies.length > 1) wrong.push(`${mail.id}: there ${copies.length} times`)
    if (copies.length === 1 && copies[0] !== mail.sha256) wrong.push(`${mail.id}: other octets`)
  }
  for (const id of found.keys()) if (!ledger.offered.has(id)) wrong.push(`${id}: never offered`)
  return wrong
}

/** A visitor's lines are there once and in order, and the visitor has seen what is there. */
function compareChats(visitors, incidents) {
  const wrong = visitors.flatMap((v) => v.wrong)
  for (const v of visitors) {
    const messages = incidents.get(v.incident)?.messages ?? []
    const said = messages.filter((m) => m.direction === 'in').map((m) => m.text)
    if (JSON.stringify(said) !== JSON.stringify(v.said)) wrong.push(`visitor ${v.who}: wrote ${v.said.length} lines, ${said.length} are there, or in another order`)
    const seen = v.lines.map((l) => `${l.number} ${l.text}`)
    const there = messages.filter((m) => m.direction !== 'note').map((m) => `${m.number} ${m.text}`)
    if (JSON.stringify(seen) !== JSON.stringify(there)) wrong.push(`visitor ${v.who}: has seen ${seen.length} lines, ${there.length} are there`)
  }
  return wrong
}

/** An answer is there once; outside it is there once, and nothing else is. */
function compareAnswers(agent, incidents, outside) {
  const wrong = [...agent.problems]
  const out = new Map()
  for (const [incident, { messages }] of incidents)
    for (const m of messages.filter((one) => one.direction === 'out')) out.set(m.text, [...(out.get(m.text) ?? []), { ...m, incident }])
  const keys = new Set()
  for (const a of agent.answers) {
    const [m, ...more] = out.get(a.text) ?? []
    out.delete(a.text)
    if (!m || more.length > 0) wrong.push(`${a.text}: there ${m ? 1 + more.length : 0} times`)
    if (m && (m.id !== a.message || m.number !== a.number || m.incident !== a.incident)) wrong.push(`${a.text}: in another place`)
    if (a.delivery === null) continue
    keys.add(m?.external_id)
    const files = outside.get(m?.external_id) ?? []
    if (m && m.delivery?.state !== 'sent') wrong.push(`${a.text}: its delivery is ${m.delivery?.state}`)
    if (files.length !== 1) wrong.push(`${a.text}: ${files.length} times outside`)
  }
  for (const text of out.keys()) wrong.push(`'${text}': nobody answered that`)
  for (const id of outside.keys()) if (!keys.has(id)) wrong.push(`${id}: outside, and not an answer`)
  return wrong
}

async function begin(desk, rng) {
  await desk.ready()
  await desk.setUp(join(process.env.POSTIGO_SRCDIR, 'tests/lib/desk.book'))
  const control = await connectSocket(desk.socket('control'), { program: 'kill' })
  await control.call('connection.add', { name: 'tienda', kind: 'chat', settings: { origins: `http://127.0.0.1:${desk.chatPort}`, title: 'Tienda' } })
  const { agents } = await control.call('agent.list')
  const { token } = await control.call('token.add', { agent: agents[0].id, label: 'kill' })
  control.close()
  const name = String(rng.state())
  const ledger = new Ledger(name)
  const who = {
    ledger,
    maildir: new MaildirWriter(ledger, desk.inbox),
    bus: new BusWriter(ledger, desk.socket('mail'), 'bus'),
    visitors: Array.from({ length: VISITORS }, (_, n) => new ChatVisitor(name, n, desk.chatPort)),
    agent: new Answerer(name, desk.socket('control'), token),
  }
  who.running = [who.maildir.run(), who.bus.run(), who.agent.work(), ...who.visitors.map((v) => v.talk())]
  return who
}

/** Has each way been used? */
function used({ ledger, visitors, agent }) {
  const outward = agent.answers.some((a) => a.message && a.delivery !== null)
  return outward && ledger.acknowledged('maildir') > 0 && ledger.acknowledged('bus') > 0 && visitors.every((v) => v.acknowledged > 0)
}

/** Everybody ends what is under way. */
async function quiet(desk, who) {
  who.maildir.stopped = who.bus.stopped = who.agent.stopped = true
  for (const v of who.visitors) v.talked = true
  await desk.ready()
  await Promise.all(who.running)
  await drain(desk, who)
}

async function judge(desk, who, report) {
  const client = await connectSocket(desk.socket('control'), { program: 'kill-check' })
  const open = async () => {
    const { outbox } = await client.call('status.get', {})
    return outbox.queued + outbox.taken
  }
  await until(async () => (await open()) === 0, 'all answers to be sent')
  const incidents = await readIncidents(client)
  // a visitor is told of the last lines a moment later
  const told = (v) => v.lines.length >= (incidents.get(v.incident)?.messages.filter((m) => m.direction !== 'note').length ?? 0)
  await until(() => who.visitors.every(told), 'visitors to be told of all lines')
  const { problems } = await client.call('store.check', {})
  client.close()
  for (const v of who.visitors) v.stop()
  return [
    ...compareMails(who.ledger, incidents),
    ...who.bus.problems,
    ...compareChats(who.visitors, incidents),
    ...compareAnswers(who.agent, incidents, arrived(desk.outbox)),
    ...problems.map((p) => `store.check: ${JSON.stringify(p)}`),
  ]
}

/** A desk and so many kills. Throws what is wrong; its folder stays then. */
export async function deskKills(rng, kills) {
  const builddir = process.env.POSTIGO_BUILDDIR
  const port = await freePort(2)
  const desk = new Desk({ builddir, port, chatPort: port + 1 })
  const report = { kills: {}, since: {}, between: 0, absent: 0 }
  let who
  process.env.POSTIGO_TEST_LEASE_MS = String(LEASE_MS)
  desk.start()
  try {
    who = await begin(desk, rng)
    for (let n = 0; n < kills; n++) await killOne(desk, rng, who, report)
    await until(() => used(who), 'each way to be used')
    await quiet(desk, who)
    const wrong = await judge(desk, who, report)
    if (wrong.length > 0) throw new Error(`${wrong.length} wrong in ${desk.dir}:\n${wrong.slice(0, 20).join('\n')}`)
    await desk.stop()
    report.fsck = execFileSync(join(builddir, 'postigod'), ['--dir', desk.data, '--fsck'], { encoding: 'utf8' }).trim()
  } finally {
    for (const v of who?.visitors ?? []) v.stop()
    await desk.stop()
  }
  Object.assign(report, {
    maildir: who.ledger.acknowledged('maildir'),
    bus: who.ledger.acknowledged('bus'),
    lines: who.visitors.reduce((n, v) => n + v.acknowledged, 0),
    answers: who.agent.answers.length,
    outside: arrived(desk.outbox).size,
    repeats: who.bus.repeats + who.agent.repeats,
  })
  rmSync(desk.dir, { recursive: true, force: true })
  return report
}

export const tell = (r) =>
  `kills ${JSON.stringify(r.kills)}, ${r.between} between first byte and acknowledgement; acknowledged: ${r.maildir} by Maildir, ` +
  `${r.bus} by bus, ${r.lines} chat lines, ${r.answers} answers, ${r.outside} of them outside; ${r.repeats} asked again; ${r.fsck}`
