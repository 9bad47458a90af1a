import assert from "node:assert/strict"
import test from "node:test"

Object.assign(globalThis, { location: { search: "" } })
const { readRoute, writeRoute } = await import("../src/state/route")

test("an address goes there and back", () => {
  for (const address of [
    "/",
    "/?view=mine",
    "/?queue=devoluciones&due=over&incident=42",
    "/?view=all&customer=7",
    "/?search=la+taza&incident=42&at=3",
    "/?search=",
    "/?settings=mail",
  ])
    assert.equal(writeRoute(readRoute(address.slice(1))), address)
})

test("nonsense in the address is the queue", () => {
  assert.deepEqual(readRoute("?view=x&due=y&incident=-1&customer=1e99&book=x"), {
    view: "active",
    queue: null,
    behind: null,
    due: null,
    customer: null,
    search: null,
    book: null,
    settings: null,
    report: null,
    incident: null,
    at: null,
    clock: null,
  })
})

test("the desk book's pages have an address", () => {
  const past = readRoute("?book=past")
  assert.equal(past.book, "past")
  assert.equal(writeRoute(past), "/?book=past")
})

test("reports have paths of their own, with what filters them", () => {
  for (const [path, search] of [
    ["/reports", ""],
    ["/reports", "?range=7d"],
    ["/reports/breaches", "?since=2026-11-01&until=2026-11-07&cause=unopened"],
  ] as const) {
    const at = readRoute(search, path)
    assert.equal(writeRoute(at), path + search)
    assert.equal(at.incident, null)
  }
  assert.equal(readRoute("?incident=4&view=mine", "/reports").incident, null, "a report is no list")
  assert.equal(readRoute("?incident=4", "/reports/UP").report, null)
})

test("the incidents behind a figure are a list with its filters, and nothing else", () => {
  const text = "?view=all&fact=broken&since=2026-11-01T00%3A00%3A00.000Z&queue=envios&agent=0&x=1&incident=4"
  const at = readRoute(text, "/incidents")
  assert.equal(at.queue, null)
  assert.equal(at.incident, 4)
  assert.equal(
    writeRoute(at),
    "/incidents?fact=broken&since=2026-11-01T00%3A00%3A00.000Z&queue=envios&agent=0&incident=4",
  )
  const one = readRoute("?fact=met&clock=resolution&incident=4&receipt=9", "/incidents")
  assert.equal(one.clock, 9, "a receipt beside the name of a clock")
  assert.equal(writeRoute(one), "/incidents?fact=met&clock=resolution&incident=4&receipt=9")
  assert.equal(readRoute("?view=mine", "/incidents").view, "mine")
})
