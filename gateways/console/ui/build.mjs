// Builds the console's pages: types, checks, bundle, hashed names, .gz twins.
//   node build.mjs --out DIR    build into DIR
//   node build.mjs --test       the unit tests (node:test)
//   node build.mjs --check      types, tokens, strings and sizes alone
import { spawnSync } from "node:child_process"
import fs from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import esbuild from "esbuild"
import { checkTypes, fail, runTests, writeAssets } from "../../common/ui/build.mjs"
import { checkSources } from "./check.mjs"

const here = path.dirname(fileURLToPath(import.meta.url))
const common = path.join(here, "../../common/ui")
const schema = path.join(here, "../../../schema")

/** First load of the console, gzip, in bytes. */
const BUDGET = 94_000
const target = "es2022"

/** wire.ts comes from the tables of the protocol. */
function makeWire() {
  const made = spawnSync(
    "awk",
    [
      "-f",
      path.join(schema, "gen_ts.awk"),
      path.join(schema, "wire/methods.tbl"),
      path.join(schema, "wire/events.tbl"),
    ],
    { encoding: "utf8" },
  )
  if (made.status !== 0) fail(made.stderr || "awk failed")
  const file = path.join(common, "wire.ts")
  const old = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : ""
  if (old !== made.stdout) fs.writeFileSync(file, made.stdout)
}

const entries = {
  "console.js": path.join(here, "src/main.tsx"),
  "console.css": path.join(here, "src/css/console.css"),
}

function bundle(entry) {
  const made = esbuild.buildSync({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target,
    jsx: "automatic",
    jsxImportSource: "preact",
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
  })
  return Buffer.from(made.outputFiles[0].contents)
}

function build(out) {
  const files = Object.entries(entries).map(([name, entry]) => [name, bundle(entry)])
  const sizes = writeAssets(out, Object.fromEntries(files))
  const first = sizes["console.js"] + sizes["console.css"]
  console.log(`console, first load: ${first} of ${BUDGET} bytes gzip`)
  if (first > BUDGET) fail("the first load is over its budget")
}

const words = process.argv.slice(2)
const out = words[words.indexOf("--out") + 1]
makeWire()
if (words.includes("--test")) {
  runTests(esbuild, here, "ui")
} else if (words.includes("--check")) {
  checkTypes(here)
  checkSources(here, common)
} else if (words.includes("--out") && out) {
  checkTypes(here)
  checkSources(here, common)
  build(path.resolve(out))
} else {
  fail("usage: node build.mjs --out DIR | --test | --check")
}
