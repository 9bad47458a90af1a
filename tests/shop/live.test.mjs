// Webhooks of the corpus, posted to a gateway beside a daemon: what is then
// stored must be what expected.jsonl says; a payload twice, and two of one
// order in either order, end in one state. Each case has a shop of its own,
// which is a store of its own as far as its orders go. Where the corpus is not
// there, this suite says so.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PLATFORMS, bytes, isTheirs, judge, line, lines, sequences, skip } from './corpus.mjs'
import { Stand } from './stand.mjs'

const DOMAIN = 'tienda-demo.myshopify.com'
const SETTINGS = {
  woocommerce: { url: 'https://tienda.example', zone: 'Europe/Madrid', country: 'ES' },
  shopify: { shop_domain: DOMAIN, country: 'ES' },
  aftership: {},
  orders: { country: 'ES' },
}
const SECRETS = { woocommerce: 'webhook_secret', shopify: 'client_secret', aftership: 'webhook_secret' }
const DEAD = ['bad_woo_truncated.json', 'odd_shopify_topic_mismatch.json'] // signed, and cannot be read
const LIVES = [
  ['woo_order_created.json', 'woo_order_updated_completed.json', 'woo_order_updated_partial_refund.json', 'woo_order_deleted.json'],
  ['shopify_orders_create.json', 'shopify_orders_updated_fulfilled.json', 'shopify_orders_updated_older.json', 'shopify_fulfillments_update_out_for_delivery.json'],
  ['shopify_orders_create_fixture.json', 'shopify_fulfillments_create_fixture.json'],
]
const TRACKED = ['shopify_orders_updated_fulfilled.json', 'aftership_delivered.json', 'aftership_in_transit.json']
const NUMBER = '0123456789012' // of the parcel that is tracked
const NEUTRAL = ['import_orders.ndjson', 'import_orders_some_bad.ndjson'] // each line is what a signed hook carries too
const SIGNS = 'secreto de una tienda propia'
let stand
const paths = new Map() // by the shop's name
const singles = skip ? [] : ['woocommerce', 'shopify'].flatMap((p) => lines(p).filter((one) => one.http))
const tracking = skip ? [] : lines('aftership').filter(isTheirs)

async function shop(name, platform) {
  const { kind, secret } = PLATFORMS[platform]
  paths.set(name, await stand.shop(name, kind, SETTINGS[kind], { [SECRETS[kind]]: secret }))
}

/** Post a line's body as it is: the answer's status. */
async function post(name, { file, headers, platform }) {
  const body = bytes(file)
  return (await stand.gateway.deliver(paths.get(name), body, { kind: PLATFORMS[platform].kind, secret: null, headers })).status
}

/** One after the other, to one shop. */
async function postAll(name, files) {
  for (const file of files) assert.equal(await post(name, line(file)), 200, file)
}

const orderings = (list) => (list.length < 2 ? [list] : list.flatMap((one, i) => orderings(list.filter((_, j) => j !== i)).map((rest) => [one, ...rest])))
const pairs = LIVES.flatMap((life) => life.flatMap((a, i) => life.slice(i + 1).map((b) => [a, b])))
/** Sequences of one shop; of the others the parcel's number is told apart. */
const stories = sequences.filter(({ sequence }) => !sequence.includes(TRACKED[1]) && sequence[0] !== sequence[1])

before(async () => {
  if (skip) return
  stand = await Stand.start()
  for (const { file, platform } of singles) await shop(file, platform)
  for (const [i, [a]] of pairs.entries()) for (const turn of ['ab', 'ba']) await shop(`pair-${i}-${turn}`, line(a).platform)
  for (const [i, { sequence }] of stories.entries())
    for (const k of orderings(sequence).keys()) await shop(`story-${i}-${k}`, line(sequence[0]).platform)
  for (const k of orderings(TRACKED).keys()) await shop(`tracked-${k}`, 'shopify')
  await shop('aftership', 'aftership')
  for (const file of NEUTRAL) paths.set(file, await stand.shop(file, 'orders', SETTINGS.orders, { secret: SIGNS }))
  await stand.open()
})

