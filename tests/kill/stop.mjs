// Other ways to end and to be held up, under the same load and the same truth as
// in fast.mjs: killed while it recovers, three times in a row; SIGSTOP, with time
// that passes; SIGTERM; and steps of the clock.
import { readFileSync } from 'node:fs'
import { alive, sleep, until } from '../lib/wait.mjs'
import { TestClock } from '../replay/desk.mjs'
import { Run, Victim } from './fast.mjs'
import { compareAll, compareClocks } from './truth.mjs'

const NESTED = 3

const ways = {
  /** Killed; and again while it starts, and again. */
  async recovery(run) {
    await run.victim.kill()
    for (let n = 0; n < NESTED; n++) {
      run.victim.start()
      await sleep(run.rng.between(0, 15))
      await run.victim.kill()
    }
    run.victim.start()
    await run.begun
    await run.begin()
  },

  /** Held up; the clock goes on meanwhile. */
  async stop(run) {
    process.kill(run.victim.child.pid, 'SIGSTOP')
    await sleep(run.rng.between(1, 40))
    run.clock.shift(run.clock.seconds + run.rng.between(1, 900))
    process.kill(run.victim.child.pid, 'SIGCONT')
  },

  /** Told to end: it does, with 0. */
  async term(run) {
    const begun = Date.now()
    const end = await run.victim.stop()
    run.slowest = Math.max(run.slowest ?? 0, Date.now() - begun)
    if (end.code !== 0) throw new Error(`SIGTERM: ended with ${end.code ?? end.signal}:\n${run.victim.log().slice(-4000)}`)
    run.victim.start()
    await run.begun
    await run.begin()
  },
}

async function within(make, body) {
  const clock = new TestClock()
  const run = make(clock)
  run.victim.start()
  try {
    await run.setUp()
    await run.begin()
    await body(run)
    run.judge()
    await run.end()
  } finally {
    if (alive(run.victim.child.pid)) run.victim.child.kill('SIGKILL')
    clock.remove()
  }
  run.victim.remove()
  return run
}

/** One store, so many of each way, in any order. */
export function stopLoop(rng, each) {
  const make = (clock) => new Run(rng, { victim: new Victim({ env: clock.env }), clock })
  return within(make, async (run) => {
    const todo = Object.keys(ways).flatMap((way) => Array.from({ length: each }, () => way))
    while (todo.length > 0) {
      const [way] = todo.splice(rng.between(0, todo.length), 1)
      await run.work(rng.between(5, 60))
      run.judge()
      await ways[way](run)
    }
    await run.work(50)
    await run.drain({ begin: false })
    await compareAll(run, run.control)
  })
}

const HOUR = 3600
const STEPS = [1, -1, HOUR, -HOUR, 24 * HOUR, -24 * HOUR]
const FAR = ['2038-01-19T03:14:05Z', '2100-02-28T23:59:59Z']

/** CPU time of a process, in ms. */
const cpu = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** With nothing to do it does nothing, whatever the clock said. */
async function idle(run) {
  const { pid } = run.victim.child
  await until(async () => {
    const before = cpu(pid)
    await sleep(300)
    return cpu(pid) - before < 150
  }, 'a daemon that rests')
}

/** A jump over years: command keys and what was put are kept for days alone. */
async function far(run, shift) {
  await run.drain({ begin: false })
  run.forgotten = run.count
  run.clock.shift(shift)
  run.goOn()
  await run.work(30)
}

/** One store, so many steps under load, some across a kill; years ahead and back at the end. */
export function clockLoop(rng, steps) {
  // a visitor's token ends by itself
  const make = (clock) => new Run(rng, { victim: new Victim({ env: clock.env }), clock, visitors: 0 })
  return within(make, async (run) => {
    for (let n = 0; n < steps; n++) {
      await run.work(rng.between(5, 40))
      run.judge()
      const down = rng.next() < 0.25
      if (down) await run.victim.kill()
      const step = STEPS[rng.between(0, STEPS.length)]
      // at most two days from the machine's clock, whatever the sum
      run.clock.shift(Math.max(-2 * 24 * HOUR, Math.min(2 * 24 * HOUR, run.clock.seconds + step)))
      if (!down) continue
      run.victim.start()
      await run.begun
      await run.begin()
    }
    await run.work(30)
    const back = run.clock.seconds
    for (const iso of FAR) {
      await far(run, Math.round((Date.parse(iso) - Date.now()) / 1000))
      await far(run, back)
    }
    await far(run, Math.round((Date.parse('2101-06-01T00:00:00Z') - Date.now()) / 1000))
    await run.drain({ begin: false })
    await compareAll(run, run.control)
    await compareClocks(run, run.control)
    await idle(run)
  })
}
