// postigo fsck: a running daemon is asked, else postigod looks; what is broken is named.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { contact, lines, postigo } from './command.mjs'

const sha256 = (octets) => createHash('sha256').update(octets).digest('hex')
const large = Buffer.alloc(100000, 'a large one ')
const digest = sha256(large)

const book = `queue "general" { title "General" }
calendar "siempre" {
    timezone "Europe/Madrid"
    mon-sun 00:00-24:00
}
policy "correo" {
    via email
    calendar "siempre"
    first response 4h
}
`

let daemon
let dir
const file = () => join(dir, 'blobs', digest.slice(0, 2), digest.slice(2))
const sql = (text) => execFileSync('sqlite3', [join(dir, 'postigo.db'), text], { encoding: 'utf8' })

/** fsck of the desk while no daemon runs: {code, out, err, found: names of checks}. */
async function fsck(...args) {
  const end = await postigo(['--dir', dir, 'fsck', '--json', ...args])
  const result = end.out === '' ? undefined : lines(end.out)[0]
  return { ...end, result, found: (result?.problems ?? []).map((p) => p.check) }
}

before(async () => {
  daemon = await startDaemon()
  dir = daemon.dir
  const control = await daemon.connect('control')
  await control.call('connection.add', {
    name: 'uno',
    kind: 'pipe',
    settings: { address: 'hola@tienda.example', from_name: 'Tienda', out: join(dir, 'out') },
  })
  await control.call('book.apply', { text: book })
  const mail = await daemon.connect('mail')
  for (let n = 1; n <= 5; n++) await mail.call('contact.add', contact('uno', n))
  await mail.call('contact.add', contact('uno', 6, { raw: { sha256: digest, bytes: large.length, data: large.toString('base64') } }))
  assert.ok(existsSync(file()))
})
after(async () => {
  await daemon?.kill()
  rmSync(dir, { recursive: true, force: true })
})

test('a daemon that runs is asked, and serves meanwhile', async () => {
  const control = await daemon.connect('control')
  const [text, json] = await Promise.all([postigo(['--dir', dir, 'fsck']), postigo(['--dir', dir, 'fsck', '--json']), control.call('desk.get')])
  assert.equal(text.code, 0, text.out + text.err)
  assert.match(text.err, /store: \d+ checks, 0 problems/)
  const [result] = lines(json.out)
  assert.deepEqual([result.found, result.problems, result.notices], [0, [], []])
  assert.equal(result.counts.blobs, 6)
  assert.equal(result.counts.incidents, 6)
  const refused = await postigo(['--dir', dir, 'fsck', '--repair'])
  assert.equal(refused.code, 75)
  assert.match(refused.err, /stop it first/)
  await daemon.stop()
})

test('no daemon: postigod looks, and says how much', async () => {
  const end = await postigo(['--dir', dir, 'fsck'])
  assert.equal(end.code, 0, end.out + end.err)
  assert.match(end.out, /^looked at: .*blobs 6/m)
  assert.match(end.out, /store: \d+ checks, 0 problems\n$/)
  assert.equal(end.err, '', 'no progress where there is no terminal')
})

test('a folder without a desk is told, and stays as it was', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'postigo-fsck-'))
  const end = await postigo(['--dir', empty, 'fsck'])
  assert.equal(end.code, 66)
  assert.match(end.err, /no desk in/)
  assert.ok(!existsSync(join(empty, 'postigo.db')) && !existsSync(join(empty, 'postigo.lock')))
  rmSync(empty, { recursive: true })
})

test('octets: a file that is missing, short, other, or too much', async () => {
  const away = `${dir}/away`
  renameSync(file(), away)
  const missing = await fsck()
  assert.deepEqual([missing.code, missing.found, missing.result.problems[0].row[0]], [1, ['blob_missing'], digest])
  writeFileSync(file(), large)
  truncateSync(file(), large.length - 1)
  assert.deepEqual((await fsck()).found, ['blob_length', 'blob_hash'])
  writeFileSync(file(), Buffer.concat([Buffer.from('A'), large.subarray(1)]))
  assert.deepEqual((await fsck()).found, ['blob_hash'])
  writeFileSync(file(), large)
  appendFileSync(file(), 'x')
  assert.deepEqual((await fsck()).found, ['blob_length', 'blob_hash'])
  rmSync(away)
  writeFileSync(file(), large)
  assert.equal((await fsck()).code, 0)
})

test('octets: a row that is not what its name says', async () => {
  const name = sql('SELECT sha256 FROM blob WHERE data IS NOT NULL LIMIT 1').trim()
  const kept = sql(`SELECT hex(data) FROM blob WHERE sha256 = '${name}'`).trim()
  sql(`UPDATE blob SET data = x'${kept.replace(/^../, '00')}' WHERE sha256 = '${name}'`)
  const broken = await fsck()
  assert.deepEqual([broken.code, broken.found, broken.result.problems[0].row[0]], [1, ['blob_hash'], name])
  sql(`UPDATE blob SET data = x'${kept}' WHERE sha256 = '${name}'`)
  assert.equal((await fsck()).code, 0)
})

