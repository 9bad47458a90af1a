// postigo-whatsapp from a test's side: a gateway on a daemon's socket, numbers
// as connections, deliveries signed and posted.
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { openSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { APP_SECRET, PHONES, TOKEN, VERIFY_TOKEN } from './graph.mjs'
import { until } from './wait.mjs'

const builddir = process.env.POSTIGO_BUILDDIR

/** What X-Hub-Signature-256 says of a body. */
export const sign = (body, secret = APP_SECRET) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`

/** One of our numbers. graph: of startGraph(), or none is asked. */
export function addNumber(control, { name = 'tienda', phone = PHONES[0], graph, settings = {}, secrets = {} } = {}) {
  return control.call('connection.add', {
    name,
    kind: 'whatsapp',
    settings: { phone_number_id: phone, waba_id: '102290129340398', display_number: '+34 900 100 200', graph_base: graph?.base ?? 'http://127.0.0.1:9', ...settings },
    secrets: { access_token: TOKEN, app_secret: APP_SECRET, verify_token: VERIFY_TOKEN, ...secrets },
  })
}

/** An HTTP request as it stands; status 0: the connection ended unanswered. */
export function ask(port, method, path, { headers = {}, body, agent = false } = {}) {
  return new Promise((resolve) => {
    const parts = []
    const r = request({ host: '127.0.0.1', port, method, path, headers, agent }, (answer) => {
      answer.on('data', (p) => parts.push(p))
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(parts).toString() }))
      answer.on('error', () => resolve({ status: answer.statusCode, headers: answer.headers, text: '' }))
    })
    r.on('error', () => resolve({ status: 0, headers: {}, text: '' }))
    r.end(body)
  })
}

/** Start postigo-whatsapp on a socket of the bus; its log goes to a file in dir. */
export async function startGateway({ socket, dir, port = 0, args = [], ready = true }) {
  const log = join(dir, 'whatsapp.log')
  const from = (() => {
    try {
      return readFileSync(log, 'utf8').length
    } catch {
      return 0
    }
  })()
  const fd = openSync(log, 'a')
  const child = spawn(join(builddir, 'postigo-whatsapp'), ['--socket', socket, '--listen', `127.0.0.1:${port}`, ...args], {
    stdio: ['ignore', fd, fd],
  })
  const ended = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })))
  const gateway = {
    child,
    pid: child.pid,
    ended,
    log: () => readFileSync(log, 'utf8').slice(from),
    /** It has three seconds for what is under way, whatever its parts wait for. */
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      await until(() => child.exitCode !== null || child.signalCode !== null, 'the gateway to end', 25_000)
      return ended
    },
    /** Post a delivery; a secret of null leaves the signature out. */
    deliver(body, { phone = PHONES[0], secret = APP_SECRET, headers = {}, agent } = {}) {
      return ask(gateway.port, 'POST', `/whatsapp/${phone}`, {
        body,
        agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...(secret === null ? {} : { 'x-hub-signature-256': sign(body, secret) }),
          ...headers,
        },
      })
    },
    ask: (method, path, options) => ask(gateway.port, method, path, options),
  }
  gateway.port = await until(() => {
    if (child.exitCode !== null) throw new Error(`postigo-whatsapp ended with ${child.exitCode}: ${gateway.log()}`)
    return Number(/port (\d+)"/.exec(gateway.log())?.[1])
  }, 'the gateway to listen')
  gateway.webhook = (phone = PHONES[0]) => `http://127.0.0.1:${gateway.port}/whatsapp/${phone}`
  if (ready) await until(async () => (await gateway.ask('GET', '/readyz')).status === 200, 'the gateway to be ready')
  return gateway
}

/** A delivery of one text message, as Meta writes it. */
export function textBody({ phone = PHONES[0], from = '34655443322', id, text = 'Hola', at = Math.floor(Date.now() / 1000) }) {
  return envelope(phone, {
    contacts: [{ profile: { name: 'Ana' }, wa_id: from }],
    messages: [{ from, id, timestamp: String(at), type: 'text', text: { body: text } }],
  })
}

/** What stands around a value of field `messages`, with Meta's escapes. */
export function envelope(phone, ...values) {
  const body = {
    object: 'whatsapp_business_account',
    entry: [
      {
        id: '102290129340398',
        changes: values.map((value) => ({
          value: { messaging_product: 'whatsapp', metadata: { display_phone_number: '34900100200', phone_number_id: phone }, ...value },
          field: 'messages',
        })),
      },
    ],
  }
  return JSON.stringify(body)
    .replace(/\//g, '\\/')
    .replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
