// What the builds of all pages share. esbuild and typescript are those of the
// folder that builds.
import { createHash } from "node:crypto"
import { spawnSync } from "node:child_process"
import fs from "node:fs"
import path from "node:path"
import zlib from "node:zlib"

export function fail(text) {
  console.error(text)
  process.exit(1)
}

export function checkTypes(here) {
  const tsc = path.join(here, "node_modules/typescript/bin/tsc")
  const run = spawnSync(process.execPath, [tsc, "-p", here], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  })
  if (run.status !== 0) fail(run.stdout)
}

/** A name that says what is in the file. */
function hashedName(name, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12)
  const extension = path.extname(name)
  return `${path.basename(name, extension)}-${hash}${extension}`
}

/**
 * Writes every file under a name that says what is in it, its .gz twin, and
 * assets.json with all names. Those of `named` ({name, bytes} by plain name)
 * have such a name already. Gives the gzip sizes by plain name.
 */
export function writeAssets(out, files, named = {}) {
  fs.mkdirSync(out, { recursive: true })
  for (const old of fs.readdirSync(out)) fs.rmSync(path.join(out, old))
  const manifest = {}
  const sizes = {}
  const all = [
    ...Object.entries(files).map(([name, bytes]) => [name, hashedName(name, bytes), bytes]),
    ...Object.entries(named).map(([plain, { name, bytes }]) => [plain, name, bytes]),
  ]
  for (const [name, hashed, bytes] of all) {
    const packed = zlib.gzipSync(bytes, { level: 9 })
    fs.writeFileSync(path.join(out, hashed), bytes)
    fs.writeFileSync(path.join(out, `${hashed}.gz`), packed)
    manifest[name] = hashed
    sizes[name] = packed.length
    console.log(`${hashed}: ${bytes.length} bytes, ${packed.length} gzip`)
  }
  fs.writeFileSync(
    path.join(out, "assets.json"),
    `${JSON.stringify(manifest, null, 2)}\n`,
  )
  return sizes
}

/**
 * What the packages of a bundle ask to be said with it: OUT/licences.txt.
 * metafile  esbuild's, whose files are named from the folder that builds
 */
export function writeLicences(out, here, metafile) {
  const folders = new Set()
  for (const file of Object.keys(metafile.inputs)) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)
    if (found) folders.add(found[1])
  }
  const texts = [...folders].sort().map((folder) => {
    const whole = path.resolve(here, folder)
    const { name, version, license } = JSON.parse(fs.readFileSync(path.join(whole, "package.json"), "utf8"))
    const file = fs.readdirSync(whole).find((one) => /^licen[cs]e/i.test(one))
    if (!file) fail(`${name}: no licence`)
    return `${name} ${version} (${license})\n\n${fs.readFileSync(path.join(whole, file), "utf8").trim()}\n`
  })
  fs.writeFileSync(path.join(out, "licences.txt"), texts.join(`\n${"-".repeat(72)}\n\n`))
}

/** Bundles each test of HERE/test and gives all of them to node's runner. */
export function runTests(esbuild, here, suite, define = {}) {
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
    define,
    // Browsers have it; Node.js 18 has it under another name.
    banner: { js: 'import { webcrypto } from "node:crypto"\nglobalThis.crypto ??= webcrypto' },
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
  const skipped = count("skipped")
  console.log(`${suite}: ${passed} passed, ${failed} failed, ${skipped} skipped`)
  const results = process.env.POSTIGO_RESULTS
  if (results) fs.appendFileSync(results, `${suite} ${passed} ${failed} ${skipped}\n`)
  const failures = process.env.POSTIGO_FAILURES
  if (failures && run.status !== 0) {
    const blocks = run.stdout.match(/^ *not ok [^]*?^ *\.\.\.$/gm) ?? [run.stderr]
    for (const block of blocks) fs.appendFileSync(failures, `failed: ${suite}: ${block.replace(/\n\s*/g, "\n    ")}\n`)
  }
  process.exit(run.status === 0 && passed > 0 ? 0 : 1)
}
