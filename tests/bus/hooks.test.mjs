// What other servers deliver: durable before its answer, given on lease, once
// at a time, until somebody has read it or it is dead.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { until } from '../lib/wait.mjs'

const KIB = 1024
const HUGE = 16 * 1024 * 1024 // MiB: more than any disk that this runs on has left
const sha = (b) => createHash('sha256').update(b).digest('hex')
const octets = (b) => ({ sha256: sha(b), bytes: b.length, data: b.toString('base64') })
const settings = { phone_number_id: '111', waba_id: '7', display_number: '+34 600 000 001' }
const secrets = { access_token: 'token', app_secret: 'secret', verify_token: 'word' }
const fsck = (dir) => execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigod'), ['--fsck', '--dir', dir])
const now = () => new Date().toISOString()
const refused = (word) => (e) => {
  assert.equal(e.word, word)
  return true
}

async function desk(options) {
  const daemon = await startDaemon(options)
  const control = await daemon.connect('control')
  if (!(await control.call('status.get')).connections.length)
    await control.call('connection.add', { name: 'uno', kind: 'whatsapp', settings, secrets })
  const wa = await daemon.connect('whatsapp')
  const put = async (body) => (await wa.call('hook.put', { connection: 'uno', body: octets(body), received_at: now() })).hook
  const take = async (max = 100, lease_ms = 60000) => (await wa.call('hook.take', { max, lease_ms })).hooks
  const end = (h, result, why) => wa.call('hook.end', { hook: h.id, attempt: h.attempt, result, ...(why && { why }) })
  const counts = async () => (await control.call('status.get')).hooks
  return { daemon, control, wa, put, take, end, counts }
}

/** Put in chunks, as what is too long for a request. */
async function upload(wa, bytes) {
  const step = 300000
  for (let offset = 0; offset < bytes.length; offset += step)
    await wa.call('blob.put', {
      upload: sha(bytes).slice(0, 16),
      offset,
      data: bytes.subarray(offset, offset + step).toString('base64'),
      ...(offset + step >= bytes.length && { end: true, sha256: sha(bytes) }),
    })
}

async function fetched(wa, h) {
  const parts = []
  for (let offset = 0; offset < h.bytes; offset += 393216) {
    const { data } = await wa.call('blob.get', { hook: h.id, sha256: h.sha256, offset, length: 393216 })
    parts.push(Buffer.from(data, 'base64'))
  }
  return Buffer.concat(parts)
}

test('a hook is there after kill -9, octet for octet, small and large', async () => {
  let d = await desk()
  const small = Buffer.from('{"object":"\\u00e9\\/"}')
  const bodies = [small, Buffer.alloc(0), randomBytes(64 * KIB), randomBytes(64 * KIB + 1), randomBytes(250 * KIB)]
  for (const body of bodies) await d.put(body)
  const giant = randomBytes(3 * 1024 * KIB)
  await upload(d.wa, giant)
  const body = { sha256: sha(giant), bytes: giant.length }
  const { hook: last } = await d.wa.call('hook.put', { connection: 'uno', body, received_at: now() })
  await d.daemon.kill()
  d = await desk({ dir: d.daemon.dir })
  assert.deepEqual(await d.counts(), { waiting: 6, taken: 0, dead: 0 })
  const hooks = await d.take()
  assert.deepEqual(
    hooks.map((h) => [h.connection, h.attempt, h.bytes, h.sha256]),
    [...bodies, giant].map((b) => ['uno', 1, b.length, sha(b)]),
  )
  assert.equal(hooks.at(-1).id, last)
  for (const [i, h] of hooks.entries()) {
    const whole = [...bodies, giant][i]
    assert.equal(h.body === undefined, whole.length > 64 * KIB)
    if (h.body !== undefined) assert.ok(Buffer.from(h.body, 'base64').equals(whole))
    assert.ok((await fetched(d.wa, h)).equals(whole))
  }
  assert.deepEqual(await d.take(), [])
  await d.daemon.kill() // taken, and its reader and the daemon are gone
  d = await desk({ dir: d.daemon.dir })
  assert.deepEqual(await d.counts(), { waiting: 0, taken: 6, dead: 0 })
  for (const h of hooks) assert.equal((await d.end(h, 'done')).state, 'done')
  await assert.rejects(d.end(hooks[0], 'done'), refused('conflict'))
  assert.deepEqual(await d.daemon.stop(), { code: 0, signal: null })
  fsck(d.daemon.dir)
  d.daemon.remove()
})

