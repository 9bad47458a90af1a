// Every response to a write leaves after a sync of what it promises: the
// system calls of the daemon say so. (A build with a planted bug, answer-early
// or sync-off, fails here: tests/long/planted.sh.)
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { sleep, until } from '../lib/wait.mjs'

const WRITES = 40
const sha = (b) => createHash('sha256').update(b).digest('hex')

/** Calls in the order in which they ended: {call, begin, end, text}. */
function parse(trace) {
  const calls = []
  const open = new Map()
  for (const line of trace.split('\n')) {
    const [, pid, at, rest] = line.match(/^(\d+)\s+(\d+\.\d+) (.*)$/) ?? []
    if (!rest) continue
    const resumed = rest.match(/^<\.\.\. (\w+) resumed>(.*)$/)
    if (resumed) {
      const begun = open.get(pid + resumed[1])
      if (begun) calls.push({ ...begun, text: begun.text + resumed[2], end: Number(at) })
      continue
    }
    const call = rest.match(/^(\w+)\(/)?.[1]
    if (!call) continue
    const o = { call, begin: Number(at), end: Number(at), text: rest }
    if (rest.includes('<unfinished ...>')) open.set(pid + call, o)
    else calls.push(o)
  }
  return calls
}

test('no response leaves before the sync of what it promises', async (t) => {
  if (spawnSync('strace', ['-V']).status !== 0) {
    t.skip('there is no strace')
    return
  }
  const dir = mkdtempSync(join(tmpdir(), 'postigo-trace-'))
  const out = join(dir, 'trace')
  const daemon = await startDaemon({
    before: ['strace', '-D', '-f', '-y', '-ttt', '-s', '120', '-o', out, '-e', 'trace=recvfrom,sendto,fdatasync,fsync,pwrite64,rename,renameat,renameat2'],
    env: { ASAN_OPTIONS: 'detect_leaks=0' },
  })
  t.after(async () => {
    await daemon.kill()
    daemon.remove()
    rmSync(dir, { recursive: true, force: true })
  })
  const c = await daemon.connect('control')
  c.nextId = 7000
  for (let i = 0; i < WRITES; i++) {
    await c.call('desk.set', { name: `Duradero ${i}` })
    await sleep(5)
  }
  const bytes = randomBytes(200000)
  c.nextId = 7900
  await c.call('blob.put', { upload: 'a', offset: 0, data: bytes.toString('base64'), end: true, sha256: sha(bytes) })
  c.close()
  await daemon.stop()
  const end = new RegExp(`^${daemon.pid} +[0-9.]+ [+]{3} exited`, 'm')
  await until(() => end.test(readFileSync(out, 'utf8')), 'the end of the trace')

  const calls = parse(readFileSync(out, 'utf8'))
  const received = (id) => calls.find((x) => x.call === 'recvfrom' && x.text.includes(`\\"id\\":${id},`))
  const sent = (id) => calls.find((x) => x.call === 'sendto' && x.text.includes(`\\"id\\":${id},\\"result\\"`))
  const syncs = calls.filter((x) => (x.call === 'fdatasync' || x.call === 'fsync') && /= 0$/.test(x.text))
  for (let id = 7000; id < 7000 + WRITES; id++) {
    const from = received(id)
    const to = sent(id)
    assert.ok(from && to, `request ${id} is in the trace`)
    // The log's: what is copied into the file, and the index of words, are written beside it, for nobody who waits.
    const writes = calls.filter((x) => x.call === 'pwrite64' && x.text.includes('/postigo.db-wal') && x.begin >= from.begin && x.end <= to.begin)
    assert.ok(writes.length > 0, `request ${id}: something was written before the response`)
    const last = Math.max(...writes.map((x) => x.end))
    assert.ok(
      syncs.some((s) => s.text.includes('/postigo.db-wal') && s.begin >= last && s.end <= to.begin),
      `request ${id}: a sync lies between its last write and its response`,
    )
  }
  // The file of large octets: its data, its name, its folder, its row.
  const from = received(7900)
  const to = sent(7900)
  assert.ok(from && to)
  const named = calls.find((x) => x.call.startsWith('rename') && x.begin >= from.begin && x.text.includes('/blobs/'))
  assert.ok(named && named.end <= to.begin)
  assert.ok(syncs.some((s) => s.begin >= from.begin && s.end <= named.begin), 'the data is synced before it has its name')
  const after = syncs.filter((s) => s.begin >= named.end && s.end <= to.begin)
  assert.ok(after.length >= 2, 'its folder and the row are synced before the response')
})
