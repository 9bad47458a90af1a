// A restore is killed at any of its system calls: restore-kill.mjs.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { longLoop } from '../lib/long.mjs'
import { canKill, killRestore } from './restore-kill.mjs'

test('kill -9 in a restore', async (t) => {
  if (!canKill()) {
    t.skip('no strace may kill here')
    return
  }
  const work = mkdtempSync(join(tmpdir(), 'postigo-restore-'))
  t.after(() => rmSync(work, { recursive: true, force: true }))
  const daemon = await startDaemon()
  const control = await daemon.connect('control')
  for (let n = 0; n < 12; n++) {
    const octets = Buffer.alloc(100000, `octets ${n} `)
    const digest = createHash('sha256').update(octets).digest('hex')
    await control.call('blob.put', { upload: `u${n}`, offset: 0, data: octets.toString('base64'), end: true, sha256: digest })
  }
  await control.call('connection.add', {
    name: 'bus',
    kind: 'pipe',
    settings: { address: 'bus@tienda.example', from_name: 'Tienda', out: join(work, 'out') },
  })
  const backup = join(work, 'backup')
  await control.call('store.backup', { dir: backup })
  await daemon.stop()
  daemon.remove()

  const seen = { nothing: 0, half: 0, whole: 0, untouched: 0 }
  let last = 600 // calls that a restore may have; less, once one passed untouched
  const say = (line) => t.diagnostic(line)
  await longLoop({ name: 'restore-kills', unit: 'kills', goal: 1000, say }, async (rng) => {
    const n = rng.between(1, last)
    const how = killRestore(backup, join(work, 'desk'), n)
    seen[how]++
    if (how === 'untouched') last = n + 1
    return how === 'untouched' ? 0 : 1
  })
  say(JSON.stringify(seen))
  assert.ok(seen.half > 0)
})
