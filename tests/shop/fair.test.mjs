// More shops than are read at once, and most of them do not answer: whoever
// has waited longest is next.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import test from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { FakeWoo } from '../lib/fake-woo.mjs'
import { addShop, startShop } from '../lib/shop.mjs'
import { sleep, until } from '../lib/wait.mjs'

const AT_ONCE = 8
const WAITING = 2 // beyond those that hang
const DUE_AGAIN_MS = 1500 // one that failed is due after a second

/** A shop that takes what it is asked and says nothing. */
class Silent {
  held = []

  async listen() {
    this.server = createServer((req, res) => {
      this.held.push(res)
      res.on('close', () => (this.held = this.held.filter((r) => r !== res)))
    })
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done))
    return this
  }

  get url() {
    return `http://127.0.0.1:${this.server.address().port}`
  }

  async close() {
    this.server.closeAllConnections()
    await new Promise((done) => this.server.close(done))
  }
}

test('where more shops are due than are read at once, none waits for ever', async (t) => {
  const daemon = await startDaemon()
  const silent = []
  let gateway
  t.after(async () => {
    await Promise.all(silent.map((s) => s.close()))
    assert.equal((await gateway?.stop())?.code, 0, gateway?.log().slice(-2000))
    await daemon.stop()
    daemon.remove()
  })
  const control = await daemon.connect('control')
  const first = await new FakeWoo().listen()
  t.after(() => first.close())
  first.change(1)
  await addShop(control, { name: 'primera', settings: first.settings, secrets: first.secrets })
  gateway = await startShop({ socket: daemon.socket('shop'), dir: daemon.dir, every: 1 })
  const there = async (id) => (await control.call('order.find', { q: first.expected(first.orders.get(id)).number })).orders.length > 0
  await until(() => there(1), 'the first order')
  for (let i = 0; i < AT_ONCE + WAITING; i++) {
    const one = await new Silent().listen()
    silent.push(one)
    await addShop(control, { name: `muda-${i}`, settings: { ...first.settings, url: one.url }, secrets: first.secrets })
  }
  const hang = () => silent.filter((s) => s.held.length > 0)
  await until(() => hang().length === AT_ONCE, 'all places to be taken')
  first.change(2)
  const asked = first.counts.asked
  await sleep(DUE_AGAIN_MS)
  assert.equal(first.counts.asked, asked, 'there is no place for it')
  // those that never had a place, and then it: before those that had one
  for (let i = 0; i <= WAITING; i++) {
    const before = hang()
    before[0].held[0].destroy()
    await until(() => hang().some((s) => !before.includes(s)) || first.counts.asked > asked, 'the next one')
    await sleep(DUE_AGAIN_MS)
  }
  await until(() => there(2), 'the order of who waited')
})
