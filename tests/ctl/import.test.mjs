// postigo import orders: files as shops and spreadsheets write them; what is
// found out about them, what is refused and where, going on after a cut.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { lines, postigo, program, until } from './command.mjs'

const corpus = join(process.env.POSTIGO_SHARED ?? join(process.env.POSTIGO_SRCDIR, '../shared'), 'corpus/commerce')
const noCorpus = existsSync(join(corpus, 'import_orders.csv')) ? false : 'no corpus'
let dir
let daemon
let control

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postigo-import-'))
  daemon = await startDaemon()
  control = await daemon.connect('control')
  await control.call('connection.add', { name: 'tienda', kind: 'orders', settings: { country: 'ES' }, secrets: { secret: 'un-secreto-de-prueba' } })
})
after(async () => {
  control?.close()
  await daemon?.stop()
  daemon?.remove()
  rmSync(dir, { recursive: true, force: true })
})

function file(name, content) {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}

/** What the command says of a file: {code, err, last, refused}. */
async function orders(first, path, args, options) {
  const end = await postigo([...first, '--json', 'import', 'orders', path, ...args], options)
  const out = lines(end.out)
  return { code: end.code, err: end.err, last: out.at(-1), refused: out.filter((one) => one.why).map((one) => [one.line, one.why]) }
}

/** Without a desk. */
const dry = (path, ...args) => orders(['--dir', join(dir, 'no-desk')], path, ['--dry-run', ...args])
const real = (path, ...args) => orders(['--dir', daemon.dir], path, args)

const found = async (q) => (await control.call('order.find', { q })).orders
const stored = async (q) => {
  const [one] = await found(q)
  const detail = (await control.call('order.get', { id: one.id })).order
  return { ...detail.order, ...detail }
}

const HEAD = 'external_id;placed_at;currency;total;item_name;quantity'

test('encodings are found and said', async () => {
  const text = `${HEAD};name\nA-1;2025-03-01 09:00;EUR;1,50;Jarrón;1;Íñigo Núñez\n`
  const cases = {
    'utf-8': Buffer.from(text),
    'utf-8 with a mark': Buffer.from(`\ufeff${text}`),
    'windows-1252': Buffer.from(text, 'latin1'),
    'utf-16le': Buffer.from(`\ufeff${text}`, 'utf16le'),
    'utf-16le without a mark': Buffer.from(text, 'utf16le'),
    'utf-16be': Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
  }
  for (const [name, octets] of Object.entries(cases)) {
    const end = await dry(file('coded.csv', octets))
    assert.equal(end.code, 0, end.err)
    assert.equal(end.last.accepted, 1)
    assert.match(end.err, new RegExp(`CSV in ${name.split(' ')[0]}, delimiter semicolon, decimal comma, dates iso; rows: 1, orders: 1`, 'u'))
  }
})

test('what cells leave open is asked for, and not guessed', async () => {
  const open = file('open.csv', `${HEAD}\nA-1;2025-03-01;EUR;1.234;Mesa;1\n`)
  const asked = await dry(open)
  assert.equal(asked.code, 65)
  assert.match(asked.err, /line 2 does not say how amounts are written, nor does any other: say --decimal/u)
  assert.equal((await dry(open, '--decimal', 'comma')).code, 0)
  const both = await dry(file('both.csv', `${HEAD}\nA-1;2025-03-01;EUR;1.50;Mesa;1\nA-2;2025-03-01;EUR;1,50;Mesa;1\n`))
  assert.match(both.err, /amounts are point on line 2 and comma on line 3: say --decimal/u)
  const days = file('days.csv', `${HEAD}\nA-1;02/03/2025;EUR;1,50;Mesa;1\n`)
  assert.match((await dry(days)).err, /say --dates/u)
  assert.equal((await dry(days, '--dates', 'dmy')).code, 0)
  const known = await dry(file('known.csv', `${HEAD}\nA-1;02/03/2025;EUR;1,50;Mesa;1\nA-2;31/03/2025;EUR;1.000,00;Mesa;1\n`))
  assert.match(known.err, /decimal comma, dates dmy/u)
  assert.equal(known.last.accepted, 2)
})

