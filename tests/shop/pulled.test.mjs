// Answers of PrestaShop and Magento and webhooks of AfterShip from the corpus, each
// read by `postigo-shop parse`: the facts must be what expected.jsonl says. A
// member that is named must match, null means that it is absent. Where the
// corpus is not there, this suite says so.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { differs } from '../whatsapp/differs.mjs'

const shared = process.env.POSTIGO_SHARED ?? join(process.env.POSTIGO_SRCDIR, '../shared')
const corpus = join(shared, 'corpus/commerce')
const skip = existsSync(join(corpus, 'expected.jsonl')) ? false : `there is no ${corpus}`
const program = join(process.env.POSTIGO_BUILDDIR, 'postigo-shop')
const KINDS = { prestashop: 'prestashop', magento2: 'magento', aftership: 'aftership' }
const SECRET = 'postigo-corpus-aftership-secret'

const read = (name) => readFileSync(join(corpus, name))
const lines = () => read('expected.jsonl').toString('utf8').trim().split('\n').map((line) => JSON.parse(line))
  .filter((line) => line.file && line.platform in KINDS)

/** Who is not who they say they are is refused before anybody reads. */
function isSigned({ file, headers }) {
  const signature = headers['aftership-hmac-sha256']
  return signature === undefined || signature === createHmac('sha256', SECRET).update(read(file)).digest('base64')
}

/** What parse says of a body: {facts} or {error}. */
function parse({ file, platform }) {
  const { status, stdout } = spawnSync(program, ['parse', '--kind', KINDS[platform], '--zone', 'Europe/Madrid', '--country', 'ES', file],
    { cwd: corpus, encoding: 'utf8' })
  const said = JSON.parse(stdout)
  assert.equal(status, said.error === undefined ? 0 : 1, file)
  return said
}

const of = (facts, kind) => facts.filter((fact) => fact.kind === kind)
const some = (list, f) => list?.map(f)
/** A clock in Madrid in June, in UTC. */
const utc = (local) => local && new Date(`${local.replace(' ', 'T')}+02:00`).toISOString().replace('.000', '')
const rows = (list) => some(list, ({ line_item_id, ...row }) => ({ line: line_item_id, ...row }))

/** An order as the corpus has it, in the words of ORDERS.md. */
function order({ items, placed_at_local, updated_at_local, currency_external_id, customer, ...rest }) {
  const { phone, ...buyer } = customer ?? {}
  return {
    ...rest,
    ...(items && { lines: items }),
    ...(placed_at_local && { placed_at: utc(placed_at_local), updated_at: utc(updated_at_local) }),
    ...(currency_external_id && { currency: null }), // a number, until it is joined
    ...(customer && { customer: { ...buyer, ...(phone && { phone_raw: phone }) } })
  }
}

/** A shipment of the corpus may be several parcels. */
function parcels({ tracking_numbers, tracking_number, external_id, order_external_id, carrier_external_id, ...rest }) {
  return (tracking_numbers ?? [tracking_number]).map((number) => ({ order: order_external_id, tracking_number: number, ...rest }))
}

/** What of the facts is judged, and what it should be. */
function judged(facts, expect) {
  const shipments = of(facts, 'shipment').map((fact) => fact.shipment)
  if (expect.order) return [of(facts, 'order').map((fact) => fact.order), [order(expect.order)]]
  if (expect.external_ids) return [of(facts, 'order').map((fact) => fact.order.external_id), expect.external_ids]
  if (expect.orders !== undefined) return [facts.length, expect.orders]
  if (expect.customer) return [of(facts, 'customer').map((fact) => fact.customer), [expect.customer]]
  if (expect.shipments) return [shipments, expect.shipments.flatMap(parcels)]
  if (expect.refunds) {
    return [of(facts, 'refund').map((fact) => ({ order: fact.order, ...fact.refund })),
      expect.refunds.map(({ order_external_id, items, ...rest }) => ({ order: order_external_id, lines: rows(items), ...rest }))]
  }
  const { at, event_id, substatus_raw, ...tracking } = expect.tracking
  return [shipments.map((s) => ({ ...s, event_id: facts[0].event_id })),
    [{ ...tracking, ...(at && { status_at: at }), ...(event_id && { event_id }), ...(substatus_raw && { status_raw: substatus_raw }) }]]
}

test('facts of each answer and webhook of the corpus', { skip }, () => {
  const wrong = []
  const seen = lines().filter(isSigned).filter(({ expect }) => !expect.refused && !expect.error)
  for (const line of seen) {
    const { facts, error } = parse(line)
    const how = error ?? differs(...judged(facts, line.expect), 'facts')
    if (how) wrong.push(`${line.file}: ${how}`)
  }
  assert.equal(seen.length, 14)
  assert.deepEqual(wrong, [])
})

test('what may not be read is refused', { skip }, () => {
  const seen = lines().filter(({ expect }) => expect.refused || expect.error)
  for (const line of seen) {
    const { error } = parse(line)
    assert.match(error, line.expect.refused ? /DOCTYPE/ : new RegExp(`error ${line.expect.error.code}\\b`), line.file)
  }
  assert.equal(seen.length, 3)
})

test('no secret of a shop is in a fact', { skip }, () => {
  for (const line of lines().filter(({ platform }) => platform !== 'aftership')) {
    assert.doesNotMatch(JSON.stringify(parse(line)), /0123456789abcdef|notarealhash|4242|stripe_tok|192\.0\.2\.9/, line.file)
  }
})
