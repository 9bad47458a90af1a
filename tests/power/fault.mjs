// A disk that fails while a session is recorded: the n-th sync, or the n-th
// write. Afterwards, what was acknowledged is on the disk, also on one that
// lost its power at the end.
import { closeSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { checkImage, acknowledged } from './image.mjs'
import { recordFaulty } from './session.mjs'
import { Disk, differences, readTrace, sentLines, writeImage } from './trace.mjs'
import { sleep } from '../lib/wait.mjs'

const ENDED_MS = 60_000 // a daemon that has to end does
const EXIT_STORE = 74
const EIO = 5
const ENOSPC = 28
const EDQUOT = 122
const FOR_EVER = -1
const names = ['SYNC_COUNT', 'SYNC_AT', 'SYNC_TIMES', 'SYNC_ERROR', 'SYNC_DONE', 'WRITE_COUNT', 'WRITE_AT', 'WRITE_TIMES', 'WRITE_ERROR', 'WRITE_DONE', 'SYNC_AGAIN']
const CONTROL_BYTES = 8192
const TRIES = 5 // of a session whose trace is not whole

/** The shared memory of tests/shim/fault.c. */
export class Fault {
  /** what: sync or write; n: which one, counted from where the plan is armed. */
  constructor(what, n, how = {}) {
    Object.assign(this, { what, n, times: 1, error: what === 'sync' ? EIO : ENOSPC, ...how })
  }

  open(place) {
    this.file = join(place, 'fault')
    this.fd = openSync(this.file, 'w+')
    writeSync(this.fd, Buffer.alloc(CONTROL_BYTES), 0, CONTROL_BYTES, 0)
  }

  get(name) {
    const eight = Buffer.alloc(8)
    readSync(this.fd, eight, 0, 8, names.indexOf(name) * 8)
    return Number(eight.readBigInt64LE())
  }

  set(name, value) {
    const eight = Buffer.alloc(8)
    eight.writeBigInt64LE(BigInt(value))
    writeSync(this.fd, eight, 0, 8, names.indexOf(name) * 8)
  }

  arm() {
    const kind = this.what.toUpperCase()
    this.armed = this.get(`${kind}_COUNT`)
    this.set(`${kind}_TIMES`, this.times)
    this.set(`${kind}_ERROR`, this.error)
    if (this.n > 0) this.set(`${kind}_AT`, this.armed + this.n)
    if (this.healMs) void this.healLater()
  }

  /** Space comes back some time after it was gone. */
  async healLater() {
    while (this.fd !== undefined && this.done === 0) await sleep(5)
    await sleep(this.healMs)
    if (this.fd !== undefined) this.heal()
  }

  heal() {
    this.set(`${this.what.toUpperCase()}_AT`, 0)
  }

  get count() {
    return this.get(`${this.what.toUpperCase()}_COUNT`) - this.armed
  }

  get done() {
    return this.get(`${this.what.toUpperCase()}_DONE`)
  }

  /** The path that failed first. */
  get path() {
    const bytes = Buffer.alloc(4096)
    readSync(this.fd, bytes, 0, 4096, names.length * 8)
    return bytes.toString('utf8', 0, bytes.indexOf(0))
  }

  close() {
    if (this.fd !== undefined) closeSync(this.fd)
    this.fd = undefined
  }
}

export const syncFaults = {
  once: { times: 1 },
  ever: { times: FOR_EVER },
}

export const writeFaults = {
  once: { times: 1, error: ENOSPC },
  while: { times: 40, error: ENOSPC },
  quota: { times: 6, error: EDQUOT },
  short: { times: 30, error: 0 },
  full: { times: FOR_EVER, error: ENOSPC, healMs: 60 },
}

/**
 * What is there after the fault, on a disk that keeps all and on one that keeps little. ended: the daemon ended by
 * itself, and may have done so within the call of another thread, which is then in the file and not in the trace.
 * Returns false if so.
 */
async function checkDisks(recorded, wrong, ended = false) {
  const records = readTrace(...recorded.traces)
  const disk = new Disk(recorded)
  for (const r of records) disk.take(r)
  const missed = differences(disk)
  if (missed.length > 0 && ended && wrong.length === 0) return false
  if (missed.length > 0) wrong.push(`the trace is not whole: ${missed[0]}`)
  const truth = acknowledged(recorded, sentLines(records), records.length)
  for (const style of ['none', 'all']) {
    const place = join(recorded.place, style)
    mkdirSync(place)
    writeImage(disk, place, recorded.rng, style)
    for (const w of await checkImage(place, recorded, truth, { deep: style === 'none' })) wrong.push(`${style}: ${w}`)
  }
  return true
}

function report(recorded, fault, wrong) {
  const what = `${fault.what} ${fault.n} (error ${fault.error}, ${fault.times} times, at ${fault.path})`
  if (wrong.length > 0) throw new Error(`${what}: ${JSON.stringify(wrong.slice(0, 10), null, 1)}\n${recorded.place}\n${recorded.daemon.log().slice(-1500)}`)
  fault.close()
  recorded.remove()
}

/** Nothing of it is looked at. Left open, the fault would be waited for for ever. */
async function drop(recorded, fault) {
  await recorded.end()
  fault.close()
  recorded.remove()
}

/**
 * The n-th sync of a session fails: nothing is answered any more and the
 * daemon ends with 74. Only a backup's own sync is the backup's alone.
 * Returns false if there were fewer syncs.
 */
export async function syncFault(plan, rng, n, how) {
  for (let tries = 0; tries < TRIES; tries++) {
    const failed = await syncFaultOnce(plan, rng, n, how)
    if (failed !== null) return failed
  }
  throw new Error(`sync ${n}: no trace of ${TRIES} is whole`)
}

/** null: its trace is not whole, and tells nothing. */
async function syncFaultOnce(plan, rng, n, how) {
  const fault = new Fault('sync', n, how)
  const recorded = await recordFaulty(plan, rng, fault)
  const wrong = []
  try {
    if (fault.done === 0) {
      await drop(recorded, fault)
      return false
    }
    const requests = [...recorded.asked.requests.values()]
    const backup = requests.filter((r) => r.backup)
    const served = requests.some((r) => r.result)
    if (/\/search\.db|\/copy\d+/.test(fault.path) || (fault.path === recorded.root && served)) {
      // what can be made anew, and a backup, end nobody
      // unless what came next could not be synced either
      const next = fault.times === FOR_EVER && recorded.daemon.gone && recorded.daemon.child.exitCode === EXIT_STORE
      if (recorded.daemon.gone && !next) wrong.push('a failed backup, or index, ended the daemon')
      // SQLite does not look whether it could sync a folder; the backup does later
      if (/\/copy\d+\//.test(fault.path) && !backup.some((r) => r.error)) wrong.push('a backup that could not be synced was acknowledged')
      if (!recorded.daemon.gone) await recorded.daemon.stop()
    } else if (fault.path === join(recorded.root, 'desk') && !recorded.daemon.gone) {
      // SQLite does not look whether it could sync the folder of a new log;
      // the start does, before anybody is answered; and what it syncs last fails too
      const end = await recorded.daemon.stop()
      const last = fault.times === FOR_EVER && end.code === EXIT_STORE
      if (end.code !== 0 && !last) wrong.push(`the daemon ended with ${JSON.stringify(end)}`)
    } else {
      const end = await recorded.daemon.endsWithin(ENDED_MS)
      if (end?.code !== EXIT_STORE) wrong.push(`the daemon ended with ${JSON.stringify(end)}`)
      const again = fault.get('SYNC_AGAIN')
      if (again > 0 && (served || fault.path.endsWith('-wal'))) wrong.push(`it was synced again, ${again} times`)
    }
    await recorded.end()
    if (!(await checkDisks(recorded, wrong, recorded.daemon.child.exitCode === EXIT_STORE))) {
      await drop(recorded, fault)
      return null
    }
  } finally {
    await recorded.end()
  }
  report(recorded, fault, wrong)
  return true
}

/**
 * The n-th write of a session, and some after it, find no space: it is said,
 * nothing that was acknowledged is lost, and everything goes on by itself.
 * Returns false if there were fewer writes.
 */
export async function writeFault(plan, rng, n, how) {
  const fault = new Fault('write', n, how)
  let recorded = await recordFaulty(plan, rng, fault)
  const wrong = []
  try {
    if (fault.done === 0) {
      await drop(recorded, fault)
      return false
    }
    const requests = [...recorded.asked.requests.values()]
    for (const r of requests)
      if (r.error?.word && r.error.word !== 'full' && !r.backup) wrong.push(`${r.method} was refused with ${r.error.word}: ${r.error.message}`)
    if (recorded.daemon.gone) {
      // it could not even start
      if (requests.some((r) => r.result)) wrong.push(`the daemon ended with ${recorded.daemon.child.exitCode}`)
      fault.heal()
    } else {
      if (requests.some((r) => r.error && !r.error.word)) wrong.push('a connection was closed')
      const end = await recorded.daemon.stop()
      if (end.code !== 0) wrong.push(`the daemon ended with ${JSON.stringify(end)}`)
    }
    await recorded.end()
    await checkDisks(recorded, wrong)
  } finally {
    await recorded.end()
  }
  report(recorded, fault, wrong)
  return true
}

/** How many syncs or writes a session has. */
export async function countOf(what, plan, rng) {
  const fault = new Fault(what, 0)
  const recorded = await recordFaulty(plan, rng, fault)
  const { count } = fault
  await drop(recorded, fault)
  return count
}


