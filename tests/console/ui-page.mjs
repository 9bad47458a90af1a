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

/** A page on a desk of its own; fails on any error and on any other host. */
export async function open(t, { size = "desk", dark = false, language = "es", kind = "real", role = "agent", at = "/" } = {}) {
  const mock = await startMock({ assets, kind, language, role })
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
  const problems = []
  const page = await context.newPage()
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text())
  })
  page.on("pageerror", (error) => problems.push(error.message))
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url())
    if (protocol !== "data:" && origin !== mock.url) problems.push(`request to ${origin}`)
  })
  t.after(async () => {
    await context.close()
    await mock.close()
  })
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