test('a lease that runs out gives it to the next; only the newest attempt ends it', async () => {
  const d = await desk()
  await d.put(Buffer.from('{}'))
  const [first] = await d.take(1, 1000)
  const [second] = await until(async () => {
    const hooks = await d.take(1, 60000)
    return hooks.length ? hooks : null
  }, 'the lease did not run out')
  assert.deepEqual([second.id, second.attempt], [first.id, 2])
  await assert.rejects(d.end(first, 'done'), refused('conflict'))
  assert.equal((await d.end(second, 'again', 'busy')).state, 'waiting')
  // due again after a while: told, and given
  await d.wa.note((n) => n.method === 'wake' && n.params.what === 'hooks')
  const [third] = await until(async () => {
    const hooks = await d.take(1)
    return hooks.length ? hooks : null
  }, 'it was not given again')
  assert.equal(third.attempt, 3)
  await d.daemon.stop()
  d.daemon.remove()
})

test('dead ones are listed, read, counted, and tried anew', async () => {
  const d = await desk()
  await d.put(Buffer.from('not json'))
  await d.put(Buffer.from('{}'))
  const [bad, good] = await d.take()
  assert.equal((await d.end(bad, 'dead', 'no object at 0')).state, 'dead')
  await d.end(good, 'done')
  await assert.rejects(d.wa.call('hook.end', { hook: 99, attempt: 1, result: 'done' }), refused('not_found'))
  assert.deepEqual(await d.counts(), { waiting: 0, taken: 0, dead: 1 })
  const { health } = await d.control.call('status.get')
  assert.deepEqual(
    health.filter((h) => h.name === 'hooks').map((h) => [h.ok, h.detail]),
    [[true, 'oldest waits 0 s, 1 dead']],
  )
  const { hooks } = await d.control.call('hook.list', { state: 'dead' })
  assert.deepEqual([hooks.length, hooks[0].id, hooks[0].why], [1, bad.id, 'no object at 0'])
  const one = await d.control.call('hook.get', { id: bad.id })
  assert.equal(Buffer.from(one.body, 'base64').toString(), 'not json')
  assert.equal((await d.control.call('hook.again', { id: bad.id })).state, 'waiting')
  await assert.rejects(d.control.call('hook.again', { id: bad.id }), refused('conflict'))
  assert.deepEqual(
    (await d.take()).map((h) => [h.id, h.attempt]),
    [[bad.id, 1]],
  )
  // who may not
  const chat = await d.daemon.connect('chat')
  await assert.rejects(chat.call('hook.take', { max: 1, lease_ms: 1000 }), refused('no_method'))
  const mail = await d.daemon.connect('mail')
  await assert.rejects(mail.call('blob.get', { hook: bad.id, sha256: bad.sha256, offset: 0, length: 9 }), refused('not_allowed'))
  await d.daemon.stop()
  fsck(d.daemon.dir)
  d.daemon.remove()
})

test('below the reserve nothing is taken, and nothing is lost', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'postigo-hooks-'))
  const config = join(dir, 'postigo.conf')
  const set = (mib) => writeFileSync(config, `limits { reserve = ${mib} }\n`)
  set(0)
  const d = await desk({ args: ['--config', config] })
  await d.put(Buffer.from('{"a":1}'))
  set(HUGE)
  process.kill(d.daemon.pid, 'SIGHUP')
  const full = await until(() => d.put(Buffer.from('{"b":2}')).then(
    () => null,
    (e) => e,
  ), 'it was taken all the time')
  assert.deepEqual([full.outcome, full.word], ['temp', 'full'])
  const hooks = await d.take() // what is here is read all the same
  assert.ok(hooks.length >= 1)
  for (const h of hooks) await d.end(h, 'done')
  set(0)
  process.kill(d.daemon.pid, 'SIGHUP')
  await until(() => d.put(Buffer.from('{"b":2}')).catch(() => null), 'it was never taken again')
  await d.daemon.stop()
  fsck(d.daemon.dir)
  d.daemon.remove()
  rmSync(dir, { recursive: true })
})

test('a backup has what waits, and a restored desk gives it out', async () => {
  let d = await desk()
  const large = randomBytes(100 * KIB)
  await d.put(large)
  await d.put(Buffer.from('{}'))
  const copy = `${d.daemon.dir}-copy`
  const back = `${d.daemon.dir}-back`
  await d.control.call('store.backup', { dir: copy })
  await d.daemon.stop()
  execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigod'), ['--restore', copy, '--dir', back])
  fsck(back)
  const again = await desk({ dir: back })
  assert.deepEqual(await again.take(), []) // its channels are off
  await again.control.call('connection.update', { name: 'uno', active: true })
  const hooks = await again.take()
  assert.deepEqual(hooks.map((h) => h.sha256), [sha(large), sha(Buffer.from('{}'))])
  assert.ok((await fetched(again.wa, hooks[0])).equals(large))
  await again.daemon.stop()
  for (const path of [copy, back]) rmSync(path, { recursive: true })
  d.daemon.remove()
})
