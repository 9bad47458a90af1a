// Orders: BENCH_ORDERS of three lines each are told as an import tells them
// (20000 by default, 1000000 when asked for), in the same order by four tellers
// at once; contacts that come in while it begins, beside contacts alone; rate of
// the import and memory of postigod by tenths of it; the panel of a customer
// with 2,000 orders.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { row } from '../lib/bench.mjs'
import { startDaemon } from '../lib/bus.mjs'

const ORDERS = Number(process.env.BENCH_ORDERS ?? 20000)
const OF_ONE = 2000 // orders of the customer whose panel is asked for
const TELLERS = 4
const BATCH = 100
const ALONE_MS = 5000
const BESIDE_MS = 30000 // at most: a long import is not beside contacts to its end
const WRITERS = 16 // contacts under way at once
const PANELS = 500

const pss = (pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1])
const mb = (kib) => `${(kib / 1024).toFixed(1)} MB`
const sha = (text) => createHash('sha256').update(text).digest('hex')
const iso = (ms) => new Date(ms).toISOString()

function order(i) {
  const at = iso(Date.UTC(2020, 0, 1) + i * 60000)
  const line = (k) => ({ external_id: `${k}`, sku: `SKU-${(i * 3 + k) % 5000}`, name: `Producto ${k}`, quantity: k, unit_price: '10.00', total: `${k * 10}.00` })
  return {
    external_id: String(i), number: `B-${i}`, state: 'completed', payment_state: 'paid', fulfilment_state: 'fulfilled',
    currency: 'EUR', total: '60.00', placed_at: at, updated_at: at,
    customer: { external_id: String(i < OF_ONE ? 1 : 2 + (i >> 2)), email: `c${i < OF_ONE ? 1 : 2 + (i >> 2)}@example.com`, name: 'Cliente' },
    lines: [line(1), line(2), line(3)],
    shipments: [{ carrier: 'correos', tracking_number: `PK${i}`, status: 'delivered', delivered_at: at }],
  }
}

const daemon = await startDaemon()
const control = await daemon.connect('control')
await control.call('connection.add', { name: 'banco', kind: 'orders', settings: {}, secrets: { secret: 'secreto' } })
await control.call('connection.add', { name: 'api', kind: 'pipe', settings: { address: 'hola@tienda.example', from_name: 'Tienda', out: `${daemon.dir}/out` } })

/** Rate and memory at the end of each tenth. */
let told = 0
let ended = 0
const tenths = []
function note(orders) {
  ended += orders
  if (ended < ((tenths.length + 1) * ORDERS) / 10) return
  const at = performance.now()
  const last = tenths.at(-1) ?? { ended: 0, at: began }
  tenths.push({ ended, at, kib: pss(daemon.pid) })
  row(`  the ${tenths.length}. tenth`, `${((ended - last.ended) / ((at - last.at) / 1000)).toFixed(0)} orders/s`, mb(tenths.at(-1).kib))
}
async function teller() {
  const shop = await daemon.connect('shop')
  while (told < ORDERS) {
    const first = told
    told += BATCH
    const orders = Array.from({ length: Math.min(BATCH, ORDERS - first) }, (_, k) => order(first + k))
    await shop.call('order.put', { connection: 'banco', orders, source: 'import' })
    note(orders.length)
  }
}

/** Contacts until it is over; how many a second. */
async function contacts(over) {
  const began = performance.now()
  let n = 0
  let go = true
  const end = over.then(() => (go = false))
  const mail = await daemon.connect('mail')
  const writer = async (w) => {
    for (let i = 0; go; i++, n++) {
      const id = `${began}.${w}.${i}`
      const raw = Buffer.from(`Message-ID: <${id}@example.com>\r\n\r\n¿Ha salido ya?\r\n`)
      await mail.call('contact.add', {
        connection: 'api', channel: 'email', external_id: id, digest: sha(id), raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') }, received_at: iso(Date.now()), from: { address: `w${w}@example.com` }, subject: 'Pedido', text: '¿Ha salido ya?',
      })
    }
  }
  await Promise.all([end, ...Array.from({ length: WRITERS }, (_, w) => writer(w))])
  return n / ((performance.now() - began) / 1000)
}

const alone = await contacts(new Promise((r) => setTimeout(r, ALONE_MS)))
const before = pss(daemon.pid)
const began = performance.now()
const imported = Promise.all(Array.from({ length: TELLERS }, teller))
const beside = await contacts(Promise.race([imported, new Promise((r) => setTimeout(r, BESIDE_MS).unref())]))
await imported
const seconds = (performance.now() - began) / 1000
row(`import of ${ORDERS} orders, three lines each`, `${(ORDERS / seconds).toFixed(0)} orders/s`, `${seconds.toFixed(1)} s`)
row('  memory of postigod before and after (PSS)', mb(before), mb(pss(daemon.pid)))
row('contacts/s alone, and beside its beginning', `${alone.toFixed(0)}, ${beside.toFixed(0)}`, `${((100 * beside) / alone).toFixed(0)} %`)

const [{ customer }] = (await control.call('order.find', { q: 'B-1' })).orders
const times = []
for (let i = 0; i < PANELS; i++) {
  const at = performance.now()
  await control.call('customer.panel', { customer })
  times.push(performance.now() - at)
}
times.sort((a, b) => a - b)
row(`panel of a customer with ${Math.min(OF_ONE, ORDERS)} orders, on the bus`, `${times[PANELS >> 1].toFixed(1)} ms`, `p99 ${times[Math.floor(PANELS * 0.99)].toFixed(1)} ms, goal: 20 ms`)
await daemon.stop()
