// A store that cannot be served is refused at the start, with what is wrong and the command that helps; a page
// that is found damaged later stops what would be stored, and nothing else.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { build, contact, postigo } from './command.mjs'

const PAGE = 4096
const whole = mkdtempSync(join(tmpdir(), 'postigo-whole-'))
let work
const started = []

/** A daemon that is killed at the end, however the test ends. */
async function serve(dir) {
  const daemon = await startDaemon({ dir })
  started.push(daemon)
  return daemon
}

/** A copy of a sound desk, to break. */
function copy() {
  const dir = join(work, String(Math.random()).slice(2))
  cpSync(whole, dir, { recursive: true })
  return dir
}

function overwrite(path, at, octets) {
  const fd = openSync(path, 'r+')
  writeSync(fd, octets, 0, octets.length, at)
  closeSync(fd)
}

const sql = (dir, text) => execFileSync('sqlite3', [join(dir, 'postigo.db'), text], { encoding: 'utf8' })
const start = (dir) => spawnSync(join(build, 'postigod'), ['--dir', dir], { encoding: 'utf8', timeout: 60000 })

/** It does not start, says why and what helps, and has changed nothing. */
function refused(dir, code, ...says) {
  const path = join(dir, 'postigo.db')
  const before = existsSync(path) ? readFileSync(path) : null
  const end = start(dir)
  assert.equal(end.status, code, end.stderr)
  for (const what of says) assert.match(end.stderr, what)
  if (before) assert.ok(readFileSync(path).equals(before), 'the file stays as it was')
  return end
}

before(async () => {
  work = mkdtempSync(join(tmpdir(), 'postigo-start-'))
  const daemon = await serve(whole)
  const control = await daemon.connect('control')
  await control.call('connection.add', {
    name: 'uno',
    kind: 'pipe',
    settings: { address: 'hola@tienda.example', from_name: 'Tienda', out: join(whole, 'out') },
  })
  const mail = await daemon.connect('mail')
  for (let n = 1; n <= 60; n++) await mail.call('contact.add', contact('uno', n))
  await daemon.stop()
})
after(async () => {
  for (const daemon of started) await daemon.kill()
  rmSync(work, { recursive: true, force: true })
  rmSync(whole, { recursive: true, force: true })
})

test('a file that is no database', () => {
  const dir = copy()
  writeFileSync(join(dir, 'postigo.db'), 'To whom it may concern: '.repeat(500))
  refused(dir, 70, /no database/, /postigo fsck/, /postigo restore/)
})

test('a store that is cut short, to nothing, or gone', async () => {
  for (const bytes of [50, PAGE, 3 * PAGE + 100, statSync(join(whole, 'postigo.db')).size - 1]) {
    const dir = copy()
    truncateSync(join(dir, 'postigo.db'), bytes)
    refused(dir, 70, /cut short|no database/, /postigo restore/)
    assert.equal((await postigo(['--dir', dir, 'fsck'])).code, 1)
  }
  const dir = copy()
  truncateSync(join(dir, 'postigo.db'), 0)
  refused(dir, 70, /is empty/, /postigo restore/)
  rmSync(join(dir, 'postigo.db'))
  refused(dir, 70, /is not there/, /postigo restore/)
  assert.ok(!existsSync(join(dir, 'postigo.db')))
})

test('a store whose making was cut off is made', async () => {
  // the first page is written beside a journal that goes back to nothing; of
  // both, what a power loss may leave
  const journal = Buffer.alloc(512)
  Buffer.from('d9d505f920a163d70000000097bbce3e000000000000020000001000', 'hex').copy(journal)
  const first = readFileSync(join(whole, 'postigo.db')).subarray(0, PAGE)
  const torn = Buffer.from(first).fill(0, 0, 512)
  for (const page of [Buffer.alloc(PAGE), torn, first, first.subarray(0, 512), Buffer.alloc(0)]) {
    const dir = join(work, `begun${Math.random()}`)
    mkdirSync(dir, { mode: 0o700 })
    writeFileSync(join(dir, 'postigo.db'), page)
    writeFileSync(join(dir, 'postigo.db-journal'), journal)
    const none = await postigo(['--dir', dir, 'fsck'])
    assert.equal(none.code, 66, none.err)
    assert.match(none.err, /there is no desk/)
    const daemon = await serve(dir)
    await (await daemon.connect('control')).call('desk.set', { name: 'Otra' })
    await daemon.stop()
    assert.equal((await postigo(['--dir', dir, 'fsck'])).code, 0)
  }

  // any other journal explains nothing, and a key says that a desk was here
  const other = copy()
  writeFileSync(join(other, 'postigo.db'), Buffer.alloc(PAGE))
  journal[19] = 1
  writeFileSync(join(other, 'postigo.db-journal'), journal)
  refused(other, 70, /no database/, /postigo restore/)
  journal[19] = 0
  writeFileSync(join(other, 'postigo.db-journal'), journal)
  refused(other, 70, /not made to its end/, /postigo restore/)
})

