import assert from "node:assert/strict"
import test from "node:test"
import type { Chat, Down, Line, Site, Up } from "../src/frames"
import { keep, memoryBox } from "../src/keep"
import { DRAFTS_MAX } from "../src/outbox"
import { pause, type Socket } from "../src/pipe"
import { talk } from "../src/talk"

const SITE: Site = { name: "t", title: "T", language: "es", open: true, desk: "d", remember_days: 30 }
const chatOf = (more: Partial<Chat> = {}): Chat => ({
  incident: 1, ref: "P-1", state: "talking", last: 0, got: 0, name: "M", email: null, rated: null, ...more,
})
const line = (number: number, more: Partial<Line> = {}): Line =>
  ({ number, who: "agent", name: "L", at: "2026-01-01T00:00:00Z", text: `n${number}`, files: [], ...more })

/** A talk with sockets and a clock of the test's own. */
function desk(boxes = [memoryBox(), memoryBox()] as const) {
  const sockets: { sent: Up[]; socket: Socket; closed: boolean }[] = []
  let timers: { at: number; then: () => void }[] = []
  let now = 1000
  let ids = 0
  const puts: number[] = []
  const kept = keep("t", boxes[0], boxes[1], () => now)
  const one = talk({
    keep: kept,
    now: () => now,
    random: () => 0.5,
    newId: () => `id${++ids}`,
    changed: () => {},
    putAgain: (files) => (files.length === 0 ? null : Promise.resolve(puts.push(files.length))),
    after(ms, then) {
      const timer = { at: now + ms, then }
      timers.push(timer)
      return () => (timers = timers.filter((other) => other !== timer))
    },
    open() {
      const made = { sent: [] as Up[], closed: false, socket: null as unknown as Socket }
      made.socket = {
        send: (text: unknown) => void made.sent.push(JSON.parse(String(text)) as Up),
        close: () => (made.closed = true),
        onopen: null, onmessage: null, onclose: null,
      } as unknown as Socket
      sockets.push(made)
      return made.socket
    },
  })
  const last = () => sockets.at(-1)!
  const call = (name: "onopen" | "onmessage" | "onclose", event: unknown): void =>
    (last().socket[name] as ((event: unknown) => void) | null)?.(event)
  return {
    talk: one,
    puts,
    kept,
    sockets,
    sent: (t: Up["t"]) => last().sent.filter((frame) => frame.t === t),
    say: (frame: Down) => call("onmessage", { data: JSON.stringify(frame) }),
    connect: (more: Partial<Down & { t: "hello" }> = {}) => {
      call("onopen", {})
      call("onmessage", { data: JSON.stringify({ t: "hello", site: SITE, ...more }) })
    },
    cut: (code = 1006) => call("onclose", { code }),
    pass(ms: number) {
      const end = now + ms
      for (;;) {
        const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
        if (!next) break
        timers = timers.filter((timer) => timer !== next)
        now = next.at
        next.then()
      }
      now = end
    },
    started() {
      this.connect()
      one.start({ name: "M" })
      this.say({ t: "started", token: "tok", expires_at: "2999-01-01T00:00:00Z", chat: chatOf({ incident: null, state: "start" }) })
    },
    texts: () => one.state.lines.map((l) => l.text),
  }
}

test("a line is sent once, one at a time, and gone from storage when acknowledged", () => {
  const d = desk()
  d.started()
  d.talk.write("uno", [], "")
  d.talk.write("dos", [], "")
  assert.deepEqual(d.sent("write").map((f) => "text" in f && f.text), ["uno"])
  assert.equal(d.kept.drafts().length, 2)
  d.say({ t: "ack", id: "id1", number: 3, at: "2026-01-01T00:00:00Z" })
  assert.deepEqual(d.sent("write").map((f) => "text" in f && f.text), ["uno", "dos"])
  assert.deepEqual(d.kept.drafts().map((one) => one.text), ["dos"])
  assert.deepEqual(d.texts(), ["uno"])
})

