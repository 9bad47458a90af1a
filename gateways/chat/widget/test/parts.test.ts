import assert from "node:assert/strict"
import test from "node:test"
import { parts } from "../src/parts"

const links = (text: string) => parts(text).filter((one) => one.href).map((one) => one.text)

test("the pieces are the text, whatever is in it", () => {
  for (const text of ["", "nada", "a https://x.example/ b", "<b>https://x.example</b>", "https://", "http://[", "wwww.", "((https://x.example/a(b)))"])
    assert.equal(parts(text).map((one) => one.text).join(""), text)
})

test("what ends a sentence is no part of the address", () => {
  assert.deepEqual(links("Mira https://x.example/a?b=1."), ["https://x.example/a?b=1"])
  assert.deepEqual(links("(https://x.example/a_(b)), y"), ["https://x.example/a_(b)"])
  assert.deepEqual(links("«https://x.example»"), ["https://x.example"])
  assert.deepEqual(links("www.tienda.example/talla, o nada"), ["www.tienda.example/talla"])
})

test("only web addresses can be followed", () => {
  for (const text of ["javascript:alert(1)", "data:text/html,x", "ftp://x.example", "https://user:pass@x.example/"])
    assert.deepEqual(links(text), [], text)
  assert.equal(parts("www.x.example")[0]?.href, "https://www.x.example/")
})
