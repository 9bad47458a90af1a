import assert from "node:assert/strict"
import test from "node:test"
import type { Identity, IncidentDetail, Message } from "../../../common/ui/wire"

Object.assign(globalThis, { location: { search: "" }, localStorage: { getItem: () => null } })
const { cutAt, failedOf, partsOf } = await import("../src/state/mail")

const mail = (text: string, reply_text: string | null, at: number | null): Message =>
  ({ text, reply_text, forward: at === null ? null : { from: null, subject: null, at } }) as unknown as Message

test("a place in octets is found in a text of wider letters", () => {
  assert.deepEqual(cutAt("¿Qué? 🙂 fin", 8), ["¿Qué? ", "🙂 fin"])
  assert.deepEqual(cutAt("abc", 99), ["abc", ""])
  assert.deepEqual(cutAt("abc", -1), ["", "abc"])
})

test("a mail without a forward is what is new, and the whole", () => {
  assert.deepEqual(partsOf(mail("Hola", null, null)), { fresh: "Hola", whole: null, forwarded: null })
  assert.deepEqual(partsOf(mail("Hola\n> cita", "Hola", null)), { fresh: "Hola", whole: "Hola\n> cita", forwarded: null })
})

test("a forward stands apart, and nothing of the text is left out", () => {
  const text = "Mirad esto.\n-- \nAna\n\n---- Reenviado ----\nDe: Luz\n\nHola"
  const at = new TextEncoder().encode(text.slice(0, text.indexOf("---- R"))).length
  const apart = partsOf(mail(text, "Mirad esto.", at))
  assert.equal(apart.fresh, "Mirad esto.")
  assert.equal(apart.whole, "Mirad esto.\n-- \nAna")
  assert.equal(apart.forwarded, "---- Reenviado ----\nDe: Luz\n\nHola")
  assert.equal(partsOf(mail(text, null, at)).fresh, "Mirad esto.\n-- \nAna")
})

test("a forward without words of its own is all new", () => {
  const text = "---- Reenviado ----\nHola"
  for (const fresh of [null, text])
    assert.deepEqual(partsOf(mail(text, fresh, 0)), { fresh: "", whole: null, forwarded: text })
})

const identity = (id: number, value: string, failed_at: string | null): Identity =>
  ({ id, kind: "email", value, verified: false, failed_at, failed_detail: "" }) as unknown as Identity
const detail = (identities: Identity[], messages: object[]): IncidentDetail =>
  ({ incident: { customer: { id: 1, name: "", identities } }, messages }) as unknown as IncidentDetail
const from = (address: string, robot = false): object => ({
  direction: "in", robot, author: { kind: "customer", name: "", address },
})

test("the address that an answer goes to is the one that is judged", () => {
  const old = identity(1, "vieja@x.example", "2026-11-20T10:00:00.000Z")
  const good = identity(2, "nueva@x.example", null)
  assert.equal(failedOf(detail([old, good], [from("nueva@x.example")])), null)
  assert.equal(failedOf(detail([old, good], [from("VIEJA@x.example")])), old)
  assert.equal(failedOf(detail([old, good], [from("vieja@x.example"), from("mailer-daemon@x.example", true)])), old)
  assert.equal(failedOf(detail([old, good], [])), old)
})
