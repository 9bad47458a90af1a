// What the fake shops share: a server on loopback, orders with the instant of
// their last change, webhooks that are signed and sent as the shop sends them,
// and what goes wrong on the way.
import { createServer } from 'node:http'
import { happen, newOrder } from './fake-order.mjs'
import { sign } from './shop.mjs'
import { sleep } from './wait.mjs'
import { ask } from './whatsapp.mjs'

/** What a shop's server does instead of an answer. */
export const FAULTS = ['cut', 'page', 'maintenance', 'slow', 'limit', 'error']
const SLOW_MS = 100
const LATE_MS = [20, 400] // a webhook that others overtake

export class FakeShop {
  /** retries: pauses in ms before another try of a webhook. */
  constructor({ secret, retries = [], random = Math.random }) {
    Object.assign(this, { secret, retries, random })
    this.orders = new Map() // id -> the order (fake-order.mjs)
    this.gone = new Map() // id -> number of those that were deleted for good
    this.next = [] // faults of the next requests, before what is by chance
    this.faults = 0 // of a hundred requests
    this.lost = 0 // of a hundred webhooks: never sent
    this.twice = 0 // of a hundred: sent again, whatever was answered
    this.late = 0 // of a hundred: sent after those that follow
    this.hook = null // {port, path} of the gateway
    this.on = true // the webhook
    this.failures = 0 // in a row
    this.counts = { asked: 0, told: 0, lost: 0, twice: 0, late: 0, given_up: 0, refused: 0 }
    this.faulty = {} // fault -> how often
    this.requests = [] // {url, text, status, at}
    this.flying = new Set()
    this.skew_s = 0 // its clock against ours
  }

  /** On a port, or on any. */
  async listen(port = 0) {
    this.server = createServer((req, res) => this.serve(req, res))
    await new Promise((done) => this.server.listen(port, '127.0.0.1', done))
    this.base = `http://127.0.0.1:${this.server.address().port}`
    return this
  }

  /** Every webhook was taken, or given up. */
  async landed() {
    while (this.flying.size > 0) await Promise.allSettled([...this.flying])
  }

  async close() {
    this.hook = null
    this.server.closeAllConnections()
    await new Promise((done) => this.server.close(done))
  }

  // --- its API

  async serve(req, res) {
    const parts = []
    for await (const part of req) parts.push(part)
    const text = Buffer.concat(parts).toString()
    this.counts.asked++
    const request = { url: req.url, text, at: Date.now() }
    this.requests.push(request)
    const fault = this.next.length > 0 ? this.next.shift() : this.random() * 100 < this.faults ? FAULTS[Math.floor(this.random() * FAULTS.length)] : null
    request.fault = fault
    if (fault !== null) return this.fail(fault, res)
    const { status = 200, headers = {}, body } = this.answer(req, text)
    if (status !== 200) this.counts.refused++
    request.status = status
    const answer = JSON.stringify(body)
    res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer), date: new Date(this.now_s() * 1000).toUTCString(), ...headers })
    res.end(answer)
  }

  /** Cut in the middle, a page for people, one with 503, too many requests, an error. */
  fail(fault, res) {
    this.faulty[fault] = (this.faulty[fault] ?? 0) + 1
    const page = (status, headers) => {
      res.writeHead(status, { 'content-type': 'text/html', ...headers })
      res.end('<!DOCTYPE html><title>Mantenimiento</title>')
    }
    if (fault === 'limit') {
      res.writeHead(429, { 'retry-after': '1', 'content-type': 'application/json' })
      res.end('{}')
    } else if (fault === 'page') page(200)
    else if (fault === 'maintenance') page(503, { 'retry-after': '1' })
    else if (fault === 'error') page(500, { 'retry-after': '0' })
    else {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
      res.write('[{"id": 1, ')
      setTimeout(() => res.destroy(), fault === 'slow' ? SLOW_MS : 0)
    }
  }

  /** Orders that changed at an instant or after, oldest change first. */
  since(s) {
    return [...this.orders.values()].filter((o) => o.changed_s >= s).sort((a, b) => a.changed_s - b.changed_s || a.id - b.id)
  }

  // --- what happens in it

  /** Its clock. Two changes may have the same second. */
  now_s() {
    return Math.floor(Date.now() / 1000) + this.skew_s
  }

  /** Make an order, or change it; members of what it shall be, or by chance. */
  change(id, members) {
    const s = this.now_s()
    const before = this.orders.get(id)
    const order = structuredClone(before ?? newOrder(id, s))
    if (members) Object.assign(order, members)
    else if (before) happen(order, this.random, s)
    order.changed_s = members?.changed_s ?? s
    this.orders.set(id, order)
    this.tell(this.topic(before), this.resource(order), order)
    return order
  }

  // --- its webhooks

  /** Send a webhook; its body is what the order is now. sure: it is not lost. */
  tell(topic, body, { sure = false } = {}) {
    if (!this.hook || !this.on) return
    if (!sure && this.random() * 100 < this.lost) {
      this.counts.lost++
      return
    }
    const text = JSON.stringify(body)
    const headers = this.headers(topic, text)
    this.fly(text, headers, 0)
    if (this.random() * 100 < this.twice) {
      this.counts.twice++
      this.fly(text, headers, this.pause())
    }
  }

  pause() {
    return LATE_MS[0] + Math.floor(this.random() * (LATE_MS[1] - LATE_MS[0]))
  }

  fly(text, headers, after_ms) {
    const late = this.random() * 100 < this.late
    if (late) this.counts.late++
    const flight = this.deliver(text, headers, after_ms + (late ? this.pause() : 0)).finally(() => this.flying.delete(flight))
    this.flying.add(flight)
  }

  async deliver(text, headers, after_ms) {
    if (after_ms > 0) await sleep(after_ms)
    for (const pause of [...this.retries, null]) {
      if (!this.hook) return
      this.counts.told++
      const { status } = await ask(this.hook.port, 'POST', `/shop/${this.hook.path}`, { body: text, headers: { ...headers, 'content-length': Buffer.byteLength(text) } })
      if (status >= 200 && status <= 299) {
        this.failures = 0
        return
      }
      if (pause !== null) await sleep(pause)
    }
    this.counts.given_up++
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