test('what is wrong is told by line, and the rest is right', async () => {
  const path = file(
    'wrong.csv',
    [
      HEAD,
      'A-1;2025-03-01;EUR;1,50;Mesa;1',
      'A-2;2025-03-01;EUR;caro;Mesa;1',
      '"A-3"x;2025-03-01;EUR;1,50;Mesa;1',
      ';2025-03-01;EUR;1,50;Mesa;1',
      'A-4;2025-03-01;EUR;1,50;"Mesa',
      'de roble";1',
      'A-5;2025-03-01;EUR;1,50;Mesa;1',
      'A-6;2025-03-01;;1,50;Mesa;1',
      'A-5;2025-03-01;EUR;1,50;Silla;1',
      'A-7;2025-03-01;EUR;9,50;"=HYPERLINK(""http://x"")";1',
      '',
    ].join('\r\n'),
  )
  const end = await dry(path)
  assert.equal(end.code, 65)
  assert.deepEqual(
    end.refused.map(([line]) => line),
    [3, 4, 5, 8, 9, 10],
  )
  assert.match(end.refused[0][1], /column 4 'total' is not money: 'caro'/u)
  assert.match(end.refused[1][1], /text after a closing quote/u)
  assert.match(end.refused[2][1], /which order/u)
  assert.match(end.refused[3][1], /not together/u)
  assert.deepEqual([end.last.accepted, end.last.refused], [3, 6])
})

test('a wrong command line says what is right', async () => {
  const path = file('one.csv', `${HEAD}\nA-1;2025-03-01;EUR;1,50;Mesa;1\n`)
  for (const [args, said] of [
    [['--format', 'xls'], /csv, ndjson/u],
    [['--preset', 'ebay'], /woocommerce, shopify, prestashop/u],
    [['--delimiter', 'x'], /comma, semicolon, tab, pipe/u],
    [['--decimal', 'x'], /--decimal/u],
    [['--dates', 'x'], /--dates/u],
    [['--encoding', 'x'], /windows-1252/u],
    [['--currency', 'euro'], /three capitals/u],
    [['--zone', 'Mars/Base'], /Mars/u],
  ]) {
    const end = await dry(path, ...args)
    assert.equal(end.code, 64, `${args}: ${end.err}`)
    assert.match(end.err, said)
  }
  assert.equal((await dry(dir)).code, 65)
  assert.equal((await dry(join(dir, 'nothing'))).code, 65)
  assert.match((await dry(file('none.csv', 'a,b\n1,2\n'))).err, /no column says which order/u)
  assert.match((await dry(file('empty.csv', ''))).err, /no row of names/u)
  const nobody = await real(path, '--connection', 'nadie')
  assert.equal(nobody.code, 65)
  assert.match(nobody.err, /there is no shop 'nadie'/u)
})

test('a dry run reads for the shop, shows the first order, and takes nothing', async () => {
  const path = file('try.csv', `${HEAD};phone\nD-1;2025-03-01 09:00;EUR;1,50;Mesa;1;600 11 22 33\nD-2;x;EUR;1,50;Mesa;1;\n`)
  const tried = await real(path, '--dry-run')
  assert.equal(tried.code, 65)
  assert.match(tried.err, /for shop 'tienda'/u)
  assert.match(tried.err, /the first one, line 2: 'D-1' of 2025-03-01T09:00:00Z, total 1.50 EUR, by '600 11 22 33'; lines: 1, parcels: 0/u)
  assert.deepEqual(tried.refused, [[3, "column 2 'placed_at' is no date: 'x'"]])
  assert.deepEqual([tried.last.accepted, tried.last.refused, tried.last.dry_run], [1, 1, true])
  assert.deepEqual(await found('D-1'), [])
  assert.ok(!(await control.call('import.list', {})).runs.some((run) => run.name === 'try.csv'))
  const alone = await dry(path)
  assert.match(alone.err, /without a shop its zone and country are not known/u)
  const done = await real(path)
  assert.deepEqual([done.code, done.refused, done.last.accepted], [65, tried.refused, 1], 'a real run finds what the dry one found')
  assert.equal((await stored('D-1')).buyer.phone_e164, '+34600112233')
})

