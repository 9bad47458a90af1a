import assert from "node:assert/strict"
import test from "node:test"
import { CallError, link, type Link, type LinkState, type Socket } from "../../../common/ui/link"

interface Fake extends Socket {
  sent: Record<string, unknown>[]
  closed: boolean
}

function world(atHello: (it: () => Link) => void = () => undefined) {
  const sockets: Fake[] = []
  const timers: { ms: number; then: () => void; off: boolean }[] = []
  const states: LinkState[] = []
  const events: number[] = []
  const said = { hellos: 0, gone: 0 }
  let key = 0
  const it = link({
    open() {
      const fake: Fake = {
        sent: [],
        closed: false,
        onmessage: null,
        onclose: null,
        send: (text) => void fake.sent.push(JSON.parse(String(text))),
        close: () => void (fake.closed = true),
      }
      sockets.push(fake)
      return fake
    },
    after(ms, then) {
      const timer = { ms, then, off: false }
      timers.push(timer)
      return () => void (timer.off = true)
    },
    random: () => 0.5,
    newKey: () => `key-${++key}`,
    writes: new Set(["incident.note"]),
    onHello: () => {
      said.hellos++
      atHello(() => it)
    },
    onEvent: (event) => void events.push(event.number),
    onGone: () => void said.gone++,
    onState: (state) => void states.push(state),
  })
  const now = (): Fake => {
    const last = sockets[sockets.length - 1]
    if (!last) throw new Error("no socket")
    return last
  }
  const say = (frame: unknown): void =>
    now().onmessage?.call(null as never, { data: JSON.stringify(frame) } as MessageEvent)
  const lose = (code = 1006): void =>
    now().onclose?.call(null as never, { code } as CloseEvent)
  const hello = (number: number): void =>
    say({ hello: { agent: {}, desk: { name: "", language: "es" }, number, version: "" } })
  const run = (): void => {
    const due = timers.filter((timer) => !timer.off)
    for (const timer of due) {
      timer.off = true
      timer.then()
    }
  }
  return { it, sockets, timers, states, events, said, now, say, lose, hello, run }
}

test("nothing is sent before hello, everything after it", async () => {
  const w = world()
  const answer = w.it.call("incident.counts", {})
  assert.equal(w.now().sent.length, 0)
  w.hello(7)
  assert.deepEqual(w.now().sent, [{ id: 1, method: "incident.counts", params: {} }])
  w.say({ id: 1, result: { overdue: 3 }, number: 7 })
  assert.deepEqual(await answer, { overdue: 3 })
})

test("what is asked at hello is asked once", () => {
  const w = world((it) => {
    void it().call("incident.counts", {})
    it().ready()
  })
  w.hello(7)
  assert.deepEqual(w.now().sent, [
    { id: 1, method: "incident.counts", params: {} },
    { resume: 7 },
  ])
})

test("it resumes from the last event, which comes once", () => {
  const w = world()
  w.hello(10)
  assert.equal(w.now().sent.length, 0)
  w.it.ready()
  assert.deepEqual(w.now().sent, [{ resume: 10 }])
  w.say({ event: { number: 11 } })
  w.say({ event: { number: 11 } })
  w.say({ event: { number: 12 } })
  w.lose()
  assert.deepEqual(w.states, ["live", "lost"])
  w.run()
  assert.equal(w.sockets.length, 2)
  w.hello(15)
  assert.deepEqual(w.now().sent, [{ resume: 12 }])
  assert.deepEqual(w.events, [11, 12])
})

test("an unanswered write is asked again with its key", async () => {
  const w = world()
  w.hello(1)
  const answer = w.it.call("incident.note", { id: 4, text: "a" })
  const first = w.now().sent[0]
  assert.equal(first?.["key"], "key-1")
  w.lose()
  w.run()
  w.hello(1)
  assert.deepEqual(w.now().sent[0], first)
  w.say({ id: first?.["id"], result: { message: { id: 9 } } })
  assert.deepEqual(await answer, { message: { id: 9 } })
})

test("while the daemon is down, calls wait for its return", async () => {
  const w = world()
  w.hello(1)
  w.it.ready()
  const under = w.it.call("incident.note", { id: 4, text: "a" })
  w.say({ down: true })
  const later = w.it.call("incident.note", { id: 4, text: "b" })
  w.say({ id: 1, error: { code: "busy", message: "", data: { outcome: "temp" } } })
  const sent = w.now().sent.length
  w.say({ up: true, number: 5 })
  const again = w.now().sent.slice(sent)
  assert.deepEqual(again.map((one) => one["resume"] ?? one["id"]), [1, 1, 2])
  w.say({ id: 1, result: 1 })
  w.say({ id: 2, result: 2 })
  assert.deepEqual(await Promise.all([under, later]), [1, 2])
})

test("a refusal has its word; one for the moment is asked again", async () => {
  const w = world()
  w.hello(1)
  const refused = w.it.call("incident.note", { id: 4, text: "a" })
  w.say({ id: 1, error: { code: "not_found", message: "no", data: { outcome: "perm" } } })
  await assert.rejects(refused, (error) => error instanceof CallError && error.code === "not_found")
  const patient = w.it.call("incident.note", { id: 4, text: "b" })
  w.say({ id: 2, error: { code: "busy", message: "", data: { outcome: "temp", retry_after_ms: 70 } } })
  const pause = w.timers.filter((timer) => !timer.off && timer.ms === 70)
  assert.equal(pause.length, 1)
  const before = w.now().sent.length
  pause[0]?.then()
  assert.equal(w.now().sent.length, before + 1)
  w.say({ id: 2, result: 5 })
  assert.equal(await patient, 5)
})

test("events that are gone mean: load anew, then go on", () => {
  const w = world()
  w.hello(3)
  w.it.ready()
  w.say({ gone: true, number: 90 })
  assert.equal(w.said.gone, 1)
  w.it.ready()
  assert.deepEqual(w.now().sent.at(-1), { resume: 90 })
})

test("pauses grow with jitter, and stop at a session's end", () => {
  const w = world()
  w.hello(1)
  const pauses: number[] = []
  for (let n = 0; n < 9; n++) {
    w.lose()
    const timer = w.timers.filter((one) => !one.off).at(-1)
    pauses.push(timer?.ms ?? 0)
    w.run()
  }
  assert.deepEqual(pauses.slice(0, 3), [500, 750, 1250])
  assert.equal(pauses.at(-1), 250 + 15_000)
  const before = w.timers.length
  w.lose(4001)
  assert.equal(w.states.at(-1), "over")
  assert.equal(w.timers.length, before)
  w.it.hurry()
  assert.equal(w.sockets.length, 10)
})

test("a socket that answers nothing is given up", () => {
  const w = world()
  w.hello(1)
  void w.it.call("incident.counts", {})
  const silence = w.timers.find((timer) => !timer.off)
  assert.equal(silence?.ms, 20_000)
  silence?.then()
  assert.equal(w.now().closed, true)
  assert.equal(w.states.at(-1), "lost")
})
