// Octets flipped in the pages of a store: fsck names it, or nothing that is worth anything is another one.
//
// SQLite's pages have no sums. What fsck cannot see is a letter in a text that nothing repeats (a subject, a
// body, a name); such a flip is counted as "text" and everything else must be as it was.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, copyFileSync, cpSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDaemon } from '../lib/bus.mjs'
import { build, contact } from './command.mjs'

const PAGE = 4096

// Everything but texts that people wrote, settings in words, and what is no row.
const ROWS = [
  'SELECT id, customer_id, connection_id, channel, queue, state, priority, reason, policy, saved_reply, assignee_id, created_ms, updated_ms, due_ms, active, messages, last_direction, last_ms, event_seq, follows_id FROM incident',
  'SELECT id, incident_id, number, direction, author, agent_id, committed_ms FROM message',
  'SELECT * FROM event',
  'SELECT * FROM clock',
  'SELECT * FROM breach',
  'SELECT id, message_id, state, attempts, created_ms, ended_ms FROM delivery',
  'SELECT * FROM incident_tag',
  'SELECT sha256, bytes, hex(data) FROM blob',
  'SELECT * FROM audit',
].join(';')

const query = (db, text) => execFileSync('sqlite3', ['-readonly', db, text], { encoding: 'utf8', maxBuffer: 256 << 20 })

/** A desk with some of everything, stopped; {dir, pages, remove}. */
export async function desk() {
  const dir = mkdtempSync(join(tmpdir(), 'postigo-pages-'))
  const daemon = await startDaemon({ dir })
  try {
    const control = await daemon.connect('control')
    await control.call('connection.add', {
      name: 'uno',
      kind: 'pipe',
      settings: { address: 'hola@tienda.example', from_name: 'Tienda', out: join(dir, 'out') },
    })
    const mail = await daemon.connect('mail')
    for (let n = 1; n <= 60; n++) await mail.call('contact.add', contact('uno', n))
  } finally {
    await daemon.stop()
  }
  const work = mkdtempSync(join(tmpdir(), 'postigo-pages-'))
  cpSync(dir, work, { recursive: true })
  const db = join(dir, 'postigo.db')
  return {
    dir: work,
    good: db,
    pages: statSync(db).size / PAGE,
    rows: query(db, ROWS),
    dump: query(db, '.dump'),
    remove() {
      rmSync(dir, { recursive: true, force: true })
      rmSync(work, { recursive: true, force: true })
    },
  }
}

/** Flip an octet of page n (from 0): 'found', 'same' or 'text'. */
export function flip(d, n, rng) {
  const db = join(d.dir, 'postigo.db')
  const at = n * PAGE + rng.between(0, PAGE)
  const octet = Buffer.alloc(1)
  for (const beside of ['-wal', '-shm']) rmSync(db + beside, { force: true })
  copyFileSync(d.good, db)
  const fd = openSync(db, 'r+')
  readSync(fd, octet, 0, 1, at)
  octet[0] ^= rng.between(1, 256)
  writeSync(fd, octet, 0, 1, at)
  closeSync(fd)
  const end = spawnSync(join(build, 'postigod'), ['--dir', d.dir, '--fsck', '--json'], { encoding: 'utf8', timeout: 120000 })
  const where = `octet ${at} is ${octet[0]}`
  assert.equal(end.signal, null, `${where}: ${end.signal}\n${end.stderr}`)
  assert.ok([0, 1, 70].includes(end.status), `${where}: exit ${end.status}\n${end.stderr}`)
  if (end.status !== 0) return 'found'
  const rows = query(db, ROWS).split('\n')
  const before = d.rows.split('\n')
  const other = rows.flatMap((row, i) => (row === before[i] ? [] : [`${before[i]} became ${row}`]))
  assert.deepEqual(other.slice(0, 5), [], `${where}: fsck found nothing`)
  assert.equal(rows.length, before.length, `${where}: fsck found nothing`)
  return query(db, '.dump') === d.dump ? 'same' : 'text'
}
