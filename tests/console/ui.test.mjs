// The agents' pages in a browser, against the stand-in of ui-mock.mjs: every
// state is looked at by axe, and the ways an agent works are walked.
// SHOTS=DIR keeps a picture of each state.
import assert from "node:assert/strict"
import fs from "node:fs"
import { createRequire } from "node:module"
import path from "node:path"
import { after, before, test } from "node:test"
import { chromium } from "playwright-core"
import { startMock } from "./ui-mock.mjs"

const assets = path.join(process.env.POSTIGO_BUILDDIR ?? ".", "ui/console")
const browserFile = process.env.CHROMIUM ?? "/usr/bin/chromium"
const shots = process.env.SHOTS
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
const missing = !fs.existsSync(path.join(assets, "assets.json"))
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
  if (!missing) browser = await chromium.launch({ executablePath: browserFile, args: FLAGS })
})
after(() => browser?.close())

/** A page on a desk of its own; fails on any error and on any other host. */
async function open(t, { size = "desk", dark = false, language = "es", kind = "real", at = "/" } = {}) {
  const mock = await startMock({ assets, kind, language })
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
  await page.locator(".row, .empty").first().waitFor()
  if (at.includes("incident=")) await page.locator(".log, [role=alert]").first().waitFor()
  return { mock, page, problems }
}

