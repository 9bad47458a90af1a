// A proxy that cuts a connection after so many bytes of one direction, and the
// conversation that is cut: two lines of a visitor's, an agent's between them.
import assert from 'node:assert/strict'
import { connect, createServer } from 'node:net'
import { startDesk, startGateway, until, Visitor } from './lib.mjs'

export class Cutter {
  /** Only the first connection is cut: after `at` bytes of `way`. */
  constructor(gateway, { way = 'up', at = Infinity } = {}) {
    Object.assign(this, { bytes: { up: 0, down: 0 }, cut: false, connections: 0, open: new Set() })
    this.server = createServer((near) => {
      const first = this.connections++ === 0
      const far = connect(gateway.port, '127.0.0.1')
      this.open.add(near).add(far)
      const end = () => {
        near.destroy()
        far.destroy()
      }
      const pass = (from, to, name) => {
        from.on('data', (bytes) => {
          if (!first) return void to.write(bytes)
          const left = name === way ? at - this.bytes[name] : Infinity
          this.bytes[name] += bytes.length
          if (bytes.length < left) return void to.write(bytes)
          this.cut = true
          to.write(bytes.subarray(0, left), () => setImmediate(end))
        })
        from.on('close', end)
        from.on('error', end)
      }
      pass(near, far, 'up')
      pass(far, near, 'down')
    })
  }

  async listen() {
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done))
    this.port = this.server.address().port
    return this
  }

  close() {
    for (const socket of this.open) socket.destroy()
    this.server.close()
  }
}

export async function startCutting() {
  const desk = await startDesk()
  const gateway = await startGateway(desk.daemon.socket('chat'))
  const stop = async () => {
    await gateway.stop()
    desk.peer?.close()
    await desk.daemon.stop()
    desk.daemon.remove()
  }
  return { desk, gateway, stop }
}

/** One conversation through a cut; afterwards each line is there once. */
export async function converse({ desk, gateway }, where = {}) {
  const cutter = await new Cutter(gateway, where).listen()
  const v = new Visitor(gateway, { port: () => cutter.port })
  const what = JSON.stringify(where)
  v.write('uno', 'hola')
  await until(`the first line, cut ${what}`, () => v.lines.length >= 1)
  await desk.say(v.incident, 'buenas')
  await until(`the answer, cut ${what}`, () => v.lines.length >= 2)
  v.send({ t: 'got', number: 2 })
  v.write('dos', 'gracias')
  await until(`the last line, cut ${what}`, () => v.lines.length >= 3 && !v.outbox.length)
  assert.deepEqual(v.lines.map((l) => [l.who, l.text]), [['customer', 'hola'], ['agent', 'buenas'], ['customer', 'gracias']], what)
  assert.deepEqual(v.wrong, [], what)
  v.stop()
  cutter.close()
  return cutter
}

/** Cut at each of these places, four conversations at a time. */
export async function cutAt(all, places) {
  const left = [...places]
  let cuts = 0
  const worker = async () => {
    for (let place; (place = left.pop()); ) if ((await converse(all, place)).cut) cuts++
  }
  await Promise.all([worker(), worker(), worker(), worker()])
  return cuts
}
