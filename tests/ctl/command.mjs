// The postigo command from a test's side.
import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'

export { alive, freePort, until, WAIT_MS } from '../lib/wait.mjs'

export const build = process.env.POSTIGO_BUILDDIR
export const src = process.env.POSTIGO_SRCDIR
export const program = join(build, 'postigo')

/** Run it to its end: {code, out, err}. input goes to standard input. */
export function postigo(args, { input = '', env = {}, ms = 300000 } = {}) {
  return new Promise((done) => {
    const child = execFile(
      program,
      args,
      { env: { ...process.env, ...env }, timeout: ms, maxBuffer: 64 << 20 },
      (error, out, err) => done({ code: error ? (error.code ?? error.signal) : 0, out, err }),
    )
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

/** Standard output as a list of objects. */
export const lines = (text) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

/** A supervisor in a folder of its own. */
export function serve(dir, args = [], options = {}) {
  const child = spawn(program, ['--dir', dir, 'serve', ...args], { stdio: ['ignore', 'ignore', 'pipe'], ...options })
  let log = ''
  child.stderr.on('data', (bytes) => (log += bytes))
  const ended = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })))
  return { child, ended, log: () => log }
}

/** A contact as a gateway would send it. */
export function contact(connection, n, more = {}) {
  const text = `Quiero devolver el pedido ${n}.`
  const raw = Buffer.from(`From: c${n}@correo.example\r\nSubject: Pedido ${n}\r\n\r\n${text}\r\n`)
  const digest = createHash('sha256').update(text).digest('hex')
  return {
    connection,
    external_id: `<m${n}@correo.example>`,
    digest,
    received_at: new Date(Date.now() - 60000).toISOString(),
    channel: 'email',
    from: { name: `Cliente ${n}`, address: `c${n}@correo.example` },
    recipients: ['hola@tienda.example'],
    subject: `Pedido ${n}`,
    text,
    attachments: [],
    raw: { sha256: createHash('sha256').update(raw).digest('hex'), bytes: raw.length, data: raw.toString('base64') },
    ...more,
  }
}