/** axe runs beside the page's policy: by the debugger, not by a script. */
async function look(page, name, problems) {
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

const states = {
  queue: {},
  empty: { kind: "empty" },
  long: { kind: "long", at: "/?incident=41" },
  talk: { at: "/?incident=42" },
  closed: { at: "/?view=solved&incident=48" },
  lost: { at: "/?incident=9999" },
  filter: { at: "/?due=over" },
  denied: {
    async act(page, mock) {
      mock.state.fail.add("incident.list")
      await page.goto(`${mock.url}/?view=mine`)
      await page.locator(".q [role=alert]").waitFor()
    },
  },
  note: { at: "/?incident=42", act: (page) => page.locator("#tab-note").click() },
  saved: {
    at: "/?incident=42",
    async act(page) {
      await page.locator(".cf .btn").first().click()
      await page.locator(".saved-text").waitFor()
    },
  },
  working: {
    at: "/?incident=42",
    async act(page) {
      await page.locator(".why .as-link").click()
      await page.locator(".steps").waitFor()
    },
  },
  details: { at: "/?incident=43", act: (page) => page.locator(".ct-do .menu-box .square").click() },
  assign: { at: "/?incident=43", act: (page) => page.locator(".ct-do [aria-haspopup=menu]").first().click() },
  account: { act: (page) => page.locator(".account").click() },
  palette: { act: (page) => page.locator(".cmd").click() },
  help: { act: (page) => page.keyboard.press("?") },
  new: {
    async act(page) {
      await page.locator(".qh .square").click()
      await page.locator("dialog .pair input").first().fill("Marta")
      await page.locator(".found").waitFor()
    },
  },
  guard: {
    at: "/?incident=42",
    async act(page, mock) {
      await page.locator(".co textarea").fill("Ya está cambiada.")
      mock.writeUnseen(42, "out", "Ya lo cambio yo.", { kind: "agent", id: 2, name: "Ana Ruiz" })
      await page.locator(".co textarea").press("Control+Enter")
      await page.locator(".guard").waitFor()
    },
  },
  offline: {
    at: "/?incident=42",
    async act(page, mock) {
      mock.tellDown()
      await page.locator(".co textarea").fill("Sin prisa")
      await page.locator(".co textarea").press("Control+Enter")
      await page.locator(".banner").waitFor()
    },
  },
  html: {
    at: "/?incident=41",
    async act(page) {
      await page.locator(".m-foot .as-link").click()
      await page.frameLocator(".html").locator("b").waitFor()
    },
  },
}

const looks = [
  { size: "desk", dark: false, language: "es" },
  { size: "desk", dark: true, language: "en" },
  { size: "tablet", dark: false, language: "en" },
  { size: "phone", dark: true, language: "es" },
]
for (const [state, { act, ...where }] of Object.entries(states))
  test(`${state}: nothing to object to`, { skip: missing }, async (t) => {
    for (const how of looks) {
      const phone = how.size === "phone"
      if (phone && state === "help") continue
      const { page, mock, problems } = await open(t, { ...how, ...where })
      await act?.(page, mock)
      const name = `${state}-${how.size}-${how.dark ? "dark" : "light"}-${how.language}`
      await look(page, name, problems)
    }
  })

test("a phone has the customer on a sheet of its own", { skip: missing }, async (t) => {
  const { page, problems } = await open(t, { size: "phone", at: "/?incident=42" })
  assert.equal(await page.locator("aside").isVisible(), false)
  await page.locator(".panel-button").click()
  await page.locator("aside.open").waitFor()
  await look(page, "customer-phone-light-es", problems)
  await page.locator(".panel-close").click()
  assert.equal(await page.locator("aside").isVisible(), false)
  await page.locator("a.back").click()
  await page.locator(".row").first().waitFor()
  assert.equal(await page.locator(".log").count(), 0)
})

test("a shift by keyboard: next, open, answer, resolve, undo", { skip: missing }, async (t) => {
  const { page, mock, problems } = await open(t)
  const text = page.locator(".co textarea")
  await page.keyboard.press("j")
  await page.keyboard.press("j")
  assert.equal(await page.evaluate("document.activeElement.dataset.row"), "42")
  await page.keyboard.press("Enter")
  await page.locator(".log").waitFor()
  await page.keyboard.press("r")
  await page.keyboard.type("Hecho, Joan.")
  await page.keyboard.press("Control+Enter")
  await page.locator(".m.me", { hasText: "Hecho, Joan." }).waitFor()
  await page.locator(".m.me .sent", { hasText: "Enviado" }).last().waitFor()
  assert.equal(await text.inputValue(), "")
  const sent = mock.state.requests.filter((one) => one.method === "incident.answer")
  assert.equal(sent.length, 1)
  assert.equal(sent[0].params.seen, 4)
  assert.equal(sent[0].params.state, "pending_customer")
  assert.match(sent[0].key, /^[0-9a-f-]{36}$/)
  await page.keyboard.press("Escape")
  await page.keyboard.press("e")
  await page.locator(".toast").waitFor()
  assert.equal(mock.desk.incidents.get(42).state, "solved")
  assert.notEqual(new URL(page.url()).searchParams.get("incident"), "42")
  await page.keyboard.press("z")
  await page.waitForFunction("document.querySelector('[data-row=\"42\"]')")
  assert.equal(mock.desk.incidents.get(42).state, "pending_customer")
  assert.deepEqual(problems, [])
})

test("a draft outlives the page; Back leads back", { skip: missing }, async (t) => {
  const { page } = await open(t, { at: "/?incident=43" })
  await page.locator(".co textarea").fill("A medias")
  await page.reload()
  await page.locator(".log").waitFor()
  assert.equal(await page.locator(".co textarea").inputValue(), "A medias")
  await page.locator("[data-row='41']").click()
  await page.locator(".ct-title h2", { hasText: "caja vacía" }).waitFor()
  assert.equal(await page.locator(".co textarea").inputValue(), "")
  await page.goBack()
  await page.locator(".ct-title h2", { hasText: "talla M" }).waitFor()
  assert.equal(await page.locator(".co textarea").inputValue(), "A medias")
})

test("a lost connection is resumed, the message under way arrives once", { skip: missing }, async (t) => {
  const { page, mock, problems } = await open(t, { at: "/?incident=42" })
  mock.state.down = true
  await page.locator(".co textarea").fill("Una sola vez")
  await page.locator(".co textarea").press("Control+Enter")
  await page.locator(".m.pending").waitFor()
  mock.state.down = false
  mock.cut()
  mock.write(42, "in", "¿Sigues ahí?", { kind: "customer", name: "Joan Ferrer" })
  await page.locator(".m", { hasText: "¿Sigues ahí?" }).waitFor()
  const resumes = mock.state.requests.filter((one) => "resume" in one)
  assert.ok(resumes.length >= 2)
  const keys = mock.state.requests.filter((one) => one.method === "incident.answer").map((one) => one.key)
  assert.ok(keys.length >= 2)
  assert.equal(new Set(keys).size, 1)
  // The customer wrote meanwhile: the answer waits for its author.
  await page.locator(".guard").waitFor()
  assert.equal(await page.locator(".co textarea").inputValue(), "Una sola vez")
  await page.locator(".guard .btn").last().click()
  await page.locator(".m.me", { hasText: "Una sola vez" }).waitFor()
  const stored = mock.desk.messages.get(42).filter((one) => one.text === "Una sola vez")
  assert.equal(stored.length, 1)
  assert.deepEqual(problems, [])
})

test("a page that is closed while sending sends it once", { skip: missing }, async (t) => {
  const { page, mock } = await open(t, { at: "/?incident=42" })
  mock.state.down = true
  await page.locator(".co textarea").fill("Antes de cerrar")
  await page.locator(".co textarea").press("Control+Enter")
  await page.locator(".m.pending").waitFor()
  mock.state.down = false
  await page.reload()
  await page.locator(".m.me", { hasText: "Antes de cerrar" }).waitFor()
  await page.locator(".m.pending").waitFor({ state: "detached" })
  const stored = mock.desk.messages.get(42).filter((one) => one.text === "Antes de cerrar")
  assert.equal(stored.length, 1)
})

test("new ones come by themselves, and wait while a hand is on the list", { skip: missing }, async (t) => {
  const { page, mock } = await open(t)
  const row = { who: "Eva Soler", mail: "eva@correo.example", subject: "Hola", due: -30, since: -40, queue: "general", reason: "other", text: "hola" }
  const first = mock.arrive(row)
  await page.locator(`[data-row='${first}']`).waitFor()
  assert.equal(await page.locator(".row").first().getAttribute("data-row"), String(first))
  assert.match(await page.locator("[aria-live=polite]").textContent(), /Eva Soler/)
  await page.locator("[data-row='42']").hover()
  const box = await page.locator("[data-row='42']").boundingBox()
  const second = mock.arrive({ ...row, due: -60 })
  await page.locator(".new-pill").waitFor()
  assert.deepEqual(await page.locator("[data-row='42']").boundingBox(), box)
  assert.equal(await page.locator(`[data-row='${second}']`).count(), 0)
  await page.mouse.move(1000, 500)
  await page.locator(`[data-row='${second}']`).waitFor()
  assert.equal(await page.locator(".row").first().getAttribute("data-row"), String(second))
})

test("an incident by hand, from the palette", { skip: missing }, async (t) => {
  const { page, mock, problems } = await open(t)
  await page.keyboard.press("Control+k")
  await page.keyboard.type("nueva")
  await page.keyboard.press("Enter")
  await page.locator("dialog .pair input").nth(0).fill("Blanca Gil")
  await page.locator("dialog .pair input").nth(1).fill("+34 600 555 123")
  await page.locator("dialog input[required]").nth(1).fill("Llamada")
  await page.locator("dialog textarea").fill("Pregunta por su pedido")
  await page.locator("dialog .btn.p").click()
  await page.locator(".ct-title h2", { hasText: "Llamada" }).waitFor()
  const sent = mock.state.requests.find((one) => one.method === "incident.create")
  assert.deepEqual([sent.params.channel, sent.params.direction], ["phone", "in"])
  assert.deepEqual(problems, [])
})

test("assigning, tags and files", { skip: missing }, async (t) => {
  const { page, mock, problems } = await open(t, { at: "/?incident=41" })
  await page.keyboard.press("i")
  await page.locator(".toast").waitFor()
  assert.equal(mock.desk.incidents.get(41).assignee.id, 1)
  await page.keyboard.press("a")
  await page.locator("[role=menuitemradio]", { hasText: "Iker" }).click()
  await page.waitForFunction("document.querySelector('.ct-do').textContent.includes('Iker')")
  assert.equal(mock.desk.incidents.get(41).assignee.id, 3)
  await page.locator(".ct-do .menu-box .square").click()
  await page.locator("#new-tag").fill("VIP")
  await page.locator("#new-tag").press("Enter")
  await page.locator(".sheet .tag", { hasText: "vip" }).waitFor()
  assert.deepEqual(mock.desk.incidents.get(41).tags, ["vip"])
  await page.keyboard.press("Escape")
  await page.locator("input[type=file]").setInputFiles({ name: "etiqueta.pdf", mimeType: "application/pdf", buffer: Buffer.from("pdf") })
  await page.locator(".co .file", { hasText: "etiqueta.pdf" }).waitFor()
  await page.locator(".co textarea").fill("Aquí la tienes")
  await page.locator(".co .btn.p").click()
  await page.locator(".m.me", { hasText: "Aquí la tienes" }).waitFor()
  const sent = mock.state.requests.find((one) => one.method === "incident.answer")
  assert.deepEqual(sent.params.attachments, [
    { filename: "etiqueta.pdf", content_type: "application/pdf", size: 3, sha256: "b".repeat(64), inline: false },
  ])
  assert.deepEqual(problems, [])
})

test("theme and language are kept; the end of a session leads to the log-in", { skip: missing }, async (t) => {
  const { page, mock } = await open(t)
  await page.locator(".account").click()
  await page.getByRole("menuitemradio", { name: "Oscuro" }).click()
  await page.locator(".account").click()
  await page.getByRole("menuitemradio", { name: "English" }).click()
  await page.reload()
  await page.locator("h1", { hasText: "Queue" }).waitFor()
  assert.equal(await page.evaluate("document.documentElement.dataset.theme"), "dark")
  assert.equal(await page.evaluate("document.documentElement.lang"), "en")
  mock.end()
  await page.waitForURL("**/login")
})
