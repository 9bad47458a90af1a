// Bodies of the corpus, each read by `postigo-shop parse`: the facts must be
// what expected.jsonl says. A member that is named must match, null means that
// it is absent. The corpus has names of its own for some members; what they are
// in the neutral order (schema/ORDERS.md) is said here. Where the corpus is not
// there, this suite says so.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { differs } from '../whatsapp/differs.mjs'

const program = join(process.env.POSTIGO_BUILDDIR, 'postigo-shop')
const corpus = join(process.env.POSTIGO_SHARED ?? join(process.env.POSTIGO_SRCDIR, '../shared'), 'corpus/commerce')
const skip = existsSync(corpus) ? false : 'the corpus is not there'

/** Platforms of the corpus that are judged: what signs, and which header has the topic. */
const PLATFORMS = {
  woocommerce: { secret: 'postigo-corpus-woo-secret', signature: 'X-WC-Webhook-Signature', topic: 'X-WC-Webhook-Topic', least: 18 },
  shopify: { secret: 'postigo-corpus-shopify-secret', signature: 'X-Shopify-Hmac-Sha256', topic: 'X-Shopify-Topic', least: 13 },
}

const bytes = (file) => readFileSync(join(corpus, file))
const expectations = (platform) => readFileSync(join(corpus, 'expected.jsonl'), 'utf8').trim().split('\n')
  .map((line) => JSON.parse(line)).filter((line) => line.file && line.platform === platform)

/** Is it the shop's, or an answer of it? What is not is refused before anybody reads it. */
function isTheirs({ file, headers = {}, request }, { secret, signature, topic }) {
  if (request || headers[topic] === undefined) return true // an answer; the ping
  return headers[signature] === createHmac('sha256', secret).update(bytes(file)).digest('base64')
}

/** What parse says of a file: {facts} or {error, retry}. */
function parse(kind, topic, file) {
  const args = ['parse', '--kind', kind, '--zone', 'Europe/Madrid', ...(topic ? ['--topic', topic] : []), file]
  try {
    return JSON.parse(execFileSync(program, args, { cwd: corpus, encoding: 'utf8', maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'inherit'] }))
  } catch (e) {
    assert.equal(e.status, 1, `${file}: parse ended in a way of its own`) // a body that cannot be read
    return JSON.parse(e.stdout)
  }
}

/** The members of o under other names; those that are named null are left out. */
const renamed = (o, names) => Object.fromEntries(Object.entries(o)
  .filter(([name]) => names[name] !== null).map(([name, v]) => [names[name] ?? name, v]))

const pieces = (items, line) => items.map((x) => renamed(x, { [line]: 'line' }))

/** What the corpus says of an order, in the words of the neutral order. */
function order(e) {
  const want = renamed(e, { items: 'lines', items_count: null })
  if (e.customer) want.customer = renamed(e.customer, { phone: 'phone_raw' })
  return want
}

/** One way to judge for each member that expect may have: what is wrong, or undefined. */
const JUDGES = {
  order(want, facts) {
    const have = facts.find((f) => f.kind === 'order')?.order
    if (want.items_count !== undefined && have?.lines.length !== want.items_count) return `${have?.lines.length} lines, wanted ${want.items_count}`
    return differs({ customer: {}, ...have }, order(want), 'order')
  },
  shipment(want, facts) {
    const all = renamed(want, { order_external_id: 'order', items: 'lines', name: null }) // it is nobody's number
    if (want.items) all.lines = pieces(want.items, 'external_id')
    return differs(facts.find((f) => f.kind === 'shipment')?.shipment, all, 'shipment')
  },
  refund(want, facts) {
    const have = facts.find((f) => f.kind === 'refund')
    const all = renamed(want, { order_external_id: null, items: 'lines' })
    if (want.items) all.lines = pieces(want.items, 'line_item_id')
    return differs(have, { order: want.order_external_id, refund: all }, 'fact')
  },
  deleted: (want, facts) => differs(facts, [{ kind: 'delete', order: want.external_id }], 'facts'),
  privacy(want, facts) {
    const topic = { customer_redact: 'customers/redact', shop_redact: 'shop/redact' }[want.kind]
    const { customer_external_id: id, shop_domain, email, phone, orders } = want
    const body = { ...(shop_domain && { shop_domain }), ...(id && { customer: { email, phone }, orders_to_redact: orders }) }
    return differs(facts, [{ kind: 'privacy', topic, ...(id && { id }), body }], 'facts')
  },
  connection: (want, facts) => differs(facts, [{ kind: 'uninstalled' }], 'facts'),
  connection_warning: (want, facts) => differs(facts, [{ kind: 'nothing', code: 'rest_error' }], 'facts'),
}

/** What is wrong with what was said of a file; undefined: nothing. */
function judge({ expect }, { facts, error, retry }) {
  if (expect.error) return retry === expect.error.retry ? undefined : `retry is ${retry}`
  if (Object.keys(expect).length === 0) return differs((facts ?? []).filter((f) => f.kind !== 'nothing'), [], 'facts')
  if (!facts) return error
  return Object.entries(expect).map(([name, want]) => JUDGES[name](want, facts)).find((x) => x)
}

for (const [kind, platform] of Object.entries(PLATFORMS)) {
  test(`facts of each body of ${kind}`, { skip }, () => {
    const lines = expectations(kind).filter((line) => isTheirs(line, platform))
    const wrong = lines.map((line) => [line.file, judge(line, parse(kind, line.headers?.[platform.topic], line.file))])
      .filter(([, how]) => how).map(([file, how]) => `${file}: ${how}`)
    assert.ok(lines.length >= platform.least, `only ${lines.length} lines are judged`)
    assert.deepEqual(wrong, [])
  })
}

test('what is not theirs is not read', { skip }, () => {
  for (const [kind, platform] of Object.entries(PLATFORMS)) {
    const not = expectations(kind).filter((line) => !isTheirs(line, platform)).map((line) => line.file)
    assert.ok(not.length > 0 && not.every((file) => file.startsWith('bad_')), `${kind}: ${not}`)
  }
})
