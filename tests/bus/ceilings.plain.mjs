// Each ceiling of the daemon is filled while the disk stands still: what is
// beyond it is refused or waits at its sender, all the rest is answered once.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { openSocket, startDaemon } from '../lib/bus.mjs'
import { sleep, until } from '../lib/wait.mjs'

const shim = join(process.env.POSTIGO_BUILDDIR, 'tests/shim/hold.so')
const sha256 = (s) => createHash('sha256').update(s).digest('hex')
const MiB = 1024 * 1024
let daemon, control, scratch, holdFile, window

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'postigo-ceilings-'))
  holdFile = join(scratch, 'hold')
  daemon = await startDaemon({ env: { LD_PRELOAD: shim, HOLD_FILE: holdFile } })
  control = await daemon.connect('control')
  window = control.hello.window_requests
  await control.call('connection.add', {
    name: 'bus',
    kind: 'pipe',
    settings: { address: 'bus@tienda.example', from_name: 'Tienda', out: join(scratch, 'out') },
  })
})
after(async () => {
  release()
  const { problems } = await control.call('store.check', {})
  assert.deepEqual(problems, [])
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  daemon.remove()
  rmSync(scratch, { recursive: true, force: true })
})

const hold = (...lines) => writeFileSync(holdFile, lines.join('\n') + '\n')
const release = () => rmSync(holdFile, { force: true })
afterEach(release)
const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))[1]) / 1024
const backlog = async (name) => (await control.call('status.get')).backlog.find((b) => b.name === name)

let contacts = 0
function contact(bytes = 10) {
  const n = ++contacts
  const raw = Buffer.alloc(bytes, `contact ${n} `)
  return {
    connection: 'bus',
    external_id: `<ceiling.${n}@correo.example>`,
    digest: sha256(`body ${n}`),
    received_at: '2026-01-05T09:00:00.000Z',
    channel: 'email',
    from: { address: 'ana@correo.example' },
    subject: 'Prueba',
    text: 'hola',
    raw: { sha256: sha256(raw), bytes: raw.length, data: raw.toString('base64') },
  }
}

/** What became of calls: "ok", or the word of the error. */
const outcome = (call) => call.then(() => 'ok', (e) => e.word ?? e.message)
const count = (list) => list.reduce((sums, word) => ({ ...sums, [word]: (sums[word] ?? 0) + 1 }), {})
const busyTimes = []
const note = (e) => {
  if (e.word === 'busy') busyTimes.push(e.data.retry_after_ms)
  throw e
}

const connect = (role, n) => Promise.all(Array.from({ length: n }, () => daemon.connect(role)))
/** A full window of calls on each. */
const fill = (clients, make) => clients.flatMap((c) => Array.from({ length: window }, () => outcome(make(c).catch(note))))
const close = (clients) => clients.forEach((c) => c.close())

test('a window of requests: beyond it a connection is not read, and others are', async () => {
  const full = await daemon.connect('mail')
  const other = await daemon.connect('mail')
  hold('-wal')
  const calls = Array.from({ length: window }, () => outcome(full.call('contact.add', contact())))
  let ping = null
  full.call('ping').then((r) => (ping = r))
  for (let i = 0; i < 20; i++) await other.call('ping')
  await sleep(300)
  assert.equal(ping, null, 'its next request waits at the sender')
  release()
  assert.deepEqual(count(await Promise.all(calls)), { ok: window })
  await until(() => ping, 'the one that waited')
  close([full, other])
})

/** The daemon has read what it will read of them. */
async function settled(clients) {
  const sum = () => clients.reduce((n, c) => n + c.socket.writableLength, 0)
  for (let last = -1, same = 0; same < 10; await sleep(50)) {
    same = sum() === last ? same + 1 : 0
    last = sum()
  }
}

test('a window of octets, and the sum of all windows', async () => {
  const size = 700_000
  const before_ = rss()
  const clients = await connect('mail', 9)
  const other = await daemon.connect('chat')
  const [one] = clients
  assert.equal(one.hello.window_bytes, 16 * MiB)
  hold('-wal', '/blobs')
  const calls = Array.from({ length: 24 }, () => outcome(one.call('contact.add', contact(size)).catch(note)))
  let ping = null
  one.call('ping').then((r) => (ping = r))
  await settled(clients)
  assert.equal(ping, null, 'more octets than its window: it waits')

  const others = clients.slice(1)
  for (const c of others) for (let i = 0; i < 20; i++) calls.push(outcome(c.call('contact.add', contact(size)).catch(note)))
  await until(async () => (await control.call('status.get')).refused.bytes > 0, 'all windows are too much together')
  await other.call('ping')
  assert.ok(rss() - before_ < 600, `${before_} to ${rss()} MiB`)
  release()
  const sums = count(await Promise.all(calls))
  assert.ok(sums.busy > 0 && sums.ok >= 100 && sums.busy + sums.ok === calls.length, JSON.stringify(sums))
  await until(() => ping, 'the one that waited')
  assert.equal((await control.call('status.get')).refused.bytes, sums.busy)
  close([other, ...clients])
})

