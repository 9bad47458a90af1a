// postigo import orders: files as shops and spreadsheets write them; what is
// found out about them, what is refused and where, going on after a cut.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { lines, postigo, program, until } from './command.mjs'

const corpus = process.env.POSTIGO_SHARED && join(process.env.POSTIGO_SHARED, 'corpus/commerce')
const noCorpus = corpus && existsSync(join(corpus, 'import_orders.csv')) ? false : 'no corpus'
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

/** What a dry run says: {code, err, last, refused}. */
async function dry(path, ...args) {
  const end = await postigo(['--json', 'import', 'orders', path, '--dry-run', ...args])
  const out = lines(end.out)
  return { code: end.code, err: end.err, last: out.at(-1), refused: out.filter((one) => one.refused).map((one) => [one.line, one.refused]) }
}

async function real(path, ...args) {
  const end = await postigo(['--dir', daemon.dir, '--json', 'import', 'orders', path, ...args])
  const out = lines(end.out)
  return { code: end.code, err: end.err, last: out.at(-1), refused: out.filter((one) => one.refused).map((one) => [one.line, one.refused]) }
}

const found = async (q) => (await control.call('order.find', { q })).orders
const stored = async (q) => {
  const [one] = await found(q)
  return (await control.call('order.get', { order: one.id ?? one.order })).order
}

const HEAD = 'external_id;placed_at;currency;total;item_name;quantity'

test('encodings are found and said', async () => {
  const text = `${HEAD};name\nA-1;2025-03-01 09:00;EUR;1,50;Jarrón;1;Íñigo Núñez\n`
  const cases = {
    'utf-8': Buffer.from(text),
    'utf-8 with a mark': Buffer.from(`\ufeff${text}`),
    'windows-1252': Buffer.from(text, 'latin1'),
    'utf-16le': Buffer.from(`\ufeff${text}`, 'utf16le'),
  }
  for (const [name, octets] of Object.entries(cases)) {
    const end = await dry(file('coded.csv', octets))
    assert.equal(end.code, 0, end.err)
    assert.equal(end.last.accepted, 1)
    assert.match(end.err, new RegExp(`CSV in ${name.split(' ')[0]}, delimiter semicolon, decimal comma, dates iso; 1 rows of 1 orders`, 'u'))
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
  assert.match(end.refused[0][1], /'total' is not money: 'caro'/u)
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
  assert.equal((await dry('-')).code, 64)
  assert.equal((await dry(dir)).code, 65)
  assert.equal((await dry(join(dir, 'nothing'))).code, 65)
  assert.match((await dry(file('none.csv', 'a,b\n1,2\n'))).err, /no column says which order/u)
  assert.match((await dry(file('empty.csv', ''))).err, /no row of names/u)
  assert.equal((await real(path, '--connection', 'nadie')).code, 65)
})

test('the corpus: files that are to be imported', { skip: noCorpus }, async () => {
  const csv = await real(join(corpus, 'import_orders.csv'))
  assert.equal(csv.code, 0, csv.err)
  assert.deepEqual([csv.last.accepted, csv.last.changed, csv.last.refused], [1, 1, 0])
  const one = await stored('C-1')
  assert.deepEqual([one.external_id, one.total, one.currency, one.customer.email, one.customer.name], ['C-1', '1234.50', 'EUR', 'ana@example.com', 'López; Ana'])
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

test('an import that is killed goes on where it was', async () => {
  const COUNT = 3000
  const path = file('many.csv', many(COUNT))
  const child = spawn(program, ['--dir', daemon.dir, 'import', 'orders', path], { stdio: 'ignore' })
  const ended = new Promise((done) => child.once('exit', done))
  await until(async () => {
    const { runs } = await control.call('import.list', {})
    return child.exitCode !== null || (runs[0]?.name === 'many.csv' && (await found('M-300')).length > 0)
  }, 'some of it to be in')
  child.kill('SIGKILL')
  await ended
  const end = await real(path)
  assert.equal(end.code, 0, end.err)
  assert.deepEqual([end.last.accepted, end.last.refused], [COUNT, 0])
  const { runs } = await control.call('import.list', {})
  const mine = runs.filter((run) => run.name === 'many.csv')
  assert.equal(mine.length, 1, 'it is one run')
  assert.deepEqual([mine[0].state, mine[0].accepted, mine[0].line], ['done', COUNT, 2 * COUNT + 1])
  for (const n of [0, 1499, COUNT - 1]) assert.equal((await stored(`M-${n}`)).lines.length, 2)
  const listed = lines((await postigo(['--dir', daemon.dir, '--json', 'import', 'list'])).out)
  assert.equal(listed[0].name, 'many.csv')
})

test('a daemon that goes away and comes back is waited for', async () => {
  const path = file('cut.csv', many(2000).replaceAll('M-', 'K-'))
  const run = real(path)
  await until(async () => (await found('K-100')).length > 0, 'some of it to be in')
  control.close()
  await daemon.kill()
  daemon = await startDaemon({ dir: daemon.dir })
  control = await daemon.connect('control')
  const end = await run
  assert.equal(end.code, 0, end.err)
  assert.equal(end.last.accepted, 2000)
  for (const n of [0, 100, 999, 1999]) assert.equal((await stored(`K-${n}`)).lines.length, 2)
})