test('standard input and pipes are taken as files are', async () => {
  const input = `${HEAD}\nP-1;2025-03-01;EUR;1,50;Mesa;1\nP-2;2025-03-01;EUR;caro;Mesa;1\n`
  const end = await orders(['--dir', daemon.dir], '-', [], { input })
  assert.equal(end.code, 65, end.err)
  assert.deepEqual([end.last.accepted, end.refused.map(([line]) => line)], [1, [3]])
  assert.equal((await control.call('import.list', {})).runs[0].name, 'standard input')
  const nowhere = await orders(['--dir', daemon.dir], '-', [], { input, env: { TMPDIR: join(dir, 'nothing') } })
  assert.equal(nowhere.code, 73)
  assert.match(nowhere.err, /could not make/u)
})

test('an order that is too large is refused alone', async () => {
  const line = (id, note) => JSON.stringify({ external_id: id, placed_at: '2025-03-01T09:00:00Z', note })
  const path = file('large.ndjson', [line('G-1', 'a'), line('G-2', 'b'.repeat(520 << 10)), line('G-3', 'c'.repeat(500 << 10)), line('G-4', 'd'.repeat(500 << 10)), ''].join('\n'))
  const end = await real(path)
  assert.equal(end.code, 65, end.err)
  assert.deepEqual([end.last.accepted, end.refused], [3, [[2, 'over 512 KiB']]])
  const wide = await dry(file('wide.csv', `${HEAD}\n${`W-1;2025-03-01;EUR;1,50;${'x'.repeat(200 << 10)};1\n`.repeat(3)}W-2;2025-03-01;EUR;1,50;Mesa;1\n`))
  assert.deepEqual([wide.last.accepted, wide.refused], [1, [[4, 'an order of over 512 KiB']]])
})

test('which shop is meant is asked for where there are several', async () => {
  await control.call('connection.add', { name: 'segunda', kind: 'orders', settings: {}, secrets: { secret: 'otro' } })
  const path = file('which.csv', `${HEAD}\nS-1;2025-03-01;EUR;1,50;Mesa;1\n`)
  const end = await real(path)
  assert.equal(end.code, 64)
  assert.match(end.err, /there are several shops, '.*' and '.*': say --connection/u)
  assert.equal((await real(path, '--connection', 'segunda')).code, 0)
  await control.call('connection.add', { name: 'tercera', kind: 'orders', settings: {}, secrets: { secret: 'otro' } })
  assert.equal((await real(file('nothing.csv', `${HEAD}\nS-2;2025-03-01;EUR;caro;Mesa;1\n`), '--connection', 'tercera')).code, 65)
  await control.call('connection.remove', { name: 'tercera' })
  await assert.rejects(control.call('connection.remove', { name: 'segunda' }), /orders refer to this connection/u)
  await control.call('connection.update', { name: 'segunda', active: false })
})

test('a turn that is shared says so', async () => {
  const put = (n) =>
    control.call('order.put', { connection: 'tienda', source: 'import', orders: [{ external_id: `B-${n}`, placed_at: '2025-03-01T09:00:00Z' }] })
  assert.equal((await put(0)).beside, 0)
  const many = await Promise.all(Array.from({ length: 100 }, (_, n) => put(n + 1)))
  assert.ok(many.some(({ beside }) => beside > 0))
})

