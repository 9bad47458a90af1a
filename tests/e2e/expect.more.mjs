// A visitor is told by when there will be an answer, before and after the first
// line; a lead sees how many agents a day needs, and tries others with the
// slider, which asks nobody.
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import test from 'node:test'
import { Desk } from '../lib/desk.mjs'
import { freePort, until } from '../lib/wait.mjs'
import { axe } from './axe.mjs'
import { logIn, missingPages, openBrowser, openPage, shot } from './browser.mjs'

const builddir = process.env.POSTIGO_BUILDDIR
const first = await freePort(3)
const console_ = `http://127.0.0.1:${first}`
const chat = `http://localhost:${first + 1}`
const shop = `http://localhost:${first + 2}`

const missing = missingPages('chat')
/** Never closed, so that it is the same whenever it runs. */
const BOOK = `queue "general" { title "General" }
calendar "siempre" {
    timezone "Europe/Madrid"
    mon-sun 00:00-24:00
}
policy "chat" {
    via chat
    calendar "siempre"
    first response 1h
    next response 1h
}
policy "correo" {
    calendar "siempre"
    first response 4h
    next response 8h
}
`

async function openShop() {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    response.end(
      `<!doctype html><html lang="es"><title>Tienda</title><h1>Tienda</h1><script async src="${chat}/postigo.js" data-site="tienda"></script></html>`,
    )
  })
  await new Promise((done) => server.listen(first + 2, '127.0.0.1', done))
  return server
}

test('an answer is expected, and a day is planned', { skip: missing, timeout: 600000 }, async (t) => {
  const desk = new Desk({ builddir, port: first, chatPort: first + 1 })
  const server = await openShop()
  let browser
  desk.start()
  t.after(async () => {
    await browser?.close()
    await desk.stop()
    server.close()
    rmSync(desk.dir, { recursive: true, force: true })
  })
  await desk.ready()
  const book = join(desk.dir, 'desk.book')
  writeFileSync(book, BOOK)
  const login = await desk.setUp(book)
  const site = join(desk.dir, 'site.json')
  writeFileSync(site, JSON.stringify({ name: 'tienda', kind: 'chat', settings: { origins: shop, title: 'Tienda' } }))
  await desk.postigo('connection', 'add', '--json', site)
  browser = await openBrowser()

  await t.test('the panel says it before and after the first line', async () => {
    const visitor = await openPage(browser, chat)
    await visitor.page.goto(shop)
    await visitor.page.locator('postigo-chat button').click()
    const panel = await until(
      () => visitor.page.frames().find((one) => one.url().includes('/chat/panel')),
      'the panel',
    )
    await panel.locator('.hours', { hasText: 'Te contestamos en menos de una hora.' }).waitFor()
    await panel.locator('#name').fill('Marta')
    await panel.locator('.start .main').click()
    await panel.locator('#text').fill('¿Dónde está mi pedido?')
    await panel.locator('#text').press('Enter')
    const place = panel.locator('.place', { hasText: 'Te contestamos' })
    await place.waitFor()
    const told = await place.textContent()
    assert.match(told, /^Hemos recibido tu mensaje\. Te contestamos (mañana )?antes de las? \d{1,2}:\d\d\.$/)
    // The hour is an hour from now, on the visitor's clock: it stands when the page is opened again.
    await visitor.page.reload()
    const again = await until(
      () => visitor.page.frames().find((one) => one.url().includes('/chat/panel')),
      'the panel again',
    )
    await again.locator('.place', { hasText: told }).waitFor({ state: 'attached' })
    await shot(visitor.page, 'expected', { fullPage: true })
  })

  await t.test('how many agents a day needs, with a slider', async () => {
    const { page } = await openPage(browser, console_)
    const frames = []
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => frames.push(String(payload))))
    await logIn(page, console_, login)
    await page.goto(`${console_}/reports/staffing`)
    const main = page.locator('.staff-main')
    await main.waitFor()
    assert.match(
      await main.textContent(),
      /^(Con un agente contestarás al 100\s?% de los chats en 60 s y ningún correo llegará tarde|With one agent you will answer 100% of chats within 60 s, and no mail will be late)\.$/,
    )
    assert.equal(await page.locator('.staff-table tbody tr').count(), 48)
    const asked = () => frames.filter((one) => one.includes('report.staffing')).length
    await until(() => asked() > 0, 'it was asked for')
    const before = asked()
    const slider = page.locator('.staff-slider input')
    await slider.focus()
    await slider.press('ArrowRight')
    await page.locator('.staff-main', { hasText: /^(Con 2 agentes|With 2 agents)/ }).waitFor()
    assert.equal(await page.locator('.staff-table tbody input').first().inputValue(), '2')
    assert.equal(asked(), before, 'the slider asks nobody')
    // A half hour of its own: its mails are computed by the desk.
    await page.locator('.staff-table tbody input').first().fill('0')
    await page.locator('.staff-main', { hasText: /estos agentes|these agents/ }).waitFor()
    await until(() => asked() > before, 'the desk was asked about these agents')
    assert.deepEqual(await axe(page), [])
    await shot(page, 'staffing', { fullPage: true })
    await page.locator('.report-ask select').nth(1).selectOption('chat')
    await page.locator('.staff-main', { hasNotText: /correo|mail/ }).waitFor()
    assert.match(page.url(), /channel=chat/)
    await page.setViewportSize({ width: 380, height: 800 })
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))
    await shot(page, 'staffing-phone', { fullPage: true })
  })
})
