// Every verb that speaks to a daemon, by its name.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { contact, lines, postigo, src } from './command.mjs'

let daemon
let work
const run = (args, options) => postigo(['--dir', daemon.dir, ...args], options)

async function fine(args, options) {
  const end = await run(args, options)
  assert.equal(end.code, 0, `${args.join(' ')}: ${end.err}`)
  return end
}

before(async () => {
  work = mkdtempSync(join(tmpdir(), 'postigo-verbs-'))
  daemon = await startDaemon()
})
after(async () => {
  await daemon?.stop()
  rmSync(daemon.dir, { recursive: true, force: true })
  rmSync(work, { recursive: true, force: true })
})

test('status: text and JSON', async () => {
  const text = await fine(['status'])
  assert.match(text.out, /^postigo \d/)
  assert.doesNotMatch(text.out, /\x1b/)
  const [status] = lines((await fine(['status', '--json'])).out)
  assert.deepEqual(status.processes, [])
  assert.equal(typeof status.number, 'number')
  assert.match(status.tzdata, /^(20\d\d[a-z])?$/, 'the edition of the zone data, where the system says it')
})

test('desk: shows and sets name and language', async () => {
  await fine(['desk', '--name', 'Tienda Sol', '--language', 'es'])
  assert.equal((await fine(['desk'])).out, 'Tienda Sol (es)\n')
  assert.equal((await run(['desk', '--language', 'xx'])).code, 65)
})

test('connection add, list, disable, enable, remove', async () => {
  for (const d of ['in', 'out']) for (const s of ['new', 'cur', 'tmp']) mkdirSync(join(work, d, s), { recursive: true })
  const settings = [`address=hola@tienda.example`, `from_name=Tienda`, `in=${join(work, 'in')}`, `out=${join(work, 'out')}`]
  const added = await fine(['connection', 'add', 'uno', 'maildir', ...settings])
  assert.equal(added.out, '')
  assert.match(added.err, /'uno'/)
  const object = { name: 'dos', kind: 'pipe', settings: { address: 'dos@tienda.example', from_name: 'T', out: join(work, 'out') } }
  const file = join(work, 'dos.json')
  writeFileSync(file, JSON.stringify(object))
  const [two] = lines((await fine(['connection', 'add', '--json', file])).out)
  assert.equal(two.name, 'dos')
  const [three] = lines((await fine(['--json', 'connection', 'add'], { input: JSON.stringify({ ...object, name: 'tres' }) })).out)
  assert.equal(three.name, 'tres')
  const several = { connections: [{ ...object, name: 'cuatro' }, { ...object, name: 'cinco' }] }
  assert.equal(lines((await fine(['connection', 'add', '--json', JSON.stringify(several)])).out).length, 2)
  const again = await run(['connection', 'add', '--json', file])
  assert.equal(again.code, 65)
  assert.match(again.err, /dos/)
  assert.match((await fine(['connection', 'list'])).out, /NAME +KIND[\s\S]*uno +maildir +yes/)
  await fine(['connection', 'disable', 'cinco'])
  assert.equal(lines((await fine(['connection', 'list', '--json'])).out).find((c) => c.name === 'cinco').active, false)
  await fine(['connection', 'enable', 'cinco'])
  assert.equal(lines((await fine(['connection', 'list', '--json'])).out).find((c) => c.name === 'cinco').active, true)
  await fine(['connection', 'remove', 'cinco'])
  assert.equal(lines((await fine(['connection', 'list', '--json'])).out).length, 4)
  assert.equal((await run(['connection', 'remove', 'cinco'])).code, 65)
})

test('connection add: text that is not JSON is 65 with its column', async () => {
  const end = await run(['connection', 'add', '--json', '{"name": }'])
  assert.equal(end.code, 65)
  assert.match(end.err, /column \d+/)
})

