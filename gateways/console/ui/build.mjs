// Builds the console's pages: types, checks, bundle, hashed names, .gz twins.
//   node build.mjs --out DIR    build into DIR
//   node build.mjs --test       the unit tests (node:test)
//   node build.mjs --check      types, tokens, strings and sizes alone
import { spawnSync } from "node:child_process"
import fs from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import esbuild from "esbuild"
import { checkTypes, fail, runTests, writeAssets, writeLicences } from "../../common/ui/build.mjs"
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

const options = {
  bundle: true,
  write: false,
  minify: true,
  format: "esm",
  target,
  jsx: "automatic",
  jsxImportSource: "preact",
  // commonmark decodes entities; the tables that encode them stay behind.
  alias: { entities: "entities/lib/decode.js" },
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  outdir: here,
}

const bytesOf = (file) => Buffer.from(file.contents)

/**
 * The program, in pieces that name each other by what is in them: the first
 * one, one that all share, and those that come when they are called for. Each
 * of those imports main.tsx, else what some of them share would be in pieces
 * of its own.
 */
function scripts() {
  const made = esbuild.buildSync({
    ...options,
    entryPoints: { console: path.join(here, "src/main.tsx") },
    splitting: true,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    metafile: true,
  })
  const known = Object.entries(made.metafile.outputs).map(([file, one]) => [path.basename(file), one])
  const nameOf = (file) => path.basename(file)
  const [first, entry] = known.find(([, one]) => one.entryPoint?.endsWith("src/main.tsx"))
  const now = entry.imports.filter((one) => one.kind === "import-statement")
  if (now.length > 1) fail("the first load is in more pieces than the page names")
  const shared = now.map((one) => nameOf(one.path))
  const plain = (name) =>
    name === first ? "console.js" : name === shared[0] ? "shared.js" : name.replace(/-[^-]*\.js$/, ".js")
  const files = made.outputFiles.map((file) => [nameOf(file.path), bytesOf(file)])
  const pieces = Object.fromEntries(files.map(([name, bytes]) => [plain(name), { name, bytes }]))
  return { pieces, metafile: made.metafile }
}

function styles() {
  const made = esbuild.buildSync({ ...options, entryPoints: [path.join(here, "src/css/console.css")] })
  return bytesOf(made.outputFiles[0])
}

function build(out) {
  const { pieces, metafile } = scripts()
  const sizes = writeAssets(out, { "console.css": styles() }, pieces)
  writeLicences(out, here, metafile)
  const first = sizes["console.js"] + (sizes["shared.js"] ?? 0) + sizes["console.css"]
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
