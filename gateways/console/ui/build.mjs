// Builds the console's pages: types, checks, bundle, hashed names, .gz twins.
//   node build.mjs --out DIR    build into DIR
//   node build.mjs --test       the unit tests (node:test)
//   node build.mjs --check      types, tokens, strings and sizes alone
import { createHash } from "node:crypto"
import { spawnSync } from "node:child_process"
import fs from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import zlib from "node:zlib"
import esbuild from "esbuild"
import { checkSources } from "./check.mjs"

const here = path.dirname(fileURLToPath(import.meta.url))
const common = path.join(here, "../../common/ui")
const schema = path.join(here, "../../../schema")

/** First load of the console, gzip, in bytes. */
const BUDGET = 94_000
const target = "es2022"

function fail(text) {
  console.error(text)
  process.exit(1)
}

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

function checkTypes() {
  const tsc = path.join(here, "node_modules/typescript/bin/tsc")
  const run = spawnSync(process.execPath, [tsc, "-p", here], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  })
  if (run.status !== 0) fail(run.stdout)
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

/** Writes every file under a name that says what is in it. */
function build(out) {
  fs.mkdirSync(out, { recursive: true })
  for (const old of fs.readdirSync(out)) fs.rmSync(path.join(out, old))
  const manifest = {}
  let first = 0
  for (const [name, entry] of Object.entries(entries)) {
    const bytes = bundle(entry)
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12)
    const extension = path.extname(name)
    const hashed = `${path.basename(name, extension)}-${hash}${extension}`
    const packed = zlib.gzipSync(bytes, { level: 9 })
    fs.writeFileSync(path.join(out, hashed), bytes)
    fs.writeFileSync(path.join(out, `${hashed}.gz`), packed)
    manifest[name] = hashed
    if (name.startsWith("console")) first += packed.length
    console.log(`${hashed}: ${bytes.length} bytes, ${packed.length} gzip`)
  }
  fs.writeFileSync(
    path.join(out, "assets.json"),
    `${JSON.stringify(manifest, null, 2)}\n`,
  )
  console.log(`console, first load: ${first} of ${BUDGET} bytes gzip`)
  if (first > BUDGET) fail("the first load is over its budget")
}

/** Bundles each test and gives all of them to node's test runner. */
function test() {
  const from = path.join(here, "test")
  const to = path.join(here, "node_modules/.cache/postigo-test")
  fs.rmSync(to, { recursive: true, force: true })
  const files = fs.readdirSync(from).filter((name) => name.endsWith(".test.ts"))
  if (files.length === 0) fail("no tests")
  esbuild.buildSync({
    entryPoints: files.map((name) => path.join(from, name)),
    outdir: to,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node18",
    logLevel: "warning",
  })
  const built = files.map((name) => path.join(to, name.replace(/\.ts$/, ".mjs")))
  const run = spawnSync(
    process.execPath,
    ["--test", "--test-reporter=tap", ...built],
    { encoding: "utf8", maxBuffer: 1 << 26 },
  )
  const count = (word) =>
    Number(new RegExp(`^# ${word} (\\d+)`, "m").exec(run.stdout)?.[1] ?? 0)
  const [passed, failed] = [count("pass"), count("fail") + count("cancelled")]
  if (run.status !== 0) console.error(run.stdout + run.stderr)
  console.log(`ui: ${passed} passed, ${failed} failed`)
  const results = process.env.POSTIGO_RESULTS
  if (results) fs.appendFileSync(results, `ui ${passed} ${failed} 0\n`)
  const failures = process.env.POSTIGO_FAILURES
  if (failures && run.status !== 0) {
    const blocks = run.stdout.match(/^ *not ok [^]*?^ *\.\.\.$/gm) ?? [run.stderr]
    for (const block of blocks) fs.appendFileSync(failures, `failed: ui: ${block.replace(/\n\s*/g, "\n    ")}\n`)
  }
  process.exit(run.status === 0 && passed > 0 ? 0 : 1)
}

const words = process.argv.slice(2)
const out = words[words.indexOf("--out") + 1]
makeWire()
if (words.includes("--test")) {
  test()
} else if (words.includes("--check")) {
  checkTypes()
  checkSources(here, common)
} else if (words.includes("--out") && out) {
  checkTypes()
  checkSources(here, common)
  build(path.resolve(out))
} else {
  fail("usage: node build.mjs --out DIR | --test | --check")
}