test('the corpus: files that are to be imported', { skip: noCorpus }, async () => {
  const csv = await real(join(corpus, 'import_orders.csv'))
  assert.equal(csv.code, 0, csv.err)
  assert.deepEqual([csv.last.accepted, csv.last.changed, csv.last.refused], [1, 1, 0])
  const one = await stored('C-1')
  assert.deepEqual([one.external_id, one.total, one.currency, one.buyer.email, one.buyer.name], ['C-1', '1234.50', 'EUR', 'ana@example.com', 'López; Ana'])
  assert.deepEqual(
    one.lines.map((line) => [line.name, line.quantity, line.total]),
    [
      ['Mesa "Roble"', 1, '1200.00'],
      ['Tornillos', 10, '34.50'],
    ],
  )
  assert.equal(one.shipments.length, 1, 'two rows name one parcel')
  const good = await real(join(corpus, 'import_orders.ndjson'))
  assert.deepEqual([good.code, good.last.accepted], [0, 2])
  assert.equal((await stored('L-2')).placed_at, '2024-02-05T09:00:00.000Z')
  assert.equal((await found('+34611222333')).length, 2, 'one telephone, written in two ways')
  const bad = await real(join(corpus, 'import_orders_some_bad.ndjson'))
  assert.equal(bad.code, 65)
  assert.deepEqual(
    bad.refused.map(([line]) => line),
    [2, 3],
  )
  assert.deepEqual([bad.last.accepted, bad.last.refused], [2, 2])
  const again = await real(join(corpus, 'import_orders.csv'))
  assert.deepEqual([again.last.accepted, again.last.changed], [1, 0], 'the same once more changes nothing')
})

/** Orders of two rows each. */
const many = (n) =>
  `${HEAD};email\n${Array.from({ length: n }, (_, i) => `M-${i};2025-03-01 09:00;EUR;3,50;Taza;1;c${i % 50}@correo.example\nM-${i};;;;Vaso;2;\n`).join('')}`

/** Of the store itself: how many orders begin so, under how many ids, with how many lines. */
function inStore(prefix) {
  const sql = `SELECT count(*), count(DISTINCT external_id), (SELECT count(*) FROM order_line l JOIN shop_order p ON p.id = l.order_id WHERE p.external_id LIKE '${prefix}%'), count(DISTINCT customer_id) FROM shop_order WHERE external_id LIKE '${prefix}%'`
  return execFileSync('sqlite3', ['-readonly', join(daemon.dir, 'postigo.db'), sql], { encoding: 'utf8' }).trim().split('|').map(Number)
}

test('an import that is killed goes on where it was', async () => {
  const COUNT = 1200
  const path = file('many.csv', many(COUNT))
  for (const at of [100, 400, 800]) {
    const child = spawn(program, ['--dir', daemon.dir, 'import', 'orders', path], { stdio: 'ignore' })
    const ended = new Promise((done) => child.once('exit', done))
    await until(async () => child.exitCode !== null || (await found(`M-${at}`)).length > 0, 'some of it to be in')
    child.kill('SIGKILL')
    await ended
  }
  const end = await real(path)
  assert.equal(end.code, 0, end.err)
  assert.deepEqual([end.last.accepted, end.last.refused], [COUNT, 0])
  const { runs } = await control.call('import.list', {})
  const mine = runs.filter((run) => run.name === 'many.csv')
  assert.equal(mine.length, 1, 'it is one run')
  assert.deepEqual([mine[0].state, mine[0].accepted, mine[0].line], ['done', COUNT, 2 * COUNT + 1])
  assert.deepEqual(inStore('M-'), [COUNT, COUNT, 2 * COUNT, 50], 'all of it, and nothing twice')
  const listed = lines((await postigo(['--dir', daemon.dir, '--json', 'import', 'list'])).out)
  assert.equal(listed[0].name, 'many.csv')
})

test('a daemon that goes away and comes back is waited for', async () => {
  const path = file('cut.csv', many(800).replaceAll('M-', 'K-'))
  const run = real(path)
  await until(async () => (await found('K-100')).length > 0, 'some of it to be in')
  control.close()
  await daemon.kill()
  daemon = await startDaemon({ dir: daemon.dir })
  control = await daemon.connect('control')
  const end = await run
  assert.equal(end.code, 0, end.err)
  assert.equal(end.last.accepted, 800)
  assert.deepEqual(inStore('K-'), [800, 800, 1600, 50])
})
