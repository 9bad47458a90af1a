// A stand-in for the daemon on a socket of the role whatsapp: it knows one
// number, and answers the rest as the test says.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { APP_SECRET, PHONES, VERIFY_TOKEN } from '../lib/graph.mjs'

/** A refusal as the daemon writes it. */
export const refusal = (outcome, code) => ({ error: { code: -32000, message: code, data: { outcome, code } } })

export async function startStandIn() {
  const dir = mkdtempSync(join(tmpdir(), 'postigo-standin-'))
  const sockets = new Set()
  const desk = {
    dir,
    socket: join(dir, 'sock'),
    calls: [], // {method, params}
    /** What a method is answered, or a promise of it: {result}, {error}, or nothing. */
    how: () => ({ result: { hook: 1 } }),
    /** A notification to everybody. */
    tell(method, params) {
      for (const socket of sockets) socket.write(`${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`)
    },
    /** Every connection breaks. */
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    stop() {
      desk.cut()
      server.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  const own = {
    hello: () => ({ result: { protocol: 1, version: 'test', role: 'whatsapp', now: new Date().toISOString() } }),
    'connection.mine': () => ({
      result: {
        connections: [
          {
            id: 1,
            name: 'tienda',
            kind: 'whatsapp',
            version: 1,
            settings: { phone_number_id: PHONES[0] },
            secrets: { app_secret: APP_SECRET, verify_token: VERIFY_TOKEN, access_token: 'x' },
          },
        ],
      },
    }),
    'hook.take': () => ({ result: { hooks: [] } }),
    'outbox.take': () => ({ result: { deliveries: [] } }),
    'job.take': () => ({ result: { jobs: [] } }),
  }
  desk.own = own // what it answers by itself, by method; a test may say otherwise
  const server = createServer((socket) => {
    let rest = ''
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (bytes) => {
      rest += bytes
      for (let at; (at = rest.indexOf('\n')) >= 0; rest = rest.slice(at + 1)) {
        const { id, method, params } = JSON.parse(rest.slice(0, at))
        if (!own[method]) desk.calls.push({ method, params })
        Promise.resolve(own[method]?.() ?? desk.how(method, params)).then(
          (answer) => answer && socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`),
        )
      }
    })
  })
  await new Promise((done) => server.listen(desk.socket, done))
  return desk
}
