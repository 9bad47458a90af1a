import assert from "node:assert/strict"
import test from "node:test"
import { fill, type Sentence } from "../../../common/ui/catalogue"
import { settingsEn } from "../src/settings-en"
import { settingsEs } from "../src/settings-es"
import { en } from "../src/text-en"
import { es } from "../src/text-es"
import { whatsappEn } from "../src/whatsapp-en"
import { whatsappEs } from "../src/whatsapp-es"

const names = (sentence: Sentence): string[] => {
  const forms = typeof sentence === "string" ? [sentence] : Object.values(sentence)
  const found = forms.flatMap((form) => [...form.matchAll(/\{(\w+)\}/g)])
  return [...new Set(found.map((one) => one[1] ?? ""))].filter((n) => n !== "n").sort()
}

type Catalogue = Record<string, Sentence>
const pairs: readonly [Catalogue, Catalogue][] = [
  [es, en],
  [settingsEs, settingsEn],
  [whatsappEs, whatsappEn],
]

test("both languages say the same things with the same values", () => {
  for (const [spanish, english] of pairs) {
    assert.deepEqual(Object.keys(spanish).sort(), Object.keys(english).sort())
    for (const key of Object.keys(spanish))
      assert.deepEqual(names(english[key] ?? ""), names(spanish[key] ?? ""), key)
  }
})

test("nothing is empty, shouts, or ends with a space", () => {
  for (const catalogue of pairs.flat())
    for (const [key, sentence] of Object.entries(catalogue))
      for (const form of typeof sentence === "string" ? [sentence] : Object.values(sentence)) {
        assert.notEqual(form.trim(), "", key)
        assert.doesNotMatch(form, /[!¡]/, key)
        assert.equal(form, form.trim(), key)
      }
})

test("plural forms follow the language", () => {
  const outbox = es["link.outbox"]
  assert.equal(fill(outbox, { n: 1 }, "es"), "Un mensaje espera para salir.")
  assert.match(fill(outbox, { n: 2 }, "es"), /^2 mensajes/)
  assert.match(fill(outbox, { n: 1_000_000 }, "es"), /^1\.000\.000 mensajes/)
  assert.equal(fill(en["queue.new"], { n: 3 }, "en"), "3 new")
})

test("a value that is missing stays visible, braces in values are text", () => {
  assert.equal(fill("a {b} {c}", { b: "{c}" }, "en"), "a {c} {c}")
})
