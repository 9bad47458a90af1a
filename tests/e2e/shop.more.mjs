// What a customer bought stands beside what they write: a mail that its server
// vouches for opens with the right order, an agent looks one up by its tracking
// number, opens its tracking, links it, takes it away, sends the customer its
// page, writes down what is good to know, and joins two customers and takes
// them apart. The shop is this test, over the bus.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import test from 'node:test'
import { connectSocket } from '../lib/bus.mjs'
import { Desk } from '../lib/desk.mjs'
import { freePort, until } from '../lib/wait.mjs'
import { axe } from './axe.mjs'
import { logIn, missingPages, openBrowser, openPage, shot } from './browser.mjs'

const builddir = process.env.POSTIGO_BUILDDIR
const srcdir = process.env.POSTIGO_SRCDIR
const port = await freePort()
const origin = `http://127.0.0.1:${port}`
const DAY_MS = 24 * 60 * 60 * 1000
/** A carrier's pages. */
const carrier = { origin: '', asked: [] }
const pages = createServer((request, response) => {
  carrier.asked.push({ url: request.url, referer: request.headers.referer })
  response.end('<p>Your parcel</p>')
})
const day = (n) => new Date(Date.now() + n * DAY_MS).toISOString()
const TRACKING = 'PQ4A7Z0400012340128006X'

/** An order of Lucía's that is late, with a parcel on its way. */
const late = () => ({
  external_id: '1042', number: '2026-1042', state: 'open', payment_state: 'paid', fulfilment_state: 'fulfilled', raw_status: 'processing',
  currency: 'EUR', total: '80.75', placed_at: day(-9), updated_at: day(-4), promised_at: day(-3),
  customer: { external_id: '77', email: 'lucia.gomez@correo.example', name: 'Lucía Gómez Peña', locale: 'es_ES', country: 'ES' },
  lines: [
    { external_id: '1', sku: 'ZAP-38', name: 'Zapatillas <b>Abril</b>', variant: '38', quantity: 1, unit_price: '59.95', total: '59.95' },
    { external_id: '2', sku: 'CAL-3', name: 'Calcetines', quantity: 2, unit_price: '10.40', total: '20.80' },
  ],
  shipments: [{
    external_id: 't1', carrier: 'Correos Express', tracking_number: TRACKING, tracking_url: `${carrier.origin}/t/${TRACKING}`,
    status: 'in_transit', status_at: day(-4), shipped_at: day(-5), checkpoints: [{ at: day(-4), status: 'in_transit', text: 'En la delegación', place: 'Madrid' }],
  }],
})

/** One that was paid back, of somebody who wrote nothing yet. */
const old = () => ({
  external_id: '977', number: '2026-0977', state: 'completed', payment_state: 'refunded', fulfilment_state: 'fulfilled', currency: 'EUR',
  total: '34.00', placed_at: day(-90), updated_at: day(-60), customer: { email: 'otra@correo.example', name: 'Otra Persona' },
  lines: [{ external_id: '1', name: 'Gorra', quantity: 1, total: '34.00' }],
  refunds: [{ external_id: 'r1', amount: '34.00', reason: 'rota', at: day(-60) }],
})

/** One that was bought with an address of work, by an account of its own. */
const work = () => ({
  external_id: '1100', number: '2026-1100', state: 'open', payment_state: 'pending', currency: 'EUR', total: '12.50', placed_at: day(-1),
  updated_at: day(-1), customer: { external_id: '78', email: 'lucia@trabajo.example', name: 'Lucía (oficina)' },
  lines: [{ external_id: '1', name: 'Libreta', quantity: 1, total: '12.50' }],
})

