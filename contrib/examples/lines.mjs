#!/usr/bin/env node
// A whole gateway in one file, written from schema/PROTOCOL.md alone: contacts
// come as JSON lines on standard input, and each becomes an incident.
//
//   lines.mjs SOCKET CONNECTION < contacts.jsonl
//
//   SOCKET      mail.sock in the daemon's runtime folder
//   CONNECTION  name of a connection of kind "pipe"
//
// A line is {"id", "address", "name", "subject", "text"}; id must be unique, it
// is what makes a repeat harmless. For each contact that is committed, and not
// before, "ID P-NUMBER" is printed. Lines stay in memory until then, and are
// offered again when the daemon comes back.
//
// Exit: 0 all committed; 65 a line is wrong (the others went in); 64 usage.
import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

const [socketPath, connection] = process.argv.slice(2)
if (!socketPath || !connection) {
  console.error('usage: lines.mjs SOCKET CONNECTION < contacts.jsonl')
  process.exit(64)
}
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')
const UNDER_WAY = 32 // requests at most; the daemon reads no more than 256

const waiting = [] // read from standard input, not yet sent on this connection
const sent = new Map() // request id -> line
let ended = false
let wrong = false
let socket = null
let nextId = 1
let retryMs = 50

function contactOf(line) {
  const raw = Buffer.from(JSON.stringify(line))
  return {
    connection,
    external_id: `<${line.id}@lines.invalid>`,
    digest: sha256(line.text),
    received_at: line.received_at,
    channel: 'email',
    from: { name: line.name ?? null, address: line.address },
    subject: line.subject ?? '',
    text: line.text,
    raw: { sha256: sha256(raw), bytes: raw.length, data: raw.toString('base64') },
  }
}

function request(method, params) {
  const id = nextId++
  socket.write(JSON.stringify({ jsonrpc: '2.0', id, method, params }) + '\n')
  return id
}

function sendMore() {
  while (socket?.ready && waiting.length > 0 && sent.size < UNDER_WAY) {
    const line = waiting.shift()
    sent.set(request('contact.add', contactOf(line)), line)
  }
  if (ended && waiting.length === 0 && sent.size === 0) {
    socket?.end()
    process.exitCode = wrong ? 65 : 0
  }
}

function answered(response) {
  if (response.id === socket.helloId) {
    if (response.error) {
      console.error(`the daemon refuses this gateway: ${response.error.message}`)
      process.exit(69)
    }
    socket.ready = true
    retryMs = 50
    return sendMore()
  }
  const line = sent.get(response.id)
  if (!line) return // a notification: this gateway takes none
  sent.delete(response.id)
  if (response.result) console.log(`${line.id} ${response.result.ref}`)
  else if (response.error.data?.outcome === 'perm') {
    console.error(`${line.id}: ${response.error.message}`)
    wrong = true
  } else setTimeout(() => (waiting.push(line), sendMore()), response.error.data?.retry_after_ms ?? 1000)
  sendMore()
}

function open() {
  let rest = ''
  socket = connect(socketPath)
  socket.setEncoding('utf8')
  socket.on('connect', () => {
    socket.helloId = request('hello', { protocol: 1, program: 'lines', version: '1' })
  })
  socket.on('data', (text) => {
    rest += text
    for (let at; (at = rest.indexOf('\n')) >= 0; rest = rest.slice(at + 1)) answered(JSON.parse(rest.slice(0, at)))
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    socket.ready = false
    if (process.exitCode !== undefined) return
    // What was not answered may have been committed: it is offered again.
    waiting.unshift(...sent.values())
    sent.clear()
    setTimeout(open, retryMs)
    retryMs = Math.min(retryMs * 2, 5000)
  })
}

open()
for await (const text of createInterface({ input: process.stdin })) {
  try {
    const line = JSON.parse(text)
    if (!line.id || !line.address || typeof line.text !== 'string') throw new Error('id, address and text are needed')
    line.received_at ??= new Date().toISOString()
    waiting.push(line)
  } catch (error) {
    console.error(`a line is wrong: ${error.message}: ${text.slice(0, 80)}`)
    wrong = true
  }
  sendMore()
}
ended = true
sendMore()
