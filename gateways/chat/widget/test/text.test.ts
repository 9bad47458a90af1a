import assert from "node:assert/strict"
import test from "node:test"
import { fill, type Sentence } from "../../../common/ui/catalogue"
import { en } from "../src/text-en"
import { es } from "../src/text-es"

const names = (sentence: Sentence): string[] => {
  const forms = typeof sentence === "string" ? [sentence] : Object.values(sentence)
  const found = forms.flatMap((form) => [...form.matchAll(/\{(\w+)\}/g)])
  return [...new Set(found.map((one) => one[1] ?? ""))].filter((n) => n !== "n").sort()
}

const catalogues: Record<string, Record<string, Sentence>> = { es, en }

test("both languages say the same things with the same values", () => {
  assert.deepEqual(Object.keys(es).sort(), Object.keys(en).sort())
  for (const key of Object.keys(es))
    assert.deepEqual(
      names(catalogues["en"]?.[key] ?? ""),
      names(catalogues["es"]?.[key] ?? ""),
      key,
    )
})

test("nothing is empty, shouts, or ends with a space", () => {
  for (const catalogue of Object.values(catalogues))
    for (const [key, sentence] of Object.entries(catalogue))
      for (const form of typeof sentence === "string" ? [sentence] : Object.values(sentence)) {
        assert.notEqual(form.trim(), "", key)
        assert.doesNotMatch(form, /[!¡]/, key)
        assert.equal(form, form.trim(), key)
      }
})

test("plural forms follow the language", () => {
  assert.equal(fill(es["queue.ahead"], { n: 1 }, "es"), "Hay una persona delante de ti.")
  assert.equal(fill(es["queue.ahead"], { n: 2 }, "es"), "Hay 2 personas delante de ti.")
  assert.equal(fill(en["queue.ahead"], { n: 2 }, "en"), "There are 2 people before you.")
})

test("Spanish says tú", () => {
  for (const sentence of Object.values<Sentence>(es))
    for (const form of typeof sentence === "string" ? [sentence] : Object.values(sentence))
      assert.doesNotMatch(form, /\b(usted|su|sus|le|les)\b/i, form)
})
