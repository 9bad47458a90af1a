// A TCP tunnel that can be cut: what a lost network does to both of its ends.
import { connect, createServer } from 'node:net'

/** Listens on 127.0.0.1:port and leads to 127.0.0.1:to. */
export async function openTunnel(port, to) {
  const pairs = new Set()
  let whole = true
  const server = createServer((near) => {
    if (!whole) return near.resetAndDestroy()
    const far = connect(to, '127.0.0.1')
    const pair = [near, far]
    pairs.add(pair)
    for (const [one, other] of [pair, [far, near]]) {
      one.on('error', () => undefined)
      one.on('close', () => {
        pairs.delete(pair)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise((done) => server.listen(port, '127.0.0.1', done))
  return {
    /** Everything breaks, and nothing comes through until mend(). */
    cut() {
      whole = false
      for (const [near, far] of pairs) {
        near.resetAndDestroy()
        far.resetAndDestroy()
      }
    },
    mend() {
      whole = true
    },
    async close() {
      this.cut()
      await new Promise((done) => server.close(done))
    },
  }
}
