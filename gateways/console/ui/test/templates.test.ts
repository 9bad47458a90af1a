import assert from "node:assert/strict"
import test from "node:test"
import type { Template } from "../../../common/ui/wire"
import {
  answerOf,
  askedOf,
  bodyOf,
  chosenOf,
  filled,
  findTemplates,
  gapsOf,
  headerOf,
  lackingOf,
  partsOf,
} from "../src/state/templates"

const template = (change: Partial<Template>): Template => ({
  connection: "tienda",
  name: "pedido_listo",
  language: "es",
  category: "UTILITY",
  status: "APPROVED",
  components: [
    { type: "HEADER", format: "TEXT", text: "Hola, {{1}}" },
    { type: "BODY", text: "El pedido {{2}} de {{1}} está listo. {{2}}" },
    { type: "FOOTER", text: "Tienda" },
    { type: "BUTTONS", buttons: [{ type: "URL", text: "Ver", url: "https://tienda.example/{{1}}" }, null, "x"] },
  ],
  synced_at: "2026-11-22T10:00:00Z",
  parameters: 3,
  header: true,
  usable: true,
  ...change,
})

test("gaps stand in the desk's order", () => {
  assert.deepEqual(gapsOf("{{2}} {{1}} {{2}} {{10}}"), ["1", "2", "10"])
  assert.deepEqual(gapsOf("{{ ref }} {{name}} {{ref}}"), ["ref", "name"])
  assert.deepEqual(gapsOf("{ {1} } {{}} nada"), [])
  assert.equal(filled("{{name}}: {{ref}}", ["Ana", " "]), "Ana: {{ref}}")
  assert.equal(filled("{{2}} {{1}}", ["$&", "b"]), "b $&")
})

test("a template is filled in, button and header too", () => {
  const one = template({})
  assert.deepEqual(askedOf(one), [
    { of: "body", name: "1" },
    { of: "body", name: "2" },
    { of: "button", name: "1" },
  ])
  const chosen = { ...chosenOf(one), values: ["Ana", "P-42", "x7"], header: "Ana\n  María" }
  assert.equal(lackingOf(one, chosen, 0), "")
  assert.deepEqual(answerOf(one, chosen), {
    name: "pedido_listo",
    language: "es",
    parameters: ["Ana", "P-42", "x7"],
    header: "Ana María",
  })
  assert.equal(bodyOf(one, chosen), "El pedido P-42 de Ana está listo. P-42")
  assert.equal(headerOf(one, { ...chosen, header: "Ana" }), "Hola, Ana")
  assert.deepEqual(partsOf(one).buttons, ["Ver"])
})

test("what is lacking is said", () => {
  const one = template({})
  assert.equal(lackingOf(one, chosenOf(one), 0), "gap")
  assert.equal(lackingOf(one, { ...chosenOf(one), values: ["a", "b", "c"] }, 0), "gap")
  const picture = template({ components: [{ type: "BODY", text: "Hola" }], parameters: 0, header: false, file: "image" })
  assert.equal(lackingOf(picture, chosenOf(picture), 0), "file")
  assert.equal(lackingOf(picture, chosenOf(picture), 1), "")
})

test("a template of any shape is taken apart", () => {
  for (const components of [null, 3, "x", {}, [null, 3, { type: 4 }, { type: "BODY" }]])
    assert.deepEqual(partsOf({ components }), { header: "", body: "", footer: "", buttons: [] })
})

test("they are found by any word, usable ones of the language first", () => {
  const all = [
    template({ name: "zeta", language: "en_US" }),
    template({ name: "alfa", language: "es", usable: false }),
    template({ name: "beta", language: "es_MX" }),
    template({ name: "gamma", components: [{ type: "BODY", text: "Devolución aceptada" }] }),
  ]
  const names = (wanted: string, language = "es"): string[] => findTemplates(all, wanted, language).map((one) => one.name)
  assert.deepEqual(names(""), ["beta", "gamma", "zeta", "alfa"])
  assert.deepEqual(names("", "en"), ["zeta", "beta", "gamma", "alfa"])
  assert.deepEqual(names("devolucion"), ["gamma"])
  assert.deepEqual(names("pedido ana"), [])
})