after(async () => stand?.end())

/** What is stored of a line's shop, in the form of what a reader says. */
async function stored(name, { expect }) {
  const { told, refunds, parcels } = await stand.facts(name)
  if (expect.shipment) return { facts: parcels }
  if (expect.refund) return { facts: refunds }
  const codes = [...new Set((await stand.notices(name)).map(({ code }) => code))]
  if (expect.connection) return { facts: [...told, ...codes.map((kind) => ({ kind }))] }
  if (expect.connection_warning) return { facts: [...told, ...codes.map((code) => ({ kind: 'nothing', code }))] }
  return { facts: [...told, ...parcels] }
}

test('every webhook: its answer, and what is stored, also when it comes twice', { skip }, async () => {
  const wrong = []
  const asked = ['shopify_refunds_create_fixture.json', 'shopify_customers_redact.json', 'shopify_shop_redact.json'] // see below, and pulled.test.mjs
  for (const turn of ['once', 'twice']) {
    const told = async (one) => {
      const status = await post(one.file, one)
      if (!one.http.includes(status)) wrong.push(`${one.file}: answered ${status}`)
    }
    await Promise.all(singles.map(told))
    await stand.settled()
    for (const one of singles.filter(({ file }) => !asked.includes(file))) {
      const how = judge(one, await stored(one.file, one))
      if (how) wrong.push(`${one.file}, ${turn}: ${how}`)
    }
  }
  assert.deepEqual(wrong, [])
  assert.equal(singles.length, 33)
})

test('nothing is kept of what is not signed; what is signed and cannot be read is a dead letter', { skip }, async () => {
  for (const one of singles) {
    const hooks = await stand.hooks(one.file)
    const dead = hooks.filter(({ state }) => state === 'dead')
    if (!isTheirs(one) || one.file === 'woo_ping.txt') assert.equal(hooks.length, 0, one.file)
    else if (one.expect.privacy) assert.equal(dead.length, 0, one.file) // what was erased has no hooks
    else assert.deepEqual([hooks.length, dead.length], [2, DEAD.includes(one.file) ? 2 : 0], `${one.file}: ${dead[0]?.why}`)
  }
})

/** A shop's orders and parcels, without what differs by place and by clock. */
async function state(name) {
  const { told, parcels } = await stand.facts(name)
  return JSON.parse(JSON.stringify({ told, parcels }, (key, v) => (['id', 'connection', 'as_of'].includes(key) ? undefined : v)))
}

test('two payloads of one order, each twice, end in one state in either order', { skip }, async () => {
  await Promise.all(pairs.flatMap(([a, b], i) => [postAll(`pair-${i}-ab`, [a, a, b, b]), postAll(`pair-${i}-ba`, [b, b, a, a])]))
  await stand.settled()
  for (const [i, pair] of pairs.entries()) {
    const ab = await state(`pair-${i}-ab`)
    assert.ok(ab.told.length + ab.parcels.length > 0, pair.join())
    assert.deepEqual(ab, await state(`pair-${i}-ba`), pair.join())
  }
  assert.equal(pairs.length, 13)
})

test('sequences, in every order, end as the corpus says', { skip }, async () => {
  await Promise.all(stories.flatMap(({ sequence }, i) => orderings(sequence).map((files, k) => postAll(`story-${i}-${k}`, files))))
  await stand.settled()
  for (const [i, { sequence, final }] of stories.entries())
    for (const [k, files] of orderings(sequence).entries()) {
      const { orders: count, shipment_status: parcels = {}, ...want } = final
      const all = await stand.orders(`story-${i}-${k}`)
      if (count !== undefined) assert.equal(all.length, count, files.join())
      for (const [name, v] of Object.entries(want)) assert.equal(all[0][name], v, `${files.join()}: ${name}`)
      for (const [id, v] of Object.entries(parcels)) assert.equal(all[0].shipments.find((s) => s.external_id === id).status, v, files.join())
    }
  assert.equal(stories.length, 5)
})

