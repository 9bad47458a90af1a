// What the build refuses: raw colours outside tokens.css, text in TSX instead
// of the catalogues, keys that nobody uses or that one language lacks, files
// that are too long.
import fs from "node:fs"
import path from "node:path"
import ts from "typescript"

const LINES_MAX = 300
/** A file with one catalogue is a list, not a program. */
const CATALOGUE = /^(text|words)-[a-z]{2}\.ts$/
const COLOUR = /#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|oklch|oklab|lab|lch|color)\(/i
/** Attributes that people read or hear. */
const SPOKEN = new Set([
  "alt", "aria-label", "aria-description", "label", "placeholder", "title",
])
const LETTERS = /\p{L}{2,}/u

function* walk(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === "node_modules") continue
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) yield* walk(file)
    else yield file
  }
}

function checkColours(file, text, problems) {
  const plain = text.replace(/\/\*[\s\S]*?\*\//g, (c) => c.replace(/[^\n]/g, " "))
  plain.split("\n").forEach((line, n) => {
    if (COLOUR.test(line.replace(/url\([^)]*\)/g, "")))
      problems.push(`${file}:${n + 1}: a raw colour; use a token`)
  })
}

/** Text nodes and spoken attributes with letters of their own. */
function checkTexts(file, text, problems) {
  const source = ts.createSourceFile(
    file, text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TSX,
  )
  const complain = (node, what) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart())
    problems.push(`${file}:${line + 1}: ${what} belongs in the catalogues`)
  }
  const keyName = (node) =>
    ts.isJsxElement(node.parent) &&
    ["kbd", "Key"].includes(node.parent.openingElement.tagName.getText())
  const visit = (node) => {
    if (ts.isJsxText(node) && LETTERS.test(node.text) && !keyName(node))
      complain(node, `"${node.text.trim()}"`)
    if (
      ts.isJsxAttribute(node) &&
      SPOKEN.has(node.name.getText()) &&
      node.initializer &&
      ts.isStringLiteral(node.initializer) &&
      LETTERS.test(node.initializer.text)
    )
      complain(node, node.getText())
    ts.forEachChild(node, visit)
  }
  visit(source)
}

const keysOf = (file) =>
  new Set(
    [...fs.readFileSync(file, "utf8").matchAll(/^ {2}"([\w.]+)":/gm)].map(
      (found) => found[1],
    ),
  )

/** Groups whose keys are put together from a code of the protocol. */
const GROUPS = [
  "channel", "clock", "composer", "deadline", "delivery", "error", "field",
  "filter", "new", "priority", "pulse", "queue", "reason", "role", "state",
  "step", "theme", "view", "warning",
]

function checkCatalogues(src, sources, problems) {
  for (const name of ["text", "words"]) {
    const es = keysOf(path.join(src, `${name}-es.ts`))
    const en = keysOf(path.join(src, `${name}-en.ts`))
    if (es.size === 0) problems.push(`${name}-es.ts: no keys`)
    for (const key of es)
      if (!en.has(key)) problems.push(`${name}-en.ts: lacks ${key}`)
    for (const key of en)
      if (!es.has(key)) problems.push(`${name}-es.ts: lacks ${key}`)
    const all = sources.join("\n")
    for (const key of es) {
      const group = key.slice(0, key.indexOf("."))
      if (!GROUPS.includes(group) && !all.includes(`"${key}"`))
        problems.push(`${name}-es.ts: nobody says ${key}`)
    }
  }
}

/** Looks through every source; prints all problems and ends with them. */
export function checkSources(here, common) {
  const problems = []
  const sources = []
  const src = path.join(here, "src")
  let count = 0
  for (const file of [...walk(src), ...walk(common)]) {
    const name = path.basename(file)
    if (!/\.(tsx?|css)$/.test(name) || name === "wire.ts") continue
    const text = fs.readFileSync(file, "utf8")
    const shown = path.relative(path.join(here, "../../.."), file)
    count += 1
    if (name !== "tokens.css") {
      if (/\.css$/.test(name)) checkColours(shown, text, problems)
      else if (/["'`]#[0-9a-f]{3,8}["'`]/i.test(text))
        problems.push(`${shown}: a raw colour; use a token`)
    }
    if (/\.tsx$/.test(name)) checkTexts(shown, text, problems)
    if (!CATALOGUE.test(name)) {
      sources.push(text)
      const lines = text.split("\n").length - 1
      if (lines > LINES_MAX)
        problems.push(`${shown}: ${lines} lines, at most ${LINES_MAX}`)
    }
  }
  checkCatalogues(src, sources, problems)
  if (problems.length > 0) {
    console.error(problems.join("\n"))
    process.exit(1)
  }
  console.log(`checked ${count} sources: types, tokens, strings, sizes`)
}
