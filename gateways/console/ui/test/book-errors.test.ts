// Everything that is said of a wrong desk book is said in Spanish too: each
// error of the samples, and each text of the sources that read a book.
import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import test from "node:test"
import { inSpanish } from "../src/state/book-errors"
import { spanish } from "../src/errors-es"

const root = process.env.POSTIGO_SRCDIR
const skip = root ? false : "POSTIGO_SRCDIR is not set"
const read = (file: string): string => readFileSync(join(root ?? "", file), "utf8")

/** What only the command line says: of files, and of how a book is laid out. */
const ELSEWHERE = new Set(["include.c", "book_fmt.c", "fmt_scan.c"])

/** Lines of book-errors.txt that are errors: "b:2:15: TEXT (HINT)". */
function samples(): string[] {
  return read("tests/unit/book-errors.txt")
    .split(/^== .*$/mu)
    .flatMap((one) => (one.split(/^--$/mu)[1] ?? "").split("\n"))
    .filter((line) => line !== "")
    .map((line) => line.replace(/^b:\d+:\d+: /u, ""))
}

/** TEXT and HINT; a text has brackets of its own, so all ways are tried. */
function ways(line: string): string[][] {
  const all = [[line]]
  if (line.endsWith(")"))
    for (let at = line.indexOf(" ("); at >= 0; at = line.indexOf(" (", at + 1))
      all.push([line.slice(0, at), line.slice(at + 2, -1)])
  return all
}

/** Formats whose values are words of ours too; samples have all of them. */
const SAMPLED = [/ is a %s$/u, / is compared with %s$/u, /counterexample%s$/u, /^%s'/u, /\)%s settled/u, /%s\\?"%\.40s/u, /^unexpected %s/u, /^%s: '/u]

/** The arguments of a call, whose text begins after its bracket. */
function argumentsOf(text: string): string[] {
  const all = [""]
  let deep = 0
  for (const [piece] of text.matchAll(/"(?:[^"\\]|\\.)*"|[\s\S]/gu)) {
    if (piece === ")" && deep-- === 0) break
    if (piece === "(") deep++
    if (piece === "," && deep === 0) all.push("")
    else all[all.length - 1] += piece
  }
  return all.map((one) => one.trim())
}

/** Texts that an argument is, one or the other. */
function textsOf(argument: string): string[] {
  return argument
    .split(/\s[?:]\s/u)
    .filter((one) => one.startsWith('"'))
    .map((one) => [...one.matchAll(/"((?:[^"\\]|\\.)*)"/gu)].map((found) => found[1]).join(""))
}

/** Hints and formats of complain(), with something in the place of a value. */
function formats(): string[] {
  const found: string[] = []
  for (const file of readdirSync(join(root ?? "", "rules")).filter((f) => f.endsWith(".c") && !ELSEWHERE.has(f))) {
    const source = read(join("rules", file))
    for (const call of source.matchAll(/\bcomplain\(/gu))
      found.push(...argumentsOf(source.slice(call.index + call[0].length)).slice(2, 4).flatMap(textsOf))
  }
  return found
    .filter((text) => text !== "%s" && !SAMPLED.some((one) => one.test(text)))
    .map((text) => text.replace(/\\(.)/gu, "$1").replace(/%[-.*\d]*(?:zu|[dsf])/gu, "7"))
}

test("each sample is said in Spanish", { skip }, () => {
  const lines = samples()
  assert.ok(lines.length > 125)
  const missing = lines.filter((line) => !ways(line).some((way) => way.every((text) => inSpanish(text) !== undefined)))
  assert.deepEqual(missing, [])
})

test("each text of the sources is said in Spanish", { skip }, () => {
  const texts = formats()
  assert.ok(texts.length > 120)
  assert.deepEqual(
    texts.filter((text) => inSpanish(text) === undefined),
    [],
  )
})

test("what is written in the book stands where it belongs", () => {
  assert.equal(inSpanish("no such event: 'contcat'"), "no existe el suceso 'contcat'")
  assert.equal(
    inSpanish('rule "b" never fires: rule "a" (line 3) fires first and stops'),
    'la regla "b" no actúa nunca: la regla "a" (línea 3) actúa antes y para',
  )
  assert.equal(
    inSpanish("expected 'is', 'matches', a number or 'or'"),
    "se esperaba 'is', 'matches', un número u 'or'",
  )
  assert.equal(inSpanish("expected a duration (4h, 15m)"), "se esperaba una duración (4h, 15m)")
  assert.equal(inSpanish("expected 'a', 'b' and others"), "se esperaba 'a', 'b' u otra cosa")
  assert.equal(inSpanish("something that nobody says"), undefined)
})

test("every part of a text is in its Spanish, once", () => {
  for (const [english, other] of spanish)
    assert.deepEqual(
      [...other.matchAll(/%\d/gu)].map(String).sort(),
      [...english.matchAll(/%\d/gu)].map(String).sort(),
      english,
    )
})
