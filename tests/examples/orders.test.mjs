// schema/ORDERS.md is enough to write an adapter from: contrib's example is run
// against a real gateway and daemon, and against a hook that errs, cuts and
// refuses, whose orders the daemon's own check takes.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { Stand } from '../shop/stand.mjs'

const example = join(process.env.POSTIGO_SRCDIR, 'contrib/examples/orders.mjs')
const SECRET = 'un-secreto-de-prueba'

/** A hook that answers as the list says, then 200; cut: no answer at all. */
async function hook(answers) {
  const posts = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request.setEncoding('utf8')) body += part
    const signature = createHmac('sha256', SECRET).update(body).digest('base64')
    const answer = answers.shift() ?? 200
    posts.push({ body, path: request.url, signed: request.headers['x-postigo-signature'] === signature, answer })
    if (answer === 'cut') request.socket.destroy()
    else response.writeHead(answer).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { posts, url: `http://127.0.0.1:${server.address().port}/shop/abc`, close: () => server.close() }
}

async function run(url, secretFile, input) {
  const child = spawn(process.execPath, [example, url, secretFile], { stdio: 'pipe' })
  const out = { text: '', errors: '' }
  child.stdout.on('data', (bytes) => (out.text += bytes))
  child.stderr.on('data', (bytes) => (out.errors += bytes))
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { code, ...out }
}

const dryRun = (file) =>
  new Promise((done) =>
    execFile(join(process.env.POSTIGO_BUILDDIR, 'postigo'), ['--json', 'import', 'orders', file, '--dry-run'], (error, out, err) => done({ code: error?.code ?? 0, out, err })),
  )

const sale = (n, more = {}) =>
  JSON.stringify({
    ticket: `T-${n}`,
    sold: '2026-03-01T10:00:00+01:00',
    buyer: { mail: 'eva@correo.example', tel: '+34 600 11 22 33', who: 'Eva Soler' },
    pay: 'paid',
    cents: 1995,
    rows: [{ ref: 'TAZ', what: 'Taza «azul»', n: 1, cents: 1995 }],
    ...more,
  }) + '\n'

test('the example adapter posts signed neutral orders until they are in', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'postigo-orders-'))
  const secretFile = join(dir, 'secret')
  writeFileSync(secretFile, `${SECRET}\n`)
  const desk = await hook([503, 'cut', 200, 200, 401])
  try {
    const input = sale(1, { parcel: 'PK 1' }) + sale(2, { cents: 5, pay: 'raro', rows: [] }) + '\n{"ticket": 3}\n' + sale(4)
    const end = await run(desk.url, secretFile, input)
    assert.equal(end.code, 65, end.errors)
    assert.equal(end.text, 'T-1\nT-2\n')
    assert.match(end.errors, /a line is wrong: ticket and sold are needed/u)
    assert.match(end.errors, /T-4: the desk says 401/u)
    assert.deepEqual(
      desk.posts.map(({ answer }) => answer),
      [503, 'cut', 200, 200, 401],
    )
    assert.ok(desk.posts.every(({ signed, path }) => signed && path === '/shop/abc'))
    assert.equal(desk.posts[0].body, desk.posts[2].body, 'what is posted again is the same')
    const orders = desk.posts.slice(2).map(({ body }) => JSON.parse(body))
    assert.deepEqual([orders[0].total, orders[0].placed_at, orders[0].shipments[0].tracking_number], ['19.95', '2026-03-01T09:00:00.000Z', 'PK 1'])
    assert.deepEqual([orders[1].total, orders[1].raw_status, orders[1].payment_state], ['0.05', 'raro', undefined])

    const file = join(dir, 'posted.ndjson')
    writeFileSync(file, desk.posts.slice(2).map(({ body }) => `${body}\n`).join(''))
    const checked = await dryRun(file)
    assert.equal(checked.code, 0, checked.out + checked.err)
    assert.equal(JSON.parse(checked.out).accepted, 3)
  } finally {
    desk.close()
    rmSync(dir, { recursive: true, force: true })
  }
})

test('what the example adapter posts is in the desk, once', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'postigo-orders-'))
  const secretFile = join(dir, 'secret')
  writeFileSync(secretFile, `${SECRET}\n`)
  const stand = await Stand.start()
  try {
    const path = await stand.shop('caja', 'orders', { country: 'ES' }, { secret: SECRET })
    await stand.open()
    const url = `http://127.0.0.1:${stand.gateway.port}/shop/${path}`
    const first = sale(1) + sale(2, { buyer: {}, pay: 'raro' })
    const end = await run(url, secretFile, first + first + sale(1, { changed: '2026-03-02T09:00:00Z', parcel: 'PK 1' }) + sale(1))
    assert.deepEqual([end.code, end.errors], [0, ''])
    await stand.settled()
    const orders = await stand.orders('caja')
    assert.deepEqual(
      orders.map((one) => [one.external_id, one.state, one.payment_state, one.fulfilment_state, one.total]),
      [
        ['T-1', 'completed', 'paid', 'fulfilled', '19.95'],
        ['T-2', 'open', 'unknown', 'unfulfilled', '19.95'],
      ],
      'the older telling that came last changes nothing',
    )
    assert.deepEqual([orders[0].customer.email, orders[0].customer.phone_e164, orders[0].updated_at], ['eva@correo.example', '+34600112233', '2026-03-02T09:00:00Z'])
    assert.deepEqual(
      orders[0].lines.map((line) => [line.sku, line.name, line.quantity, line.total]),
      [['TAZ', 'Taza «azul»', 1, '19.95']],
    )
    assert.deepEqual(
      orders[0].shipments.map((one) => [one.tracking_number, one.status]),
      [['PK 1', 'shipped']],
    )
    writeFileSync(secretFile, 'otro-secreto\n')
    const wrong = await run(url, secretFile, sale(3))
    assert.equal(wrong.code, 65)
    assert.match(wrong.errors, /T-3: the desk says 401/u)
    assert.equal((await stand.orders('caja')).length, 2)
  } finally {
    await stand.end()
    rmSync(dir, { recursive: true, force: true })
  }
})