test('an agent sees what the customer bought', { skip: missingPages('console'), timeout: 1200000 }, async (t) => {
  const desk = new Desk({ builddir, port })
  let browser
  let control
  let shop
  await once(pages.listen(0, '127.0.0.1'), 'listening')
  carrier.origin = `http://127.0.0.1:${pages.address().port}`
  desk.start()
  t.after(async () => {
    control?.close()
    shop?.close()
    pages.close()
    pages.closeAllConnections()
    await browser?.close()
    await desk.stop()
    rmSync(desk.dir, { recursive: true, force: true })
  })
  await desk.ready()
  const login = await desk.setUp(join(srcdir, 'tests/lib/desk.book'))
  control = await connectSocket(desk.socket('control'))
  const mailbox = { address: 'ayuda@tienda.example', from_name: 'Tienda', in: desk.inbox, out: desk.outbox, auth_server: 'mx.tienda.example' }
  await control.call('connection.update', { name: 'correo', settings: mailbox })
  await control.call('connection.add', { name: 'tienda-web', kind: 'orders', settings: { country: 'ES' }, secrets: { secret: 's'.repeat(40) } })
  shop = await connectSocket(desk.socket('shop'))
  await shop.call('order.put', { connection: 'tienda-web', source: 'hook', orders: [late(), old(), work()] })

  browser = await openBrowser()
  const { page, complaints } = await openPage(browser, origin)
  await logIn(page, origin, login)
  const card = (number) => page.locator('.purchases .o-card', { hasText: number })

  await t.test('a mail from a known buyer opens with the order beside it', async () => {
    desk.drop({
      from: 'Lucía <lucia.gomez@correo.example>', subject: '¿Dónde está mi pedido?', text: 'Hola: tenía que llegar hace días. En casa esperan también el 2026-0977.',
      headers: ['Authentication-Results: mx.tienda.example; dkim=pass header.d=correo.example; dmarc=pass header.from=correo.example'],
    })
    await page.locator('a.row', { hasText: 'pedido' }).click()
    const order = card('2026-1042')
    await order.waitFor()
    const text = await order.innerText()
    for (const word of ['80,75', '3 días de retraso', 'en camino', 'pagado', 'Zapatillas <b>Abril</b>', 'misma cuenta de la tienda', 'Según tienda-web'])
      assert.ok(text.includes(word), `${word} in ${text}`)
    await page.locator('.ids', { hasText: 'cuenta 77 en tienda-web' }).waitFor()
    assert.equal(await card('2026-0977').count(), 0)
    // a number that is somebody else's is the agent's to judge
    await page.locator('.purchases [role=note]', { hasText: 'pedido de otra persona' }).getByRole('button', { name: '2026-0977' }).waitFor()
    assert.deepEqual(await axe(page), [])
    await shot(page, 'shop-1-beside')
  })

  await t.test("the carrier's page opens in a tab of its own, and is not told from where", async () => {
    const opened = page.context().waitForEvent('page')
    await card('2026-1042').getByRole('link', { name: new RegExp(TRACKING) }).click()
    const tab = await opened
    await tab.getByText('Your parcel').waitFor()
    assert.equal(await tab.evaluate('window.opener'), null)
    await tab.close()
    assert.deepEqual(carrier.asked.filter(({ url }) => url.startsWith('/t/')), [{ url: `/t/${TRACKING}`, referer: undefined }])
  })

  await t.test('news of the shop are shown by themselves', async () => {
    const news = late()
    await shop.call('order.put', {
      connection: 'tienda-web', source: 'hook',
      orders: [{ ...news, updated_at: day(0), shipments: [{ ...news.shipments[0], status: 'delivered', status_at: day(0), delivered_at: day(0) }] }],
    })
    await card('2026-1042').locator('.o-chip', { hasText: 'llegó 3 días tarde' }).first().waitFor()
    await card('2026-1042').getByText('Quedan 14 días para devolver').first().waitFor()
  })

  await t.test('an order is found, linked and taken away', async () => {
    await page.keyboard.press('Control+k')
    await page.locator('.palette input').fill('2026 0977')
    await page.getByRole('option', { name: /Pedido 2026-0977/ }).click()
    const dialog = page.locator('dialog')
    await dialog.locator('.o-card', { hasText: 'Gorra' }).waitFor()
    await shot(page, 'shop-2-found')
    await dialog.getByRole('button', { name: 'Enlazar con esta incidencia' }).click()
    await dialog.locator('.o-linked').waitFor()
    await dialog.getByRole('button', { name: 'Cerrar' }).click()
    await card('2026-0977').locator('.o-linked').waitFor()
    await page.locator('.toast button', { hasText: 'Deshacer' }).click()
    await card('2026-0977').waitFor({ state: 'detached' })
  })

  await t.test('the page of the order goes to the customer', async () => {
    const order = card('2026-1042')
    await order.getByRole('button', { name: 'Enviar la página del pedido' }).click()
    await order.getByRole('button', { name: 'Enviar', exact: true }).click()
    await page.locator('.log .m.me', { hasText: '2026-1042' }).waitFor()
    const file = await until(() => {
      const [name] = readdirSync(join(desk.outbox, 'new'))
      return name && join(desk.outbox, 'new', name)
    }, 'the mail')
    assert.match(readFileSync(file, 'utf8'), /^To:.*lucia\.gomez@correo\.example/im)
    await shot(page, 'shop-3-sent')
  })

  await t.test('two who may be one are joined as suggested, and taken apart', async () => {
    desk.drop({ from: 'Lucía G. <lucia@trabajo.example>', subject: 'Otra dirección', text: 'Soy la misma.' })
    await page.locator('a.row', { hasText: 'Otra dirección' }).click()
    await page.locator('.ids', { hasText: 'lucia@trabajo.example' }).waitFor()
    const suggestion = page.locator('.o-suggestion', { hasText: 'Lucía (oficina)' })
    await suggestion.getByText('mismo correo, sin verificar').waitFor()
    assert.equal(await page.locator('.purchases .o-card').count(), 0, 'who proved nothing has no orders')
    const notes = page.getByRole('region', { name: 'Lo que conviene saber' })
    await notes.getByRole('button', { name: 'Escribir' }).click()
    await notes.getByRole('textbox').fill('Mejor por la tarde')
    await notes.getByRole('button', { name: 'Guardar' }).click()
    await notes.locator('.o-remark', { hasText: 'Mejor por la tarde' }).waitFor()
    await suggestion.getByRole('button', { name: 'Comparar' }).click()
    const dialog = page.locator('dialog')
    await dialog.locator('.o-side', { hasText: 'Lucía (oficina)' }).getByRole('radio').check()
    assert.deepEqual(await axe(page), [])
    await shot(page, 'shop-4-join')
    await dialog.getByRole('button', { name: 'Unir', exact: true }).click()
    await card('2026-1100').waitFor()
    await notes.locator('.o-remark', { hasText: 'Mejor por la tarde' }).getByText('De Lucía G.').waitFor()
    await page.locator('.ids', { hasText: 'lucia@trabajo.example' }).waitFor()
    await page.locator('.o-people li', { hasText: 'Se unió con Lucía G.' }).getByRole('button', { name: 'Separar' }).click()
    await card('2026-1100').waitFor({ state: 'detached' })
    await page.locator('.ids', { hasText: 'lucia@trabajo.example' }).waitFor()
  })

  assert.deepEqual(complaints, [])
})
