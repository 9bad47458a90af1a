// A backup is taken under load, restored under load, and compared; damage of
// each file is found; kill -9 in the middle leaves no half of anything.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { filesIn } from '../lib/files.mjs'
import { sleep, until } from '../lib/wait.mjs'
import { canKill, fine, killRestore, postigod } from './restore-kill.mjs'

const builddir = process.env.POSTIGO_BUILDDIR
const sha256 = (s) => createHash('sha256').update(s).digest('hex')

function contact(n) {
  // Every fifth has octets over 64 KiB, which are files and not rows.
  const raw = Buffer.alloc(n % 5 === 0 ? 100000 : 3000, `contact ${n} `)
  return {
    connection: 'bus',
    external_id: `<backup.${n}@correo.example>`,
    digest: sha256(`body ${n}`),
    received_at: '2026-01-05T09:00:00.000Z',
    channel: 'email',
    from: { address: `c${n % 7}@correo.example` },
    subject: `Prueba ${n}`,
    text: `Texto ${n}`,
    raw: { sha256: sha256(raw), bytes: raw.length, data: raw.toString('base64') },
  }
}

const pipe = (dir, name = 'bus') => ({
  name,
  kind: 'pipe',
  settings: { address: `${name}@tienda.example`, from_name: 'Tienda', out: join(dir, 'out') },
})

/** Every file below a folder, by its path, with its digest. */
const files = (dir) => Object.fromEntries(filesIn(dir).map((path) => [path.slice(dir.length + 1), sha256(readFileSync(path))]))

/** The octets of a message as they came, read in parts. */
async function octetsOf(control, message) {
  let octets = Buffer.alloc(0)
  while (octets.length < message.raw.bytes) {
    const r = await control.call('blob.get', { sha256: message.raw.sha256, message: message.id, offset: octets.length, length: 65536 })
    const part = Buffer.from(r.data, 'base64')
    assert.ok(part.length > 0)
    octets = Buffer.concat([octets, part])
  }
  return octets
}

let daemon
let control
let mail
let work
let acknowledged // contact n -> its response
let next = 0

before(async () => {
  work = mkdtempSync(join(tmpdir(), 'postigo-backup-'))
  daemon = await startDaemon()
  control = await daemon.connect('control')
  mail = await daemon.connect('mail')
  await control.call('connection.add', pipe(daemon.dir))
  acknowledged = new Map()
})
after(async () => {
  await daemon?.kill()
  daemon?.remove()
  rmSync(work, { recursive: true, force: true })
})

/** Contacts, 16 at a time, until what runs beside them is done. */
async function underLoad(work) {
  let running = true
  const load = (async () => {
    while (running)
      await Promise.all(
        Array.from({ length: 16 }, async () => {
          const n = next++
          acknowledged.set(n, await mail.call('contact.add', contact(n)))
        }),
      )
  })()
  try {
    return await work()
  } finally {
    running = false
    await load
  }
}