test("what was not acknowledged is sent again with the same id", () => {
  const d = desk()
  d.started()
  d.talk.write("uno", [], "")
  d.cut()
  assert.equal(d.talk.state.link, "lost")
  d.talk.write("dos", [], "")
  d.pass(1000)
  assert.equal(d.sockets.length, 2)
  d.connect({ chat: chatOf({ last: 1 }) })
  assert.deepEqual(d.sent("write").map((f) => "id" in f && f.id), ["id1"])
  d.say({ t: "lines", lines: [line(1, { who: "customer", id: "id1", text: "uno" })], chat: chatOf({ last: 1 }), more: false })
  assert.deepEqual(d.sent("write").map((f) => "id" in f && f.id), ["id1", "id2"])
  assert.deepEqual(d.texts(), ["uno"])
  assert.equal(d.talk.state.drafts.length, 1)
})

test("resumes from the server's own lines, and not from an acknowledgement", () => {
  const d = desk()
  d.started()
  d.say({ t: "lines", lines: [line(4), line(5)], chat: chatOf({ last: 5 }), more: false })
  d.talk.write("mía", [], "")
  // Line 6 is an agent's that never came; ours is 7.
  d.say({ t: "ack", id: "id1", number: 7, at: "2026-01-01T00:00:00Z" })
  d.cut()
  d.pass(1000)
  d.connect({ chat: chatOf({ last: 7 }) })
  assert.deepEqual(d.sent("open"), [{ t: "open", token: "tok", from: 5, incident: 1 }])
  d.say({ t: "lines", lines: [line(6), line(7, { who: "customer", id: "id1", text: "mía" })], chat: chatOf({ last: 7 }), more: false })
  assert.deepEqual(d.texts(), ["n4", "n5", "n6", "mía"])
})

test("repeats are dropped and order is by number", () => {
  const d = desk()
  d.started()
  d.say({ t: "lines", lines: [line(2), line(5)], chat: chatOf(), more: true })
  d.say({ t: "lines", lines: [line(5), line(3), line(8)], chat: chatOf(), more: false })
  assert.deepEqual(d.texts(), ["n2", "n3", "n5", "n8"])
})

test("a page that is loaded anew sends what the last one had", () => {
  const boxes = [memoryBox(), memoryBox()] as const
  const first = desk(boxes)
  first.started()
  first.talk.write("uno", [], "")
  const second = desk(boxes)
  assert.equal(second.talk.state.known, true)
  second.connect({ chat: chatOf({ incident: null, state: "start" }) })
  assert.deepEqual(second.sent("open"), [{ t: "open", token: "tok" }])
  assert.deepEqual(second.sent("write").map((f) => "id" in f && f.id), ["id1"])
})

test("a refusal for now waits as long as it says; one for good waits for the visitor", () => {
  const d = desk()
  d.started()
  d.talk.write("uno", [], "")
  d.talk.write("dos", [], "")
  d.say({ t: "refused", re: "write", id: "id1", code: "too_many", retry_ms: 2000 })
  d.pass(1999)
  assert.equal(d.sent("write").length, 1)
  d.pass(1)
  assert.deepEqual(d.sent("write").map((f) => "id" in f && f.id), ["id1", "id1"])
  d.say({ t: "refused", re: "write", id: "id1", code: "too_long" })
  assert.equal(d.talk.state.drafts[0]?.refused, "too_long")
  assert.deepEqual(d.sent("write").map((f) => "id" in f && f.id), ["id1", "id1", "id2"])
  d.say({ t: "ack", id: "id2", number: 1, at: "2026-01-01T00:00:00Z" })
  d.talk.retry("id1")
  assert.deepEqual(d.sent("write").map((f) => "id" in f && f.id).at(-1), "id1")
  d.say({ t: "ack", id: "id1", number: 2, at: "2026-01-01T00:00:00Z" })
  assert.deepEqual(d.texts(), ["dos", "uno"])
})

test("files that the server forgot go up again, once", async () => {
  const d = desk()
  d.started()
  const file = { sha256: "a".repeat(64), filename: "f", content_type: "image/png", size: 1 }
  d.talk.write("uno", [file], "")
  d.talk.write("dos", [], "")
  d.say({ t: "refused", re: "write", id: "id1", code: "bad_file" })
  assert.equal(d.sent("write").length, 1)
  await new Promise((then) => setTimeout(then, 0))
  assert.deepEqual(d.puts, [1])
  assert.deepEqual(d.sent("write").map((f) => "id" in f && f.id), ["id1", "id1"])
  d.say({ t: "refused", re: "write", id: "id1", code: "bad_file" })
  assert.equal(d.talk.state.drafts[0]?.refused, "bad_file")
  assert.deepEqual(d.sent("write").map((f) => "id" in f && f.id), ["id1", "id1", "id2"])
})