test('the queue of the turn: busy beyond it, with a time to come again; the rest is done', async () => {
  const clients = await connect('mail', 40)
  busyTimes.length = 0
  hold('-wal')
  const stopper = outcome(control.call('desk.set', { name: 'Parada' }))
  const calls = fill(clients, (c) => c.call('outbox.take', { max: 1, lease_ms: 1000 }))
  await until(() => busyTimes.length >= 500, 'many are refused')
  const told = busyTimes.slice() // while it stands still: later it is fast
  release()
  const sums = count([...(await Promise.all(calls)), await stopper])
  assert.equal(sums.ok + sums.busy, 40 * window + 1, JSON.stringify(sums))
  const turn = await backlog('turn')
  assert.deepEqual([turn.max, turn.high, turn.refused], [8192, 8192, sums.busy])
  assert.ok(busyTimes.every((ms) => ms >= 500 && ms <= 30000))
  // it is an estimate, and may be some milliseconds less
  assert.ok(told.at(-1) >= told[0] * 0.9, `${told[0]} to ${told.at(-1)} ms`)
  close(clients)
})

test('the queue of reads', async () => {
  const clients = await connect('chat', 20)
  busyTimes.length = 0
  await control.call('desk.set', { name: 'Lecturas' })
  hold('reads')
  const calls = fill(clients, (c) => c.call('desk.get'))
  await until(() => busyTimes.length > 0, 'some are refused')
  release()
  const sums = count(await Promise.all(calls))
  assert.equal(sums.ok + sums.busy, 20 * window, JSON.stringify(sums))
  const reads = await backlog('reads')
  assert.deepEqual([reads.max, reads.high, reads.refused], [4096, 4096, sums.busy])
  close(clients)
})

test('the queue of files', async () => {
  const clients = await connect('mail', 5)
  const other = await daemon.connect('chat')
  const stopper = await daemon.connect('mail')
  hold('/blobs')
  const large = outcome(stopper.call('contact.add', contact(70_000)))
  await settled([stopper])
  // nobody has begun these: they wait for the thread all the same
  const calls = fill(clients, (c) => c.call('blob.put', { upload: 'none', offset: 9, data: 'aG9sYQ==' }))
  await until(async () => (await backlog('files')).refused > 0, 'some are refused')
  await other.call('ping')
  release()
  assert.equal(await large, 'ok')
  const sums = count(await Promise.all(calls))
  assert.equal(sums.bad_params + sums.busy, 5 * window, JSON.stringify(sums))
  const files = await backlog('files')
  assert.deepEqual([files.max, files.high, files.refused], [1024, 1024, sums.busy])
  close([stopper, other, ...clients])
})

test('the queue of hashes, and of what takes long', async () => {
  const console_ = await daemon.connect('console')
  const logins = Array.from({ length: 100 }, () =>
    outcome(console_.call('session.login', { email: 'nadie@tienda.example', password: 'una contraseña', network: '127.0.0.1' })),
  )
  const sums = count(await Promise.all(logins))
  assert.ok(sums.busy > 0, JSON.stringify(sums))
  assert.equal((await backlog('hashes')).high, 32)

  hold('held-backup')
  const backups = Array.from({ length: 20 }, (_, i) => outcome(control.call('store.backup', { dir: join(scratch, `held-backup-${i}`) })))
  const ping = await control.call('ping')
  assert.ok(ping.now)
  release()
  const slow = count(await Promise.all(backups))
  assert.equal(slow.ok + slow.busy, 20, JSON.stringify(slow))
  assert.ok(slow.busy >= 11)
  assert.equal((await backlog('slow')).high, 8)
  close([console_])
})

test('uploads: four on a connection, 64 MiB of them', async () => {
  const c = await daemon.connect('mail')
  const put = (upload, offset, data, more) => c.call('blob.put', { upload, offset, data: data.toString('base64'), ...more })
  for (let i = 0; i < 4; i++) await put(`u${i}`, 0, Buffer.from('x'))
  await assert.rejects(put('u4', 0, Buffer.from('x')), (e) => e.word === 'busy' && e.data.retry_after_ms > 0)
  await put('u0', 1, Buffer.from('y'), { end: true, sha256: sha256('xy') })
  await put('u4', 0, Buffer.from('x'))
  // each of the four up to 16 MiB
  const chunk = Buffer.alloc(400 * 1024)
  let sum = 4
  let refused = null
  for (let offset = 1; !refused && offset < 20 * MiB; offset += chunk.length)
    for (const u of ['u1', 'u2', 'u3', 'u4']) {
      refused ??= await put(u, offset, chunk).then(() => null, (e) => e)
      if (!refused) sum += chunk.length
    }
  assert.equal(refused.word, 'bad_params')
  assert.ok(sum <= 64 * MiB && sum > 63 * MiB, `${sum}`)
  close([c])
})

test('what a peer does not read: at 1 MiB it is not read, at 4 MiB it is dropped', async () => {
  const text = 'x'.repeat(60_000)
  const c = await daemon.connect('mail')
  const { incident } = await c.call('contact.add', { ...contact(), text })
  close([c])
  const before_ = rss()
  const slow = await openSocket(daemon.socket('control'))
  await slow.call('hello', { protocol: 1, program: 'slow', version: '1' })
  slow.socket.pause()
  const ask = (id) => JSON.stringify({ jsonrpc: '2.0', id, method: 'incident.get', params: { id: incident } }) + '\n'
  // held until the daemon has all of them: beyond 1 MiB it reads no more
  hold('reads')
  slow.write(Array.from({ length: window }, (_, i) => ask(i)).join(''))
  await settled([slow])
  await control.call('ping')
  release()
  await until(async () => (await control.call('status.get')).refused.slow_connections === 1, 'it is dropped')
  assert.ok(rss() - before_ < 200, `${before_} to ${rss()} MiB`)
  close([slow])
})