test('a backup under load, restored under load, has what was acknowledged before it', async () => {
  const target = join(work, 'copy')
  const desk = join(work, 'desk')
  for (let n = 0; n < 40; n++) acknowledged.set(next, await mail.call('contact.add', contact(next++)))
  const first = new Map(acknowledged)
  await underLoad(async () => {
    while (acknowledged.size < first.size + 32) await sleep(5)
    const backup = await control.call('store.backup', { dir: target })
    assert.ok(backup.bytes > 0 && backup.blobs >= 8 && backup.number > 0)
    assert.equal(backup.linked, backup.blobs, 'on the same file system files of octets are linked')
    const end = await new Promise((done) => {
      const child = spawn(join(builddir, 'postigod'), ['--restore', target, '--dir', desk])
      child.stdout.on('data', (text) => (child.said = (child.said ?? '') + text))
      child.once('exit', (code) => done({ code, said: child.said }))
    })
    assert.equal(end.code, 0)
    assert.match(end.said, /restored [\s\S]*channels are off[\s\S]*postigo connection enable 'bus'/)
  })
  assert.ok(acknowledged.size > first.size, 'contacts came meanwhile')
  await assert.rejects(control.call('store.backup', { dir: target }), /not empty/)

  // What is in the backup is what is in the desk, octet for octet.
  const lists = [files(target), files(desk)]
  assert.equal(lists[0]['desk.key'], lists[1]['desk.key'])
  const blobs = lists.map((l) => Object.fromEntries(Object.entries(l).filter(([path]) => path.startsWith('blobs/'))))
  assert.deepEqual(blobs[0], blobs[1])
  for (const [path, digest] of Object.entries(blobs[0])) assert.equal(path, `blobs/${digest.slice(0, 2)}/${digest.slice(2)}`)
  const manifest = readFileSync(join(target, 'manifest.jsonl'), 'utf8').trimEnd().split('\n').map(JSON.parse)
  for (const { path, sha256: digest } of manifest.slice(1, -1)) assert.equal(lists[0][path], digest, path)
  assert.equal(manifest.length - 2, Object.keys(lists[0]).length - 1, 'every file but the list itself is in it')
  assert.equal(manifest.at(-1).files, manifest.length - 2)

  fine('--dir', desk, '--fsck')
  const copy = await startDaemon({ dir: desk })
  try {
    const [again, theirs] = [await copy.connect('mail'), await copy.connect('control')]
    for (const [n, response] of first) assert.deepEqual(await again.call('contact.add', contact(n)), response, `contact ${n}`)
    const { detail } = await theirs.call('incident.get', { id: first.get(5).incident })
    const message = detail.messages.find((m) => m.id === first.get(5).message)
    assert.equal(sha256(await octetsOf(theirs, message)), message.raw.sha256, 'the octets of a large contact are whole')
  } finally {
    await copy.stop()
  }
})

test('a restored desk has its channels off and hands out no answer until one is switched on', async () => {
  const name = 'frozen'
  await control.call('connection.add', pipe(daemon.dir, name))
  const { incident } = await mail.call('contact.add', { ...contact(900001), connection: name })
  await control.call('agent.add', { email: 'ana@tienda.example', name: 'Ana', role: 'admin', password: 'la puerta verde' })
  const console_ = await daemon.connect('console')
  const { cookie } = await console_.call('session.login', { email: 'ana@tienda.example', password: 'la puerta verde', network: '127.0.0.1' })
  const { handle } = await console_.call('session.open', { cookie })
  await console_.call('incident.answer', { id: incident, text: 'Va en camino.', seen: 1 }, { as: handle, key: 'k1' })
  const backup = join(work, 'frozen')
  const desk = join(work, 'frozen-desk')
  await control.call('store.backup', { dir: backup })
  const said = JSON.parse(fine('--restore', backup, '--dir', desk, '--json').out)
  assert.ok(said.channels_off.includes(name) && said.waiting >= 1, JSON.stringify(said))
  const copy = await startDaemon({ dir: desk })
  try {
    const [theirs, gateway] = [await copy.connect('control'), await copy.connect('mail')]
    const { connections } = await theirs.call('connection.list')
    assert.ok(connections.every((c) => !c.active))
    assert.deepEqual((await gateway.call('outbox.take', { max: 10, lease_ms: 60000 })).deliveries, [])
    await theirs.call('connection.update', { name, active: true })
    assert.equal((await gateway.call('outbox.take', { max: 10, lease_ms: 60000 })).deliveries.length, 1)
  } finally {
    await copy.stop()
  }
  const on = join(work, 'frozen-on')
  assert.deepEqual(JSON.parse(fine('--restore', backup, '--dir', on, '--channels-on', '--json').out).channels_off, [])
})

test('a backup on another file system is copied, and verified by restoring it', async (t) => {
  const shm = '/dev/shm'
  if (!existsSync(shm) || statSync(shm).dev === statSync(work).dev) {
    t.skip('there is no second file system')
    return
  }
  const there = mkdtempSync(join(shm, 'postigo-backup-'))
  t.after(() => rmSync(there, { recursive: true, force: true }))
  const backup = join(there, 'copy')
  const { blobs, linked } = await control.call('store.backup', { dir: backup })
  assert.ok(blobs >= 8)
  assert.equal(linked, 0)
  const said = fine('--verify', backup)
  assert.match(said.out, /store: \d+ checks, 0 problems/)
  assert.deepEqual(readdirSync(there), ['copy'], 'nothing is left beside it')
  const desk = join(work, 'from-shm')
  fine('--restore', backup, '--dir', desk)
  fine('--fsck', '--dir', desk)
})

