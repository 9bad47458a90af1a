import assert from "node:assert/strict"
import test from "node:test"
import { allDay, dayWithin, gapsOf, halfWithin, levelOf, readAsk, writeAsk, type Half, type Plan } from "../src/state/staffing"

const none = { mean: 0, low: 0, high: 0 }
const half = (n: number, more: Partial<Half> = {}): Half => ({
  from: new Date(Date.UTC(2026, 10, 23, 8, 30 * n)).toISOString(),
  at: `${String(9 + Math.floor(n / 2)).padStart(2, "0")}:${n % 2 === 0 ? "00" : "30"}`,
  open: 10_000, chats: { ...none, mean: 600 }, mails: none, needed: 2, rostered: 2,
  within: [4000, 8000, 9500], ...more,
})
const plan = (halves: Half[]): Plan => ({
  date: "2026-11-23", zone: "Europe/Madrid", target: 8000, within_s: 60, waiting: 0, overdue: 0,
  past: {
    weeks: 8, left: 0,
    chat_s: { value: 480, n: 0, measured: false },
    parallel: { value: 100, n: 0, measured: false },
    mail_s: { value: 300, n: 0, measured: false },
  },
  halves, with: [], made_at: "2026-11-20T10:00:00.000Z",
})

test("an address goes there and back, and nonsense falls away", () => {
  for (const query of ["", "date=2026-11-23&channel=chat&queue=envios&target=90&within=30"])
    assert.equal(writeAsk(readAsk(query)), query)
  assert.equal(writeAsk(readAsk("date=x&channel=fax&target=100&within=-1")), "")
})

test("chats of a half hour by agents", () => {
  assert.equal(halfWithin(half(0), 1), 4000)
  assert.equal(halfWithin(half(0), 3), 9500)
  assert.equal(halfWithin(half(0), 9), 9500)
  assert.equal(halfWithin(half(0), 0), 0)
  assert.equal(halfWithin(half(0, { chats: none }), 0), 10_000)
  assert.equal(halfWithin(half(0, { within: [] }), 2), null)
})

test("a day's chats count by what is expected", () => {
  const busy = half(1, { chats: { ...none, mean: 1800 } })
  assert.equal(dayWithin(plan([half(0), busy]), [1, 2]), 7000)
  assert.equal(dayWithin(plan([half(0), half(1, { open: 0, within: [] })]), [2, 0]), 8000)
  assert.equal(dayWithin(plan([half(0, { within: [] })]), [2]), null)
  assert.equal(dayWithin(plan([half(0, { chats: none })]), [1]), 10_000)
  // What is over is not ahead.
  const later = { ...plan([half(0), busy]), made_at: busy.from }
  assert.equal(dayWithin(later, [1, 2]), 8000)
})

test("stretches in which agents are missing", () => {
  const day = plan([half(0), half(1), half(2, { needed: 3 }), half(3, { needed: 1 }), half(4, { open: 0, needed: 0 })])
  assert.deepEqual(gapsOf(day, allDay(day, 1)), [
    { from: "09:00", to: "10:00", missing: 1 },
    { from: "10:00", to: "10:30", missing: 2 },
  ])
  assert.deepEqual(gapsOf(day, allDay(day, 3)), [])
})

test("as many all day is the slider's", () => {
  const day = plan([half(0), half(1), half(2, { open: 0 })])
  assert.deepEqual(allDay(day, 2), [2, 2, 0])
  assert.equal(levelOf(day, [2, 2, 0]), 2)
  assert.equal(levelOf(day, [2, 3, 0]), null)
})
