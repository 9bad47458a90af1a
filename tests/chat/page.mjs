// The visitors' chat in a browser, against the stand-in: what the suites of
// this folder share. SHOTS=DIR keeps a picture of each look.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { after, before } from 'node:test'
import { chromium } from 'playwright-core'
import { until, WAIT_MS } from '../lib/wait.mjs'
import { startStandIn } from './stand-in.mjs'

export const assets = path.join(process.env.POSTIGO_BUILDDIR ?? '.', 'ui/chat')
const browserFile = process.env.CHROMIUM ?? '/usr/bin/chromium'
const shots = process.env.SHOTS
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Why nothing can be run here, or false. */
export const missing = !fs.existsSync(path.join(assets, 'assets.json'))
  ? `no chat in ${assets}: make ui`
  : !fs.existsSync(browserFile) && `no ${browserFile}`
const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
]
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
export const SIZES = { desk: [1024, 760], phone: [390, 844], small: [320, 568] }

let browser
before(async () => {
  if (!missing) browser = await chromium.launch({ executablePath: browserFile, args: FLAGS })
})
after(() => browser?.close())

/**
 * The shop's page with the chat on it. Errors, violations of a policy and
 * requests to other hosts are collected; `expected` names those that a test
 * makes on purpose.
 */
export async function open(t, { size = 'desk', dark = false, language = 'es', site, attributes, motion = 'reduce', expected, crossSite } = {}) {
  const desk = await startStandIn({ assets, site, attributes: attributes ?? `data-locale="${language}"`, crossSite })
  const [width, height] = SIZES[size]
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    hasTouch: size !== 'desk',
    locale: language,
    timezoneId: 'Europe/Madrid',
    reducedMotion: motion,
    acceptDownloads: true,
  })
  context.setDefaultTimeout(WAIT_MS)
  const problems = []
  const note = (text) => expected?.test(text) || problems.push(text)
  const page = await context.newPage()
  page.on('console', (message) => {
    if (message.type() === 'error' || /Content.Security|Trusted/i.test(message.text())) note(message.text())
  })
  page.on('pageerror', (error) => note(error.message))
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    if (protocol !== 'blob:' && ![desk.origin, desk.shop].includes(origin)) note(`request to ${origin}`)
  })
  t.after(async () => {
    await context.close()
    await desk.close()
  })
  await page.addInitScript(() => {
    globalThis.shifts = 0
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.shifts += entry.value
    }).observe({ type: 'layout-shift', buffered: true })
  })
  await page.goto(desk.shop)
  await page.locator('postigo-chat').waitFor({ state: 'attached' })
  return { desk, page, context, problems, frame: page.frameLocator('iframe') }
}

export { until }

export const launcher = (page) => page.locator('postigo-chat button')

/** Opens the panel; resolves when its form or its conversation is there. */
export async function openPanel(page) {
  await launcher(page).click()
  const panel = await panelOf(page)
  await panel.locator('form:visible').first().waitFor()
  return panel
}

/** The frame itself, whichever page of the shop is open. */
export const panelOf = (page) =>
  until(() => page.frames().find((one) => one.url().includes('/chat/panel')), 'the panel')

/** Fills the form and begins. */
export async function begin(panel, { name = 'Marta Iglesias', email = 'marta@correo.example', remember = false } = {}) {
  await panel.locator('#name').fill(name)
  if (email) await panel.locator('#email').fill(email)
  if (remember) await panel.locator('#remember').check()
  await panel.locator('.start .main').click()
  await panel.locator('#text').waitFor()
}

export async function write(panel, text) {
  await panel.locator('#text').fill(text)
  await panel.locator('#text').press('Enter')
}

/** What the conversation shows: [who, text, state]. */
export const log = (panel) =>
  panel.locator('.line').evaluateAll((lines) =>
    lines.map((line) => [
      line.classList.contains('own') ? 'own' : line.querySelector('.who').textContent,
      line.querySelector('.text')?.textContent ?? '',
      line.querySelector('.state')?.textContent ?? '',
    ]))

/** axe looks at the panel, beside its policy; the picture is of the page. */
export async function look(page, panel, name, problems) {
  const run = `axe.run(document, ${JSON.stringify({ runOnly: TAGS, resultTypes: ['violations'] })}).then((r) => JSON.stringify({
    passes: r.passes.length, violations: r.violations.map((v) => v.id + ': ' + v.nodes.map((n) =>
      n.target.join(' ') + ' | ' + (n.any[0]?.message ?? n.failureSummary)).slice(0, 4).join('; ')) }))`
  const client = await page.context().newCDPSession(panel)
    .catch(() => page.context().newCDPSession(page))
  const evaluate = async (expression) => {
    const contexts = []
    client.on('Runtime.executionContextCreated', ({ context }) => contexts.push(context))
    await client.send('Runtime.enable')
    const here = contexts.find((one) => one.origin === new URL(panel.url()).origin && one.auxData?.isDefault)
    const { result, exceptionDetails } = await client.send('Runtime.evaluate', {
      expression, awaitPromise: true, returnByValue: true, contextId: here?.id,
    })
    await client.send('Runtime.disable')
    assert.equal(exceptionDetails, undefined, name)
    return result.value
  }
  await evaluate(axe)
  const found = JSON.parse(await evaluate(run))
  await client.detach()
  assert.ok(found.passes > 10, `${name}: axe looked at too little`)
  if (shots) {
    fs.mkdirSync(shots, { recursive: true })
    await page.screenshot({ path: path.join(shots, `${name}.png`) })
  }
  assert.deepEqual(found.violations, [], name)
  assert.deepEqual(problems, [], name)
  const wide = await panel.evaluate(() => Math.max(...['html', '.lines', '.start', '.end', '.chips'].map((one) => {
    const box = document.querySelector(one)
    return box.scrollWidth - box.clientWidth
  })))
  assert.ok(wide <= 0, `${name}: ${wide} px wider than the panel`)
  const small = await panel.evaluate(() => {
    const bad = []
    const seen = (one) => one.checkVisibility({ checkVisibilityCSS: true }) && one.getBoundingClientRect().width > 1
    for (const one of document.querySelectorAll('body *')) {
      const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
      if (own && seen(one) && parseFloat(getComputedStyle(one).fontSize) < 14) bad.push(`text ${one.className}`)
    }
    for (const one of document.querySelectorAll('button, input:not([type=radio], [type=checkbox], [type=file]), textarea, label:has(input)')) {
      const { height, width } = one.getBoundingClientRect()
      if (seen(one) && (height < 43.5 || width < 43.5)) bad.push(`target ${one.className || one.id} ${width}x${height}`)
    }
    return bad
  })
  assert.deepEqual(small, [], name)
}
