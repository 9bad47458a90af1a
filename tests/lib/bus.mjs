// The bus from a test's side: start a postigod in a folder of its own, connect
// to its sockets, call methods, see notifications.
import { spawn } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep, WAIT_MS } from './wait.mjs'

/** An error response: code (number), outcome, word (data.code), data. */
export class BusError extends Error {
  constructor(error) {
    super(error.message)
    this.code = error.code
    this.data = error.data ?? {}
    this.outcome = this.data.outcome
    this.word = this.data.code
  }
}

/** One connection. Calls that wait when it closes are rejected. */
export class Client {
  constructor(socket) {
    this.socket = socket
    this.closed = false
    this.nextId = 1
    this.waiting = new Map()
    this.notes = [] // every notification: {method, params}
    this.onNote = null
    this.frames = 0
    let rest = Buffer.alloc(0)
    socket.on('data', (bytes) => {
      rest = rest.length ? Buffer.concat([rest, bytes]) : bytes
      for (let at; (at = rest.indexOf(10)) >= 0; rest = rest.subarray(at + 1)) this.frame(rest.toString('utf8', 0, at))
    })
    const end = () => {
      if (this.closed) return
      this.closed = true
      for (const { reject } of this.waiting.values()) reject(new Error('the connection was closed'))
      this.waiting.clear()
      this.onClose?.()
    }
    socket.on('close', end)
    socket.on('error', end)
    this.ended = new Promise((done) => (this.onClose = done))
  }

  frame(text) {
    this.frames++
    const o = JSON.parse(text)
    if (o.method) {
      this.notes.push(o)
      this.onNote?.(o)
      return
    }
    const call = this.waiting.get(o.id)
    if (!call) {
      this.notes.push(o)
      return
    }
    this.waiting.delete(o.id)
    if (o.error) call.reject(new BusError(o.error))
    else {
      this.lastNumber = o.number
      call.resolve(o.result)
    }
  }

  /** Raw octets, for tests that misbehave. */
  write(bytes) {
    this.socket.write(bytes)
  }

  call(method, params = {}, extra = {}) {
    const id = this.nextId++
    return new Promise((resolve, reject) => {
      if (this.closed) {
        reject(new Error('the connection is closed'))
        return
      }
      this.waiting.set(id, { resolve, reject })
      this.write(JSON.stringify({ jsonrpc: '2.0', id, method, params, ...extra }) + '\n')
    })
  }

  /** The next notification that fits, also one that came before. */
  async note(fits, ms = WAIT_MS) {
    const until = Date.now() + ms
    for (;;) {
      const found = this.notes.find(fits)
      if (found) return found
      if (Date.now() > until) throw new Error(`no such notification within ${ms} ms: ${fits}`)
      await sleep(5)
    }
  }

  close() {
    this.socket.destroy()
  }
}

/** Connect without hello. */
export function openSocket(path) {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.removeListener('error', reject)
      resolve(new Client(socket))
    })
  })
}

/** Connect and say hello. */
export async function connectSocket(path, { program = 'test', protocol = 1 } = {}) {
  const client = await openSocket(path)
  client.hello = await client.call('hello', { protocol, program, version: 'test' })
  return client
}

/** What a daemon that did not end well had said, for the log of the run. */
function sayLog(how, log) {
  for (const line of [how, ...log.trimEnd().split('\n').slice(-40)]) console.error(`postigod: ${line.slice(0, 300)}`)
}

/**
 * Start postigod in a folder of its own (or in dir, to start again there).
 * Resolves when it answers. stop() ends it in order, kill() by SIGKILL.
 */
export async function startDaemon({ builddir = process.env.POSTIGO_BUILDDIR, dir, env = {}, args = [], before = [] } = {}) {
  const own = dir ?? mkdtempSync(join(tmpdir(), 'postigo-test-'))
  const log = join(own, 'postigod.log')
  const fd = openSync(log, 'a')
  const command = [...before, join(builddir, 'postigod'), '--dir', own, ...args]
  const child = spawn(command[0], command.slice(1), {
    stdio: ['ignore', fd, fd],
    env: { ...process.env, ...env },
  })
  const ended = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })))
  const daemon = {
    dir: own,
    child,
    pid: child.pid,
    ended,
    log: () => readFileSync(log, 'utf8'),
    socket: (role) => join(own, 'run', `${role}.sock`),
    connect: (role, options) => connectSocket(join(own, 'run', `${role}.sock`), options),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      const end = await ended
      if (end.code !== 0 && end.signal !== 'SIGKILL') sayLog(`ended with ${end.code ?? end.signal}`, daemon.log())
      return end
    },
    async kill() {
      child.kill('SIGKILL')
      return ended
    },
    remove: () => rmSync(own, { recursive: true, force: true }),
  }
  for (const until = Date.now() + WAIT_MS; ; await sleep(10)) {
    if (child.exitCode !== null) throw new Error(`postigod ended with ${child.exitCode}:\n${daemon.log()}`)
    try {
      ;(await daemon.connect('control')).close()
      return daemon
    } catch (error) {
      if (Date.now() > until) throw new Error(`postigod does not answer: ${error.message}\n${daemon.log()}`)
    }
  }
}
