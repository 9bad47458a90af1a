// postigo-shop from a test's side: a gateway on a daemon's socket, shops as
// connections, webhooks signed and posted.
import { spawn } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from './wait.mjs'
import { ask } from './whatsapp.mjs'

const builddir = process.env.POSTIGO_BUILDDIR

/** What a shop's signature says of a body. */
export const sign = (body, secret) => createHmac('sha256', secret).update(body).digest('base64')

/** The header that signs, by kind. */
export const SIGNATURES = {
  woocommerce: 'x-wc-webhook-signature',
  shopify: 'x-shopify-hmac-sha256',
  orders: 'x-postigo-signature',
  aftership: 'aftership-hmac-sha256',
}
const TOPICS = { woocommerce: 'x-wc-webhook-topic', shopify: 'x-shopify-topic' }

/** Start postigo-shop on a socket of the bus; its log goes to a file in dir. */
export async function startShop({ socket, dir, port = 0, every = 900, args = [], env, ready = true }) {
  const log = join(dir, 'shop.log')
  const read = () => {
    try {
      return readFileSync(log, 'utf8')
    } catch {
      return ''
    }
  }
  const from = read().length
  const fd = openSync(log, 'a')
  const child = spawn(join(builddir, 'postigo-shop'), ['--socket', socket, '--listen', `127.0.0.1:${port}`, '--every', String(every), ...args], {
    stdio: ['ignore', fd, fd],
    env: env ?? process.env,
  })
  const ended = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })))
  const gateway = {
    child,
    pid: child.pid,
    ended,
    log: () => read().slice(from),
    /** It has three seconds for what is under way, whatever its parts wait for. */
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      await until(() => child.exitCode !== null || child.signalCode !== null, 'the gateway to end', 25_000)
      return ended
    },
    ask: (method, path, options) => ask(gateway.port, method, path, options),
    /** Post a webhook; a secret of null leaves the signature out. */
    deliver(path, body, { kind = 'woocommerce', secret, topic, headers = {}, agent } = {}) {
      return ask(gateway.port, 'POST', `/shop/${path}`, {
        body,
        agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...(secret === null ? {} : { [SIGNATURES[kind]]: sign(body, secret) }),
          ...(topic === undefined ? {} : { [TOPICS[kind]]: topic }),
          ...headers,
        },
      })
    },
  }
  gateway.port = await until(() => {
    if (child.exitCode !== null) throw new Error(`postigo-shop ended with ${child.exitCode}: ${gateway.log()}`)
    return Number(/port (\d+)"/.exec(gateway.log())?.[1])
  }, 'the gateway to listen')
  if (ready) await until(async () => (await gateway.ask('GET', '/readyz')).status === 200, 'the gateway to be ready')
  return gateway
}

/** Add a shop; the answer has the path of its webhooks. */
export async function addShop(control, { name = 'tienda', kind = 'woocommerce', settings, secrets }) {
  const path = createHash('md5').update(name).digest('hex') // 32 digits
  await control.call('connection.add', { name, kind, settings: { path, ...settings }, secrets })
  return path
}
