// The power goes while a backup is restored: what is left is refused, or
// empty, or the whole desk; and the restore can be done again.
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { everything, run } from './image.mjs'
import { Daemon, Desk, record, recorder, scratch, tree } from './session.mjs'
import { Disk, differences, readTrace, writeImage } from './trace.mjs'

const backupOf = (session) => [...session.asked.requests.values()].find((r) => r.backup && r.result)

function restore(backup, dir, log, env = {}) {
  const fd = openSync(log, 'a')
  const child = spawn(join(process.env.POSTIGO_BUILDDIR, 'postigod'), ['--restore', backup, '--dir', dir], {
    stdio: ['ignore', fd, fd],
    env: { ...process.env, ...env },
  })
  closeSync(fd)
  return new Promise((done) => child.once('exit', (code) => done(code)))
}

/** What a desk holds, for a comparison; null if no daemon starts there. */
async function content(dir, log) {
  const daemon = new Daemon(dir, log)
  const desk = new Desk(daemon, { requests: new Map(), next: 1 })
  try {
    await desk.client('control') // fails if it does not start
    const { messages } = await everything(desk)
    return messages.map((m) => m.text).sort()
  } catch (error) {
    if (!/^postigod ended with/.test(error.message)) throw error
    return null
  } finally {
    await daemon.kill()
    desk.close()
  }
}

/** Images of one restore. Returns how many. */
export async function restoreImages(rng, count) {
  const session = await record('backup', rng)
  const backup = backupOf(session).backup
  const place = scratch('postigo-restore-')
  const log = join(place, 'log')
  const root = join(place, 'root')
  const trace = join(place, 'trace')
  mkdirSync(root)
  const recorded = { root, before: tree(root) }
  if ((await restore(backup, join(root, 'desk'), log, recorder(root, trace))) !== 0) throw new Error(`the backup was not restored: ${log}`)
  const records = readTrace(trace)
  const disk = new Disk(recorded)
  for (const r of records) disk.take(r)
  const missed = differences(disk)
  if (missed.length > 0) throw new Error(`the trace is not whole: ${missed[0]}`)
  const whole = JSON.stringify(await content(join(root, 'desk'), log))

  for (let i = 0; i < count; i++) {
    const last = rng.next() < 0.2
    const cut = last ? records.length - 1 : rng.between(0, records.length)
    const at = new Disk(recorded)
    for (const r of records.slice(0, cut + 1)) at.take(r)
    const image = join(place, `image${i}`)
    mkdirSync(image)
    const how = writeImage(at, image, rng)
    const wrong = []
    const dir = join(image, 'desk')
    const there = existsSync(join(dir, 'postigo.db'))
    const found = there ? JSON.stringify(await content(dir, log)) : 'nothing'
    // what was restored to its end stands; else nobody starts on half a desk
    if (found !== whole && (last || (found !== 'null' && found !== 'nothing'))) wrong.push(`there is ${found.slice(0, 200)}`)
    if (found === whole) run(['--dir', dir, '--fsck'], wrong)
    else if ((await restore(backup, dir, log)) !== 0) wrong.push('the restore cannot be done again')
    else if (JSON.stringify(await content(dir, log)) !== whole) wrong.push('the second restore gives another desk')
    if (wrong.length > 0) throw new Error(`a restore and a power loss: ${JSON.stringify({ cut, of: records.length, ...how, image, wrong }, null, 1)}`)
    rmSync(image, { recursive: true })
  }
  session.remove()
  rmSync(place, { recursive: true })
  return count
}
