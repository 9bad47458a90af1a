// A small real disk that is filled at random moments while a desk works on it.
import { execFileSync } from 'node:child_process'
import { rmSync, unlinkSync, writeFileSync, mkdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { checkImage } from './image.mjs'
import { Asked, Daemon, Desk, Work, scratch } from './session.mjs'
import { sleep } from '../lib/wait.mjs'

const DISK_MIB = 32 // too small for the index of words
const ROUNDS = 6
const STEPS = ['mixed', 'mixed', 'files', 'rows', 'agents']

/** A disk of its own, or null where none can be mounted. */
function mount(dir) {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m,mode=700`, 'tmpfs', dir], { stdio: 'pipe' })
    return dir
  } catch {
    return null
  }
}

export function canMount() {
  const dir = scratch('postigo-mount-')
  const yes = mount(dir) !== null
  if (yes) execFileSync('umount', [dir])
  rmSync(dir, { recursive: true })
  return yes
}

/** Take what is left, but for some octets. */
function fill(dir, leave) {
  const path = join(dir, 'filler')
  const { bavail, bsize } = statfsSync(dir)
  let left = Number(bavail) * Number(bsize) - leave
  while (left > 0) {
    const bytes = Math.min(left, 1 << 20)
    try {
      writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' })
    } catch (error) {
      if (error.code !== 'ENOSPC') throw error
      break
    }
    left -= bytes
  }
}

/** Space goes and comes back. Returns how often. */
async function squeeze(dir, rng, working) {
  let times = 0
  while (!working.over) {
    await sleep(rng.between(0, 30))
    fill(dir, rng.next() < 0.5 ? 0 : rng.between(0, 200_000))
    times++
    await sleep(rng.between(1, 60))
    unlinkSync(join(dir, 'filler'))
  }
  return times
}

/** One desk on such a disk, from its first start on. Returns how often it was full. */
export async function spaceRun(rng) {
  const place = scratch('postigo-space-')
  const disk = join(place, 'disk')
  mkdirSync(disk)
  mount(disk)
  const wrong = []
  let times = 0
  let log = ''
  try {
    const settings = join(place, 'postigo.conf')
    writeFileSync(settings, rng.next() < 0.5 ? 'limits { reserve = 0 }\n' : '')
    const asked = new Asked()
    const daemon = new Daemon(join(disk, 'desk'), join(place, 'log'), { args: ['--config', settings] })
    const work = new Work(new Desk(daemon, asked), rng, disk)
    work.desk.patient = true
    try {
      await work.setUp()
      for (let i = 0; i < ROUNDS; i++) {
        const working = { over: false }
        const squeezed = squeeze(disk, rng, working)
        await work.step(STEPS[rng.between(0, STEPS.length)])
        working.over = true
        times += await squeezed
      }
      const requests = [...asked.requests.values()]
      for (const r of requests) if (r.error && r.error.word !== 'full') wrong.push(`${r.method}: ${r.error.message}`)
      const end = await daemon.stop()
      if (end.code !== 0) wrong.push(`the daemon ended with ${JSON.stringify(end)}`)
      const acked = new Map([...asked.requests].filter(([, r]) => r.result))
      for (const w of await checkImage(disk, { asked, root: disk }, { acked, events: new Map(), number: 0 }, { search: false })) wrong.push(w)
      log = daemon.log()
    } finally {
      await daemon.kill()
      work.desk.close()
    }
  } finally {
    execFileSync('umount', ['-l', disk])
  }
  if (wrong.length > 0) throw new Error(`a disk that was full: ${JSON.stringify(wrong.slice(0, 10), null, 1)}\n${log.slice(-1500)}\n${place}`)
  rmSync(place, { recursive: true })
  return times
}
