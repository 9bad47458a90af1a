// A promise that explains itself, in a browser: a mail that was late is broken
// with a cause; its receipt says how; a manager says another cause; a claim is
// registered; an incident goes on in another; an agent is away and comes back.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { Desk } from '../lib/desk.mjs'
import { freePort } from '../lib/wait.mjs'
import { logIn, missingPages, openBrowser, openPage, shot } from './browser.mjs'

const builddir = process.env.POSTIGO_BUILDDIR
const srcdir = process.env.POSTIGO_SRCDIR
const port = await freePort()
const origin = `http://127.0.0.1:${port}`

const RECEIVED_S = 1767603600 // 5 January 2026: its four hours are long over

const write = (desk, from, subject, text) => desk.drop({ from, subject, text, received_s: RECEIVED_S })

const missing = missingPages('console')

/** From a chip to the receipt of a clock, and another cause. */
async function readReceipt(page) {
  await page.getByRole('button', { name: 'Ver cálculo' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Incumplido.').waitFor()
  assert.match(await dialog.locator('.lead').first().innerText(), /Objetivo: .*política «.+»/)
  assert.ok((await dialog.locator('.steps tbody tr').count()) > 0)
  await shot(page, 'promises-1-receipt')
  await dialog.getByText('La causa fue otra').click()
  await dialog.locator('.say-cause select').selectOption('assignee_away')
  await dialog.locator('.say-cause textarea').fill('Laura estaba de baja y nadie lo anotó.')
  await dialog.getByRole('button', { name: 'Cambiar la causa' }).click()
  await dialog.getByText('La persona asignada estaba ausente').first().waitFor()
  await dialog.getByText(/Lo dice .+; se calculó: /).waitFor()
  await page.keyboard.press('Escape')
  await page.locator('.log').getByText('Laura estaba de baja y nadie lo anotó.').waitFor()
}

async function registerClaim(page) {
  await page.getByRole('button', { name: 'Detalles de la incidencia' }).click()
  await page.getByRole('button', { name: 'Registrar reclamación' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Registrar reclamación' }).click()
  const code = (await dialog.locator('.claim-code').innerText()).trim()
  assert.match(code, /^[A-Z0-9-]{6,}$/)
  await shot(page, 'promises-2-claim')
  await page.keyboard.press('Escape')
  await page.locator('.log').getByText(/Reclamación registrada/).waitFor()
  await page.locator('.clock-chips').getByText('Reclamación').waitFor()
}

async function merge(page) {
  await page.getByRole('button', { name: 'Detalles de la incidencia' }).click()
  await page.getByRole('button', { name: 'Unir con otra…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox').fill('P-1')
  await dialog.getByRole('button', { name: /P-1 · / }).click()
  await dialog.getByRole('button', { name: 'Unir', exact: true }).click()
  await page.locator('.log').getByText('Aquí sigue la incidencia').waitFor()
  await page.locator('.log').getByRole('link', { name: 'P-2' }).click()
  await page.locator('.log').getByText('Sigue en la incidencia').waitFor()
  await shot(page, 'promises-3-merged')
}

async function beAway(page) {
  const account = page.locator('.account')
  await account.click()
  await page.getByRole('menuitemradio', { name: 'En una reunión' }).click()
  await account.click()
  await page.locator('[role=menuitemradio][aria-checked=true]', { hasText: 'En una reunión' }).waitFor()
  await page.getByRole('menuitemradio', { name: 'Disponible' }).click()
  await account.click()
  await page.locator('[role=menuitemradio][aria-checked=true]', { hasText: 'Disponible' }).waitFor()
  await page.keyboard.press('Escape')
}

test('a promise is broken, explained, claimed and merged', { skip: missing, timeout: 1200000 }, async () => {
  const desk = new Desk({ builddir, port })
  let browser
  let page
  desk.start()
  try {
    await desk.ready()
    const login = await desk.setUp(join(srcdir, 'tests/lib/desk.book'))
    browser = await openBrowser()
    const opened = await openPage(browser, origin)
    const { complaints } = opened
    page = opened.page
    await logIn(page, origin, login)
    write(desk, 'Marta Iglesias <marta@correo.example>', 'Pedido 1042', 'El pedido no llega.')
    await page.locator('a.row', { hasText: 'Marta Iglesias' }).click()
    await page.getByText('El pedido no llega.').waitFor()
    await readReceipt(page)
    await registerClaim(page)
    write(desk, 'Marta Iglesias <marta@correo.example>', 'Otra vez', 'Sigo esperando el 1042.')
    await page.locator('a.row', { hasText: 'Otra vez' }).click()
    await page.getByText('Sigo esperando el 1042.').waitFor()
    await merge(page)
    await beAway(page)
    assert.deepEqual(complaints, [])
  } catch (error) {
    await shot(page, 'promises-failed')
    throw error
  } finally {
    await browser?.close()
    await desk.kill()
    rmSync(desk.dir, { recursive: true, force: true })
  }
})
