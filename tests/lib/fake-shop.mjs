// What the fake shops share: a server on loopback, orders with the instant of
// their last change, webhooks that are signed and sent as the shop sends them,
// and what goes wrong on the way.
import { createServer } from 'node:http'
import { sign } from './shop.mjs'
import { sleep } from './wait.mjs'
import { ask } from './whatsapp.mjs'

/** What a shop's server does wrong: [name, what of a hundred]. */
const FAULTS = ['cut', 'page', 'slow', 'limit']

export class FakeShop {
  /** hook: {port, path} of the gateway. retries: pauses in ms before another try of a webhook. */
  constructor({ secret, retries = [], random = Math.random }) {
    Object.assign(this, { secret, retries, random })
    this.orders = new Map() // id -> the order as the API has it
    this.faults = 0 // of a hundred requests
    this.lost = 0 // of a hundred webhooks: never sent
    this.hook = null
    this.on = true // the webhook
    this.failures = 0 // in a row
    this.told = 0
    this.asked = 0
    this.faulty = 0
    this.flying = new Set()
    this.now_s = Math.floor(Date.now() / 1000) - 86400
  }

  async listen() {
    this.server = createServer((req, res) => this.serve(req, res))
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done))
    this.base = `http://127.0.0.1:${this.server.address().port}`
    return this
  }

  async close() {
    await Promise.allSettled([...this.flying])
    this.server.closeAllConnections()
    await new Promise((done) => this.server.close(done))
  }

  async serve(req, res) {
    const parts = []
    for await (const part of req) parts.push(part)
    this.asked++
    if (this.random() * 100 < this.faults) return this.fail(res)
    const { status = 200, headers = {}, body } = this.answer(req, Buffer.concat(parts).toString())
    const text = JSON.stringify(body)
    res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers })
    res.end(text)
  }

  /** A cut in the middle, a maintenance page, an answer that is slow and ends, too many requests. */
  fail(res) {
    this.faulty++
    const fault = FAULTS[Math.floor(this.random() * FAULTS.length)]
    if (fault === 'limit') {
      res.writeHead(429, { 'retry-after': '1', 'content-type': 'application/json' })
      res.end('{}')
    } else if (fault === 'page') {
      res.writeHead(this.random() < 0.5 ? 503 : 200, { 'content-type': 'text/html' })
      res.end('<!DOCTYPE html><title>Mantenimiento</title>')
    } else {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
      res.write('[{"id": 1, ')
      setTimeout(() => res.destroy(), fault === 'slow' ? 100 : 0)
    }
  }

  /** Orders that changed at an instant or after, oldest change first. */
  since(s) {
    return [...this.orders.values()].filter((o) => o.changed_s >= s).sort((a, b) => a.changed_s - b.changed_s || a.id - b.id)
  }

  /** Time goes on, sometimes not: two changes may have the same second. */
  tick() {
    this.now_s = Math.floor(Date.now() / 1000)
    return this.now_s
  }

  /** Send a webhook; as the shop it may try again, or not. */
  tell(topic, body) {
    if (!this.hook || !this.on || this.random() * 100 < this.lost) return
    const flight = this.deliver(topic, JSON.stringify(body)).finally(() => this.flying.delete(flight))
    this.flying.add(flight)
  }

  async deliver(topic, text) {
    for (const pause of [...this.retries, null]) {
      this.told++
      const { status } = await ask(this.hook.port, 'POST', `/shop/${this.hook.path}`, { body: text, headers: { ...this.headers(topic, text), 'content-length': Buffer.byteLength(text) } })
      if (status >= 200 && status <= 299) {
        this.failures = 0
        return
      }
      if (pause !== null) await sleep(pause)
    }
    this.failed()
  }

  /** A webhook was given up. */
  failed() {
    this.failures++
  }

  signature(text) {
    return sign(text, this.secret)
  }
}
