// A backup taken under load is opened and checked.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { startDaemon } from '../lib/bus.mjs'

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

test('a backup taken under load opens, passes fsck and has what was acknowledged before it', async () => {
  const daemon = await startDaemon()
  const target = join(mkdtempSync(join(tmpdir(), 'postigo-backup-')), 'copy')
  try {
    const control = await daemon.connect('control')
    await control.call('connection.add', {
      name: 'bus',
      kind: 'pipe',
      settings: { address: 'bus@tienda.example', from_name: 'Tienda', out: join(daemon.dir, 'out') },
    })
    const mail = await daemon.connect('mail')
    const before = []
    for (let n = 0; n < 40; n++) before.push(await mail.call('contact.add', contact(n)))
    let n = 1000
    let running = true
    const load = (async () => {
      while (running) await Promise.all(Array.from({ length: 16 }, () => mail.call('contact.add', contact(n++))))
    })()
    const backup = await control.call('store.backup', { dir: target })
    running = false
    await load
    assert.ok(n > 1000, 'contacts came during the backup')
    assert.ok(backup.bytes > 0 && backup.blobs >= 8 && backup.number > 0)
    await assert.rejects(control.call('store.backup', { dir: target }), /not empty|exists/i)
    await daemon.stop()

    const manifest = JSON.parse(readFileSync(join(target, 'manifest.json'), 'utf8'))
    assert.ok(existsSync(join(target, 'postigo.db')) && existsSync(join(target, 'desk.key')), JSON.stringify(manifest))
    execFileSync(join(builddir, 'postigod'), ['--dir', target, '--fsck'], { stdio: 'pipe' })

    const copy = await startDaemon({ dir: target })
    try {
      const again = await copy.connect('mail')
      for (let i = 0; i < 40; i++)
        assert.deepEqual(await again.call('contact.add', contact(i)), before[i], `contact ${i} is in the copy`)
      const desk = await copy.connect('control')
      const { detail } = await desk.call('incident.get', { id: before[5].incident })
      const message = detail.messages.find((m) => m.id === before[5].message)
      let octets = Buffer.alloc(0)
      for (let part; octets.length < message.raw.bytes; octets = Buffer.concat([octets, part])) {
        const r = await desk.call('blob.get', {
          sha256: message.raw.sha256,
          message: message.id,
          offset: octets.length,
          length: 65536,
        })
        part = Buffer.from(r.data, 'base64')
        assert.ok(part.length > 0)
      }
      assert.equal(sha256(octets), message.raw.sha256, 'the octets of a large contact are whole')
    } finally {
      await copy.stop()
    }
  } finally {
    await daemon.kill()
    daemon.remove()
    rmSync(join(target, '..'), { recursive: true, force: true })
  }
})
