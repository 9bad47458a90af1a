// Live chat, each figure beside another of this one run: memory of an idle
// chat over all programs of the desk, a line that is stored beside an echo of
// libwebsockets alone, an agent's answer on its way to the visitor.
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import WebSocket from 'ws'
import { builddir, row } from '../lib/bench.mjs'
import { sleep, startDesk, startGateway, Tab } from '../chat/lib.mjs'

const CHATS = Number(process.env.BENCH_CHATS ?? 2000)
const VISITORS = 100
const LINES = 8

const pss = (pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) * 1024
const at = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]
const figures = (ms) => {
  const sorted = [...ms].sort((a, b) => a - b)
  return { p50: at(sorted, 0.5), p99: at(sorted, 0.99) }
}
const both = ({ p50, p99 }) => `${p50.toFixed(2)}, ${p99.toFixed(2)} ms`
const times = (a, b) => `${(a.p50 / b.p50).toFixed(1)}, ${(a.p99 / b.p99).toFixed(1)}`

/** Resolves when the socket gets a frame that fits, with the instant. */
const got = (tab, fits) =>
  new Promise((done) => {
    const look = (bytes) => {
      const frame = JSON.parse(bytes.toString())
      if (!fits(frame)) return
      tab.ws.off('message', look)
      done(performance.now())
    }
    tab.ws.on('message', look)
  })

async function echo() {
  const server = spawn(join(builddir, 'tests/bench/bench_echo'), { stdio: ['pipe', 'pipe', 'inherit'] })
  const { port } = JSON.parse(await new Promise((done) => server.stdout.once('data', (b) => done(b.toString()))))
  const ws = new WebSocket(`ws://127.0.0.1:${port}/`, 'echo', { perMessageDeflate: false })
  await new Promise((done) => ws.once('open', done))
  const text = JSON.stringify({ t: 'write', id: 'aaaaaaaaaaaaaaaa', text: 'a'.repeat(100) })
  const took = []
  for (let i = 0; i < VISITORS * LINES; i++) {
    const answer = got({ ws }, () => true)
    const begun = performance.now()
    ws.send(text)
    took.push((await answer) - begun)
  }
  ws.terminate()
  server.stdin.end()
  return figures(took)
}

async function begin(gateway, n, then) {
  const tabs = []
  for (let i = 0; i < n; i += 20) {
    const some = Array.from({ length: Math.min(20, n - i) }, () => new Tab(gateway))
    await Promise.all(some.map(then))
    tabs.push(...some)
  }
  return tabs
}

const desk = await startDesk({})
const gateway = await startGateway(desk.daemon.socket('chat'), { args: ['--sockets', '4000'] })
const all = () => ({ gateway: pss(gateway.pid), daemon: pss(desk.daemon.pid) })

const bare = await echo()
const tabs = await begin(gateway, VISITORS, async (t) => {
  await t.open()
  await t.start()
  await t.write('first')
})
const acks = []
for (let i = 0; i < LINES; i++)
  for (const t of tabs) {
    const id = `b${i}`
    const answer = got(t, (f) => f.t === 'ack' && f.id === id)
    const begun = performance.now()
    t.send({ t: 'write', id, text: 'a'.repeat(100) })
    acks.push((await answer) - begun)
  }
const answers = []
const calls = []
for (let i = 0; i < 3; i++)
  for (const t of tabs) {
    const { incident } = t.frames.find((f) => f.t === 'lines').chat
    const arrives = got(t, (f) => f.t === 'lines' && f.lines.some((l) => l.who === 'agent' && l.text === `r${i}`))
    const begun = performance.now()
    const call = desk.say(incident, `r${i}`).then(() => performance.now())
    answers.push((await arrives) - begun)
    calls.push((await call) - begun)
  }
for (const t of tabs) t.close()

await sleep(12_000) // their handles are given back
const before = all()
const idle = await begin(gateway, CHATS, async (t) => {
  await t.open()
  await t.start()
})
await sleep(3000)
const started = all()
for (let i = 0; i < idle.length; i += 20) await Promise.all(idle.slice(i, i + 20).map((t) => t.write('uno')))
await sleep(3000)
const written = all()
const per = (now, who) => (now[who] - before[who]) / CHATS

const ack = figures(acks)
const answer = figures(answers)
row('echo of libwebsockets alone: p50, p99', both(bare), 'the same client')
row('a line, written to acknowledged: p50, p99', both(ack), 'commit and fsync included')
row('  times the echo', times(ack, bare), '')
row("an agent's answer, asked to shown: p50, p99", both(answer), 'commit and fsync included')
row("  times the answer's own response on the bus", times(answer, figures(calls)), '')
for (const [what, now] of [
  ['begun', started],
  ['with a line', written],
])
  row(
    `memory of an idle chat, ${what} (PSS, ${CHATS} of them)`,
    `${((per(now, 'gateway') + per(now, 'daemon')) / 1024).toFixed(1)} KB`,
    `goal: at most 6 KB; gateway ${per(now, 'gateway').toFixed(0)}, daemon ${per(now, 'daemon').toFixed(0)} bytes`,
  )
for (const t of idle) t.close()
await gateway.stop()
desk.peer?.close()
await desk.daemon.stop()
rmSync(desk.daemon.dir, { recursive: true, force: true })
process.exit(0)
