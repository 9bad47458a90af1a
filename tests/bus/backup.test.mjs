// A backup is taken under load, restored under load, and compared; damage of
// each file is found; kill -9 in the middle leaves no half of anything.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { sleep } from '../lib/wait.mjs'

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

/** postigod as a command: {code, out, err}. */
function postigod(...args) {
  const end = spawnSync(join(builddir, 'postigod'), args, { encoding: 'utf8' })
  return { code: end.status, out: end.stdout, err: end.stderr }
}

function fine(...args) {
  const end = postigod(...args)
  assert.equal(end.code, 0, `${args.join(' ')}: ${end.err}${end.out}`)
  return end
}

/** Every file below a folder, by its path, with its digest. */
function files(dir) {
  const list = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((f) => f.isFile())
  return Object.fromEntries(
    list.map((f) => [join(f.parentPath ?? f.path, f.name), 1]).map(([path]) => [path.slice(dir.length + 1), sha256(readFileSync(path))]),
  )
}

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
