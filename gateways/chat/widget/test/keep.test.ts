import assert from "node:assert/strict"
import test from "node:test"
import { type Box, boxOf, keep, memoryBox } from "../src/keep"

const draft = (id: string, at: number) => ({ id, text: id, files: [], page: "", at })
const keysOf = (box: Box): string[] => Array.from({ length: box.length }, (_, n) => box.key(n) ?? "").sort()

test("without the tick everything is of the tab", () => {
  const [tab, device] = [memoryBox(), memoryBox()]
  const one = keep("tienda", tab, device, () => 1000)
  one.setToken("abc", new Date(5000).toISOString(), false)
  one.setDraft(draft("b", 2))
  one.setDraft(draft("a", 1))
  assert.equal(device.length, 0)
  assert.equal(one.token(), "abc")
  assert.equal(one.remembered(), false)
  assert.deepEqual(one.drafts().map((d) => d.id), ["a", "b"])
  one.dropDraft("a")
  assert.deepEqual(keysOf(tab), ["postigo.tienda.draft.b", "postigo.tienda.token"])
})

test("with it, of the device; forget leaves nothing, of this site alone", () => {
  const [tab, device] = [memoryBox(), memoryBox()]
  const one = keep("tienda", tab, device, () => 1000)
  const other = keep("otra", tab, device, () => 1000)
  other.setToken("xyz", new Date(5000).toISOString(), true)
  one.setToken("abc", new Date(5000).toISOString(), true)
  one.setDraft(draft("a", 1))
  assert.equal(tab.length, 0)
  assert.equal(one.remembered(), true)
  one.forget()
  assert.equal(one.token(), null)
  assert.deepEqual(keysOf(device), ["postigo.otra.token"])
})

test("a token that expired is none, and what is broken is nothing", () => {
  const [tab, device] = [memoryBox(), memoryBox()]
  let now = 1000
  const one = keep("tienda", tab, device, () => now)
  one.setToken("abc", new Date(2000).toISOString(), false)
  now = 3000
  assert.equal(one.token(), null)
  tab.setItem("postigo.tienda.token", "{")
  tab.setItem("postigo.tienda.draft.x", '{"id":1}')
  assert.equal(one.token(), null)
  assert.deepEqual(one.drafts(), [])
})

test("a token that is used lives on where it is", () => {
  const [tab, device] = [memoryBox(), memoryBox()]
  let now = 1000
  const one = keep("tienda", tab, device, () => now)
  one.extend(new Date(9000).toISOString())
  assert.equal(tab.length + device.length, 0)
  one.setToken("abc", new Date(2000).toISOString(), true)
  one.extend(new Date(9000).toISOString())
  now = 3000
  assert.equal(one.token(), "abc")
  assert.equal(tab.length, 0)
})

test("storage that is closed or full is no reason to stop", () => {
  const box = boxOf(() => {
    throw new Error("SecurityError")
  })
  box.setItem("a", "1")
  assert.equal(box.getItem("a"), "1")
  const full = { ...memoryBox(), setItem: () => { throw new Error("QuotaExceededError") } }
  const one = keep("tienda", full, memoryBox(), () => 0)
  one.setDraft(draft("a", 1))
  assert.deepEqual(one.drafts(), [])
})
