// A manager changes a rule in a browser: what past contacts would have done is
// seen before, the next contact follows the rule, the incident says why, and
// the version before comes back.
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { Desk } from '../lib/desk.mjs'
import { freePort } from '../lib/wait.mjs'
import { logIn, missingPages, openBrowser, openPage, shot } from './browser.mjs'

const builddir = process.env.POSTIGO_BUILDDIR
const srcdir = process.env.POSTIGO_SRCDIR
const port = await freePort()
const origin = `http://127.0.0.1:${port}`

const BOOK = `queue "general" { title "General" }
queue "cambios" { title "Cambios" }

calendar "siempre" {
    timezone "Europe/Madrid"
    mon-sun 00:00-24:00
}

policy "correo" {
    calendar "siempre"
    first response 4h
}

rule "factura" {
    on contact
    if subject or body matches /\\bfactura\\b/
    then reason invoice
    example "Necesito la factura"
}
`
const ADDED = `
rule "talla" {
    on contact
    if subject or body matches /\\btallas?\\b/
    then reason exchange_request, queue "cambios", priority high
    example "Quiero otra talla"
    counterexample "Necesito la factura"
}
`

const write = (desk, name, text) => desk.drop({ from: `${name} <${name.toLowerCase()}@correo.example>`, subject: `Consulta de ${name}`, text })

const missing = missingPages('console')

test('a rule is changed, tried on the past, applied, followed and rolled back', { skip: missing, timeout: 1200000 }, async () => {
  const desk = new Desk({ builddir, port })
  let browser
  desk.start()
  try {
    await desk.ready()
    const file = join(desk.dir, 'first.book')
    writeFileSync(file, BOOK)
    const login = await desk.setUp(file)
    browser = await openBrowser()
    const { page, complaints } = await openPage(browser, origin)
    await logIn(page, origin, login)
    const row = (name) => page.locator('a.row', { hasText: name })

    write(desk, 'Marta', 'Hola, la talla no me va bien. ¿Qué hago?')
    await row('Marta').waitFor()
    assert.match(await row('Marta').innerText(), /General/)

    // a wrong text says where, and is not applied
    await page.getByRole('link', { name: 'Libro de la mesa' }).click()
    const text = page.locator('.book-edit textarea')
    await page.locator('.book-state', { hasText: 'Versión 2' }).waitFor()
    assert.equal(await text.inputValue(), BOOK)
    await text.fill(BOOK + ADDED.replace('"Quiero otra talla"', '"Quiero otro color"'))
    await page.locator('.book-errors button', { hasText: 'talla' }).waitFor()
    await shot(page, 'book-1-wrong')

    // a right one is tried on the contact that has come
    await text.fill(BOOK + ADDED)
    await page.locator('.book-diff .more', { hasText: '+ rule "talla"' }).waitFor()
    await page.locator('.book-do a').click()
    await page.locator('.trial-ask button').click()
    await page.locator('.trial-rows li', { hasText: 'Consulta de Marta' }).waitFor()
    assert.match(await page.locator('.trial-rows li').innerText(), /General → Cambios/)
    assert.match(await page.locator('.trial-sum').innerText(), /^contactos\s+1\s/)
    await shot(page, 'book-2-past')
    const past = JSON.parse(await desk.postigo('--json', 'incident', 'show', '1'))
    assert.equal(past.queue, 'general', 'a trial changes nothing')

    await page.getByRole('link', { name: 'Texto', exact: true }).click()
    await page.locator('.book-do .btn.p').click()
    await page.locator('dialog input').fill('Los cambios de talla van aparte')
    await page.locator('dialog .btn.p').click()
    await page.locator('.book-state', { hasText: 'Versión 3' }).waitFor()

    // the next contact follows it, and says why
    write(desk, 'Nerea', '¿Puedo cambiar la talla del vestido?')
    await page.getByRole('link', { name: 'Cola', exact: false }).first().click()
    await row('Nerea').waitFor()
    assert.match(await row('Nerea').innerText(), /Cambios/)
    await row('Nerea').click()
    await page.locator('.why-do').first().click()
    await page.locator('dialog mark', { hasText: 'talla' }).waitFor()
    await shot(page, 'book-3-why')
    const said = await desk.postigo('explain', '2')
    assert.match(said, /talla/)
    assert.match(said, /version 3/i)
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')

    // the version before comes back, as a new one
    await page.getByRole('link', { name: 'Libro de la mesa' }).click()
    await page.getByRole('link', { name: 'Versiones' }).click()
    const before = page.locator('.book-log > ul > li', { hasText: 'Versión 2' })
    await before.getByRole('button', { name: 'Volver a esta versión' }).click()
    await page.locator('dialog .btn.p').click()
    await page.locator('.book-log li', { hasText: 'texto de la versión 2' }).waitFor()
    await shot(page, 'book-4-log')
    write(desk, 'Olga', 'Otra vez: la talla no me va.')
    await page.getByRole('link', { name: 'Cola', exact: false }).first().click()
    await row('Olga').waitFor()
    assert.match(await row('Olga').innerText(), /General/)
    assert.match(await desk.postigo('book', 'log'), /Los cambios de talla van aparte/)
    assert.deepEqual(complaints, [])
  } finally {
    await browser?.close()
    await desk.stop()
    rmSync(desk.dir, { recursive: true, force: true })
  }
})

test('the book of a new desk, some hundred thousand octets, is changed and applied', { skip: missing, timeout: 1200000 }, async () => {
  const desk = new Desk({ builddir, port })
  let browser
  desk.start()
  try {
    await desk.ready()
    const login = await desk.setUp(join(srcdir, 'rules/catalog/default.book'))
    browser = await openBrowser()
    const { page, complaints } = await openPage(browser, origin)
    await logIn(page, origin, login)
    await page.getByRole('link', { name: 'Libro de la mesa' }).click()
    await page.locator('.book-state', { hasText: 'Versión 2' }).waitFor()
    const length = await page.evaluate((added) => {
      const text = document.querySelector('.book-edit textarea')
      text.value += added
      text.dispatchEvent(new Event('input', { bubbles: true }))
      return text.value.length
    }, ADDED.replace('"cambios"', '"devoluciones"').replace('rule "talla"', 'rule "talla mía"').replace('high\n', 'high, tag "talla"\n'))
    assert.ok(length > 300_000, 'one message to the daemon that is larger than any other')
    await page.locator('.book-diff .more', { hasText: '+ rule "talla mía"' }).waitFor()
    await page.locator('.book-do a').click()
    await page.locator('.trial-ask button').click()
    await page.locator('.trial-sum').waitFor()
    await page.getByRole('link', { name: 'Texto', exact: true }).click()
    await page.locator('.book-do .btn.p').click()
    await page.locator('dialog .btn.p').click()
    await page.locator('.book-state', { hasText: 'Versión 3' }).waitFor()
    assert.deepEqual(complaints, [])
  } finally {
    await browser?.close()
    await desk.stop()
    rmSync(desk.dir, { recursive: true, force: true })
  }
})
