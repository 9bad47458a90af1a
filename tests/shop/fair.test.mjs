// More shops than are read at once, and most of them do not answer: whoever
// was never read is next, then whoever has waited longest.
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
  const last = await new FakeWoo().listen()
  t.after(() => last.close())
  last.change(1)
  const add = (name, url) => addShop(control, { name, settings: { ...last.settings, url }, secrets: last.secrets })
  gateway = await startShop({ socket: daemon.socket('shop'), dir: daemon.dir, every: 1 })
  for (let i = 0; i < AT_ONCE + WAITING; i++) {
    silent.push(await new Silent().listen())
    await add(`muda-${i}`, silent[i].url)
  }
  const hangs = (i) => silent[i].held.length > 0
  const letGo = (i) => silent[i].held[0].destroy()
  await until(() => silent.filter((_, i) => hangs(i)).length === AT_ONCE, 'all places to be taken')
  const free = silent.flatMap((_, i) => (hangs(i) ? [] : [i]))
  const [first, second, third, fourth] = silent.flatMap((_, i) => (hangs(i) ? [i] : []))
  // these two fail, and are due again when all places are taken
  for (const i of [first, second]) {
    letGo(i)
    await until(() => free.filter(hangs).length === (i === first ? 1 : WAITING), 'the next one')
    await sleep(DUE_AGAIN_MS)
  }
  await add('nueva', last.settings.url)
  await sleep(DUE_AGAIN_MS)
  assert.equal(last.counts.asked, 0, 'there is no place for it')
  letGo(free.at(-1))
  await until(async () => (await control.call('order.find', { q: last.expected(last.orders.get(1)).number })).orders.length > 0, 'the new one to be read, before those that were')
  await until(() => hangs(first), 'the one that waits for longest')
  letGo(third)
  await until(() => hangs(second), 'the one after it')
  assert.ok(hangs(fourth))
})
