// Two shops change orders while gateway and daemon are killed, webhooks are
// lost, come twice and overtake each other, and the shops' servers cut, limit
// and show pages. The fake shops run in this process, which is never killed:
// what the desk has at the end is theirs, field by field.
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { found } from '../lib/fake-order.mjs'
import { FakeShopify } from '../lib/fake-shopify.mjs'
import { FakeWoo } from '../lib/fake-woo.mjs'
import { addShop, startShop } from '../lib/shop.mjs'
import { freePort, sleep, until } from '../lib/wait.mjs'
import { Victim } from '../kill/fast.mjs'

const ORDERS = 40 // of each shop
const EVERY_S = 1
const KILL_MS = [100, 500]
const CHANGE_MS = 5
const MANY = { faults: 30, lost: 20, twice: 10, late: 20 }
const NONE = { faults: 0, lost: 0, twice: 0, late: 0 }
/* What was put into the bin stays there so long: the desk knows that it is
 * gone by its own clock, and that it is back by the shop's, in seconds. */
const BIN_MS = 2500

export class Chaos {
  constructor(rng) {
    this.rng = rng
    this.victim = new Victim()
    this.changes = 0
    this.kills = { postigod: 0, 'postigo-shop': 0 }
    this.bin = new Map() // id -> since when
    const random = () => rng.next()
    const woo = new FakeWoo({ random })
    const shopify = new FakeShopify({ random })
    // so that each happens, also in a short run
    woo.next = ['cut', 'limit', 'page']
    shopify.next = ['maintenance', 'slow', 'error']
    this.shops = { woo, shopify }
  }

  async setUp() {
    this.port = await freePort()
    this.victim.start()
    await this.connect()
    for (const [name, shop] of Object.entries(this.shops)) {
      await shop.listen()
      const path = await addShop(this.control, { name, kind: name === 'woo' ? 'woocommerce' : name, settings: shop.settings, secrets: shop.secrets })
      Object.assign(shop, { hook: { port: this.port, path } }, MANY)
    }
    await this.startGateway()
  }

  async connect() {
    this.control = (await this.victim.connect(['control'])).control
  }

  async startGateway() {
    this.gateway = await startShop({ socket: join(this.victim.dir, 'run/shop.sock'), dir: this.victim.dir, port: this.port, every: EVERY_S, ready: false })
  }

  // --- what happens in the shops

  change() {
    this.changes++
    const { rng } = this
    const { woo, shopify } = this.shops
    const id = 1000 + rng.between(0, ORDERS)
    if (rng.next() < 0.5) this.changeWoo(woo, id)
    else if (rng.next() < 0.01) shopify.remove(5000 + id)
    else if (!shopify.gone.has(5000 + id)) shopify.change(5000 + id)
  }

  changeWoo(woo, id) {
    const since = this.bin.get(id)
    if (since === undefined && this.rng.next() < 0.03 && woo.orders.has(id)) {
      woo.bin(id)
      this.bin.set(id, Date.now())
    } else if (since === undefined) {
      woo.change(id)
    } else if (Date.now() - since > BIN_MS) {
      woo.restore(id)
      this.bin.delete(id)
    }
  }

  async killOne(gateway) {
    await sleep(this.rng.between(...KILL_MS))
    this.shops.woo.switchOn() // as a shop's owner does, sooner or later
    if (gateway) {
      await this.gateway.stop('SIGKILL')
      this.kills['postigo-shop']++
      await this.startGateway()
      return
    }
    await this.victim.kill()
    this.kills.postigod++
    this.victim.start()
    await this.connect()
  }

  async work(changes, kills) {
    let killing = true
    const changing = (async () => {
      while (this.changes < changes || killing) {
        this.change()
        await sleep(CHANGE_MS)
      }
    })()
    try {
      for (let done = 0; done < kills; done++) await this.killOne(done < 2 ? done === 0 : this.rng.next() < 0.5)
    } finally {
      killing = false
      await changing
    }
  }

  // --- what the desk has

  /** Everything that the desk has of a shop's order; null: nothing, or it was
   * deleted there. */
  async desk(name, number) {
    const { orders } = await this.control.call('order.find', { q: number })
    const own = orders.filter((o) => o.connection === name && o.number === number)
    if (own.length === 0) return null
    if (own.length > 1) throw new Error(`${name} ${number} is there ${own.length} times`)
    return found((await this.control.call('order.get', { id: own[0].id })).order)
  }

  /** What the shops have and the desk has otherwise. */
  async differing() {
    const wrong = []
    for (const [name, shop] of Object.entries(this.shops)) {
      for (const order of shop.orders.values()) {
        const there = shop.expected(order)
        const here = await this.desk(name, there.number)
        if (order.deleted && here !== null) wrong.push(`${name} ${there.number}: not deleted`)
        if (order.deleted) continue
        for (const field of Object.keys(there)) if (!isDeepStrictEqual(here?.[field], there[field])) wrong.push(`${name} ${there.number} ${field}: ${JSON.stringify(here?.[field])}, and not ${JSON.stringify(there[field])}`)
      }
      for (const [id, number] of shop.gone) if ((await this.desk(name, number)) !== null) wrong.push(`${name} ${id}: not deleted`)
    }
    return wrong
  }

  /** No more faults: what was lost is read by the next runs. */
  async settle() {
    for (const shop of Object.values(this.shops)) Object.assign(shop, NONE)
    await Promise.all(Object.values(this.shops).map((shop) => shop.landed()))
    let wrong
    try {
      await until(async () => (wrong = await this.differing()).length === 0, 'the desk to have what the shops have')
    } catch (error) {
      throw new Error(`${error.message}; ${wrong?.length} differ:\n${wrong?.slice(0, 10).join('\n')}`)
    }
    await until(async () => Object.values(this.shops).every((shop) => shop.next.length === 0), 'the shops to be asked')
    const dead = await this.control.call('hook.list', { state: 'dead', limit: 10 })
    if (dead.hooks.length > 0) throw new Error(`set aside: ${JSON.stringify(dead.hooks)}`)
    const { problems } = await this.control.call('store.check', {})
    if (problems.length > 0) throw new Error(`store.check: ${JSON.stringify(problems)}`)
  }

  async end() {
    const ended = await this.gateway.stop()
    if (ended.code !== 0) throw new Error(`postigo-shop ended with ${ended.code ?? ended.signal}:\n${this.gateway.log().slice(-4000)}`)
    await this.victim.stop()
  }

  async clean() {
    for (const shop of Object.values(this.shops)) if (shop.server) await shop.close()
    this.gateway?.child.kill('SIGKILL')
    this.victim.child?.kill('SIGKILL')
  }
}

/** So many changes and kills; what is wrong is thrown, and the folder stays. */
export async function chaos(rng, changes, kills) {
  const run = new Chaos(rng)
  try {
    await run.setUp()
    await run.work(changes, kills)
    await run.settle()
    await run.end()
  } catch (error) {
    throw new Error(`${run.victim.dir}: ${error.message}`, { cause: error })
  } finally {
    await run.clean()
  }
  run.victim.remove()
  return run
}

/** What a run did, in a line. */
export function tell({ changes, kills, shops }) {
  const one = ([name, s]) => `${name}: ${s.orders.size} orders, ${s.gone.size} deleted, webhooks ${JSON.stringify(s.counts)}, faults ${JSON.stringify(s.faulty)}`
  return `${changes} changes; killed ${JSON.stringify(kills)}; ${Object.entries(shops).map(one).join('; ')}`
}
