// A Graph API on loopback that takes messages, gives media, signs webhooks and
// misbehaves as it is told. It is not part of the project: without it, suites
// say so and skip.
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const shared = process.env.POSTIGO_SHARED ?? join(process.env.POSTIGO_SRCDIR ?? '.', '../shared')
/** The program; it can be imported as well. */
export const program = join(shared, 'tools/fake_graph.mjs')

/** Bodies of deliveries, with what is to be made of them. */
export const corpus = join(shared, 'corpus/whatsapp')

/** Why suites that need it skip; false: it is there. */
export const noGraph = existsSync(program) ? false : `there is no ${program}`
export const noCorpus = existsSync(join(corpus, 'expected.jsonl')) ? false : `there is no ${corpus}`

/** What the corpus was signed for. */
export const APP_SECRET = 'postigo-corpus-app-secret'
export const VERIFY_TOKEN = 'corpus-verify-token'
export const TOKEN = 'un-token-de-prueba'
export const PHONES = ['106540352242922', '209988776655443', '1122334455667', '409552778964973', '109999999999999', '1111111111111']

/**
 * Start one, as a process of its own, on a port of its own.
 * webhook  where it delivers to
 * options  of the program by their names: { autoStatus: 'sent,delivered' }
 */
export async function startGraph({ webhook, phones = PHONES.slice(0, 1), options = {} } = {}) {
  const given = { port: 0, token: TOKEN, appSecret: APP_SECRET, verifyToken: VERIFY_TOKEN, phones: phones.join(','), ...(webhook ? { webhook } : {}), ...options }
  const words = Object.entries(given).flatMap(([name, value]) => [`--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`, String(value)])
  // node knows a program by its own path, not by a link to its folder
  const child = spawn(process.execPath, [realpathSync(program), ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((done) => child.once('exit', done))
  process.once('exit', () => child.kill('SIGKILL'))
  const ready = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)))
    ended.then((code) => reject(new Error(`the fake Graph ended with ${code}`)))
  })
  const graph = {
    base: ready.base,
    port: ready.port,
    pid: child.pid,
    /** A call of its control: ('POST', 'inbound', {...}) or ('GET', 'state'). */
    async control(method, what, body) {
      const answer = await fetch(`${ready.base}/__control/${what}`, {
        method,
        body: body === undefined ? undefined : JSON.stringify(body),
      })
      const o = await answer.json()
      if (!answer.ok) throw new Error(`${what}: ${answer.status} ${JSON.stringify(o)}`)
      return o
    },
    post: (what, body = {}) => graph.control('POST', what, body),
    get: (what) => graph.control('GET', what),
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
  return graph
}
