// What a desk of many years feels like: a store of BENCH_INCIDENTS (20000 by
// default; 1000000 when asked for), five times as many messages. Start to the
// first page, every kind of list, counts, status, an incident, a customer, the
// search; then all of it again while mails arrive at half the ceiling.
// BENCH_STORE=DIR: a store that `generate` made before; mails are added to it.
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { builddir, row, tool } from '../lib/bench.mjs'
import { connectSocket } from '../lib/bus.mjs'
import { Desk } from '../lib/desk.mjs'
import { freePort, sleep } from '../lib/wait.mjs'

const INCIDENTS = Number(process.env.BENCH_INCIDENTS ?? 20000)
const COUNT = Number(process.env.BENCH_REQUESTS ?? 200)
/** Each may ask 100 at once, then 20 a second: as many as the fastest lists of a round want. */
const TOKENS = 80
const PORT = await freePort()
const run = promisify(execFile)

const scratch = mkdtempSync(join(tmpdir(), 'postigo-scale-'))
const pss = (pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024
const ms = (us) => `${(us / 1000).toFixed(2)}`

function store() {
  const have = process.env.BENCH_STORE
  if (have && existsSync(join(have, 'postigo.db'))) return have
  const dir = have ?? join(scratch, 'data')
  const made = tool('generate', '--incidents', String(INCIDENTS), dir)
  row('a store made by the handlers', `${made.seconds} s`, `${made.incidents} incidents, ${made.messages} messages, ${made.active} active`)
  return dir
}

class Scale extends Desk {
  constructor(data) {
    super({ builddir, port: PORT })
    this.data = data
  }

  /** Milliseconds from the start of `postigo serve` until a page of 50 came. */
  async firstPage(token) {
    const begun = performance.now()
    this.start()
    for (;;) {
      const got = await fetch(`http://127.0.0.1:${PORT}/api/v1/incidents?limit=50`, {
        headers: { authorization: `Bearer ${token}` },
      }).catch(() => null)
      if (got?.status === 200 && (await got.json()).incidents) return performance.now() - begun
      await sleep(2)
    }
  }

  get(path, token) {
    return fetch(`http://127.0.0.1:${PORT}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } }).then((r) => r.json())
  }
}

function lines(name, list) {
  const file = join(scratch, name)
  writeFileSync(file, `${list.join('\n')}\n`)
  return `@${file}`
}

const random = (n) => 1 + Math.floor(Math.random() * n)

/** name, path and goal of each question. */
async function questions(desk, token) {
  const all = await desk.get('/incidents?view=all&sort=newest&limit=1', token)
  const last = all.incidents[0]?.id ?? 1
  const deep = await (async () => {
    let { next } = await desk.get('/incidents?view=solved&limit=200', token)
    for (let i = 0; i < 20 && next; i++) {
      const page = await desk.get(`/incidents?view=solved&limit=200&after=${next}`, token)
      next = page.next ?? next
    }
    return next
  })()
  const many = (n, path) => Array.from({ length: n }, path)
  const list = 'below 10'
  const views = ['active', 'mine', 'unassigned', 'pending', 'solved', 'spam', 'all']
  return [
    ['a page that asks the daemon nothing', '/healthz', ''],
    ...views.map((view) => [`list of 50, ${view}`, `/incidents?limit=50&view=${view}`, list]),
    ['list, active, newest first', '/incidents?limit=50&sort=newest', list],
    ['list, all, newest first', '/incidents?limit=50&view=all&sort=newest', list],
    ['list, solved, page 21', `/incidents?limit=50&view=solved&after=${deep}`, list],
    ['list, a queue', '/incidents?limit=50&queue=privacidad', list],
    ['list, all, an agent, newest', '/incidents?limit=50&view=all&assignee=3&sort=newest', list],
    ['list, all, a customer', lines('customers', many(200, () => `/api/v1/incidents?view=all&customer=${random(last / 3)}`)), list],
    ['list, all, a rare tag', '/incidents?limit=50&view=all&tag=raro-7', list],
    ['list, all, a common tag', '/incidents?limit=50&view=all&tag=envio', list],
    ['list, solved, a rare tag and a reason', '/incidents?limit=50&view=solved&tag=raro-7&reason=order_status', list],
    ['list, active, a rare tag', '/incidents?limit=50&tag=raro-7', list],
    ['list, active, a reason', '/incidents?limit=50&reason=privacy_request', list],
    ['list, all, a reason nobody has', '/incidents?limit=50&view=all&reason=praise', list],
    ['list, all, a channel', '/incidents?limit=50&view=all&channel=phone&sort=newest', list],
    ['list, all, a queue without such a reason', '/incidents?limit=50&view=all&queue=privacidad&reason=damaged&sort=newest', ''],
    ['counts', '/counts', list],
    ['status', 'bus:status.get', ''],
    ['an incident', lines('incidents', many(500, () => `/api/v1/incidents/${random(last)}`)), list],
    ['customers by the start of a name', lines('names', many(100, () => `/api/v1/customers?text=${encodeURIComponent(['Lucía G', 'mar', 'Iker', 'zal', 'cor', 'Søren M', 'ba'][random(7) - 1])}`)), list],
    ['search: a rare word', lines('rare', rareWords(200).map((w) => `/api/v1/search?text=${w}`)), 'below 50'],
    ['search: a common word', '/search?text=paquete', ''],
    ['search: two words', '/search?text=factura%20banco', ''],
    ['search: an order number', lines('orders', many(200, () => `/api/v1/search?text=${100000000 + random(900000000)}`)), 'below 50'],
  ]
}

/** The words of words.c that hardly ever occur. */
function rareWords(n) {
  const parts = ['ba', 'cor', 'du', 'fe', 'gol', 'hi', 'jun', 'lar', 'mo', 'nes', 'pi', 'quo', 'ras', 'ti', 'vun', 'xe', 'zal']
  return Array.from({ length: n }, () => {
    let k = random(39999) * 7 + 83521
    let word = ''
    for (; k > 0 && word.length < 16; k = Math.floor(k / parts.length)) word += parts[k % parts.length]
    return word
  })
}

/** Figures of a method that has no path. */
async function onBus(desk, method) {
  const client = await connectSocket(desk.socket('control'), { program: 'bench-scale' })
  const took = []
  for (let i = 0; i < COUNT; i++) {
    const begun = performance.now()
    await client.call(method, {})
    took.push((performance.now() - begun) * 1000)
  }
  client.close()
  took.sort((a, b) => a - b)
  return { p50_us: took[Math.floor(COUNT / 2)], p99_us: took[Math.floor(COUNT * 0.99)] }
}

async function ask(desk, list, tokens, goalWhile) {
  for (const [name, path, goal] of list) {
    const whole = path.startsWith('/') && path !== '/healthz' ? `/api/v1${path}` : path
    const r = path.startsWith('bus:')
      ? await onBus(desk, path.slice(4))
      : JSON.parse((await run(join(builddir, 'tests/bench/bench_http'), [String(PORT), whole, tokens, String(COUNT)])).stdout)
    const bound = goalWhile && goal === 'below 10' ? goalWhile : goal
    row(`  ${name}: p50, p99`, `${ms(r.p50_us)}, ${ms(r.p99_us)} ms`, bound && `goal: ${bound} ms`)
  }
}

/** Wait until every message can be found; how long it took. */
async function indexed(desk, token) {
  const begun = performance.now()
  let first = null
  for (;;) {
    const r = await desk.get('/search?text=hola', token)
    if (r.indexed === undefined) return null
    first ??= r.indexed
    if (r.indexed >= r.last) return { seconds: (performance.now() - begun) / 1000, messages: r.last - first }
    await sleep(1000)
  }
}

const desk = new Scale(store())
desk.start()
await desk.ready()
const made = []
for (let i = 0; i < TOKENS; i++) made.push(JSON.parse(await desk.postigo('--json', 'token', 'create', 'laura@tienda.example', '--label', `bench ${i}`)).token)
const [token] = made
const tokens = lines('tokens', made)
await desk.stop()

const starts = []
for (let i = 0; i < 5; i++) {
  starts.push(await desk.firstPage(token))
  if (i < 4) await desk.stop()
}
starts.sort((a, b) => a - b)
const size = statSync(join(desk.data, 'postigo.db')).size
row('size of the store', `${(size / 1e6).toFixed(0)} MB`, '')
row('start of the desk to the first page, median of 5', `${starts[2].toFixed(0)} ms`, 'goal: below 100 ms at 100,000; 300 ms at 1,000,000')
const list = await questions(desk, token)
const searches = list.filter(([name]) => name.startsWith('search'))
console.log('alone:')
await ask(
  desk,
  list.filter((one) => !searches.includes(one)),
  tokens,
)
const index = await indexed(desk, token)
if (index && index.messages > 0)
  row('search: messages made findable', `${(index.messages / index.seconds).toFixed(0)}/s`, `${index.messages} in ${index.seconds.toFixed(1)} s`)
await ask(desk, searches, tokens)
const daemon = desk.processes().postigod
row('memory of postigod after all that (PSS)', `${pss(daemon).toFixed(1)} MB`, '')

const ceiling = tool('bench_contacts', desk.socket('mail'), 'bus', '4000', '64', '2048', String(random(100000000)))
const half = Math.max(1, Math.round(ceiling.per_second / 2))
row('contacts/s into this store', ceiling.per_second, 'the ceiling, 2 KB of text')
console.log(`while ${half} contacts arrive a second:`)
const load = spawn(join(builddir, 'tests/bench/bench_contacts'), [desk.socket('mail'), 'bus', '5000000', '64', '2048', String(200000000 + random(1000000)), String(half)], { stdio: 'ignore' })
await sleep(500)
await ask(desk, list, tokens, 'below 20')
load.kill('SIGTERM')
await once(load, 'exit')
row('memory of postigod after all that (PSS)', `${pss(daemon).toFixed(1)} MB`, '')
await desk.stop()

if (process.env.BENCH_FSCK !== '0') {
  const begun = performance.now()
  let said
  try {
    said = execFileSync(join(builddir, 'postigod'), ['--fsck', '--dir', desk.data], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  } catch (error) {
    said = String(error.stdout)
  }
  row('fsck', `${((performance.now() - begun) / 1000).toFixed(1)} s`, said.trim().split('\n').at(-1))
}
rmSync(scratch, { recursive: true, force: true })
rmSync(desk.dir, { recursive: true, force: true })
