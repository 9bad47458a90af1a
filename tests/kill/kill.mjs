// kill -9 of any process at random moments while mail keeps arriving. What was
// acknowledged must be there exactly once with its octets, and nothing else.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectSocket } from '../lib/bus.mjs'
import { Desk } from '../lib/desk.mjs'
import { freePort, sleep, until } from '../lib/wait.mjs'
import { Ledger, random } from './ledger.mjs'
import { BusWriter, MaildirWriter } from './writers.mjs'

const DRAIN_MS = 300_000

// How often each is the victim.
const victims = [
  ['postigod', 50],
  ['postigo-mail', 20],
  ['postigo-mime', 10],
  ['postigo-console', 8],
  ['serve', 12],
]

function choose(rng) {
  let at = rng.between(0, victims.reduce((sum, [, weight]) => sum + weight, 0))
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

async function killOne(desk, rng, writers, report) {
  await desk.ready()
  await sleep(rng.between(20, 350))
  const processes = desk.processes()
  const name = choose(rng)
  const pid = processes[name]
  if (pid === undefined) {
    report.absent++
    return
  }
  const between = writers.bus.underWay + writers.maildir.waiting()
  if (name === 'serve') {
    await desk.kill()
    desk.start()
  } else if (!killed(pid)) {
    report.absent++
    return
  }
  report.kills[name] = (report.kills[name] ?? 0) + 1
  if (between > 0 && name !== 'postigo-console') report.between++
}

async function drain(writers) {
  const left = () => `${writers.maildir.waiting()} in new/, ${writers.bus.unacknowledged.size} on the bus`
  try {
    await until(() => writers.maildir.waiting() === 0 && writers.bus.unacknowledged.size === 0, 'all to be taken', DRAIN_MS)
  } catch {
    throw new Error(`not drained: ${left()}`)
  }
  writers.maildir.look()
}

/** Everything in the store, by Message-ID: how often, and its octets. */
async function readStore(desk) {
  const client = await connectSocket(desk.socket('control'), { program: 'kill-check' })
  const found = new Map()
  let after
  do {
    const page = await client.call('incident.list', { view: 'all', limit: 200, ...(after ? { after } : {}) })
    for (const incident of page.incidents) {
      let { detail } = await client.call('incident.get', { id: incident.id })
      let messages = detail.messages
      let before = detail.more_before
      while (before) {
        const more = await client.call('message.list', { incident: incident.id, before })
        messages = [...more.messages, ...messages]
        before = more.more_before
      }
      if (messages.length !== incident.messages)
        throw new Error(`incident ${incident.id} says ${incident.messages} messages and has ${messages.length}`)
      for (const message of messages.filter((m) => m.direction === 'in')) {
        const all = found.get(message.external_id) ?? []
        found.set(message.external_id, [...all, message.raw?.sha256])
      }
    }
    after = page.next
  } while (after)
  const { problems, checks } = await client.call('store.check', {})
  client.close()
  return { found, problems, checks }
}

function compare(ledger, store) {
  const wrong = []
  for (const mail of ledger.offered.values()) {
    const copies = store.found.get(mail.id) ?? []
    if (mail.acknowledged && copies.length === 0) wrong.push(`${mail.id}: acknowledged by ${mail.via} and lost`)
    if (copies.length === 0 && !mail.acknowledged) wrong.push(`${mail.id}: offered again to the end and not there`)
    if (copies.length > 1) wrong.push(`${mail.id}: there ${copies.length} times`)
    if (copies.length === 1 && copies[0] !== mail.sha256) wrong.push(`${mail.id}: other octets`)
  }
  for (const id of store.found.keys()) if (!ledger.offered.has(id)) wrong.push(`${id}: never offered`)
  return wrong
}

/**
 * Run the loop. cycles or seconds end it, whichever comes first; seedFile holds
 * the generator's state, so that the next run goes on from there.
 */
export async function killLoop({ builddir, srcdir, cycles, seconds, seedFile, say }) {
  const seed = seedFile && existsSync(seedFile) ? Number(readFileSync(seedFile, 'utf8')) : 20261121
  const rng = random(seed)
  const desk = new Desk({ builddir, port: await freePort() })
  const ledger = new Ledger(seed)
  const report = { seed, cycles: 0, kills: {}, between: 0, absent: 0 }
  const end = Date.now() + seconds * 1000
  desk.start()
  try {
    await desk.ready()
    await desk.setUp(join(srcdir, 'rules/catalog/default.book'))
    const writers = {
      maildir: new MaildirWriter(ledger, desk.inbox),
      bus: new BusWriter(ledger, desk.socket('mail'), 'bus'),
    }
    const running = [writers.maildir.run(), writers.bus.run()]
    while (report.cycles < cycles && Date.now() < end) {
      await killOne(desk, rng, writers, report)
      report.cycles++
    }
    writers.maildir.stopped = true
    writers.bus.stopped = true
    await desk.ready()
    await drain(writers)
    await Promise.all(running)
    const store = await readStore(desk)
    await desk.stop()
    const fsck = execFileSync(join(builddir, 'postigod'), ['--dir', desk.data, '--fsck'], { encoding: 'utf8' })
    if (seedFile) writeFileSync(seedFile, String(rng.state()))
    Object.assign(report, {
      offered: ledger.count,
      maildir: ledger.acknowledged('maildir'),
      bus: ledger.acknowledged('bus'),
      repeats: writers.bus.repeats,
      checks: store.checks,
      wrong: [...compare(ledger, store), ...writers.bus.problems],
      problems: store.problems,
      fsck: fsck.trim(),
      dir: desk.dir,
    })
    say?.(
      `${report.cycles} kills (${JSON.stringify(report.kills)}), ${report.between} between first byte and ` +
        `acknowledgement; ${report.offered} offered, ${report.maildir} by Maildir and ${report.bus} by bus ` +
        `acknowledged, ${report.repeats} repeats`,
    )
    return report
  } finally {
    await desk.stop()
  }
}
