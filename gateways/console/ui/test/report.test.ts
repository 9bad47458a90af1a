import assert from "node:assert/strict"
import test from "node:test"
import { periodOf, readQuery, writeQuery } from "../src/state/report-query"
import { addDays, dayOf, dayStart, halfOf, isZone, readDay, weekday } from "../src/state/report-zone"

Object.assign(globalThis, {
  location: { search: "", pathname: "/", href: "http://desk.example/" },
  localStorage: { getItem: () => null },
  document: { documentElement: { dataset: {} } },
})
const { daysOf } = await import("../src/state/report-look")
const MADRID = "Europe/Madrid"
const iso = (at: number): string => new Date(at).toISOString()

test("a day begins at midnight, on the days that the clocks change too", () => {
  const start = (text: string, zone: string): string => iso(dayStart(readDay(text)!, zone))
  assert.equal(start("2026-11-22", MADRID), "2026-11-21T23:00:00.000Z")
  assert.equal(start("2026-10-25", MADRID), "2026-10-24T22:00:00.000Z")
  assert.equal(start("2026-10-26", MADRID), "2026-10-25T23:00:00.000Z")
  assert.equal(start("2026-03-30", MADRID), "2026-03-29T22:00:00.000Z")
  // Beirut has no midnight on this date: its clocks jump over it.
  assert.equal(start("2026-03-29", "Asia/Beirut"), "2026-03-28T22:00:00.000Z")
  // Havana has it twice: the first one counts.
  assert.equal(start("2026-11-01", "America/Havana"), "2026-11-01T04:00:00.000Z")
})

test("every day of a year begins on that date, and the second before does not", () => {
  for (const zone of [MADRID, "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "UTC"])
    for (let day = readDay("2026-01-01")!; day.year === 2026; day = addDays(day, 1)) {
      const at = dayStart(day, zone)
      assert.deepEqual(dayOf(at, zone), day)
      assert.notDeepEqual(dayOf(at - 1, zone), day)
    }
})

test("dates, weekdays, half hours and zones are told apart", () => {
  assert.equal(readDay("2026-02-29"), null)
  assert.equal(readDay("22-11-2026"), null)
  assert.equal(weekday(readDay("2026-11-22")!), 7)
  assert.equal(weekday(readDay("2026-11-23")!), 1)
  assert.equal(halfOf(Date.parse("2026-11-22T08:31:00Z"), MADRID), "09:30")
  assert.ok(isZone("America/Mexico_City"))
  assert.ok(!isZone("Europe/Nowhere"))
})

test("a preset is a stretch of whole days of the zone, up to now", () => {
  const now = Date.parse("2026-11-22T12:00:30Z")
  const period = (text: string): string[] => {
    const { since, until } = periodOf(readQuery(text), now, MADRID)
    return [iso(since), iso(until)]
  }
  assert.deepEqual(period("range=today"), ["2026-11-21T23:00:00.000Z", "2026-11-22T23:00:00.000Z"])
  assert.deepEqual(period("range=yesterday"), ["2026-11-20T23:00:00.000Z", "2026-11-21T23:00:00.000Z"])
  assert.deepEqual(period("range=7d"), ["2026-11-15T23:00:00.000Z", "2026-11-22T12:01:00.000Z"])
  assert.deepEqual(period(""), ["2026-10-25T23:00:00.000Z", "2026-11-22T12:01:00.000Z"])
  assert.deepEqual(period("range=week"), ["2026-11-15T23:00:00.000Z", "2026-11-22T12:01:00.000Z"])
  assert.deepEqual(period("range=last_week"), ["2026-11-08T23:00:00.000Z", "2026-11-15T23:00:00.000Z"])
  assert.deepEqual(period("range=last_month"), ["2026-09-30T22:00:00.000Z", "2026-10-31T23:00:00.000Z"])
  assert.deepEqual(period("range=year"), ["2025-12-31T23:00:00.000Z", "2026-11-22T12:01:00.000Z"])
  assert.deepEqual(period("since=2026-11-02&until=2026-11-03"), ["2026-11-01T23:00:00.000Z", "2026-11-03T23:00:00.000Z"])
  assert.deepEqual(period("since=2026-11-02T10:00:00.000Z&until=2026-11-02T11:00:00.000Z"), [
    "2026-11-02T10:00:00.000Z",
    "2026-11-02T11:00:00.000Z",
  ])
})

test("what is asked for stands in the address and comes back from it", () => {
  for (const text of [
    "",
    "range=7d&compare=none",
    "zone=America%2FMexico_City&group=day&channel=email&agent=3",
    "since=2026-11-02&until=2026-11-03&cause=unopened&wall=1",
  ])
    assert.equal(writeQuery(readQuery(text)), text)
})

test("nonsense in the address asks for nothing", () => {
  const query = readQuery("range=for%20ever&zone=x&group=A-B&compare=z&since=2026-13-01&until=1&queue=%3Cb%3E&wall=yes")
  assert.equal(writeQuery(query), "")
  assert.equal(query.range, "28d")
})

test("days without a row have a place too, up to today", () => {
  const of = { since: "2026-10-23T22:00:00.000Z", until: "2026-10-30T23:00:00.000Z", zone: MADRID }
  assert.deepEqual(daysOf(of, Date.parse("2026-10-26T12:00:00Z")), ["2026-10-24", "2026-10-25", "2026-10-26"])
  assert.equal(daysOf(of, Date.parse("2027-01-01T00:00:00Z")).length, 7)
})
