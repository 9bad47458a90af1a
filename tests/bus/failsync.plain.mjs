// After a failed sync the daemon answers nothing more and exits, also when the
// next sync would succeed; after a new start, what was acknowledged is there.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { sleep } from '../lib/wait.mjs'

const shim = join(process.env.POSTIGO_BUILDDIR, 'tests/shim/failsync.so')
const sha256 = (s) => createHash('sha256').update(s).digest('hex')

function contact(n, bytes = 0) {
  const raw = Buffer.from(`contact ${n}`.padEnd(bytes, '.'))
  return {
    connection: 'bus',
    external_id: `<sync.${n}@correo.example>`,
    digest: sha256(`body ${n}`),
    received_at: '2026-01-05T09:00:00.000Z',
    channel: 'email',
    from: { address: `c${n}@correo.example` },
    subject: `Prueba ${n}`,
    text: `Texto ${n}`,
    raw: { sha256: sha256(raw), bytes: raw.length, data: raw.toString('base64') },
  }
}

for (const after of [0, 1, 5])
  test(`a sync that fails after ${after} others: no answer, exit 74, nothing acknowledged is lost`, async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'postigo-sync-'))
    const count = join(scratch, 'count')
    let daemon = await startDaemon({ env: { LD_PRELOAD: shim, FAILSYNC_FILE: count } })
    try {
      const control = await daemon.connect('control')
      await control.call('connection.add', {
        name: 'bus',
        kind: 'pipe',
        settings: { address: 'bus@tienda.example', from_name: 'Tienda', out: join(daemon.dir, 'out') },
      })
      const mail = await daemon.connect('mail')
      writeFileSync(count, String(after))
      const acknowledged = new Map()
      let n = 0
      let error = null
      while (!error && n < 50) {
        try {
          acknowledged.set(n, await mail.call('contact.add', contact(n)))
          n++
        } catch (caught) {
          error = caught
        }
      }
      assert.ok(error, 'the daemon did not go on')
      assert.match(error.message, /connection was closed/, 'it gave no answer at all, neither yes nor no')
      assert.ok(acknowledged.size <= after, `${acknowledged.size} answers after ${after} good syncs`)
      const { code } = await daemon.ended
      assert.equal(code, 74)
      assert.match(daemon.log(), /"event":"store\.sync_failed"/)
      assert.equal(Number(readFileSync(count, 'utf8')), -1, 'the failure was used, and no sync was tried after it')

      daemon = await startDaemon({ dir: daemon.dir })
      const again = await daemon.connect('mail')
      for (const [i, answer] of acknowledged) assert.deepEqual(await again.call('contact.add', contact(i)), answer)
      await again.call('contact.add', contact(n))
      const { problems } = await (await daemon.connect('control')).call('store.check', {})
      assert.deepEqual(problems, [])
    } finally {
      await daemon.kill()
      daemon.remove()
      rmSync(scratch, { recursive: true, force: true })
    }
  })

// A desk whose log grows fast: every contact brings 60,000 octets.
async function growing(count, end) {
  const daemon = await startDaemon({ env: { LD_PRELOAD: shim, FAILSYNC_FILE: count, FAILSYNC_END: end } })
  const control = await daemon.connect('control')
  await control.call('connection.add', {
    name: 'bus',
    kind: 'pipe',
    settings: { address: 'bus@tienda.example', from_name: 'Tienda', out: join(daemon.dir, 'out') },
  })
  return { daemon, mail: await daemon.connect('mail') }
}

// The contact's own sync goes well; the log's, or the file's after it, does not.
for (const [what, spared, end] of [['log', 1, '-wal'], ['file', 0, '/postigo.db']])
  test(`a sync of the ${what} that fails while the log is copied ends the daemon as well`, async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'postigo-sync-'))
    const count = join(scratch, 'count')
    let { daemon, mail } = await growing(count, end)
    try {
      const acknowledged = []
      let over = null
      void daemon.ended.then((how) => (over = how))
      for (let n = 0; over === null && n < 300; n++) {
        writeFileSync(count, String(spared))
        const answer = await mail.call('contact.add', contact(n, 60000)).catch(() => null)
        if (answer === null) break
        acknowledged.push([n, answer])
        // whoever copies has the time that an idle desk gives it
        for (let i = 0; over === null && i < 5; i++) await sleep(5)
      }
      for (let i = 0; over === null && i < 1000; i++) await sleep(5)
      assert.equal(over?.code, 74)
      assert.match(daemon.log(), /"event":"store\.sync_failed"/)
      assert.ok(acknowledged.length > 0, 'the sync of a contact went well')

      daemon = await startDaemon({ dir: daemon.dir })
      const again = await daemon.connect('mail')
      for (const [n, answer] of acknowledged) assert.deepEqual(await again.call('contact.add', contact(n, 60000)), answer)
      const { problems } = await (await daemon.connect('control')).call('store.check', {})
      assert.deepEqual(problems, [])
    } finally {
      await daemon.kill()
      daemon.remove()
      rmSync(scratch, { recursive: true, force: true })
    }
  })
