// The manners of the command: help, exit codes, what goes where. No daemon.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { lines, postigo } from './command.mjs'

const dir = mkdtempSync(join(tmpdir(), 'postigo-ctl-'))
after(() => rmSync(dir, { recursive: true }))

/** The verbs that --help names. */
async function verbs() {
  const { out } = await postigo(['--help'])
  return [...out.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}\S/gm)].map((m) => m[1])
}

test('--help is there at every level, with an example', async () => {
  const all = await verbs()
  assert.ok(all.length >= 25, `${all.length} verbs`)
  for (const verb of all.filter((v) => v !== 'mail')) {
    const { code, out, err } = await postigo([...verb.split(' '), '--help'])
    assert.equal(code, 0, verb)
    assert.equal(err, '')
    assert.match(out, new RegExp(`^usage: postigo ${verb}`))
    assert.match(out, /\nexample: postigo /)
  }
  for (const group of new Set(all.filter((v) => v.includes(' ')).map((v) => v.split(' ')[0]))) {
    const { code, out } = await postigo([group, '--help'])
    assert.equal(code, 0)
    assert.match(out, new RegExp(`${group} `))
    assert.match(out, /example: postigo /)
  }
})

test('--version says the version', async () => {
  const { code, out } = await postigo(['--version'])
  assert.equal(code, 0)
  assert.match(out, /^postigo \d+\.\d+/)
})

test('a wrong command line is 64, with a line that names it', async () => {
  const wrong = [
    [[], /say what to do/],
    [['dance'], /'dance'/],
    [['incident'], /'incident'/],
    [['incident', 'dance'], /'incident dance'/],
    [['incident', 'list', '--colour'], /'--colour'/],
    [['incident', 'list', '--queue'], /'--queue' needs a value/],
    [['incident', 'list', '--limit', '0'], /--limit/],
    [['incident', 'list', '--all=yes'], /takes no value/],
    [['incident', 'show'], /incident show ID/],
    [['incident', 'show', 'x'], /P-ID/],
    [['incident', 'show', '1', '2'], /unexpected argument '2'/],
    [['book', 'check'], /book check FILE/],
    [['connection', 'add', 'x'], /NAME KIND/],
    [['connection', 'add', 'x', 'maildir', 'nonsense'], /KEY=VALUE/],
    [['user', 'add', 'x@y.example'], /--name/],
    [['token', 'create', 'x@y.example'], /--label/],
    [['token', 'revoke', 'x'], /not a number/],
    [['--socket', `/${'x'.repeat(200)}`, 'status'], /over 107 bytes/],
  ]
  for (const [args, says] of wrong) {
    const { code, out, err } = await postigo(args)
    assert.equal(code, 64, args.join(' '))
    assert.match(err, says)
    assert.equal(out, '')
    assert.equal(err.trimEnd().split('\n').length, 1, err)
  }
})

test('without a daemon every verb that needs one ends with 69 and names the socket', async () => {
  const book = join(dir, 'a.book')
  writeFileSync(book, 'queue "a" { }\n')
  const need = [
    ['status'], ['check'], ['backup', join(dir, 'b')], ['incident', 'list'], ['incident', 'show', '1'],
    ['book', 'apply', book], ['book', 'export'], ['book', 'diff', book],
    ['connection', 'list'], ['connection', 'add', 'a', 'maildir'], ['connection', 'remove', 'a'],
    ['connection', 'test', 'a'], ['connection', 'enable', 'a'], ['connection', 'disable', 'a'],
    ['user', 'list'], ['user', 'add', 'a@b.example', '--name', 'A'], ['user', 'link', 'a@b.example'],
    ['user', 'disable', 'a@b.example'], ['user', 'passwd', 'a@b.example'], ['token', 'revoke', '1'],
    ['token', 'create', 'a@b.example', '--label', 'x'], ['events'], ['desk'], ['call', 'ping'],
  ]
  for (const verb of need) {
    const { code, out, err } = await postigo(['--dir', dir, ...verb])
    assert.equal(code, 69, `${verb}: ${err}`)
    assert.match(err, /control\.sock/)
    assert.equal(out, '')
  }
})

test('a daemon that says nothing is not waited for without end', async () => {
  const path = join(dir, 'mute.sock')
  const server = createServer(() => {})
  await new Promise((done) => server.listen(path, done))
  const { code, err } = await postigo(['--socket', path, 'status'])
  server.close()
  assert.equal(code, 69)
  assert.match(err, /mute\.sock/)
})

test('check names file and line of every wrong setting, and ends with 78', async () => {
  const path = join(dir, 'wrong.conf')
  writeFileSync(path, 'nonsense = 1\n')
  const { code, err } = await postigo(['--dir', dir, 'check', '--config', path])
  assert.equal(code, 78)
  assert.match(err, /wrong\.conf:1/)
  assert.match(err, /nonsense/)
})

test('serve starts nothing when a setting is wrong', async () => {
  const path = join(dir, 'wrong2.conf')
  writeFileSync(path, 'nonsense = 1\n')
  const { code, err } = await postigo(['--dir', join(dir, 'desk'), 'serve', '--config', path])
  assert.equal(code, 78)
  assert.match(err, /wrong2\.conf:1/)
  assert.doesNotMatch(err, /serve\.started/)
})

test('book check needs no daemon: files, folders, errors with their lines', async () => {
  const folder = join(dir, 'books')
  mkdirSync(folder)
  writeFileSync(join(folder, '1.book'), 'queue "a" { }\n')
  writeFileSync(join(folder, '2.book'), 'include "1.book"\nqueue "b" { }\n')
  const good = await postigo(['--dir', dir, 'book', 'check', folder])
  assert.equal(good.code, 0, good.err)
  assert.match(good.err, /books: 2 queues, no errors/)
  writeFileSync(join(folder, '2.book'), 'include "1.book"\nqueue "b" { titel "B" }\n')
  const bad = await postigo(['--dir', dir, 'book', 'check', join(folder, '2.book')])
  assert.equal(bad.code, 1)
  assert.match(bad.err, /2\.book:2:13: unexpected word 'titel' \(did you mean 'title'\?\)\n {4}queue "b" \{ titel "B" \}\n {16}\^\n/)
  const json = await postigo(['--dir', dir, '--json', 'book', 'check', join(folder, '2.book')])
  assert.equal(json.code, 1)
  const told = JSON.parse(json.out)
  assert.equal(told.ok, false)
  assert.deepEqual(told.errors, [{
    file: join(folder, '2.book'), line: 2, column: 13,
    text: "unexpected word 'titel'", hint: "did you mean 'title'?",
  }])
})

test('a book that no desk would take is told before it is applied', async () => {
  const large = join(dir, 'large.book')
  writeFileSync(large, `queue "a" { }\n#${'x'.repeat(900000)}\n`)
  const { code, err } = await postigo(['--dir', dir, 'book', 'check', large])
  assert.equal(code, 1)
  assert.match(err, /900016 bytes with all its files; one of over 900000 cannot be applied/)
})

test('a file that cannot be read is 65 and named', async () => {
  const { code, err } = await postigo(['--dir', dir, 'book', 'check', join(dir, 'none.book')])
  assert.equal(code, 65)
  assert.match(err, /none\.book/)
  assert.deepEqual(lines(''), [])
})
