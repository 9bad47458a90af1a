// A DNS of a few records on loopback, over UDP and TCP.
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

import { freePort } from './wait.mjs'

const TYPES = { 1: 'A', 15: 'MX', 16: 'TXT', 28: 'AAAA' }
const NAME_ERROR = 3
const SERVER_FAILURE = 2
const UDP_MAX = 512
const TRUNCATED = 0x0200

/** A name as labels. */
const labels = (name) => Buffer.concat([...name.split('.').map((l) => Buffer.concat([Buffer.from([l.length]), Buffer.from(l)])), Buffer.from([0])])

/** IPv6 as 16 octets. */
function six(text) {
  const [left, right] = text.split('::')
  const words = (part) => (part ? part.split(':').map((w) => parseInt(w, 16)) : [])
  const a = words(left)
  const b = right === undefined ? [] : words(right)
  const all = [...a, ...Array(8 - a.length - b.length).fill(0), ...b]
  return Buffer.from(all.flatMap((w) => [w >> 8, w & 255]))
}

/** The data of a record. */
function data(type, value) {
  if (type === 'A') return Buffer.from(value.split('.').map(Number))
  if (type === 'AAAA') return six(value)
  if (type === 'MX') return Buffer.concat([Buffer.from([0, 10]), labels(value)])
  const parts = value.match(/[^]{1,255}/g) ?? ['']
  return Buffer.concat(parts.flatMap((p) => [Buffer.from([p.length]), Buffer.from(p, 'latin1')]))
}

/** The name and the type that a query asks for, and where its question ends. */
function question(query) {
  const name = []
  let at = 12
  while (query[at] > 0) {
    name.push(query.toString('latin1', at + 1, at + 1 + query[at]))
    at += 1 + query[at]
  }
  return { name: name.join('.').toLowerCase(), type: TYPES[query.readUInt16BE(at + 1)], end: at + 5 }
}

/**
 * records: name to {TXT: [...], A: [...], ...}; a name whose value is 'silent'
 * is never answered, 'broken' by a failure, 'odd' by octets that are no answer.
 */
export class Dns {
  constructor(records) {
    this.records = records
    this.asked = []
  }

  async start() {
    this.port = await freePort()
    this.udp = createSocket('udp4')
    this.udp.on('message', (query, peer) => {
      const answer = this.answer(query, UDP_MAX)
      if (answer) this.udp.send(answer, peer.port, peer.address)
    })
    this.tcp = createServer((socket) => {
      let rest = Buffer.alloc(0)
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        rest = Buffer.concat([rest, bytes])
        while (rest.length > 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
          const answer = this.answer(rest.subarray(2, 2 + rest.readUInt16BE(0)), 65535)
          rest = rest.subarray(2 + rest.readUInt16BE(0))
          if (answer) socket.write(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer]))
        }
      })
    })
    await new Promise((done) => this.udp.bind(this.port, '127.0.0.1', done))
    await new Promise((done) => this.tcp.listen(this.port, '127.0.0.1', done))
    this.address = `127.0.0.1:${this.port}`
    return this
  }

  answer(query, max) {
    const { name, type, end } = question(query)
    const found = this.records[name]
    this.asked.push(`${type} ${name}`)
    if (found === 'silent') return null
    const head = Buffer.from(query.subarray(0, 12))
    head.writeUInt16BE(0x8180 | (found === 'broken' ? SERVER_FAILURE : found ? 0 : NAME_ERROR), 2)
    if (found === 'odd') return Buffer.concat([head, Buffer.from([255, 255, 255])])
    const list = typeof found === 'object' ? (found[type] ?? []) : []
    const number = Object.keys(TYPES).find((k) => TYPES[k] === type)
    const rows = list.map((value) => {
      const d = data(type, value)
      return Buffer.concat([Buffer.from([0xc0, 12, 0, Number(number), 0, 1, 0, 0, 0, 60, d.length >> 8, d.length & 255]), d])
    })
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(rows.length, 6)
    head.writeUInt32BE(0, 8)
    const whole = Buffer.concat([head, query.subarray(12, end), ...rows])
    if (whole.length <= max) return whole
    head.writeUInt16BE(head.readUInt16BE(2) | TRUNCATED, 2)
    head.writeUInt16BE(0, 6)
    return Buffer.concat([head, query.subarray(12, end)])
  }

  async stop() {
    await new Promise((done) => this.udp.close(done))
    await new Promise((done) => this.tcp.close(done))
  }
}
