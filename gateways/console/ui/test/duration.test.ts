import assert from "node:assert/strict"
import test from "node:test"
import {
  absolute,
  ago,
  bytes,
  clockTime,
  countdown,
  span,
} from "../../../common/ui/duration"

const S = 1000
const M = 60 * S
const H = 60 * M
const D = 24 * H

test("spans are short and never round up", () => {
  assert.equal(span(0), "0 s")
  assert.equal(span(59.9 * S), "59 s")
  assert.equal(span(M), "1 min")
  assert.equal(span(H - 1), "59 min")
  assert.equal(span(2 * H + 5 * M), "2 h 05")
  assert.equal(span(D), "1 d")
  assert.equal(span(3 * D + 4 * H), "3 d 4 h")
  assert.equal(span(12 * D + 4 * H), "12 d")
})

test("an overdue countdown has a true minus", () => {
  assert.equal(countdown(-12 * M), "−12 min")
  assert.equal(countdown(3 * M), "3 min")
})

test("times are relative for a day, then dates", () => {
  const now = Date.parse("2026-03-12T12:00:00Z")
  assert.equal(ago(now - 8 * M, now, "es"), "hace 8 min")
  assert.match(ago(now - 3 * H, now, "en"), /^3 hr\.? ago$/)
  assert.match(ago(now - 2 * D, now, "es"), /^10 mar/)
  assert.match(ago(now - 400 * D, now, "en"), /2025/)
  assert.equal(ago(now + 5 * S, now, "en"), "now")
})

test("an hour is told in the zone that is asked for", () => {
  const now = Date.parse("2026-01-05T09:00:00Z")
  assert.equal(clockTime(now, now, "es", "Europe/Madrid"), "10:00")
  assert.match(clockTime(now + D, now, "es", "Europe/Madrid"), /mar.*6.*10:00/)
  assert.match(absolute(now, "es", "Europe/Madrid"), /10:00:00/)
})

test("sizes are written as the language does", () => {
  assert.equal(bytes(812, "es"), "812 B")
  assert.equal(bytes(34_000, "es"), "34 KB")
  assert.equal(bytes(1_230_000, "es"), "1,2 MB")
  assert.equal(bytes(1_230_000, "en"), "1.2 MB")
})
