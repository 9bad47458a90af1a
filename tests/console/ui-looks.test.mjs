// Every state of the agents' pages is looked at by axe, for errors, for requests
// to other hosts and for anything wider than the screen.
import assert from "node:assert/strict"
import { test } from "node:test"
import { look, missing, open } from "./ui-page.mjs"

/** The customer's panel, which a small screen folds away. */
async function showPanel(page) {
  await page.locator(".purchases .o-card").first().waitFor({ state: "attached" })
  if (await page.locator(".purchases").isVisible()) return
  await page.locator(".ct-do .panel-button").click()
  await page.locator(".purchases").waitFor()
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
      await page.locator("#saved-list li").first().waitFor()
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
  search: {
    at: "/?search=direcci%C3%B3n&incident=42&at=3",
    async act(page, mock) {
      await page.locator(".hit mark").first().waitFor({ state: "attached" })
      await page.locator(".m.found").waitFor()
      assert.equal(mock.state.requests.filter((one) => one.method === "incident.search").length, 1)
    },
  },
  found: { at: "/?search=pedido", act: (page) => page.locator(".hit mark").first().waitFor() },
  "nothing-found": { at: "/?search=zzzz", act: (page) => page.locator(".q .empty").waitFor() },
  help: { act: (page) => page.keyboard.press("?") },
  new: {
    async act(page) {
      await page.locator(".qh .square").last().click()
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
  chat: {
    kind: "chat",
    at: "/?incident=60",
    async act(page, mock) {
      mock.now("typing", { incident: 60, who: "customer", name: "Vera Soler", on: true })
      await page.locator(".typing", { hasText: "Vera Soler" }).waitFor()
    },
  },
  rated: {
    kind: "chat",
    at: "/?incident=60",
    async act(page, mock) {
      mock.rate(60, 4)
      await page.locator(".stars").waitFor()
    },
  },
  book: { role: "manager", at: "/?book=text" },
  "book-wrong": {
    role: "manager",
    at: "/?book=text",
    async act(page) {
      const text = page.locator(".book-edit textarea")
      await text.fill((await text.inputValue()).replace("body matches", "body ERROR"))
      await page.locator(".book-errors button").waitFor()
    },
  },
  "book-past": {
    role: "manager",
    at: "/?book=text",
    async act(page, mock) {
      const text = page.locator(".book-edit textarea")
      await text.fill((await text.inputValue()).split('\nrule "factura"')[0])
      await page.locator(".book-diff").waitFor()
      await page.goto(`${mock.url}/?book=past`)
      await page.locator(".trial-ask button").click()
      await page.locator(".trial-rows li").first().waitFor()
    },
  },
  "book-log": {
    role: "manager",
    at: "/?book=log",
    async act(page) {
      await page.locator(".log-do .as-link").first().click()
      await page.locator(".book-diff").waitFor()
    },
  },
  why: {
    at: "/?incident=42",
    async act(page) {
      await page.locator(".why-do").first().click()
      await page.locator("dialog mark").first().waitFor()
    },
  },
  reports: { role: "manager", at: "/reports", act: (page) => page.locator(".plot > svg").waitFor() },
  "reports-today": { role: "manager", at: "/reports/today", act: (page) => page.locator(".plot > svg").waitFor() },
  "reports-wall": { role: "manager", at: "/reports/today?wall=1", act: (page) => page.locator(".plot > svg").waitFor() },
  "reports-breaches": { role: "manager", at: "/reports/breaches?cause=unopened", act: (page) => page.locator(".breaches tbody tr").first().waitFor() },
  "reports-say": {
    role: "manager",
    at: "/reports/breaches",
    async act(page) {
      await page.locator(".breaches .as-link").first().click()
      await page.locator("dialog textarea").waitFor()
    },
  },
  "reports-table": {
    role: "manager",
    at: "/reports/agents",
    async act(page) {
      await page.locator(".twin summary").click()
      await page.locator(".definition summary").first().click()
      await page.locator(".report-more summary").click()
    },
  },
  "reports-times": { role: "manager", at: "/reports/times", act: (page) => page.locator(".bars").waitFor() },
  "reports-margins": { role: "manager", at: "/reports/margins", act: (page) => page.locator(".plot > svg").waitFor() },
  "reports-backlog": { role: "manager", at: "/reports/backlog", act: (page) => page.locator(".plot > svg").waitFor() },
  "reports-volume": { role: "manager", at: "/reports/volume", act: (page) => page.locator(".plot > svg").waitFor() },
  "reports-plan": { role: "manager", at: "/reports/plans?new=promises", act: (page) => page.locator("dialog form").waitFor() },
  "reports-unknown": { role: "manager", at: "/reports/nothing" },
  claim: { kind: "mail", at: "/?incident=70" },
  returned: {
    kind: "mail",
    at: "/?incident=71",
    async act(page) {
      await page.locator(".forward .fold").click()
      await page.locator(".forward .m-text").waitFor()
      await page.locator("#log").evaluate((log) => (log.scrollTop = 0))
    },
  },
  preview: {
    at: "/?incident=42",
    async act(page) {
      await page.locator(".co textarea").fill("Hola, **Joan**:\n\n- uno\n- dos\n\n> Tu pedido\n\nhttps://tienda.example/10513")
      await page.locator(".cf [aria-pressed]").click()
      await page.locator(".preview li").first().waitFor()
    },
  },
  "settings-own": {
    at: "/?settings=own",
    async act(page) {
      await page.locator(".settings textarea").fill("**Laura Marín**\nAtención al cliente")
      await page.locator(".signature strong").waitFor()
    },
  },
  "settings-mail": { role: "admin", at: "/?settings=mail", act: (page) => page.locator(".plan").first().waitFor() },
  "settings-form": {
    role: "admin",
    at: "/?settings=mail",
    async act(page) {
      await page.locator(".plan .as-link").first().click()
      await page.locator("dialog .mail-set").first().waitFor()
    },
  },
  "settings-wrong": {
    role: "admin",
    at: "/?settings=mail",
    async act(page) {
      await page.locator(".plan .as-link").first().click()
      await page.getByLabel(/Servidor IMAP|IMAP server/).fill("imap tienda")
      await page.locator("dialog .btn.p").click()
      await page.locator("dialog .hint.wrong").waitFor()
    },
  },
  "settings-shop": {
    role: "admin",
    at: "/?settings=shop",
    async act(page) {
      await page.locator(".plan .number-news summary").first().click()
      await page.locator(".number-list li").first().waitFor()
    },
  },
  "settings-shop-form": {
    role: "admin",
    at: "/?settings=shop",
    async act(page) {
      await page.locator(".plans-head .btn.p").click()
      await page.locator("dialog .mail-set").last().locator(".btn").first().click()
      await page.locator("dialog .copy").first().waitFor()
    },
  },
  purchases: { kind: "shop", at: "/?incident=80", act: showPanel },
  "order-found": {
    kind: "shop",
    at: "/?incident=80",
    async act(page) {
      await showPanel(page)
      await page.locator(".purchases .as-link").first().click()
      await page.locator("dialog input[type=search]").fill("2026-1042")
      await page.locator("dialog .o-card").waitFor()
    },
  },
  people: {
    kind: "shop",
    at: "/?incident=80",
    async act(page) {
      await showPanel(page)
      await page.locator(".o-suggestion .as-link").first().click()
      await page.locator("dialog .o-side").last().waitFor()
    },
  },
  "customer-note": {
    kind: "shop",
    at: "/?incident=80",
    async act(page) {
      await showPanel(page)
      await page.locator(".o-notes .as-link").click()
      await page.locator(".o-notes textarea").waitFor()
    },
  },
  timeline: {
    kind: "shop",
    at: "/?incident=80",
    async act(page) {
      await showPanel(page)
      await page.locator(".purchases > .o-do .as-link").first().click()
      await page.locator("dialog .o-line").first().waitFor()
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

// Every state on a desk and on a phone; those with most on them in the other
// scheme and language, and on a tablet, as well.
const DESK = { size: "desk", dark: false, language: "es" }
const PHONE = { size: "phone", dark: true, language: "es" }
const OTHER = { size: "desk", dark: true, language: "en" }
const TABLET = { size: "tablet", dark: false, language: "en" }
const FULL = [
  "queue", "talk", "long", "chat", "note", "guard", "working", "new", "search", "reports-volume", "reports-breaches",
  "reports-backlog", "purchases", "people",
]
const TABLETS = ["queue", "talk", "long", "purchases"]

/**
 * LOOKS: nothing, and those with most on them are looked at once, on a desk and a phone by turns; "most" (ui-looks.more.mjs),
 * as said above; "all" (ui-looks.long.mjs), and each with most on it is in the other scheme and language.
 */
const { LOOKS = "some" } = process.env
const looksOf = (state) => {
  if (LOOKS === "some") return FULL.includes(state) ? [FULL.indexOf(state) % 2 ? PHONE : DESK] : []
  const looks = [DESK, PHONE]
  if (FULL.includes(state) && (LOOKS === "all" || FULL.indexOf(state) % 2 === 0)) looks.push(OTHER)
  if (TABLETS.includes(state)) looks.push(TABLET)
  return looks
}

for (const [state, { act, ...where }] of Object.entries(states).filter(([state]) => looksOf(state).length > 0))
  test(`${state}: nothing to object to`, { skip: missing }, async (t) => {
    for (const how of looksOf(state)) {
      const { page, mock, problems } = await open(t, { ...how, ...where, again: true })
      await act?.(page, mock)
      const name = `${state}-${how.size}-${how.dark ? "dark" : "light"}-${how.language}`
      await look(page, name, problems)
    }
  })