test('files that no row names are worth a note, and no fault', async () => {
  const name = sha256('nobody')
  mkdirSync(join(dir, 'blobs', name.slice(0, 2)), { recursive: true })
  const path = join(dir, 'blobs', name.slice(0, 2), name.slice(2))
  writeFileSync(path, 'nobody')
  const end = await fsck()
  assert.equal(end.code, 0)
  assert.deepEqual(end.result.notices, [{ check: 'orphan', row: [`blobs/${name.slice(0, 2)}/${name.slice(2)}`] }])
  rmSync(path)
})

test('a key that is gone or short', async () => {
  const key = readFileSync(join(dir, 'desk.key'))
  rmSync(join(dir, 'desk.key'))
  assert.deepEqual((await fsck()).found, ['desk_key'])
  assert.ok(!existsSync(join(dir, 'desk.key')), 'fsck makes none')
  writeFileSync(join(dir, 'desk.key'), key.subarray(1), { mode: 0o600 })
  assert.deepEqual((await fsck()).found, ['desk_key'])
  writeFileSync(join(dir, 'desk.key'), key, { mode: 0o600 })
  assert.equal((await fsck()).code, 0)
})

test('a broken promise of checks.sql', async () => {
  sql("UPDATE incident SET messages = 7 WHERE id = 2")
  const end = await fsck()
  assert.equal(end.code, 1)
  assert.ok(end.found.includes('incident_messages'), end.out)
  sql("UPDATE incident SET messages = 1 WHERE id = 2")
  assert.equal((await fsck()).code, 0)
})

test('repair: what is derived is made anew, and each change is said', async () => {
  sql("UPDATE incident SET state = 'solved', active = 0, messages = 7 WHERE id = 2; UPDATE clock SET due_s = due_s + 60 WHERE incident_id = 3")
  const name = sha256('nobody')
  writeFileSync(join(dir, 'blobs', name.slice(0, 2), name.slice(2)), 'nobody')
  const found = await fsck()
  assert.equal(found.code, 1)
  for (const check of ['fold_incident_state', 'fold_incident_messages', 'fold_clock_due_s', 'clock_promise'])
    assert.ok(found.found.includes(check), `${check}: ${found.out}`)
  const mended = await fsck('--repair')
  assert.equal(mended.code, 0, mended.out + mended.err)
  assert.deepEqual(mended.result.changes.map((c) => c.what).sort(), ['clock.due_s', 'incident.active', 'incident.messages', 'incident.state', 'orphan'])
  assert.deepEqual(mended.result.notices, [])
  assert.ok(!existsSync(join(dir, 'blobs', name.slice(0, 2), name.slice(2))))
  const again = await postigo(['--dir', dir, 'fsck', '--repair'])
  assert.equal(again.code, 0)
  assert.match(again.out, /^mended: 0$/m)
})

test('repair: messages, events and octets stay as they are', async () => {
  const all = () => sql('SELECT * FROM message; SELECT * FROM event; SELECT * FROM audit; SELECT sha256, hex(data) FROM blob; SELECT * FROM book')
  const before = all()
  sql("UPDATE message SET committed_ms = committed_ms + 5 WHERE id = 1; UPDATE event SET data = json_set(data, '$.queue', 'x') WHERE kind = 'incident.created' AND incident_id = 2")
  const broken = all()
  const end = await fsck('--repair')
  assert.equal(end.code, 1)
  assert.ok(end.found.includes('fold_message'), end.out)
  assert.equal(all(), broken)
  sql("UPDATE message SET committed_ms = committed_ms - 5 WHERE id = 1; UPDATE event SET data = json_set(data, '$.queue', 'general') WHERE kind = 'incident.created' AND incident_id = 2")
  assert.equal((await fsck('--repair')).code, 0)
  assert.equal(all(), before)
})

test('search.db is compared with the messages, and removed by a repair', async () => {
  const path = join(dir, 'search.db')
  if (!existsSync(path)) return // a build without FTS5
  execFileSync('sqlite3', [path, 'UPDATE state SET count = count + 1'])
  assert.deepEqual((await fsck()).found, ['search_index'])
  const mended = await fsck('--repair')
  assert.deepEqual([mended.code, mended.result.changes], [0, [{ what: 'search.db', row: ['removed'] }]])
  writeFileSync(path, Buffer.alloc(8192, 'x'))
  assert.deepEqual((await fsck()).found, ['search_index'])
  assert.equal((await fsck('--repair')).code, 0)
  assert.ok(!existsSync(path))
})
