// A desk that is slow makes nobody slow: an upload that waits for it keeps its
// turn, also while others wait for one.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { sleep, startGateway, Tab, until } from './lib.mjs'
import { MockDesk } from './mock.mjs'

const TURN_MS = 6000 // of a browser that sends little
const LATE_MS = 7500 // the desk takes its time, once
const BYTES = 600_000
const FIRST = 270_000 // more than a chunk
const octets = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(BYTES - 8, 'x')])

test('what the desk takes to store a part is not the browser\'s', async () => {
  const desk = new MockDesk({ sites: [{ name: 'tienda', origins: ['https://tienda.example'] }] })
  await desk.listen()
  const gateway = await startGateway(desk.path, { env: { POSTIGO_TEST_UPLOAD_MS: String(TURN_MS) } })
  const sockets = []
  const told = []
  const visitor = async () => {
    const t = new Tab(gateway)
    await t.open()
    await t.start()
    sockets.push(t.ws)
    return t
  }
  const begin = (t) => {
    const i = told.push('') - 1
    const socket = connect(gateway.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => (told[i] += bytes))
    socket.write(
      `POST /chat/file HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nAuthorization: Bearer ${t.token}\r\nContent-Type: image/png\r\nContent-Length: ${BYTES}\r\n\r\n`,
    )
    socket.write(octets.subarray(0, FIRST))
    sockets.push(socket)
    return socket
  }
  try {
    const [one, other] = [await visitor(), await visitor()]
    const puts = () => desk.calls.filter((c) => c.method === 'blob.put').length
    desk.late = LATE_MS
    const uploads = [begin(one), begin(one), begin(one)]
    await until('all three are at the desk', () => puts() === 3)
    desk.late = 0
    uploads.push(begin(other)) // waits for a turn
    await until('the desk has answered', () => desk.flying === 0)
    await sleep(1500) // they are looked at
    assert.deepEqual(told, ['', '', '', ''])
    for (const socket of uploads) socket.write(octets.subarray(FIRST))
    await until('all are stored', () => told.every((text) => /^HTTP\/1.1 201 /.test(text)))
  } finally {
    for (const socket of sockets) (socket.terminate ?? socket.destroy).call(socket)
    await gateway.stop()
    await desk.close()
  }
})
