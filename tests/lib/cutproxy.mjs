// A proxy that cuts: between a client and a server on loopback it lets
// through so many octets of one direction and then ends both sides, by reset
// or in order. Octets are counted over all connections since arm().
import { connect, createServer } from 'node:net'

/** One that is being ended cannot be reset: Node.js would wait for it for ever when it exits. */
function reset(socket) {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

export class CutProxy {
  /** From a port of its own to host:port. */
  static async start(port, host = '127.0.0.1') {
    const p = new CutProxy()
    p.to = { port, host }
    p.pairs = new Set()
    p.up = 0 // octets to the server since arm()
    p.down = 0 // octets to the client
    p.limit = null
    p.cuts = 0
    p.server = createServer((client) => p.serve(client))
    await new Promise((done) => p.server.listen(0, '127.0.0.1', done))
    p.port = p.server.address().port
    return p
  }

  /**
   * Count from 0 again; cut once, after n octets of 'up' or 'down' (n 0:
   * before the first). Afterwards everything passes. how: 'reset' or 'end'.
   */
  arm(direction, n, how = 'reset') {
    this.up = this.down = 0
    this.limit = direction ? { direction, n, how } : null
  }

  /** Was the cut made? */
  get done() {
    return this.limit === null
  }

  serve(client) {
    const server = connect(this.to)
    const pair = { client, server }
    this.pairs.add(pair)
    for (const s of [client, server]) {
      s.setNoDelay(true)
      s.on('error', () => {})
      s.on('close', () => {
        this.pairs.delete(pair)
        ;(s === client ? server : client).destroy()
      })
    }
    client.on('data', (d) => this.pass(pair, 'up', d, server, client))
    server.on('data', (d) => this.pass(pair, 'down', d, client, server))
  }

  pass(pair, direction, octets, to, from) {
    const l = this.limit
    if (l && l.direction === direction && this[direction] + octets.length > l.n) {
      const part = octets.subarray(0, l.n - this[direction])
      this[direction] = l.n
      this.limit = null
      this.cuts++
      // what is let through arrives before the end of the line
      to.write(part, () => this.cut(pair, l.how))
      return
    }
    this[direction] += octets.length
    if (to.destroyed) return
    if (!to.write(octets)) {
      from.pause()
      to.once('drain', () => from.resume())
    }
  }

  cut({ client, server }, how) {
    for (const s of [client, server]) {
      if (how === 'end') s.end()
      else reset(s)
    }
  }

  /** End all that is open now. */
  cutAll() {
    for (const { client, server } of this.pairs) {
      reset(client)
      reset(server)
    }
  }

  async stop() {
    this.cutAll()
    await new Promise((done) => this.server.close(done))
  }
}