test("a beginning that is refused for the moment is asked for again", () => {
  const d = desk()
  d.connect()
  d.talk.start({ name: "M" })
  d.say({ t: "refused", re: "start", code: "away", retry_ms: 1000 })
  assert.equal(d.talk.state.starting, true)
  d.pass(1000)
  assert.equal(d.sent("start").length, 2)
  d.say({ t: "refused", re: "start", code: "too_many", retry_ms: 60_000 })
  assert.equal(d.talk.state.starting, false)
  assert.deepEqual(d.talk.state.refused, { re: "start", code: "too_many" })
})

test("nothing is sent while the desk is away, all of it when it is back", () => {
  const d = desk()
  d.started()
  d.say({ t: "daemon", up: false })
  d.talk.write("uno", [], "")
  assert.equal(d.sent("write").length, 0)
  assert.equal(d.talk.state.link, "down")
  d.say({ t: "daemon", up: true })
  assert.equal(d.sent("write").length, 1)
})

test("a connection that does not answer is left for another", () => {
  const d = desk()
  d.started()
  d.talk.write("uno", [], "")
  d.pass(21_000)
  assert.equal(d.sockets.length, 2)
  assert.equal(d.sockets[0]?.closed, true)
  d.connect({ chat: chatOf({ incident: null, state: "start" }) })
  assert.equal(d.sent("write").length, 1)
  d.say({ t: "ack", id: "id1", number: 1, at: "2026-01-01T00:00:00Z" })
  d.pass(26_000)
  assert.equal(d.sent("ping").length, 1)
  d.say({ t: "pong" })
  d.pass(20_000)
  assert.equal(d.sockets.length, 2)
  d.pass(30_000)
  assert.equal(d.sockets.length, 3)
})

test("only what is in sight is reported as seen, once", () => {
  const d = desk()
  d.started()
  d.say({ t: "lines", lines: [line(1), line(2)], chat: chatOf(), more: false })
  assert.equal(d.talk.unread(), 2)
  assert.equal(d.sent("got").length, 0)
  d.talk.visible(true)
  d.talk.visible(true)
  assert.deepEqual(d.sent("got"), [{ t: "got", number: 2 }])
  assert.equal(d.talk.unread(), 0)
})

test("a session that ended keeps what was not sent for the next one", () => {
  const d = desk()
  d.started()
  d.talk.write("uno", [], "")
  d.cut(4001)
  assert.equal(d.talk.state.known, false)
  assert.equal(d.kept.token(), null)
  d.pass(1000)
  d.connect()
  assert.equal(d.sent("write").length, 0)
  d.talk.start({ name: "M" })
  d.say({ t: "started", token: "tok2", expires_at: "2999-01-01T00:00:00Z", chat: chatOf({ incident: null, state: "start" }) })
  assert.deepEqual(d.sent("write").map((f) => "id" in f && f.id), ["id1"])
})

test("another conversation begins empty, and the old one does not come back", () => {
  const d = desk()
  d.started()
  d.say({ t: "lines", lines: [line(1), line(9)], chat: chatOf({ last: 9 }), more: false })
  d.say({ t: "ended", chat: chatOf({ state: "ended", last: 9 }) })
  d.talk.again()
  assert.deepEqual(d.texts(), [])
  d.say({ t: "chat", chat: chatOf({ state: "ended", last: 9 }) })
  assert.equal(d.talk.state.chat?.state, "start")
  d.talk.write("nueva", [], "")
  d.say({ t: "ack", id: "id1", number: 1, at: "2026-01-01T00:00:00Z" })
  d.say({ t: "lines", lines: [line(1, { who: "customer", id: "id1", text: "nueva" })], chat: chatOf({ incident: 2, last: 1 }), more: false })
  assert.deepEqual(d.texts(), ["nueva"])
})