test('damage of each file is found, by its name, and nothing is restored', async () => {
  const backup = join(work, 'damaged')
  const desk = join(work, 'damaged-desk')
  // Copies, for links would be the live desk's own octets.
  cpSync(join(work, 'copy'), backup, { recursive: true })
  const all = Object.keys(files(backup))
  assert.ok(all.length > 10)
  for (const [i, name] of all.entries()) {
    const path = join(backup, name)
    const octets = readFileSync(path)
    const at = (i * 7919) % octets.length
    const other = Buffer.from(octets)
    other[at] ^= 1 << i % 8
    chmodSync(path, 0o600)
    for (const damage of i < 5 || !name.startsWith('blobs/') ? ['changed', 'cut', 'away'] : ['changed']) {
      if (damage === 'changed') writeFileSync(path, other)
      else if (damage === 'cut') writeFileSync(path, octets.subarray(0, octets.length - 1))
      else rmSync(path)
      const end = postigod('--restore', backup, '--dir', desk)
      assert.equal(end.code, 65, `${name} ${damage}: ${end.err}`)
      assert.ok(end.err.includes(name) || name === 'manifest.jsonl', end.err)
      assert.ok(!existsSync(desk), `${name} ${damage}`)
      writeFileSync(path, octets)
    }
  }
  fine('--restore', backup, '--dir', desk)
  const over = postigod('--restore', backup, '--dir', desk)
  assert.equal(over.code, 73, 'not over a desk')
  assert.match(over.err, /not empty/)
  assert.match(postigod('--restore', work, '--dir', join(work, 'none')).err, /no whole backup/)
})

test('kill -9 at any call of a restore leaves nothing that passes for a desk', async (t) => {
  if (!canKill()) {
    t.skip('there is no strace')
    return
  }
  const seen = { nothing: 0, half: 0, whole: 0, untouched: 0 }
  // Steps that grow by chance, until a run passes untouched.
  for (let n = 1; seen.untouched === 0; n += 1 + Math.floor(Math.random() * 100)) seen[killRestore(join(work, 'copy'), join(work, 'killed'), n)]++
  t.diagnostic(JSON.stringify(seen))
  assert.ok(seen.half > 0)
})

test('kill -9 of the daemon in a backup leaves none, and a later one is whole', async (t) => {
  const other = await startDaemon()
  try {
    for (let round = 0; round < 4; round++) {
      const again = round === 0 ? other : await startDaemon({ dir: other.dir })
      const [desk, gateway] = [await again.connect('control'), await again.connect('mail')]
      if (round === 0) await desk.call('connection.add', pipe(other.dir))
      for (let n = 0; n < 10; n++) await gateway.call('contact.add', contact(round * 100 + n * 5))
      const backup = join(work, `cut-${round}`)
      const asked = desk.call('store.backup', { dir: backup }).then(
        () => true,
        () => false,
      )
      // Killed when it has begun, a little later each time.
      const begun = () => existsSync(join(backup, ['manifest.new', 'postigo.db', 'blobs', 'manifest.jsonl'][round]))
      for (let i = 0; i < 20000 && !begun(); i++) await new Promise(setImmediate)
      await again.kill()
      const said = await asked
      const end = postigod('--verify', backup)
      t.diagnostic(`round ${round}: answered ${said}, verify ended with ${end.code}`)
      assert.ok(end.code === 0 || (end.code === 65 && !said && /no whole backup/.test(end.err)), end.err)
      assert.equal(existsSync(join(backup, 'manifest.jsonl')), end.code === 0)
    }
    const last = await startDaemon({ dir: other.dir })
    await (await last.connect('control')).call('store.backup', { dir: join(work, 'cut-last') })
    await last.stop()
    fine('--verify', join(work, 'cut-last'))
  } finally {
    await other.kill()
    other.remove()
  }
})

