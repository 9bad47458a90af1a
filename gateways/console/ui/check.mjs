// What the build refuses: raw colours outside tokens.css, text in TSX instead
// of the catalogues, keys that nobody uses or that one language lacks, files
// that are too long.
import path from "node:path"
import ts from "typescript"
import {
  CATALOGUE, checkCatalogue, checkColours, checkLength, settle, sourcesOf,
} from "../../common/ui/check.mjs"

/** Attributes that people read or hear. */
const SPOKEN = new Set([
  "alt", "aria-label", "aria-description", "label", "placeholder", "title",
])
const LETTERS = /\p{L}{2,}/u

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

/** Groups whose keys are put together from a code of the protocol. */
const GROUPS = [
  "account", "account_code", "approval", "category",
  "auth", "away", "basis", "book", "bounced", "breach_head", "by", "cause", "channel", "clock",
  "column", "compare", "completed", "composer", "deadline", "definition", "delivery",
  "error", "fact", "fallback", "field", "figure", "file", "filter", "forwarded", "fulfilment", "graph",
  "group", "handled", "hint",
  "kind", "language", "matched", "media", "moment", "new", "odd", "order_state", "pay", "period", "priority", "pulse", "queue",
  "range", "reason", "referral", "reports", "return", "robot", "role", "row", "section", "security",
  "setting", "settings", "ship", "short", "start", "state", "step", "system", "theme",
  "tick", "unit",
  "verdict", "verdict_why", "view", "warning", "way",
]

/** Looks through every source; prints all problems and ends with them. */
export function checkSources(here, common) {
  const problems = []
  const sources = []
  const src = path.join(here, "src")
  let count = 0
  for (const source of sourcesOf(src, common)) {
    count += 1
    checkColours(source, problems)
    checkLength(source, problems)
    if (/\.tsx$/.test(source.name)) checkTexts(source.shown, source.text, problems)
    if (!CATALOGUE.test(source.name)) sources.push(source.text)
  }
  for (const name of ["text", "words", "reports", "settings", "shop", "whatsapp"])
    checkCatalogue(src, name, sources, GROUPS, problems)
  settle(count, problems)
}