test("an incident that a new line opens again is shown", () => {
  const d = desk()
  d.started()
  d.say({ t: "lines", lines: [line(9)], chat: chatOf({ last: 9 }), more: false })
  d.say({ t: "chat", chat: chatOf({ state: "ended", last: 9 }) })
  d.talk.again()
  d.talk.write("otra", [], "")
  d.say({ t: "ack", id: "id1", number: 10, at: "2026-01-01T00:00:00Z" })
  d.say({ t: "lines", lines: [line(10, { who: "customer", id: "id1", text: "otra" })], chat: chatOf({ last: 10 }), more: false })
  d.say({ t: "lines", lines: [line(11)], chat: chatOf({ last: 11 }), more: false })
  assert.deepEqual(d.texts(), ["otra", "n11"])
  assert.equal(d.talk.state.chat?.state, "talking")
})

test("the server says how long a token lives on", () => {
  const boxes = [memoryBox(), memoryBox()] as const
  const d = desk(boxes)
  d.connect()
  d.talk.start({ name: "M" })
  d.say({ t: "started", token: "tok", expires_at: new Date(5000).toISOString(), chat: chatOf({ incident: null, state: "start" }) })
  d.cut()
  d.pass(1000)
  d.connect({ chat: chatOf(), expires_at: new Date(99_000).toISOString() })
  d.pass(10_000)
  assert.equal(d.kept.token(), "tok")
})

test("a line for which there is no room is not taken", () => {
  const d = desk()
  d.started()
  for (let n = 0; n < DRAFTS_MAX; n++) assert.equal(d.talk.write(`${n}`, [], ""), true)
  assert.equal(d.talk.write("de más", [], ""), false)
  assert.equal(d.talk.state.drafts.length, DRAFTS_MAX)
})

test("an incident that is another one after a pause is shown from its start", () => {
  const d = desk()
  d.started()
  d.say({ t: "lines", lines: [line(7)], chat: chatOf({ last: 7 }), more: false })
  d.cut()
  d.pass(1000)
  d.connect({ chat: chatOf({ incident: 2, last: 2 }) })
  assert.equal(d.sockets.length, 3)
  d.connect({ chat: chatOf({ incident: 2, last: 2 }) })
  assert.deepEqual(d.sent("open"), [{ t: "open", token: "tok" }])
  d.say({ t: "lines", lines: [line(1), line(2)], chat: chatOf({ incident: 2, last: 2 }), more: false })
  assert.deepEqual(d.texts(), ["n1", "n2"])
})

test("a rating that was not answered is sent again", () => {
  const d = desk()
  d.started()
  d.talk.rate(5, "bien")
  d.cut()
  d.pass(1000)
  d.connect({ chat: chatOf({ state: "ended" }) })
  assert.deepEqual(d.sent("rate"), [{ t: "rate", score: 5, comment: "bien" }])
  d.say({ t: "rated", chat: chatOf({ state: "ended", rated: 5 }) })
  d.cut()
  d.pass(1000)
  d.connect({ chat: chatOf({ state: "ended", rated: 5 }) })
  assert.equal(d.sent("rate").length, 0)
})

test("typing is said now and then, and is over by itself", () => {
  const d = desk()
  d.started()
  d.talk.typing(true)
  d.talk.typing(true)
  assert.equal(d.sent("typing").length, 1)
  d.pass(3000)
  d.talk.typing(true)
  d.talk.typing(false)
  d.talk.typing(false)
  assert.deepEqual(d.sent("typing").map((f) => "on" in f && f.on), [true, true, false])
  d.say({ t: "typing", name: "Laura", on: true })
  assert.equal(d.talk.state.typing, "Laura")
  d.pass(6000)
  assert.equal(d.talk.state.typing, "")
})

test("pauses grow to a ceiling, and half of each is chance", () => {
  for (let n = 0; n < 40; n++) {
    const longest = Math.min(30_000, 500 * 2 ** n)
    assert.equal(pause(n, 0), longest / 2)
    assert.equal(pause(n, 1), longest)
  }
})

test("what waits has a ceiling", () => {
  const d = desk()
  d.started()
  d.say({ t: "daemon", up: false })
  for (let n = 0; n < DRAFTS_MAX + 5; n++) d.talk.write(`${n}`, [], "")
  assert.equal(d.talk.state.drafts.length, DRAFTS_MAX)
})