test('user add, list, link, passwd, disable; token create, revoke', async () => {
  const made = await fine(['user', 'add', 'ana@tienda.example', '--name', 'Ana', '--role', 'admin', '--link', '--url', 'http://x.example/'])
  assert.match(made.out, /^password: \S{12,}\nlog-in, once: http:\/\/x\.example\/login\/link\?token=\S+\n$/)
  await fine(['user', 'add', 'leo@tienda.example', '--name', 'Leo', '--password-stdin'], { input: 'una frase bastante larga\n' })
  assert.equal((await run(['user', 'add', 'leo@tienda.example', '--name', 'Leo'])).code, 65)
  assert.equal((await run(['user', 'add', 'x@tienda.example', '--name', 'X', '--role', 'king'])).code, 65)
  assert.match((await fine(['user', 'list'])).out, /leo@tienda\.example +Leo +agent +yes/)
  assert.match((await fine(['user', 'link', 'leo@tienda.example'])).out, /^http:\/\/127\.0\.0\.1:8480\/login\/link\?token=\S+\n$/)
  assert.match((await fine(['user', 'passwd', 'leo@tienda.example'])).out, /^password: \S{12,}\n$/)
  assert.equal((await fine(['user', 'passwd', 'leo@tienda.example', '--password-stdin'], { input: 'otra frase muy larga\n' })).out, '')
  assert.equal((await run(['user', 'passwd', 'nadie@tienda.example'])).code, 65)
  const token = await fine(['token', 'create', 'ana@tienda.example', '--label', 'prueba', '--json'])
  const [{ id, token: secret }] = lines(token.out)
  const file = join(work, 'token')
  writeFileSync(file, `${secret}\n`)
  const who = await fine(['call', 'agent.list', '{}', '--token-file', file])
  assert.equal(lines(who.out)[0].agents.length, 2)
  await fine(['token', 'revoke', String(id)])
  assert.equal((await run(['call', 'agent.list', '{}', '--token-file', file])).code, 77)
  await fine(['user', 'disable', 'leo@tienda.example'])
  assert.match((await fine(['user', 'list'])).out, /leo@tienda\.example +Leo +agent +no/)
})

test('user away, back: of a person of staff, with a reason and an end', async () => {
  await fine(['user', 'add', 'iris@tienda.example', '--name', 'Iris', '--password-stdin'], { input: 'una frase bastante larga\n' })
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
  const [away] = lines((await fine(['user', 'away', 'iris@tienda.example', '--reason', 'holiday', '--until', tomorrow, '--json'])).out)
  assert.equal(away.away.reason, 'holiday')
  assert.equal((await run(['user', 'away', 'iris@tienda.example', '--reason', 'siesta'])).code, 65)
  assert.equal((await run(['user', 'away', 'iris@tienda.example', '--until', 'mañana'])).code, 64)
  assert.equal((await run(['user', 'away', 'nadie@tienda.example'])).code, 65)
  await fine(['user', 'back', 'iris@tienda.example'])
  const [back] = lines((await fine(['user', 'list', '--json'])).out).filter((u) => u.email === 'iris@tienda.example')
  assert.equal(back.away, null)
  await fine(['user', 'disable', 'iris@tienda.example'])
})

