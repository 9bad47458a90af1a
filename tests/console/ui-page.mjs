// The agents' pages in a browser, against the stand-in of ui-mock.mjs: what the
// suites of this folder share. SHOTS=DIR keeps a picture of each look.
import assert from "node:assert/strict"
import fs from "node:fs"
import { createRequire } from "node:module"
import path from "node:path"
import { after, before } from "node:test"
import { chromium } from "playwright-core"
import { WAIT_MS } from "../lib/wait.mjs"
import { startMock } from "./ui-mock.mjs"

const assets = path.join(process.env.POSTIGO_BUILDDIR ?? ".", "ui/console")
const browserFile = process.env.CHROMIUM ?? "/usr/bin/chromium"
const shots = process.env.SHOTS
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
/** Why nothing can be run here, or false. */
export const missing = !fs.existsSync(path.join(assets, "assets.json"))
  ? `no pages in ${assets}: make ui`
  : !fs.existsSync(browserFile) && `no ${browserFile}`
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
]
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
const SIZES = { desk: [1440, 860], tablet: [1024, 768], phone: [390, 844] }

let browser
before(async () => {
  if (!missing) browser = await chromium.launch({ executablePath: browserFile, args: FLAGS, timeout: WAIT_MS })
})
after(() => browser?.close())

/** A page of a browser of its own: nothing that others did is in it. */
async function fresh({ size, dark, language }) {
  const [width, height] = SIZES[size]
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    hasTouch: size === "phone",
    locale: language,
    timezoneId: "Europe/Madrid",
    reducedMotion: "reduce",
    bypassCSP: false,
  })
  context.setDefaultTimeout(WAIT_MS)
  return { context, page: await context.newPage(), port: 0 }
}

/**
 * Pages that were looked at before, by how they look: a new one costs more time
 * than most looks. Their desk is new and has the old one's port, so the browser
 * has its files; what the page had stored is gone.
 */
const lent = new Map()

async function lend(how) {
  const key = `${how.size} ${how.dark} ${how.language}`
  return lent.get(key)?.pop() ?? { ...(await fresh(how)), key }
}

async function giveBack(one) {
  await one.page.goto("about:blank")
  const client = await one.context.newCDPSession(one.page)
  await client.send("Storage.clearDataForOrigin", { origin: `http://127.0.0.1:${one.port}`, storageTypes: "cookies,local_storage,session_storage,indexeddb" })
  await client.detach()
  lent.set(one.key, [...(lent.get(one.key) ?? []), one])
}

/**
 * A page on a desk of its own; fails on any error and on any other host.
 * again: a page that was looked at before will do; for looks alone, which
 * change nothing of the browser.
 */
export async function open(t, { size = "desk", dark = false, language = "es", kind = "real", role = "agent", at = "/", again = false } = {}) {
  const one = await (again ? lend : fresh)({ size, dark, language })
  const { context, page } = one
  const mock = await startMock({ assets, kind, language, role, port: one.port })
  one.port = Number(new URL(mock.url).port)
  const problems = []
  const heard = {
    console(message) {
      if (message.type() === "error") problems.push(message.text())
    },
    pageerror(error) {
      problems.push(error.message)
    },
    request(request) {
      const { origin, protocol } = new URL(request.url())
      if (protocol !== "data:" && origin !== mock.url) problems.push(`request to ${origin}`)
    },
  }
  for (const [what, say] of Object.entries(heard)) page.on(what, say)
  const leave = async () => {
    for (const [what, say] of Object.entries(heard)) page.off(what, say)
    await (again ? giveBack(one) : context.close())
    await mock.close()
  }
  t.after(leave)
  await page.goto(mock.url + at)
  const sign = at.startsWith("/reports") ? ".report-body > :not([aria-busy])" : at.includes("book=") ? ".book-edit, .book-trial, .book-log li" : at.includes("settings=") ? ".settings" : at.includes("incident=") ? ".log, [role=alert]" : ".row:not(.bone), .empty"
  await page.locator(sign).first().waitFor()
  return { mock, page, problems }
}

/** axe runs beside the page's policy: by the debugger, not by a script. */
export async function look(page, name, problems) {
  await page.evaluate("document.fonts.ready")
  const client = await page.context().newCDPSession(page)
  await client.send("Runtime.evaluate", { expression: axe })
  const { result, exceptionDetails } = await client.send("Runtime.evaluate", {
    expression: `axe.run(document, ${JSON.stringify({ runOnly: TAGS, resultTypes: ["violations"] })})
      .then((r) => JSON.stringify({ passes: r.passes.length, violations: r.violations.map((v) =>
        v.id + ": " + v.nodes.map((n) => n.target.join(" ") + " | " + (n.any[0]?.message ?? n.failureSummary)).slice(0, 4).join("; ")) }))`,
    awaitPromise: true,
    returnByValue: true,
  })
  assert.equal(exceptionDetails, undefined, name)
  const found = JSON.parse(result.value)
  assert.ok(found.passes > 10, `${name}: axe looked at too little`)
  if (shots) {
    fs.mkdirSync(shots, { recursive: true })
    await page.screenshot({ path: path.join(shots, `${name}.png`) })
  }
  assert.deepEqual(found.violations, [], name)
  assert.deepEqual(problems, [], name)
  const wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
  assert.ok(wide <= 0, `${name}: ${wide} px wider than the screen`)
}
