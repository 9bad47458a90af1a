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
  ])
    assert.equal(writeRoute(readRoute(address.slice(1))), address)
})

test("nonsense in the address is the queue", () => {
  assert.deepEqual(readRoute("?view=x&due=y&incident=-1&customer=1e99&book=x"), {
    view: "active",
    queue: null,
    due: null,
    customer: null,
    search: null,
    book: null,
    incident: null,
    at: null,
  })
})

test("the desk book's pages have an address", () => {
  const past = readRoute("?book=past")
  assert.equal(past.book, "past")
  assert.equal(writeRoute(past), "/?book=past")
})
