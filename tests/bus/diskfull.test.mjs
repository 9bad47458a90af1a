// Disk full: no acknowledgement, a clear log line, recovery when space returns.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { sleep, until } from '../lib/wait.mjs'

const sha256 = (s) => createHash('sha256').update(s).digest('hex')

function mountSmall(megabytes) {
  const dir = mkdtempSync(join(tmpdir(), 'postigo-full-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', dir], { stdio: 'pipe' })
  } catch (error) {
    rmSync(dir, { recursive: true })
    return { dir: null, why: String(error.stderr).trim() }
  }
  return { dir }
}

function contact(n) {
  const raw = Buffer.alloc(40000, `contact ${n} `)
  return {
    connection: 'bus',
    external_id: `<full.${n}@correo.example>`,
    digest: sha256(`body ${n}`),
    received_at: '2026-01-05T09:00:00.000Z',
    channel: 'email',
    from: { address: `c${n}@correo.example` },
    subject: `Prueba ${n}`,
    text: 'x'.repeat(2000),
    raw: { sha256: sha256(raw), bytes: raw.length, data: raw.toString('base64') },
  }
}

/** Fill what is left with a file of our own. */
function fill(dir) {
  const path = join(dir, 'filler')
  for (const size of [1 << 20, 1 << 16, 4096])
    for (;;) {
      try {
        writeFileSync(path, Buffer.alloc(size), { flag: 'a' })
      } catch (error) {
        assert.equal(error.code, 'ENOSPC')
        break
      }
    }
  return path
}

test('disk full: no acknowledgement, a clear log line, recovery when space returns', async (t) => {
  const { dir, why } = mountSmall(12)
  if (!dir) {
    t.skip(`a small tmpfs cannot be mounted here: ${why}`)
    return
  }
  const settings = join(tmpdir(), `postigo-full-${process.pid}.conf`)
  writeFileSync(settings, 'limits { reserve = 0 }\n')
  const daemon = await startDaemon({ dir, args: ['--config', settings] })
  try {
    const control = await daemon.connect('control')
    await control.call('connection.add', {
      name: 'bus',
      kind: 'pipe',
      settings: { address: 'bus@tienda.example', from_name: 'Tienda', out: join(dir, 'out') },
    })
    const mail = await daemon.connect('mail')
    const acknowledged = [await mail.call('contact.add', contact(0))]
    const filler = fill(dir)
    let refused = null
    let n = 1
    for (; n < 200 && !refused; n++) {
      try {
        acknowledged.push(await mail.call('contact.add', contact(n)))
      } catch (error) {
        refused = error
      }
    }
    assert.ok(refused, 'a contact was refused while the disk was full')
    assert.equal(refused.outcome, 'temp')
    assert.equal(refused.word, 'full')
    assert.ok(refused.data.retry_after_ms > 0)
    assert.match(daemon.log(), /"event":"store\.full"/)
    const seen = await control.call('incident.list', { view: 'all', limit: 200 })
    assert.equal(seen.incidents.length, acknowledged.length, 'readers see what was acknowledged and no more')

    unlinkSync(filler)
    await until(async () => {
      try {
        return await mail.call('contact.add', contact(n - 1))
      } catch (error) {
        assert.equal(error.outcome, 'temp')
        return sleep(100)
      }
    }, 'the same contact is taken when there is space again')
    const repeat = await mail.call('contact.add', contact(0))
    assert.deepEqual(repeat, acknowledged[0], 'what was acknowledged before still stands')
    const { problems } = await control.call('store.check', {})
    assert.deepEqual(problems, [])
    const { code } = await daemon.stop()
    assert.equal(code, 0)
  } finally {
    await daemon.kill()
    execFileSync('umount', ['-l', dir])
    rmSync(dir, { recursive: true, force: true })
    rmSync(settings)
  }
})
