// Loops that go on where they stopped. A loop has a goal (5,000 kills); a run
// does as much of it as its seconds allow and leaves in a state file the seed
// to go on from and how much is done, so that counts add up over runs.
//
//   POSTIGO_LONG_SECONDS  seconds for one loop; absent: until its goal
//   POSTIGO_LONG_DIR      folder of the state files; default
//                         BUILDDIR/tests/long-state
//
// Set by: sh tests/run --long --seconds N; make check-long LONG_SECONDS=N.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A generator of numbers in [0, 1) that goes on from a seed (mulberry32). */
export function random(seed) {
  let a = seed >>> 0
  const next = () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return { next, between: (lo, hi) => lo + Math.floor(next() * (hi - lo)), state: () => a }
}

function folder() {
  const dir = process.env.POSTIGO_LONG_DIR ?? join(process.env.POSTIGO_BUILDDIR, 'tests/long-state')
  mkdirSync(dir, { recursive: true })
  return dir
}

function read(file, seed) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error.code !== 'ENOENT') throw new Error(`${file}: ${error.message}; remove it to begin again`)
    return { seed, done: 0, runs: 0 }
  }
}

function write(file, state) {
  writeFileSync(`${file}.new`, `${JSON.stringify(state)}\n`)
  renameSync(`${file}.new`, file)
}

/**
 * Run step(rng, index) until the goal or the end of the seconds. A step does
 * its own checks and throws what is wrong; it returns how much it did (a
 * number; default 1). What a failed step did is not counted, and the next run
 * begins with the same seed.
 *
 * name  of the state file; unit: what is counted; say: takes a line
 * Returns { did, done, goal, seconds }.
 */
export async function longLoop({ name, unit, goal, seed = 20261122, say = console.log }, step) {
  const file = join(folder(), `${name}.json`)
  const state = read(file, seed)
  const began = Date.now()
  const seconds = Number(process.env.POSTIGO_LONG_SECONDS ?? Infinity)
  let did = 0
  if (state.done >= goal) Object.assign(state, { done: 0, runs: 0 })
  state.runs++
  do {
    const rng = random(state.seed)
    const n = (await step(rng, state.done)) ?? 1
    state.seed = rng.state()
    state.done += n
    did += n
    write(file, state)
  } while (state.done < goal && Date.now() - began < seconds * 1000)
  const took = Math.round((Date.now() - began) / 1000)
  say(`${name}: ${did} ${unit} in ${took} s; ${state.done} of ${goal} in ${state.runs} runs`)
  return { did, done: state.done, goal, seconds: took }
}
