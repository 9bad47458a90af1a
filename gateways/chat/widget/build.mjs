// Builds the visitors' chat: types, checks, bundles, sizes.
//   node build.mjs --out DIR    postigo.js, panel.js, panel.css, hashed
//   node build.mjs --test       the unit tests (node:test)
//   node build.mjs --check      types, tokens, strings alone
import fs from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import esbuild from "esbuild"
import { checkTypes, fail, runTests, writeAssets } from "../../common/ui/build.mjs"
import {
  CATALOGUE, checkCatalogue, checkColours, checkLength, settle, sourcesOf,
} from "../../common/ui/check.mjs"

const here = path.dirname(fileURLToPath(import.meta.url))
const src = path.join(here, "src")
const common = path.join(here, "../../common/ui")

/** What a visitor loads, gzip, in bytes: at once, and at the first click. */
const LOADER_BUDGET = 2560
const PANEL_BUDGET = 20_480
/** dialog, :has and color-mix are understood by browsers since. */
const target = ["es2022", "chrome111", "firefox121", "safari16.4"]
/** Keys that are put together from a code. */
const GROUPS = ["line", "link", "rate"]

function checkSources() {
  const problems = []
  const texts = []
  let count = 0
  for (const source of sourcesOf(src)) {
    count += 1
    checkColours(source, problems)
    checkLength(source, problems)
    if (!CATALOGUE.test(source.name)) texts.push(source.text)
  }
  checkCatalogue(src, "text", texts, GROUPS, problems)
  settle(count, problems)
}

/** A colour of tokens.css: the first is the light one, the second the dark. */
function token(name, nth = 0) {
  const text = fs.readFileSync(path.join(common, "tokens.css"), "utf8")
  const found = [...text.matchAll(new RegExp(`--${name}: (#[0-9a-f]+);`, "g"))][nth]
  return found?.[1] ?? fail(`tokens.css has no --${name}`)
}

/** The launcher lives in the shop's page, where tokens.css is not. */
function launcherCss() {
  const text = fs
    .readFileSync(path.join(src, "launcher.css"), "utf8")
    .replace(/var\(--(shade|paper|over)\)/g, (_, name) => token(name).replace("#ffffff", "#fff"))
  return esbuild.transformSync(text, { loader: "css", minify: true, target }).code.trim()
}

const definitions = () => ({
  LAUNCHER_CSS: JSON.stringify(launcherCss()),
  ACCENT: JSON.stringify(token("accent")),
  TOKENS: JSON.stringify({
    accent: token("accent"),
    light: token("surface"),
    dark: token("surface", 1),
    lightText: token("text"),
    darkText: token("text", 1),
  }),
})

function bundle(entry) {
  const made = esbuild.buildSync({
    entryPoints: [path.join(src, entry)],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target,
    define: definitions(),
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
  })
  return Buffer.from(made.outputFiles[0].contents)
}

const entries = { "postigo.js": "loader.ts", "panel.js": "panel.ts", "panel.css": "panel.css" }

function build(out) {
  const files = Object.entries(entries).map(([name, entry]) => [name, bundle(entry)])
  const sizes = writeAssets(out, Object.fromEntries(files))
  const panel = sizes["panel.js"] + sizes["panel.css"]
  console.log(`loader: ${sizes["postigo.js"]} of ${LOADER_BUDGET}, panel: ${panel} of ${PANEL_BUDGET} bytes gzip`)
  if (sizes["postigo.js"] > LOADER_BUDGET || panel > PANEL_BUDGET)
    fail("the chat is over its budget")
}

const words = process.argv.slice(2)
const out = words[words.indexOf("--out") + 1]
if (words.includes("--test")) {
  runTests(esbuild, here, "widget", definitions())
} else if (words.includes("--check")) {
  checkTypes(here)
  checkSources()
} else if (words.includes("--out") && out) {
  checkTypes(here)
  checkSources()
  build(path.resolve(out))
} else {
  fail("usage: node build.mjs --out DIR | --test | --check")
}
