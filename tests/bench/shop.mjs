// Webhooks of shops: 200 a second from a WooCommerce and a Shopify, each an
// order that is new or changed, while what they say is applied. Each answer is
// counted from the instant at which its webhook was due, so one that waits
// delays none of the figures after it. A twin writes as many octets and syncs
// them, between the rounds.
import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { row, tool } from '../lib/bench.mjs'
import { startDaemon } from '../lib/bus.mjs'
import { newOrder } from '../lib/fake-order.mjs'
import { FakeShopify } from '../lib/fake-shopify.mjs'
import { FakeWoo } from '../lib/fake-woo.mjs'
import { addShop, startShop } from '../lib/shop.mjs'
import { sleep, until } from '../lib/wait.mjs'

const SECONDS = Number(process.env.BENCH_SHOP_SECONDS ?? 20)
const RATE = 200
const ROUNDS = 4
const ORDERS = 2000 // of each shop; then they change
const LINES = 5
let n = 0

const at = (list, part) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * part))]
const ms = (value) => `${value.toFixed(1)} ms`
const rss = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])

const daemon = await startDaemon()
const control = await daemon.connect('control')
const shops = []
for (const [name, kind, shop] of [
  ['woo', 'woocommerce', new FakeWoo()],
  ['shopify', 'shopify', new FakeShopify()],
]) {
  await shop.listen()
  shops.push({ shop, kind, path: await addShop(control, { name, kind, settings: shop.settings, secrets: shop.secrets }) })
}
const gateway = await startShop({ socket: daemon.socket('shop'), dir: daemon.dir })
const agent = new Agent({ keepAlive: true, maxSockets: 64 })

/** The next webhook: its shop, its body, signed. */
function next() {
  const { shop, path } = shops[n % shops.length]
  const id = 1 + (Math.floor(n / shops.length) % ORDERS)
  const order = newOrder(id, shop.now_s())
  order.paid = n % 3 > 0
  for (let i = 1; i < LINES; i++) order.lines.push({ ...order.lines[0], id: id * 10 + i, quantity: i, cents: 995 * i })
  n++
  const text = JSON.stringify(shop.resource(order))
  return { path, text, headers: shop.headers(shop.topic(null), text) }
}

async function deliver({ path, text, headers }, due) {
  const { status } = await gateway.deliver(path, text, { secret: null, headers, agent })
  return { status, ms: performance.now() - due }
}

/** A round of so many seconds at the rate; what each answer took. */
async function round(seconds) {
  const began = performance.now() + 100
  const all = []
  for (let i = 0; i < seconds * RATE; i++) {
    const due = began + (i * 1000) / RATE
    const hook = next()
    while (performance.now() < due) await sleep(1)
    all.push(deliver(hook, due))
  }
  return Promise.all(all)
}

await round(2)
const before = rss(gateway.pid)
const answers = []
const syncs = []
for (let i = 0; i < ROUNDS; i++) {
  answers.push(...(await round(Math.max(1, SECONDS / ROUNDS))))
  syncs.push(tool('bench_sync', join(daemon.dir, 'twin'), '16384', '200'))
}
const took = answers.map((one) => one.ms)
const sync = (name) => at(syncs.map((one) => one[name]), 0.5) / 1000
row(`webhooks at ${RATE}/s: median of the answer`, ms(at(took, 0.5)), `${answers.length} of them, ${LINES} lines each`)
row('webhooks: p99 of the answer, longest', `${ms(at(took, 0.99))}, ${ms(Math.max(...took))}`, 'goal: p99 below 250 ms')
row('  16 KiB written and synced: median, p99', `${ms(sync('p50_us'))}, ${ms(sync('p99_us'))}`, 'between the rounds')
row('webhooks not answered with 200', answers.filter(({ status }) => status !== 200).length, 'goal: 0')
const from = performance.now()
const some = async (state) => (await control.call('hook.list', { state, limit: 1 })).hooks.length > 0
await until(async () => !(await some('waiting')) && !(await some('taken')), 'all of them to be applied', 900_000)
row('  until all were applied, after the last', ms(performance.now() - from), '')
row('webhooks that could not be read', (await control.call('hook.list', { state: 'dead', limit: 100 })).hooks.length, 'goal: 0')
row('memory of the gateway: after 2 s, at the end of the rounds', `${before}, ${rss(gateway.pid)} kB`, 'goal: flat')
agent.destroy()
for (const { shop } of shops) await shop.close()
await gateway.stop()
control.close()
await daemon.stop()
daemon.remove()