test('a database of another program', () => {
  const dir = copy()
  sql(dir, 'PRAGMA application_id = 42')
  refused(dir, 70, /another program/, /--dir/)
  const other = join(work, 'other')
  execFileSync('mkdir', [other])
  sql(other, 'CREATE TABLE shopping (list TEXT)')
  const end = start(other)
  assert.equal(end.status, 70)
  assert.match(end.stderr, /another program/)
  assert.equal(sql(other, 'SELECT name FROM sqlite_schema'), 'shopping\n')
})

test('a store of a newer version', () => {
  const dir = copy()
  sql(dir, 'PRAGMA user_version = 999')
  refused(dir, 70, /schema is 999/, /newer/, /postigo restore/)
})

test('a schema that is not the one', async () => {
  for (const [broken, says] of [
    ['DROP INDEX clock_due', /index 'clock_due'/],
    ['DROP TABLE rating', /table 'rating'/],
    ['CREATE TRIGGER t AFTER INSERT ON message BEGIN DELETE FROM message; END', /trigger 't'/],
    ['ALTER TABLE incident ADD COLUMN x INTEGER', /table 'incident'/],
  ]) {
    const dir = copy()
    sql(dir, broken)
    refused(dir, 70, says, /postigo fsck/)
    const end = await postigo(['--dir', dir, 'fsck'])
    assert.equal(end.code, 1)
    assert.match(end.out, /^schema: /m)
  }
})

test('a log that is not one: what is in it is not passed over', async () => {
  const dir = copy()
  const daemon = await serve(dir)
  const mail = await daemon.connect('mail')
  const first = await mail.call('contact.add', contact('uno', 1001))
  await daemon.kill()
  const log = join(dir, 'postigo.db-wal')
  const kept = readFileSync(log)
  assert.ok(kept.length > PAGE)
  for (const at of [0, 5, 9, 17, 25]) {
    writeFileSync(log, kept)
    overwrite(log, at, Buffer.from([kept[at] ^ 0x55]))
    refused(dir, 70, /its log/, /postigo restore/)
    assert.equal((await postigo(['--dir', dir, 'fsck'])).code, 1)
  }
  writeFileSync(log, kept)
  const again = await serve(dir)
  const repeat = await (await again.connect('mail')).call('contact.add', contact('uno', 1001))
  assert.deepEqual(repeat, first)
  await again.stop()
})

test('a damaged page is met while the desk works: nothing is stored, sound pages are read', async () => {
  const dir = copy()
  // where the indexes begin in which a contact is looked for
  const roots = sql(dir, "SELECT rootpage FROM sqlite_schema WHERE name IN ('message_external', 'sqlite_autoindex_message_1')")
    .trim()
    .split('\n')
    .map(Number)
  for (const page of roots) overwrite(join(dir, 'postigo.db'), (page - 1) * PAGE, Buffer.alloc(PAGE, 0xff))
  const daemon = await serve(dir)
  const control = await daemon.connect('control')
  const mail = await daemon.connect('mail')
  const refusal = await mail.call('contact.add', contact('uno', 2001)).then(
    () => assert.fail('it was acknowledged'),
    (error) => error,
  )
  assert.equal(refusal.outcome, 'temp', refusal.message)
  await assert.rejects(control.call('desk.set', { name: 'Otra' }), (error) => error.outcome === 'temp')
  assert.equal((await control.call('desk.get')).name, 'Postigo')
  const status = await control.call('status.get')
  const part = status.health.find((h) => h.part === 'store' || h.name === 'store')
  assert.equal(part.ok, false, JSON.stringify(status.health))
  assert.match(daemon.log(), /store\.damaged.*postigo fsck.*postigo restore/)
  assert.equal(daemon.log().split('store.damaged').length, 2, 'it is said once')
  assert.equal((await daemon.stop()).code, 0)
  const end = await postigo(['--dir', dir, 'fsck'])
  assert.equal(end.code, 1)
  assert.match(end.out, /^integrity_check: /m)
  const mended = await postigo(['--dir', dir, 'fsck', '--repair'])
  assert.equal(mended.code, 1)
  assert.match(mended.err, /nothing is mended/)
})
