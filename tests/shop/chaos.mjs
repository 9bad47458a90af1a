// Two shops change orders while gateway and daemon are killed, webhooks are
// lost, and the shops' servers cut, limit and show pages. The fake shops run in
// this process, which is never killed: what the desk has at the end is theirs.
import { join } from 'node:path'
import { FakeShopify } from '../lib/fake-shopify.mjs'
import { FakeWoo } from '../lib/fake-woo.mjs'
import { addShop, startShop } from '../lib/shop.mjs'
import { freePort, sleep, until } from '../lib/wait.mjs'
import { Victim } from '../kill/fast.mjs'

const ORDERS = 40 // of each shop
const EVERY_S = 1
const KILL_MS = [100, 600]

export class Chaos {
  constructor(rng) {
    this.rng = rng
    this.victim = new Victim()
    this.changes = 0
    this.kills = { postigod: 0, 'postigo-shop': 0 }
    const random = () => rng.next()
    this.shops = { woo: new FakeWoo({ random }), shopify: new FakeShopify({ random }) }
  }

  async setUp() {
    const { woo, shopify } = this.shops
    this.port = await freePort()
    this.victim.start()
    await this.connect()
    for (const [name, kind, shop] of [
      ['woo', 'woocommerce', woo],
      ['shopify', 'shopify', shopify],
    ]) {
      await shop.listen()
      const path = await addShop(this.control, { name, kind, settings: shop.settings, secrets: shop.secrets })
      Object.assign(shop, { hook: { port: this.port, path }, faults: 10, lost: 20 })
    }
    await this.startGateway()
  }

  async connect() {
    this.control = (await this.victim.connect(['control'])).control
  }

  async startGateway() {
    this.gateway = await startShop({ socket: join(this.victim.dir, 'run/shop.sock'), dir: this.victim.dir, port: this.port, every: EVERY_S, ready: false })
  }

  change() {
    this.changes++
    const { rng } = this
    const total = `${rng.between(1, 500)}.${String(rng.between(0, 100)).padStart(2, '0')}`
    const id = 1000 + rng.between(0, ORDERS)
    if (rng.next() < 0.5) this.shops.woo.save(id, { total, status: ['processing', 'completed', 'on-hold'][rng.between(0, 3)] })
    else this.shops.shopify.save(5000 + id, { total, paid: rng.next() < 0.5 })
  }

  async killOne() {
    await sleep(this.rng.between(...KILL_MS))
    if (this.rng.next() < 0.5) {
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
    const changing = (async () => {
      while (this.changes < changes) {
        this.change()
        await sleep(5)
      }
    })()
    for (let done = 0; done < kills; done++) await this.killOne()
    await changing
  }

  /** What the shop has and the desk has otherwise. */
  async differing() {
    const wrong = []
    for (const [name, shop] of Object.entries(this.shops))
      for (const order of shop.orders.values()) {
        const { number } = shop.resource(order).number ? shop.resource(order) : { number: shop.resource(order).name }
        const found = (await this.control.call('order.find', { q: number })).orders.filter((o) => o.connection === name)
        const updated = new Date(order.changed_s * 1000).toISOString()
        if (found.length !== 1) wrong.push(`${name} ${number}: there ${found.length} times`)
        else if (found[0].total !== order.total || Date.parse(found[0].updated_at) !== Date.parse(updated)) wrong.push(`${name} ${number}: ${found[0].total} of ${found[0].updated_at}, and not ${order.total} of ${updated}`)
      }
    return wrong
  }

  /** No more faults: what was lost is read by the next runs. */
  async settle() {
    for (const shop of Object.values(this.shops)) Object.assign(shop, { faults: 0, lost: 0 })
    await this.gateway.stop('SIGKILL')
    await this.startGateway()
    let wrong
    try {
      await until(async () => (wrong = await this.differing()).length === 0, 'the desk to have what the shops have', 60_000)
    } catch (error) {
      throw new Error(`${error.message}; ${wrong.length} differ:\n${wrong.slice(0, 10).join('\n')}`)
    }
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
    this.gateway?.child.kill('SIGKILL')
    this.victim.child?.kill('SIGKILL')
    for (const shop of Object.values(this.shops)) if (shop.server) await shop.close()
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
  } finally {
    await run.clean()
  }
  run.victim.remove()
  return run
}

/** What a run did, in a line. */
export function tell({ changes, kills, shops }) {
  const one = ([name, s]) => `${name}: ${s.orders.size} orders, ${s.told} webhooks, asked ${s.asked} times, ${s.faulty} faults`
  return `${changes} changes; killed ${JSON.stringify(kills)}; ${Object.entries(shops).map(one).join('; ')}`
}
