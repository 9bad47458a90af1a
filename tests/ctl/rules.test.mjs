// postigo rules match: lines of JSON in, lines of JSON out, no daemon.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { lines, postigo, program } from './command.mjs'

const dir = mkdtempSync(join(tmpdir(), 'postigo-rules-'))
after(() => rmSync(dir, { recursive: true }))

const book = join(dir, 'desk.book')
writeFileSync(
  book,
  `queue "general" { }
queue "devoluciones" { }
rule "devolver" {
    on contact via email, chat
    if subject or body matches /\\b(devoluci[oó]n|devolver)\\b/
    then queue "devoluciones", reason return_request, tag "a", tag "b"
    example "quiero devolver"
}
rule "robot" {
    on contact
    if sender matches /^no-?reply@/
    then priority low
    example from "noreply@a.example"
}
`,
)
const match = (input, at = book) => postigo(['rules', 'match', '--book', at], { input })
const line = (o) => `${JSON.stringify(o)}\n`

test('each line is answered: rules, actions, spans in bytes of the text as given', async () => {
  const { code, out, err } = await match(
    line({ id: 'x-1', channel: 'email', subject: 'Señal', body: 'La DEVOLUCIÓN, ya', sender: 'ana@mail.example' }) +
      line({ id: 7, channel: 'phone', body: 'quiero devolver' }) +
      line({ channel: 'chat', body: 'devolver', sender: 'no-reply@shop.example', expected: { any: 'thing' } }),
  )
  assert.equal(code, 0, err)
  assert.match(err, /3 contacts, 2 rules/)
  const [a, b, c] = lines(out)
  assert.deepEqual(a, {
    id: 'x-1',
    rules: ['devolver'],
    actions: { queue: 'devoluciones', reason: 'return_request', tag: ['a', 'b'] },
    spans: [{ rule: 'devolver', field: 'body', from: 3, to: 14 }],
    undecided: [],
  })
  assert.deepEqual(b, { id: 7, rules: [], actions: {}, spans: [], undecided: [] })
  assert.equal(c.id, null)
  assert.deepEqual(c.rules, ['devolver', 'robot'])
  assert.equal(c.actions.priority, 'low')
})

test('wrong lines are named by number, the others answered, the exit code is 65', async () => {
  const long = `{"id":9,"body":"${'a'.repeat(1 << 20)}"}\n`
  const { code, out, err } = await match(
    `nonsense\n[1]\n\n${line({ id: {} })}${line({ id: 5, channel: 5 })}${long}{"id":1,"id":2}\n${line({ id: 'end', body: 'x' }).trim()}`,
  )
  assert.equal(code, 65)
  assert.deepEqual(lines(out).map((o) => o.id), ['end'])
  const told = [...err.matchAll(/line (\d+): (.*)/g)]
  assert.deepEqual(told.map((m) => m[1]), ['1', '2', '4', '5', '6', '7'])
  assert.match(told[3][2], /'channel' is not a string/)
  assert.match(told[4][2], /over 1 MiB/)
  assert.match(err, /6 of 7 lines were wrong/)
})

test('an answer comes before the next line is written', async () => {
  const child = spawn(program, ['rules', 'match', '--book', book], { stdio: ['pipe', 'pipe', 'ignore'] })
  let out = ''
  for (const n of [1, 2, 3]) {
    const answered = new Promise((done) => {
      child.stdout.once('data', (bytes) => done((out += bytes)))
    })
    child.stdin.write(line({ id: n, body: 'devolver', channel: 'chat' }))
    await answered
    assert.equal(lines(out).length, n)
  }
  child.stdin.end()
  assert.equal(await new Promise((done) => child.once('exit', done)), 0)
})

test('a folder is one book in the order of names; errors name their file and line', async () => {
  const folder = join(dir, 'books')
  mkdirSync(folder)
  writeFileSync(join(folder, 'b.book'), 'rule "second" {\n  on contact if body matches /uno/ then tag "second"\n}\n')
  writeFileSync(join(folder, 'a.book'), '# no newline at its end\nqueue "q" { }\nrule "first" { on contact if body matches /uno/ then tag "first" }')
  writeFileSync(join(folder, 'c.txt'), 'not a book')
  const right = await match(line({ id: 1, body: 'uno' }), folder)
  assert.deepEqual(lines(right.out)[0].rules, ['first', 'second'])
  writeFileSync(join(folder, 'b.book'), 'rule "second" {\n  on contact if body matches /un(o/ then tag "second"\n}\n')
  const wrong = await match(line({ id: 1, body: 'uno' }), folder)
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /b\.book:2:\d+: a wrong pattern/)
  assert.equal(wrong.out, '')
})

test('no book, no folder, no file: said so', async () => {
  const empty = join(dir, 'empty')
  mkdirSync(empty)
  assert.equal((await postigo(['rules', 'match'])).code, 64)
  for (const at of [join(dir, 'absent'), empty]) {
    const { code, out, err } = await match(line({ id: 1 }), at)
    assert.notEqual(code, 0)
    assert.equal(out, '')
    assert.ok(err.includes(at), err)
  }
})

test('facts of every kind are members by the names of their fields; wrong ones are named', async () => {
  const facts = join(dir, 'facts.book')
  writeFileSync(
    facts,
    `queue "a" { }
calendar "c" { timezone "Europe/Madrid"  mon-sun 09:00-19:00 }
rule "all" {
    on answer
    if header "received" matches /by b/ and attachment.name matches /jpg$/ and tag is "vip"
       and order.total >= 100.00 EUR and messages > 2 and not robot and age < 3h
       and open in "c" and language is es
    then tag "all"
}
rule "yen" { on contact if order.total = 5 JPY then tag "yen" }
`,
  )
  const whole = {
    id: 1,
    event: 'answer',
    headers: { 'X-A': 'x', Received: ['by a', 'by b'] },
    files: [{ name: 'photo.jpg', type: 'image/jpeg' }],
    tags: ['vip'],
    'order.total': '100.50 EUR',
    messages: 3,
    robot: false,
    now: '2026-11-22T10:00:00Z',
    language: 'es',
    age: 7200,
    body: null,
  }
  const wrong = {
    'order.total': '12.345 EUR', headers: { a: [1] }, files: [{ name: 1 }], tags: 'x', event: 'nope', now: 'yesterday', robot: 1, messages: '3',
  }
  const { code, out, err } = await match(
    [whole, { ...whole, now: '2026-11-22T20:00:00Z' }, { ...whole, 'order.total': '99.99 EUR' }, { id: 2, 'order.total': '5 JPY' }]
      .concat(Object.entries(wrong).map(([name, value]) => ({ [name]: value })))
      .map(line)
      .join(''),
    facts,
  )
  assert.equal(code, 65)
  assert.deepEqual(lines(out).map((o) => o.rules), [['all'], [], [], ['yen']])
  assert.deepEqual(lines(out)[0].spans[0], { rule: 'all', field: 'header', from: 0, to: 4, name: 'Received' })
  assert.equal([...err.matchAll(/^postigo: line \d+: '/gm)].length, Object.keys(wrong).length, err)
})
