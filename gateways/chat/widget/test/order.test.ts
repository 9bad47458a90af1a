import assert from "node:assert/strict"
import test from "node:test"
import type { Line } from "../src/frames"
import { lineOf, merge, shown, unread } from "../src/order"

const line = (number: number, who: Line["who"] = "agent", id: string | null = null): Line =>
  ({ number, who, name: "L", at: "2026-01-01T00:00:00Z", text: String(number), id, files: [] })
const draft = (id: string) => ({ id, text: id, files: [], page: "", at: 0 })

test("lines are ordered by number and kept once, however they come", () => {
  const all = merge(merge([line(4), line(9)], [line(2), line(9)]), [line(4), line(3)])
  assert.deepEqual(all.map((one) => one.number), [2, 3, 4, 9])
})

test("a draft keeps its key when it becomes a line, and is shown once", () => {
  const drafts = [draft("a"), draft("b")]
  const before = shown([line(1)], drafts).map((one) => one.key)
  const landed = lineOf(drafts[0]!, 2, "2026-01-01T00:00:00Z")
  const after = shown(merge([line(1)], [landed]), drafts).map((one) => one.key)
  assert.deepEqual(before, ["n1", "a", "b"])
  assert.deepEqual(after, before)
})

test("unread are others' lines above the mark", () => {
  assert.equal(unread([line(1), line(2, "customer"), line(3), line(4, "bot")], 1), 2)
  assert.equal(unread([line(1)], 1), 0)
})
