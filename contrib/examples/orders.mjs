#!/usr/bin/env node
// An adapter for a shop of your own in one file, written from
// schema/ORDERS.md alone: what the shop says of an order becomes the neutral
// order, is signed, and is posted to the desk.
//
//   orders.mjs URL SECRET-FILE < sales.jsonl
//
//   URL          https://desk.example/shop/PATH of a connection of kind "orders"
//   SECRET-FILE  its secret; never on a command line
//
// The shop here is a till that writes one sale a line:
//   {"ticket", "sold", "changed", "buyer": {"mail", "tel", "who"}, "pay",
//    "cents", "parcel", "rows": [{"ref", "what", "n", "cents"}]}
// Yours is another: saleToOrder() is all that has to be written anew.
//
// A sale is posted until the desk answers 200: more than once is harmless, for
// a neutral order is the whole state and its updated_at says which is newer.
// 4xx other than 408 and 429 never becomes right, and ends that sale.
//
// Exit: 0 all are in; 65 some never will be; 64 usage.
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const [url, secretFile] = process.argv.slice(2)
if (!url || !secretFile) {
  console.error('usage: orders.mjs URL SECRET-FILE < sales.jsonl')
  process.exit(64)
}
const secret = readFileSync(secretFile, 'utf8').trim()
const RETRY_MS_MAX = 60_000

/** Whole cents as decimal text: 1995 is "19.95", and no fraction is made. */
const euros = (cents) => {
  if (!Number.isSafeInteger(cents)) throw new Error(`${cents} are no whole cents`)
  const digits = String(Math.abs(cents)).padStart(3, '0')
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

const PAYMENTS = { paid: 'paid', later: 'pending', back: 'refunded' }

function saleToOrder(sale) {
  if (!sale.ticket || !sale.sold) throw new Error('ticket and sold are needed')
  const gone = sale.parcel !== undefined
  return {
    external_id: String(sale.ticket),
    number: String(sale.ticket),
    state: gone || sale.pay === 'back' ? 'completed' : 'open',
    payment_state: PAYMENTS[sale.pay], // another word: absent, and so not known
    raw_status: sale.pay,
    fulfilment_state: gone ? 'fulfilled' : 'unfulfilled',
    currency: 'EUR',
    total: euros(sale.cents),
    placed_at: new Date(sale.sold).toISOString(),
    updated_at: new Date(sale.changed ?? sale.sold).toISOString(),
    customer: { email: sale.buyer?.mail, phone_raw: sale.buyer?.tel, name: sale.buyer?.who },
    lines: sale.rows.map((row, i) => ({
      external_id: String(i + 1),
      sku: row.ref,
      name: row.what,
      quantity: row.n,
      total: euros(row.cents),
    })),
    shipments: gone ? [{ tracking_number: sale.parcel, status: 'shipped' }] : [],
  }
}

/** true: it is in. false: it never will be. */
async function post(order) {
  const body = JSON.stringify(order)
  const signature = createHmac('sha256', secret).update(body).digest('base64')
  for (let wait = 500; ; wait = Math.min(wait * 2, RETRY_MS_MAX)) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-postigo-signature': signature },
      body,
    }).catch(() => null)
    if (answer?.ok) return true
    if (answer && answer.status < 500 && answer.status !== 408 && answer.status !== 429) {
      console.error(`${order.external_id}: the desk says ${answer.status}`)
      return false
    }
    await sleep(wait)
  }
}

let wrong = 0
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === '') continue
  try {
    const order = saleToOrder(JSON.parse(line))
    if (await post(order)) console.log(order.external_id)
    else wrong++
  } catch (error) {
    console.error(`a line is wrong: ${error.message}: ${line.slice(0, 80)}`)
    wrong++
  }
}
process.exitCode = wrong > 0 ? 65 : 0
