import assert from "node:assert/strict"
import test from "node:test"
import { arrange, changed, neighbour, urgency } from "../src/state/order"

test("a free list takes the new order", () => {
  const next = arrange([3, 1, 2], [1, 2, 4], false)
  assert.deepEqual(next.order, [1, 2, 4])
  assert.equal(next.left.size, 0)
  assert.deepEqual(next.waiting, [])
})

test("a held list keeps every row in its place", () => {
  const next = arrange([3, 1, 2], [4, 2, 3], true)
  assert.deepEqual(next.order, [3, 1, 2])
  assert.deepEqual([...next.left], [1])
  assert.deepEqual(next.waiting, [4])
})

test("an empty list holds nothing back", () => {
  const next = arrange([], [5, 6], true)
  assert.deepEqual(next.order, [5, 6])
  assert.deepEqual(next.waiting, [])
})

test("the hand gone, the list is what the daemon says", () => {
  const held = arrange([3, 1, 2], [4, 2, 3], true)
  assert.deepEqual(arrange(held.order, [4, 2, 3], false).order, [4, 2, 3])
})

test("only rows with another change flash", () => {
  const before = new Map([
    [1, { id: 1, updated_at: "a" }],
    [2, { id: 2, updated_at: "a" }],
  ])
  const fresh = [
    { id: 1, updated_at: "a" },
    { id: 2, updated_at: "b" },
    { id: 3, updated_at: "c" },
  ]
  assert.deepEqual([...changed(before, fresh)], [2])
})

test("next and previous stop at the ends", () => {
  assert.equal(neighbour([7, 8, 9], null, 1), 7)
  assert.equal(neighbour([7, 8, 9], null, -1), 9)
  assert.equal(neighbour([7, 8, 9], 8, 1), 9)
  assert.equal(neighbour([7, 8, 9], 9, 1), 9)
  assert.equal(neighbour([7, 8, 9], 7, -1), 7)
  assert.equal(neighbour([7, 8, 9], 5, 1), 7)
  assert.equal(neighbour([], 5, 1), null)
})

test("urgency is counted as the daemon counts it", () => {
  const now = Date.parse("2026-03-02T10:00:00.000Z")
  assert.equal(urgency("2026-03-02T09:59:59.999Z", now), "over")
  assert.equal(urgency("2026-03-02T10:00:00.000Z", now), "risk")
  assert.equal(urgency("2026-03-02T10:30:00.000Z", now), "risk")
  assert.equal(urgency("2026-03-02T10:30:00.001Z", now), "ontime")
})