test('a parcel that is tracked, in every order, ends as the corpus says', { skip }, async () => {
  const [{ final }] = sequences.filter(({ sequence }) => sequence.includes(TRACKED[1]))
  const number = (k) => `${NUMBER}${k}`
  for (const [k, files] of orderings(TRACKED).entries())
    for (const file of files) {
      const { platform, headers } = line(file)
      const { kind, secret, topic } = PLATFORMS[platform]
      const text = bytes(file).toString().replaceAll(NUMBER, number(k)).replaceAll('#1042', `#1042-${k}`)
      const options = { kind, secret, topic: headers[topic] }
      const name = platform === 'shopify' ? `tracked-${k}` : 'aftership'
      assert.equal((await stand.gateway.deliver(paths.get(name), text, options)).status, 200)
    }
  await stand.settled()
  for (const [k, files] of orderings(TRACKED).entries()) {
    const [{ shipments }] = await stand.orders(`tracked-${k}`)
    assert.equal(shipments.length, 1, files.join())
    assert.equal(shipments[0].tracking_number, number(k))
    assert.equal(shipments[0].status, final.shipment_status[NUMBER], files.join())
    assert.equal(shipments[0].status_at, '2026-06-05T09:59:00Z', files.join())
  }
})

test('a shop that removed the app says so at its connection', { skip }, async () => {
  const { connections } = await stand.control.call('connection.list', {})
  const of = (name) => connections.find((c) => c.name === name)
  assert.deepEqual([of('shopify_app_uninstalled.json').state, of('shopify_app_uninstalled.json').state_detail], ['failing', 'the shop removed the app'])
  assert.equal(of('shopify_orders_create.json').state, 'unknown')
})

test('what shops ask for on behalf of people is a row, with whom it is about', { skip }, async () => {
  const { requests } = await stand.control.call('privacy.list', {})
  const kinds = (name) => requests.filter(({ connection }) => connection === name).map(({ kind }) => kind)
  assert.deepEqual([...new Set(kinds('shopify_customers_redact.json'))], ['customer_redact'])
  assert.deepEqual([...new Set(kinds('shopify_shop_redact.json'))], ['shop_redact'])
})

test('neutral orders, signed: good ones are stored, bad ones are dead letters', { skip }, async () => {
  for (const file of NEUTRAL) {
    const bodies = bytes(file).toString().split('\n').filter((text) => text !== '')
    for (const text of bodies) assert.equal((await stand.gateway.deliver(paths.get(file), text, { kind: 'orders', secret: SIGNS })).status, 200)
    await stand.settled()
    const { orders, rejected_lines: bad = [], first, second } = line(file).expect
    const stored = await stand.orders(file)
    assert.equal(stored.length, orders, file)
    assert.equal((await stand.hooks(file, 'dead')).length, bad.length, file)
    for (const [i, want] of [first, second].entries()) if (want) assert.equal(judge({ expect: { order: want } }, { facts: [{ kind: 'order', order: stored[i] }] }), undefined)
  }
})

for (const one of tracking)
  test(`tracking by itself: ${one.file}`, { skip }, async () => {
    const alone = await Stand.start()
    try {
      const { kind, secret } = PLATFORMS.aftership
      const path = await alone.shop('aftership', kind, {}, { [SECRETS.aftership]: secret })
      await alone.open()
      for (const status of [200, 200]) {
        assert.equal((await alone.gateway.deliver(path, bytes(one.file), { secret: null, headers: one.headers })).status, status)
        await alone.settled()
        const facts = alone.parcels('').map((shipment) => ({ kind: 'shipment', shipment }))
        assert.equal(facts.length, 1)
        const { event_id, ...tracking } = one.expect.tracking
        assert.equal(judge({ expect: { tracking } }, { facts }), undefined)
      }
      assert.equal((await alone.gateway.deliver(path, bytes('bad_aftership_signature.json'), { secret: null, headers: line('bad_aftership_signature.json').headers })).status, 401)
      assert.equal((await alone.hooks('aftership')).length, 2)
    } finally {
      await alone.end()
    }
  })
