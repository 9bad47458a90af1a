// A read waits for what its own connection wrote, and for nobody else's commit:
// the disk stands still while others look.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { sleep, WAIT_MS } from '../lib/wait.mjs'

const shim = join(process.env.POSTIGO_BUILDDIR, 'tests/shim/hold.so')
let daemon, scratch, holdFile

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'postigo-reads-'))
  holdFile = join(scratch, 'hold')
  daemon = await startDaemon({ env: { LD_PRELOAD: shim, HOLD_FILE: holdFile } })
})
after(async () => {
  release()
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  daemon.remove()
  rmSync(scratch, { recursive: true, force: true })
})

const hold = () => writeFileSync(holdFile, '-wal\n')
const release = () => rmSync(holdFile, { force: true })
afterEach(release)

/** What a call gives; an error if it is not answered although it could be. */
async function soon(call) {
  let timer
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('it waits for a commit')), WAIT_MS)))
  try {
    return await Promise.race([call, late])
  } finally {
    clearTimeout(timer)
  }
}

test('who looks does not wait for the commit of others', async () => {
  const writer = await daemon.connect('control')
  const other = await daemon.connect('control')
  await writer.call('desk.set', { name: 'Antes' })
  hold()
  let written = false
  const write = writer.call('desk.set', { name: 'Después' }).then(() => (written = true))
  let seen = null
  const own = writer.call('desk.get').then((desk) => (seen = desk.name))
  // some of these come when the commit has begun
  for (let i = 0; i < 20; i++) {
    assert.equal((await soon(other.call('desk.get'))).name, 'Antes')
    await sleep(10)
  }
  assert.deepEqual([written, seen], [false, null], 'its own connection waits for what it wrote')
  release()
  await Promise.all([write, own])
  assert.equal(seen, 'Después')
  assert.equal((await other.call('desk.get')).name, 'Después', 'what was answered is seen by everyone')
  writer.close()
  other.close()
})

test('what is answered to one is seen by all who ask afterwards', async () => {
  const writers = await Promise.all([1, 2, 3].map(() => daemon.connect('control')))
  const reader = await daemon.connect('control')
  for (let i = 0; i < 100; i++) {
    await writers[i % 3].call('desk.set', { name: `Vez ${i}` })
    const [one, two] = await Promise.all([reader.call('desk.get'), writers[(i + 1) % 3].call('desk.get')])
    assert.deepEqual([one.name, two.name], [`Vez ${i}`, `Vez ${i}`])
  }
  for (const client of [reader, ...writers]) client.close()
})
