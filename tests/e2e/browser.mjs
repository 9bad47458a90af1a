// Debian's Chromium, driven by playwright-core; it may speak to this machine
// alone, and everything it complains of is kept.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { WAIT_MS } from '../lib/wait.mjs'

export const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path))

/** Why pages (console, chat) cannot be looked at; false: they can. */
export function missingPages(pages) {
  if (!executablePath) return 'there is no Chromium'
  return existsSync(join(process.env.POSTIGO_BUILDDIR, 'ui', pages, 'assets.json')) ? false : 'the pages were not built'
}

/** A picture of the page into the folder $SHOTS, if there is one. */
export async function shot(page, name, options = {}) {
  if (!process.env.SHOTS) return
  mkdirSync(process.env.SHOTS, { recursive: true })
  await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`), ...options })
}

export async function openBrowser() {
  return chromium.launch({
    executablePath,
    timeout: WAIT_MS,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** A page whose console errors and foreign requests are noted in complaints. */
export async function openPage(browser, origin, options = {}) {
  const context = await browser.newContext({ locale: 'es-ES', viewport: { width: 1440, height: 860 }, ...options })
  context.setDefaultTimeout(WAIT_MS)
  const page = await context.newPage()
  const complaints = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (/^(http|ws)s?:$/.test(url.protocol) && url.host !== new URL(origin).host) complaints.push(`request to ${url.host}`)
  })
  return { context, page, complaints }
}

export async function logIn(page, origin, { email, password }) {
  await page.goto(`${origin}/login`)
  await page.fill('input[name=email]', email)
  await page.fill('input[name=password]', password)
  await page.press('input[name=password]', 'Enter')
  await page.waitForSelector('.q')
}
