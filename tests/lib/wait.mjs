// Waiting, for tests: for a state, with a ceiling that only a machine which
// does nothing else at all could reach, and never for a time.
import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The ceiling of each wait for a state. */
export const WAIT_MS = 120_000

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

/** Wait until fits() gives something; what it gave. */
export async function until(fits, what = String(fits), ms = WAIT_MS) {
  for (const end = Date.now() + ms; ; await sleep(10)) {
    const got = await fits()
    if (got) return got
    if (Date.now() > end) throw new Error(`waited ${ms} ms for: ${what}`)
  }
}

/** Is there a process of that id that has not ended? */
export function alive(pid) {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

// Below the ports that a system gives out by itself, so that nobody's outgoing
// connection takes one between the look and the use.
const PORT_FIRST = 20_000
const PORT_LAST = 31_900

function listens(port) {
  return new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)))
  })
}

const held = new Set()

/** One process at a time may have a port: its number is a file with the id. */
function reserve(port) {
  const file = join(tmpdir(), `postigo-port-${port}`)
  try {
    const fd = openSync(file, 'wx')
    writeSync(fd, String(process.pid))
    closeSync(fd)
  } catch {
    try {
      const holder = readFileSync(file, 'utf8')
      if (holder !== '' && !alive(holder)) unlinkSync(file)
    } catch {
      // Somebody else was faster.
    }
    return false
  }
  if (held.size === 0) process.once('exit', () => held.forEach((one) => unlinkSync(one)))
  held.add(file)
  return true
}

/** The first of count ports in a row that nobody uses, for this process. */
export async function freePort(count = 1) {
  for (;;) {
    const first = PORT_FIRST + Math.floor((Math.random() * (PORT_LAST - PORT_FIRST)) / 10) * 10
    if (!reserve(first)) continue
    let free = true
    for (let n = 0; n < count && free; n++) free = await listens(first + n)
    if (free) return first
  }
}
