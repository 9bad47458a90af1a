// A manager in a browser: from the number of broken promises to a cause, to a
// list, to one incident and its receipt; a page goes on paper, a table into a
// file, and a report that is scheduled arrives by mail.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { Desk } from '../lib/desk.mjs'
import { freePort, until } from '../lib/wait.mjs'
import { axe } from './axe.mjs'
import { logIn, missingPages, openBrowser, openPage, shot } from './browser.mjs'

const builddir = process.env.POSTIGO_BUILDDIR
const port = await freePort()
const origin = `http://127.0.0.1:${port}`

const BOOK = `queue "general" { title "General" }

calendar "siempre" {
    timezone "Europe/Madrid"
    mon-sun 00:00-24:00
}

policy "correo" {
    calendar "siempre"
    first response 8s
}
`
const NOW_S = Math.floor(Date.now() / 1000)
/** The channel has had the first ones for three days; the others it has when it
 * is looked at, for no mail is older than that. */
const OLD_S = NOW_S - 3 * 86_400
const NEW_S = NOW_S + 86_400
const OLD = ['Marta', 'Joan', 'Rosa']
const NEW = ['Tom', 'Nadia']

function write(desk, name, received_s) {
  const from = `${name} <${name.toLowerCase()}@correo.example>`
  desk.drop({ from, subject: `Consulta de ${name}`, text: 'Hola, ¿qué hay de mi pedido?', received_s })
}

const missing = missingPages('console')

async function breaches(desk) {
  const since = new Date((OLD_S - 3600) * 1000).toISOString()
  const until_ = new Date(NEW_S * 1000).toISOString()
  const text = await desk.postigo('report', 'breaches', '--since', since, '--until', until_, '--json')
  return JSON.parse(text).figures.find((one) => one.name === 'breached').value
}

const tab = (page, name) => page.locator('.report-pages a', { hasText: new RegExp(`^${name}$`) })
const rows = (page, n) => until(async () => (await page.locator('.breaches tbody tr').count()) === n, `${n} breaches`)

/** From the overview's number to the receipt of one incident. */
async function follow(page) {
  await page.keyboard.press('g')
  await page.keyboard.press('r')
  await page.locator('label.pick', { hasText: /^Periodo/ }).locator('select').selectOption('7d')
  const figure = page.locator('[data-figure=breached] .figure-value a')
  await figure.filter({ hasText: /^5$/ }).waitFor()
  assert.deepEqual(await axe(page), [], 'axe on the overview')
  await shot(page, 'reports-1-overview')

  await figure.click()
  await page.locator('.breaches tbody tr').nth(4).waitFor()
  assert.deepEqual(await page.locator('.bar-value').allInnerTexts(), ['3', '2'])
  await page.locator('.bars a', { hasText: 'Sin asignar' }).click()
  await rows(page, 2)
  assert.deepEqual(await axe(page), [], 'axe on the breaches')
  await shot(page, 'reports-2-cause')

  const row = page.locator('.breaches tbody tr', { hasText: 'Consulta de Nadia' })
  await row.getByRole('link', { name: 'P-', exact: false }).click()
  await page.locator('.log').getByText('¿qué hay de mi pedido?').waitFor()
  assert.match(await page.locator('.ct').innerText(), /Nadia/)
  await page.getByRole('button', { name: 'Ver cálculo' }).first().click()
  await page.locator('dialog .steps tbody tr').first().waitFor()
  await shot(page, 'reports-3-receipt')
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'Informes' }).click()
  await page.locator('label.pick', { hasText: /^Periodo/ }).waitFor()
}

/** Paper, and the same rows as a file. */
async function takeAway(page) {
  await tab(page, 'Cumplimiento').click()
  await page.locator('[data-figure=compliance]').waitFor()
  assert.match(await page.locator('[data-figure=compliance] .figure-value').innerText(), /^0\s?%$/)
  const pdf = await page.pdf({ preferCSSPageSize: true })
  assert.ok(pdf.length > 5000)
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-')
  const link = await page.getByRole('link', { name: 'CSV para Excel' }).getAttribute('href')
  const csv = await page.request.get(origin + link)
  assert.equal(csv.status(), 200)
  const text = await csv.text()
  assert.ok(text.startsWith('\uFEFFkey;title;met;breached;'), text.slice(0, 60))
  assert.match(text, /\r\nfirst_response;[^;]*;0;5;0;/)

  // A figure opens the incidents that it is made of.
  await tab(page, 'Volumen').click()
  await page.locator('[data-figure=contacts] .figure-value a', { hasText: /^5$/ }).click()
  await page.locator('a.row').nth(4).waitFor()
  assert.equal(await page.locator('a.row').count(), 5)
  await page.goBack()
  await tab(page, 'Cumplimiento').click()
}

/** A schedule, and the mail that it sends at once. */
async function schedule(page, desk) {
  await page.getByRole('link', { name: 'Programar', exact: true }).click()
  const form = page.locator('dialog form')
  await form.getByLabel('Nombre').fill('Cumplimiento de la semana')
  await shot(page, 'reports-4-schedule')
  await form.locator('.btn.p').click()
  const plan = page.locator('.plan', { hasText: 'Cumplimiento de la semana' })
  await plan.waitFor()
  assert.match(await plan.innerText(), /cada semana, el lunes, a las 08:00 \(Europe\/Madrid\) · Laura Martín/)
  assert.deepEqual(await axe(page), [], 'axe on the schedules')
  await plan.getByRole('button', { name: 'Enviármelo ahora' }).click()
  const box = join(desk.outbox, 'new')
  const mail = await until(
    () =>
      readdirSync(box)
        .map((name) => readFileSync(join(box, name), 'utf8'))
        .find((one) => /^Auto-Submitted: auto-generated/im.test(one)),
    'the report by mail',
  )
  assert.match(mail, /^To:.*laura@tienda\.example/im)
  assert.match(mail, /text\/csv/)
}

test('a manager goes from a number to one receipt, prints, and schedules a report', { skip: missing, timeout: 1200000 }, async () => {
  const desk = new Desk({ builddir, port })
  let browser
  let page
  desk.start()
  try {
    await desk.ready()
    const file = join(desk.dir, 'first.book')
    writeFileSync(file, BOOK)
    const login = await desk.setUp(file)
    for (const name of OLD) write(desk, name, OLD_S)
    for (const name of NEW) write(desk, name, NEW_S)
    await until(async () => (await breaches(desk)) === OLD.length + NEW.length, 'the broken promises')

    browser = await openBrowser()
    const opened = await openPage(browser, origin)
    const { complaints } = opened
    page = opened.page
    await logIn(page, origin, login)
    await page.locator('a.row').first().waitFor()
    await follow(page)
    await takeAway(page)
    await schedule(page, desk)
    assert.deepEqual(complaints, [])
  } catch (error) {
    if (page) await shot(page, 'reports-failed')
    throw error
  } finally {
    await browser?.close()
    await desk.stop()
    rmSync(desk.dir, { recursive: true, force: true })
  }
})