test('incident list: every one of them, as JSON and as a table', async () => {
  const gateway = await daemon.connect('mail')
  const many = 230
  for (let n = 1; n <= many; n++) await gateway.call('contact.add', contact('uno', n))
  gateway.close()
  const all = lines((await fine(['incident', 'list', '--all', '--json'])).out)
  assert.equal(all.length, many)
  assert.equal(new Set(all.map((i) => i.id)).size, many)
  for (const name of ['id', 'ref', 'channel', 'queue', 'state', 'priority', 'reason', 'tags', 'subject', 'customer', 'assignee', 'created_at', 'due_at', 'clock', 'messages'])
    assert.ok(name in all[0], name)
  assert.equal(all[0].messages, 1)
  assert.ok(all[0].customer.identities[0].value.endsWith('@correo.example'))
  assert.match(all[0].created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
  assert.equal(lines((await fine(['incident', 'list', '--json', '--limit', '205'])).out).length, 205)
  const table = await fine(['incident', 'list', '--limit', '3'])
  assert.equal(table.out.trimEnd().split('\n').length, 4)
  assert.match(table.out, /^REF +DUE/)
  assert.equal(lines((await fine(['incident', 'list', '--state', 'solved', '--view', 'all', '--json'])).out).length, 0)
})

test('incident show: the whole object, by number and by P-number', async () => {
  const [first] = lines((await fine(['incident', 'list', '--json', '--limit', '1'])).out)
  const [object] = lines((await fine(['incident', 'show', first.ref, '--json'])).out)
  assert.equal(object.id, first.id)
  assert.equal(object.messages.length, 1)
  const [message] = object.messages
  for (const name of ['id', 'direction', 'author', 'at', 'text', 'html', 'external_id', 'attachments', 'raw']) assert.ok(name in message, name)
  assert.equal(message.direction, 'in')
  assert.match(message.external_id, /^<m\d+@correo\.example>$/)
  assert.match(message.raw.sha256, /^[0-9a-f]{64}$/)
  assert.ok(object.events.some((e) => e.kind === 'incident.created'))
  assert.match((await fine(['incident', 'show', String(first.id)])).out, /Quiero devolver el pedido/)
  const none = await run(['incident', 'show', '999999'])
  assert.equal(none.code, 65)
  assert.match(none.err, /999999/)
})

test('book check, apply, export, diff', async () => {
  const file = join(src, 'tests/lib/desk.book')
  const text = readFileSync(file, 'utf8')
  assert.match((await fine(['book', 'check', file])).err, /\d+ rules, no errors/)
  await fine(['book', 'apply', file, '--note', 'first'])
  assert.equal((await fine(['book', 'export'])).out, text)
  const copy = join(work, 'copy.book')
  await fine(['book', 'export', copy])
  assert.equal(readFileSync(copy, 'utf8'), text)
  assert.equal((await fine(['book', 'diff', copy])).out, '')
  writeFileSync(copy, `${text}\nqueue "prueba" { title "Prueba" }\n`)
  assert.match((await fine(['book', 'diff', copy])).out, /prueba/)
  assert.equal((await run(['book', 'apply', copy, '--base', '0'])).code, 65)
  const bad = join(work, 'bad.book')
  writeFileSync(bad, 'queue "a" {\n  nonsense\n}\n')
  const end = await run(['book', 'check', bad])
  assert.equal(end.code, 1)
  assert.match(end.err, /bad\.book:2:\d+: /)
  const refused = await run(['book', 'apply', bad])
  assert.equal(refused.code, 65)
  assert.match(refused.err, /bad\.book:2:\d+: /)
})

test('book log, diff of versions, rollback', async () => {
  const log = await fine(['book', 'log'])
  assert.match(log.out, /^VERSION +APPLIED +BY +BYTES +HASH +SAME AS +NOTE\n2 +\d{4}-\d\d-\d\d \d\d:\d\dZ .* first\n1 +/)
  assert.deepEqual(
    lines((await fine(['book', 'log', '--json', '--limit', '1'])).out).map((v) => v.version),
    [2],
  )
  const last = (await fine(['book', 'diff'])).out
  assert.match(last, /^\+ /m)
  assert.equal((await fine(['book', 'diff', '1'])).out, last)
  assert.equal((await fine(['book', 'diff', '1', '2'])).out, last)
  assert.match((await fine(['book', 'diff', '2', '1'])).out, /^- /m)
  assert.equal((await run(['book', 'diff', '1', 'x'])).code, 64)
  assert.equal((await run(['book', 'diff', '1', '99'])).code, 65)
  assert.equal((await run(['book', 'rollback', 'x'])).code, 64)
  assert.equal((await run(['book', 'rollback', '2'])).code, 65)
  assert.equal((await run(['book', 'rollback', '1', '--base', '1'])).code, 65)
  const back = await fine(['book', 'rollback', '1', '--base', '2', '--note', 'back'])
  assert.match(back.err, /version 1 applied again, as version 3/)
  assert.deepEqual(lines((await fine(['book', 'rollback', '2', '--json'])).out)[0].version, 4)
  assert.match((await fine(['book', 'log'])).out, /\n3 .*version 1 +back\n/)
})

test('a book in several files is applied as one, and its errors name their file', async () => {
  const folder = join(work, 'parts')
  mkdirSync(folder)
  const file = join(folder, 'shop.book')
  writeFileSync(file, 'include "queues.book"\nrule "uno" { on contact then tag "uno" }\n')
  writeFileSync(join(folder, 'queues.book'), 'queue "general" { title "General" }\n')
  assert.match((await fine(['book', 'diff', file])).out, /uno/)
  await fine(['book', 'apply', file])
  assert.equal((await fine(['book', 'export'])).out,
    '# include "queues.book"\nqueue "general" { title "General" }\nrule "uno" { on contact then tag "uno" }\n')
  await fine(['book', 'apply', folder])
  writeFileSync(join(folder, 'queues.book'), '\nqueue "general" { titel "General" }\n')
  for (const verb of ['apply', 'diff', 'check']) {
    const bad = await run(['book', verb, file])
    assert.equal(bad.code, verb === 'check' ? 1 : 65)
    assert.match(bad.err, /queues\.book:2:19: unexpected word 'titel' .*\n {4}queue "general" \{ titel "General" \}\n {22}\^\n/)
  }
  writeFileSync(file, 'include "none.book"\n')
  const none = await run(['book', 'apply', file])
  assert.equal(none.code, 1)
  assert.match(none.err, /shop\.book:1:9: no file/)
  await fine(['book', 'apply', join(src, 'rules/catalog/default.book')])
})

test('book fmt: to standard output, in place, or a look', async () => {
  const file = join(work, 'loose.book')
  writeFileSync(file, 'queue "a"{title\n"A"}\nlist "l" { /x/ , "y" } # two\n')
  const form = 'queue "a" { title "A" }\n\nlist "l" {\n    /x/,\n    "y",\n} # two\n'
  const printed = await postigo(['book', 'fmt', file])
  assert.deepEqual([printed.code, printed.out], [0, form])
  assert.equal((await postigo(['book', 'fmt', '-'], { input: form })).out, form)
  const look = await postigo(['book', 'fmt', file, '--check'])
  assert.deepEqual([look.code, look.out], [1, ''])
  assert.match(look.err, /loose\.book: is not in its canonical form/)
  assert.equal((await postigo(['book', 'fmt', file, '--write'])).code, 0)
  assert.equal(readFileSync(file, 'utf8'), form)
  assert.equal((await postigo(['book', 'fmt', file, '--check'])).code, 0)
  writeFileSync(file, 'queue "a" {\n')
  const bad = await postigo(['book', 'fmt', file, '--write'])
  assert.equal(bad.code, 65)
  assert.match(bad.err, /loose\.book:1:11: a '\{' without its '\}'/)
  assert.equal(readFileSync(file, 'utf8'), 'queue "a" {\n')
  assert.equal((await postigo(['book', 'fmt', join(work, 'none.book')])).code, 65)
})

test('book test: numbers, rules, changes and rows, or JSON', async () => {
  const file = join(work, 'test.book')
  const text = readFileSync(join(src, 'tests/lib/desk.book'), 'utf8')
  const rule = `rule "prueba" {\n\ton contact\n\tif body contains "quiero"\n\tthen reason praise, tag "prueba"\n\texample "Quiero algo"\n}\n`
  writeFileSync(file, `${text}\n${rule}`)
  const [r] = lines((await fine(['book', 'test', file, '--json'])).out)
  assert.equal(r.contacts, 230)
  assert.equal(r.differ, 230)
  assert.equal(r.rows.length, 20)
  assert.equal(r.rules.find((x) => x.rule === 'prueba').now, 230)
  const end = await fine(['book', 'test', file, '--since', '2d', '--limit', '3'])
  assert.match(end.out, /^230 contacts: a rule fires on 230, 230 would be decided otherwise, 0 undecided\n\nRULE +LINE +NOW +BEFORE\n/)
  assert.match(end.out, /\nprueba +\d+ +230 +0\n/)
  assert.match(end.out, /\nWHAT +FROM +TO +CONTACTS\n[\s\S]*\ntag +prueba +230\n/)
  assert.match(end.out, /\nREF +RECEIVED +SUBJECT +WOULD DIFFER +RULES\nP-230 /)
  assert.match(end.out, /\+tag prueba/)
  assert.match(end.err, /3 of 230 that differ are listed/)
  assert.equal(lines((await fine(['book', 'test', '--since', '2000-01-01', '--until', '2001-01-01T00:00:00Z', '--json'])).out)[0].contacts, 0)
  for (const args of [['--since', 'x'], ['--since', '2026-13-01'], ['--limit', '501'], ['--until', '1w']]) assert.equal((await run(['book', 'test', ...args])).code, 64)
  const bad = join(work, 'bad-test.book')
  writeFileSync(bad, 'queue "a" {\n  nonsense\n}\n')
  const refused = await run(['book', 'test', bad])
  assert.equal(refused.code, 65)
  assert.match(refused.err, /bad-test\.book:2:\d+: /)
  assert.equal((await run(['book', 'test', join(work, 'none.book')])).code, 65)
})

test('explain: the decision, its rules and the words that matched', async () => {
  const [whole] = lines((await fine(['explain', 'P-3', '--json'])).out)
  assert.equal(whole.decisions.length, 1)
  const file = join(work, 'why.book')
  const rules = `rule "mirar" {\n\ton contact\n\tif body matches /pedido \\d+/ and not subject contains "urgente"\n\tthen tag "pedido"\n\tstop\n\texample "el pedido 7"\n}\nrule "nunca" {\n\ton contact\n\tif body contains "nunca"\n\tthen priority low\n\texample "nunca"\n}\n`
  writeFileSync(file, `queue "general" { title "General" }\n${rules}`)
  await fine(['book', 'apply', file])
  const gateway = await daemon.connect('mail')
  const { incident } = await gateway.call('contact.add', contact('uno', 9001))
  gateway.close()
  const end = await fine(['explain', String(incident)])
  assert.match(end.out, /contact, by version \d+ of the desk book\n {2}tag pedido\n/)
  assert.match(end.out, / {2}rule "mirar", line 2: fired\n {4}4:5 yes {2}body matches \/pedido \\d\+\/\n {10}body: Quiero devolver el \[pedido 9001\]\.\n/)
  assert.match(end.out, / {4}4:\d+ no {2}not: subject contains "urgente"\n/)
  assert.doesNotMatch(end.out, /nunca/)
  const all = await fine(['explain', String(incident), '--all'])
  assert.match(all.out, /rule "nunca", line 9: not tried, an earlier rule says stop/)
  const other = await daemon.connect('mail')
  const robot = await other.call('contact.add', contact('uno', 9002, { text: 'nada' }))
  other.close()
  assert.match((await fine(['explain', String(robot.incident)])).out, /^\d{4}.* {2}contact, by version \d+ of the desk book\n {2}no rule fired\n/)
  assert.match((await fine(['explain', String(robot.incident), '--all'])).out, / {2}rule "nunca", line 9: no\n {4}11:5 no {2}body contains "nunca"\n/)
  const [one] = lines((await fine(['explain', '3', '--rule', 'mirar', '--json'])).out)
  assert.deepEqual(one.decisions[0].rules, [], 'version 1 had no such rule')
  assert.equal((await run(['explain', 'x'])).code, 64)
  assert.equal((await run(['explain', '3', '--event', 'x'])).code, 64)
  assert.equal((await run(['explain', '999999'])).code, 65)
})

test('events: from a number, and live', async () => {
  const all = lines((await fine(['events', '--from', '0', '--json'])).out)
  assert.ok(all.length > 230)
  assert.deepEqual(all.map((e) => e.number), [...all.map((e) => e.number)].sort((a, b) => a - b))
  assert.ok((await fine(['events'])).out.trimEnd().split('\n').length <= 20)
})

test('call: a method of the bus, and its refusals', async () => {
  assert.ok(lines((await fine(['call', 'ping'])).out)[0].now)
  assert.equal((await run(['call', 'contact.add', '{}'])).code, 65)
  assert.equal((await run(['call', 'no.such', '{}'])).code, 65)
  assert.equal((await run(['call', 'ping', '{'])).code, 65)
})

test('check: the store of the daemon that runs', async () => {
  const end = await fine(['check'])
  assert.match(end.err, /store: \d+ checks, 0 problems/)
})

test('backup: into a new folder, and not over another; restore: the same', async () => {
  const to = join(work, 'backup')
  const [said] = lines((await fine(['backup', to, '--json'])).out)
  assert.ok(said.bytes > 0 && said.number > 0)
  assert.ok(existsSync(join(to, 'postigo.db')))
  const again = await run(['backup', to])
  assert.equal(again.code, 65)
  assert.match(again.err, /not empty/)
  // No daemon is asked: --dir is another's.
  const desk = join(work, 'desk')
  const restored = await run(['restore', to, desk])
  assert.equal(restored.code, 0, restored.err)
  assert.match(restored.out, /channels are off[\s\S]*postigo connection enable 'uno'/)
  assert.equal((await run(['restore', to, desk])).code, 73)
  assert.equal((await run(['restore', join(work, 'nothing'), join(work, 'desk2')])).code, 65)
  assert.equal(existsSync(join(work, 'desk2')), false)
  const [as] = lines((await run(['restore', to, join(work, 'desk3'), '--channels-on', '--json'])).out)
  assert.deepEqual(as.channels_off, [])
  assert.equal(as.number, said.number)
  const copy = await startDaemon({ dir: desk })
  try {
    const list = lines((await postigo(['--dir', desk, 'connection', 'list', '--json'])).out)
    assert.ok(list.length > 0 && list.every((c) => c.active === false))
    assert.equal((await postigo(['--dir', desk, 'connection', 'enable', 'uno'])).code, 0)
  } finally {
    await copy.stop()
  }
})

test('backup --verify: restores it beside, checks that, and leaves the backup alone', async () => {
  const there = join(work, 'verified')
  mkdirSync(there)
  const end = await fine(['backup', join(there, 'monday'), '--verify'])
  assert.match(end.out, /0 problems/)
  assert.deepEqual(readdirSync(there), ['monday'])
  const [first, second] = lines((await fine(['backup', join(there, 'tuesday'), '--verify', '--json'])).out)
  assert.ok(first.bytes > 0)
  assert.equal(second.number, first.number)
})
