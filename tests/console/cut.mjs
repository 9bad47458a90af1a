// The agents' WebSocket cut after so many octets of one direction: what an
// agent wrote is stored once, and every event comes once and in order.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import WebSocket from 'ws'
import { startDaemon } from '../lib/bus.mjs'
import { CutProxy } from '../lib/cutproxy.mjs'
import { until } from '../lib/wait.mjs'

const builddir = process.env.POSTIGO_BUILDDIR
const password = 'correct horse battery staple'
const sha256 = (s) => createHash('sha256').update(s).digest('hex')

/** A daemon, a gateway and an agent who is logged in. */
export async function startCutting() {
  const daemon = await startDaemon()
  const control = await daemon.connect('control')
  await control.call('agent.add', { email: 'laura@tienda.example', name: 'Laura', role: 'admin', password })
  await control.call('connection.add', {
    name: 'correo',
    kind: 'pipe',
    settings: { address: 'ayuda@tienda.example', from_name: 'Tienda', out: join(daemon.dir, 'out') },
  })
  const desk = { daemon, control, mail: await daemon.connect('mail'), contacts: 0 }
  const file = join(daemon.dir, 'console.log')
  const log = openSync(file, 'a')
  desk.gateway = spawn(
    join(builddir, 'postigo-console'),
    ['--socket', daemon.socket('console'), '--listen', '127.0.0.1:0', '--assets', join(daemon.dir, 'none')],
    { stdio: ['ignore', log, log] },
  )
  desk.ended = new Promise((done) => desk.gateway.once('exit', (code) => done(code)))
  const port = await until(() => Number(/port (\d+)"/.exec(readFileSync(file, 'utf8'))?.[1]), 'the port')
  desk.proxy = await CutProxy.start(port)
  desk.cookie = await logIn(`http://127.0.0.1:${port}`)
  desk.incident = (await contact(desk)).incident
  return desk
}

export async function stopCutting(desk) {
  await desk.proxy.stop()
  desk.gateway.kill('SIGTERM')
  assert.equal(await desk.ended, 0)
  await desk.daemon.stop()
  desk.daemon.remove()
}

async function logIn(base) {
  const page = await until(() => fetch(`${base}/login`).catch(() => null), 'the log-in page')
  const jar = page.headers.getSetCookie()[0].split(';')[0]
  const csrf = /name="csrf" value="([^"]+)"/.exec(await page.text())[1]
  const answer = await fetch(`${base}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: jar, origin: base },
    body: new URLSearchParams({ csrf, email: 'laura@tienda.example', password }),
  })
  return answer.headers.getSetCookie().map((one) => one.split(';')[0]).find((one) => one.includes('postigo'))
}

function contact(desk) {
  const text = `hola ${++desk.contacts}`
  return desk.mail.call('contact.add', {
    connection: 'correo',
    external_id: `<corte.${desk.contacts}@x.example>`,
    digest: sha256(text),
    received_at: new Date().toISOString(),
    channel: 'email',
    from: { address: 'marta@x.example' },
    subject: 'Corte',
    text,
    raw: { sha256: sha256(text), bytes: text.length, data: Buffer.from(text).toString('base64') },
  })
}

/** An agent's page: comes back at once, goes on from its last event, asks
 * again what was not answered, with its key. */
class Page {
  constructor(desk) {
    Object.assign(this, { desk, events: [], waiting: new Map(), next: 1, last: null, wrong: [], over: false, sockets: 0 })
    this.connect()
  }

  connect() {
    if (this.over) return
    const base = `127.0.0.1:${this.desk.proxy.port}`
    const ws = new WebSocket(`ws://${base}/ws`, 'postigo', {
      headers: { cookie: this.desk.cookie, origin: `http://${base}` },
      perMessageDeflate: false,
    })
    this.ws = ws
    this.sockets++
    ws.on('message', (data) => this.ws === ws && this.take(JSON.parse(data.toString())))
    ws.on('error', () => undefined)
    ws.on('close', () => this.ws === ws && setTimeout(() => this.connect(), 2))
  }

  take(frame) {
    if (frame.hello) {
      this.last ??= frame.hello.number
      this.ws.send(JSON.stringify({ resume: this.last }))
      for (const { frame: sent } of this.waiting.values()) this.ws.send(sent)
    } else if (frame.event) {
      if (frame.event.number <= this.last) this.wrong.push(`event ${frame.event.number} came again`)
      else if (frame.event.number !== this.last + 1) this.wrong.push(`event ${frame.event.number} after ${this.last}`)
      this.last = frame.event.number
      this.events.push(frame.event)
    } else if (frame.id) {
      const one = this.waiting.get(frame.id)
      if (!one) return
      const later = frame.error?.data?.retry_after_ms
      if (later) return void setTimeout(() => this.waiting.has(frame.id) && this.send(one.frame), later)
      this.waiting.delete(frame.id)
      if (frame.error) this.wrong.push(JSON.stringify(frame.error))
      one.done(frame.result)
    } else if (frame.gone || frame.down) this.wrong.push(JSON.stringify(frame))
  }

  call(method, params) {
    const id = this.next++
    const frame = JSON.stringify({ id, method, params, key: randomUUID() })
    return new Promise((done) => {
      this.waiting.set(id, { frame, done })
      if (this.last !== null) this.send(frame)
    })
  }

  send(frame) {
    if (this.ws.readyState === WebSocket.OPEN) this.ws.send(frame)
  }

  close() {
    this.over = true
    this.ws.terminate()
  }
}

/** A note, a customer who writes, another note; cut once. The octets of it. */
export async function work(desk, where = {}) {
  const { proxy } = desk
  const what = JSON.stringify(where)
  const first = await desk.control.call('incident.get', { id: desk.incident })
  const before = first.detail.incident.messages
  proxy.arm(where.way, where.at, where.how)
  const page = new Page(desk)
  try {
    const call = (...args) => {
      let answer
      page.call(...args).then((result) => (answer = result))
      return until(() => answer, () => `${args[0]}, cut ${what}; ${JSON.stringify(page.wrong)}`)
    }
    const one = await call('incident.note', { id: desk.incident, text: `uno ${what}` })
    await contact(desk)
    const two = await call('incident.note', { id: desk.incident, text: `dos ${what}` })
    const { detail } = await desk.control.call('incident.get', { id: desk.incident })
    await until(() => page.last >= detail.events.at(-1).number, `the last event, cut ${what}`)
    assert.deepEqual([one.message.number, two.message.number], [before + 1, before + 2], what)
    assert.equal(detail.incident.messages, before + 2, `each is there once, cut ${what}`)
    assert.deepEqual(page.wrong, [], what)
    const octets = { up: proxy.up, down: proxy.down }
    return { octets, cut: where.way !== undefined && proxy.done }
  } finally {
    page.close()
    proxy.arm()
  }
}
