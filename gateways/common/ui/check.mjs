// What the builds of all pages refuse: raw colours outside tokens.css, keys of
// a catalogue that nobody uses or that one language lacks, files too long.
import fs from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"

const LINES_MAX = 300
/** A file with one catalogue is a list, not a program. */
export const CATALOGUE = /^(text|words|reports|settings|shop|whatsapp)-[a-z]{2}\.ts$/
/** So is what stands beside a text that comes in one language. */
const LIST = /^errors-[a-z]{2}\.ts$/
const COLOUR = /#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|oklch|oklab|lab|lch|color)\(/i

function* walk(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === "node_modules") continue
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) yield* walk(file)
    else yield file
  }
}

/** Every source of the folders: {name, shown, text}. */
export function* sourcesOf(...folders) {
  const root = fileURLToPath(new URL("../../..", import.meta.url))
  for (const folder of folders)
    for (const file of walk(folder)) {
      const name = path.basename(file)
      if (!/\.(tsx?|css)$/.test(name) || name === "wire.ts") continue
      const text = fs.readFileSync(file, "utf8")
      yield { name, text, shown: path.relative(root, file) }
    }
}

export function checkColours({ name, shown, text }, problems) {
  if (name === "tokens.css") return
  if (/\.css$/.test(name)) {
    const plain = text.replace(/\/\*[\s\S]*?\*\//g, (c) => c.replace(/[^\n]/g, " "))
    plain.split("\n").forEach((line, n) => {
      if (COLOUR.test(line.replace(/url\([^)]*\)/g, "")))
        problems.push(`${shown}:${n + 1}: a raw colour; use a token`)
    })
  } else if (/["'`]#[0-9a-f]{3,8}["'`]/i.test(text)) {
    problems.push(`${shown}: a raw colour; use a token`)
  }
}

export function checkLength({ name, shown, text }, problems) {
  const lines = text.split("\n").length - 1
  if (!CATALOGUE.test(name) && !LIST.test(name) && lines > LINES_MAX)
    problems.push(`${shown}: ${lines} lines, at most ${LINES_MAX}`)
}

const keysOf = (file) =>
  new Set(
    [...fs.readFileSync(file, "utf8").matchAll(/^ {2}"([\w.]+)":/gm)].map(
      (found) => found[1],
    ),
  )

/**
 * NAME-es.ts and NAME-en.ts in `src` have the same keys, and each is said by
 * one of `sources`, but for those of `groups`, which are put together from a
 * code of the protocol.
 */
export function checkCatalogue(src, name, sources, groups, problems) {
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
    if (!groups.includes(group) && !all.includes(`"${key}"`))
      problems.push(`${name}-es.ts: nobody says ${key}`)
  }
}

/** Prints all problems and ends with them. */
export function settle(count, problems) {
  if (problems.length > 0 || count === 0) {
    console.error(problems.join("\n") || "there were no sources")
    process.exit(1)
  }
  console.log(`checked ${count} sources: types, tokens, strings, sizes`)
}