test('no file of octets is ever opened to be written once it has its name', async (t) => {
  if (!canKill()) {
    t.skip('there is no strace')
    return
  }
  const out = join(work, 'trace')
  const traced = await startDaemon({
    before: ['strace', '-D', '-f', '-y', '-s', '200', '-o', out, '-e', 'trace=open,openat,truncate,ftruncate,write,pwrite64,rename,link'],
    env: { ASAN_OPTIONS: 'detect_leaks=0' },
  })
  t.after(async () => {
    await traced.kill()
    traced.remove()
  })
  const [desk, gateway] = [await traced.connect('control'), await traced.connect('mail')]
  await desk.call('connection.add', pipe(traced.dir))
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < 20; n += 5) await gateway.call('contact.add', { ...contact(n), external_id: `<${round}.${n}@x.example>` })
    const bytes = contact(0).raw
    await desk.call('blob.put', { upload: 'a', offset: 0, data: bytes.data, end: true, sha256: bytes.sha256 })
    await desk.call('store.backup', { dir: join(work, `traced-${round}`) })
  }
  await traced.stop()
  const end = new RegExp(`^${traced.pid} +[+]{3} exited`, 'm')
  await until(() => end.test(readFileSync(out, 'utf8')), 'the end of the trace')
  const lines = readFileSync(out, 'utf8').split('\n')
  const named = /blobs\/[0-9a-f]{2}\/[0-9a-f]{62}/
  assert.ok(lines.some((l) => /rename\(/.test(l) && named.test(l)), 'files got their names')
  assert.ok(lines.some((l) => /link\(/.test(l) && named.test(l)), 'and were linked')
  const writes = lines.filter((l) => named.test(l) && /open(at)?\(.*(O_WRONLY|O_RDWR|O_TRUNC)|truncate\(|write(64)?\(\d+<[^>]*blobs\/[0-9a-f]{2}\//.test(l))
  assert.deepEqual(writes, [])
})

test('files that nothing names are collected while the same octets come again', async () => {
  const other = await startDaemon()
  try {
    const desk = await other.connect('control')
    await desk.call('connection.add', pipe(other.dir))
    const gateway = await other.connect('mail')
    // Kept: named by a row. Refused after its file was written: named by none.
    await gateway.call('contact.add', contact(100000))
    await assert.rejects(gateway.call('contact.add', { ...contact(100005), connection: 'nobody' }))
    await other.stop()
    const path = (n) => join(other.dir, 'blobs', contact(n).raw.sha256.slice(0, 2), contact(n).raw.sha256.slice(2))
    const old = (n) => utimesSync(path(n), 1000, 1000)
    assert.ok(existsSync(path(100005)), 'the refused one left its file')
    const planted = Array.from({ length: 120 }, (_, i) => 200000 + i * 5)
    for (const n of planted) {
      mkdirSync(join(path(n), '..'), { recursive: true })
      writeFileSync(path(n), Buffer.from(contact(n).raw.data, 'base64'))
      old(n)
    }
    for (const n of [100000, 100005]) old(n)
    const young = 300000
    mkdirSync(join(path(young), '..'), { recursive: true })
    writeFileSync(path(young), 'young')

    const again = await startDaemon({ dir: other.dir })
    const back = await again.connect('mail')
    const kept = []
    await Promise.all(
      planted.filter((_, i) => i % 2 === 0).map(async (n) => {
        kept.push([n, await back.call('contact.add', contact(n))])
      }),
    )
    await until(() => !existsSync(path(100005)) && planted.every((n, i) => i % 2 === 0 || !existsSync(path(n))), 'the sweep')
    await until(() => /blobs\.collected/.test(again.log()), 'its line in the log')
    assert.ok(existsSync(path(100000)) && existsSync(path(young)))
    const theirs = await again.connect('control')
    for (const [n, { incident }] of kept) {
      const { detail } = await theirs.call('incident.get', { id: incident })
      assert.equal(sha256(await octetsOf(theirs, detail.messages[0])), contact(n).raw.sha256, `contact ${n}`)
    }
    await again.stop()
    rmSync(path(young))
    const said = fine('--fsck', '--dir', other.dir)
    assert.match(said.out, /orphans 0/)
  } finally {
    await other.kill()
    other.remove()
  }
})
