// A customer writes by WhatsApp, an agent answers in a browser: text, picture,
// voice note and place are shown, answers quote, carry files and buttons, ticks
// change, the window closes and the composer says so, a template goes, and what
// cannot be delivered goes by mail. The Graph API is one of loopback.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { connectSocket } from '../lib/bus.mjs'
import { Desk } from '../lib/desk.mjs'
import { noGraph, PHONES, startGraph } from '../lib/graph.mjs'
import { freePort, until } from '../lib/wait.mjs'
import { addNumber, ask } from '../lib/whatsapp.mjs'
import { axe } from './axe.mjs'
import { logIn, missingPages, openBrowser, openPage, shot } from './browser.mjs'
import { png, voice } from './media.mjs'

const builddir = process.env.POSTIGO_BUILDDIR
const srcdir = process.env.POSTIGO_SRCDIR
const [port, whatsappPort] = await (async () => {
  const first = await freePort(2)
  return [first, first + 1]
})()
const origin = `http://127.0.0.1:${port}`
const MARTA = '34611222333'
const DAY_S = 24 * 60 * 60
const MARGIN_S = 120 // the desk's own, before the window's end

const template = {
  name: 'pedido_listo',
  language: 'es',
  category: 'UTILITY',
  components: [
    { type: 'BODY', text: 'Hola, {{1}}: tu pedido *{{2}}* está listo.', example: { body_text: [['Ana', '42']] } },
    { type: 'FOOTER', text: 'Tienda' },
  ],
}

test('an agent answers by WhatsApp', { skip: missingPages('console') || noGraph, timeout: 1200000 }, async (t) => {
  const desk = new Desk({ builddir, port, whatsappPort })
  const graph = await startGraph({ webhook: `http://127.0.0.1:${whatsappPort}/whatsapp/${PHONES[0]}`, options: { autoStatus: '' } })
  let browser
  let control
  desk.start()
  t.after(async () => {
    control?.close()
    await browser?.close()
    await desk.stop()
    await graph.stop()
    rmSync(desk.dir, { recursive: true, force: true })
  })
  await desk.ready()
  const login = await desk.setUp(join(srcdir, 'tests/lib/desk.book'))
  control = await connectSocket(desk.socket('control'))
  await graph.post('templates', { templates: [template] })
  await addNumber(control, { graph, settings: { mail: 'correo' } })
  await until(async () => (await ask(whatsappPort, 'GET', '/readyz')).status === 200, 'the gateway')

  browser = await openBrowser()
  const { page, complaints, context } = await openPage(browser, origin)
  await logIn(page, origin, login)
  const log = page.locator('.log')
  const field = page.locator('.co textarea')
  const row = (name) => page.locator('a.row', { hasText: name })
  const bubble = (text) => log.locator('.m', { hasText: text })
  const writes = async (more) => (await graph.post('inbound', { from: MARTA, contact: { name: 'Marta Iglesias' }, ...more })).ids[0]
  const wrote = async (fits, what) => until(async () => (await graph.get('state')).messages.find(fits), what)
  const now = () => Math.floor(Date.now() / 1000)

  await t.test('what a customer sends is shown', async () => {
    await writes({ text: '*Hola*, ¿dónde está mi _pedido_ <b>42</b>? https://tienda.example/pedido_42' })
    await row('Marta Iglesias').click()
    await log.locator('.m strong', { hasText: 'Hola' }).waitFor()
    assert.equal(await log.locator('.m b').count(), 0, 'markup is text')
    assert.equal(await log.locator('.m em').innerText(), 'pedido')
    await page.locator('.wa-window', { hasText: 'para contestar con libertad' }).waitFor()

    const picture = await graph.post('media', { mime_type: 'image/png', data_base64: png(64, 48).toString('base64') })
    await writes({ type: 'image', media_id: picture.id, caption: 'Así llegó' })
    const image = bubble('Así llegó').locator('img')
    await image.waitFor()
    await until(() => image.evaluate((one) => one.complete && one.naturalWidth === 64), 'the picture')

    const note = await graph.post('media', { mime_type: 'audio/ogg; codecs=opus', data_base64: voice(1).toString('base64') })
    await writes({ type: 'audio', media_id: note.id })
    const audio = log.locator('audio')
    await audio.waitFor()
    await until(() => audio.evaluate((one) => one.duration > 0.5), 'the length of the note')
    const played = await audio.evaluate((one) => {
      one.muted = true
      return one.play().then(() => 'played', (error) => String(error))
    })
    assert.equal(played, 'played')

    await writes({ type: 'location', message: { location: { latitude: 41.3874, longitude: 2.1686, name: 'Plaça de Catalunya', address: 'Barcelona' } } })
    const place = log.locator('.wa-card', { hasText: 'Plaça de Catalunya' })
    await place.waitFor()
    assert.match(await place.innerText(), /41\.3874, 2\.1686/)
    await writes({ type: 'unsupported', message: { unsupported: { type: 'poll' }, errors: [{ code: 131051, title: 'Message type unknown' }] } })
    await log.locator('.wa-odd').waitFor()
    assert.deepEqual(await axe(page), [])
    await shot(page, 'whatsapp-1-came')
  })

  await t.test('an answer quotes, and its ticks change', async () => {
    await bubble('Así llegó').getByRole('button', { name: 'Citar' }).click()
    await page.locator('.wa-quoting', { hasText: 'Así llegó' }).waitFor()
    await field.fill('Lo siento, **Marta**. Te mando otro.')
    await field.press('Control+Enter')
    const sent = await wrote((one) => one.type === 'text', 'the answer at Graph')
    assert.match(JSON.stringify(sent), /Lo siento, \*Marta\*\./)
    const mine = log.locator('.m.me', { hasText: 'Te mando otro' })
    await mine.locator('.sent', { hasText: 'Aceptado por WhatsApp' }).waitFor()
    for (const [status, word] of [['sent', '✓ Enviado'], ['delivered', '✓✓ Entregado'], ['read', '✓✓ Leído'], ['delivered', '✓✓ Leído']]) {
      await graph.post('status', { id: sent.id, status })
      await mine.locator('.sent', { hasText: word }).waitFor()
    }
    await mine.locator('.wa-quote', { hasText: 'Así llegó' }).waitFor()
    // From here on each message is on its way at once.
    await graph.post('options', { auto_status: ['sent'] })
    await writes({ type: 'reaction', reply_to: sent.id, emoji: '🙏' })
    await mine.locator('.wa-reactions', { hasText: '🙏' }).waitFor()
    await bubble('Así llegó').getByRole('button', { name: 'Reaccionar', exact: true }).click()
    await bubble('Así llegó').getByRole('button', { name: 'Reaccionar con 👍' }).click()
    await wrote((one) => one.type === 'reaction', 'the reaction at Graph')
    await bubble('Así llegó').locator('.wa-reactions', { hasText: '👍' }).waitFor()
  })

  await t.test('a picture and buttons go out', async () => {
    await page.setInputFiles('.cf input[type=file]', { name: 'etiqueta.png', mimeType: 'image/png', buffer: png(32, 32) })
    await page.locator('.co .file-x').waitFor()
    await field.fill('Esta es la etiqueta.')
    await field.press('Control+Enter')
    await wrote((one) => one.type === 'image', 'the picture at Graph')
    await bubble('Esta es la etiqueta.').locator('img').waitFor()

    await field.fill('¿Te vale así?')
    for (const title of ['Sí', 'No']) {
      await page.getByRole('button', { name: 'Añadir botón' }).click()
      await page.locator('.wa-buttons input').last().fill(title)
    }
    await shot(page, 'whatsapp-2-buttons')
    await field.press('Control+Enter')
    const asked = await wrote((one) => one.type === 'interactive', 'the buttons at Graph')
    assert.match(JSON.stringify(asked), /"title":"Sí"/)
    await field.fill('x'.repeat(4097))
    await page.locator('.wa-count.over').first().waitFor()
    assert.equal(await page.locator('.cf .btn.p').getAttribute('aria-disabled'), 'true')
    await field.fill('')
  })

  await t.test('what cannot be delivered says why, and goes by mail', async () => {
    await page.getByRole('button', { name: 'Añadir una dirección' }).click()
    await page.getByLabel('Dirección de correo').fill('marta@correo.example')
    await page.getByRole('button', { name: 'Añadir', exact: true }).click()
    await page.locator('.ids', { hasText: 'marta@correo.example' }).waitFor()
    await field.fill('¿Te llega esto?')
    await field.press('Control+Enter')
    const lost = await wrote((one) => JSON.stringify(one).includes('¿Te llega esto?'), 'the answer at Graph')
    await graph.post('status', { id: lost.id, status: 'failed:131026' })
    const mine = log.locator('.m.me', { hasText: '¿Te llega esto?' }).first()
    await mine.locator('.wa-trouble', { hasText: 'quizá no tiene WhatsApp' }).waitFor()
    assert.deepEqual(await axe(page), [])
    await shot(page, 'whatsapp-3-failed')
    await mine.getByRole('button', { name: 'Enviar por correo' }).click()
    await mine.getByRole('link', { name: 'Se envió por otro canal' }).waitFor()
    const file = await until(() => {
      const [name] = readdirSync(join(desk.outbox, 'new'))
      return name && join(desk.outbox, 'new', name)
    }, 'the mail')
    assert.match(readFileSync(file, 'utf8'), /^To:.*marta@correo\.example/im)
  })

  await t.test('the window closes, and a template goes', async () => {
    await writes({ from: '34600333444', contact: { name: 'Tomás Vidal' }, text: 'Sigo esperando', timestamp: now() - DAY_S + MARGIN_S + 1800 })
    await row('Tomás Vidal').click()
    await page.locator('.wa-window.near', { hasText: /Quedan \d+ min para contestar/ }).waitFor()
    assert.deepEqual(await axe(page), [])
    await shot(page, 'whatsapp-4-closing')

    // The list keeps still under a pointer.
    await page.mouse.move(700, 20)
    await writes({ from: '34600555666', contact: { name: 'Ana Pons' }, text: '¿Hola?', timestamp: now() - DAY_S + MARGIN_S + 5 })
    await row('Ana Pons').click()
    await page.locator('.wa-window.near', { hasText: 'solo puede ir una plantilla' }).waitFor()
    await page.locator('.wa-picker').waitFor()
    assert.equal(await field.isVisible(), false)
    assert.equal(await page.locator('.cf .btn.p').getAttribute('aria-disabled'), 'true')
    await page.getByLabel('Buscar una plantilla').fill('pedido')
    await page.getByLabel('Buscar una plantilla').press('Enter')
    await page.getByLabel('Hueco 1').fill('Ana')
    await page.getByLabel('Hueco 2').fill('1042')
    await page.locator('.wa-fill .preview', { hasText: 'Hola, Ana: tu pedido 1042 está listo.' }).waitFor()
    assert.deepEqual(await axe(page), [])
    await shot(page, 'whatsapp-5-template')
    await page.locator('.cf .btn.p').click()
    const sent = await wrote((one) => one.type === 'template', 'the template at Graph')
    assert.match(JSON.stringify(sent), /1042/)
    await log.locator('.m.me strong', { hasText: '1042' }).waitFor()
  })

  await t.test('who asks to be left alone is', async () => {
    await writes({ from: '34600777888', contact: { name: 'Luz Prieto', username: 'luz.prieto' }, text: '¿Tenéis tallas grandes?' })
    await row('Luz Prieto').click()
    await page.locator('.ids', { hasText: '@luz.prieto · +34600777888' }).waitFor()
    await writes({ from: '34600777888', contact: { name: 'Luz Prieto', username: 'luz.prieto' }, text: 'BAJA' })
    const band = page.locator('.wa-window.near', { hasText: 'ha pedido no recibir mensajes' })
    await band.waitFor()
    await shot(page, 'whatsapp-9-consent')
    await band.getByRole('button', { name: 'Ha vuelto a dar permiso' }).click()
    await band.waitFor({ state: 'detached' })
  })

  await t.test('numbers have their page', async () => {
    await page.goto(`${origin}/?settings=whatsapp`)
    const line = page.locator('.plan', { hasText: 'tienda' })
    await line.locator('summary').click()
    await line.locator('.number-list', { hasText: 'pedido_listo' }).waitFor()
    await graph.post('webhook', { body: '{"object":"whatsapp_business_account","entry":[{' })
    await until(async () => (await control.call('hook.list', { state: 'dead' })).hooks.length === 1, 'the failed delivery')
    const value = { event: 'ACCOUNT_RESTRICTION', restriction_info: [{ restriction_type: 'RESTRICTED_ADD_PHONE_NUMBER_ACTION' }] }
    await graph.post('webhook', { body: { object: 'whatsapp_business_account', entry: [{ id: '102290129340398', time: now(), changes: [{ field: 'account_update', value }] }] } })
    await until(async () => (await control.call('account.list')).events.length === 1, 'what was said of the account')
    await line.locator('summary').click()
    await line.locator('summary').click()
    await line.getByRole('button', { name: 'Probar otra vez' }).waitFor()
    await line.locator('.number-list', { hasText: 'Cambio en la cuenta' }).waitFor()
    assert.deepEqual(await axe(page), [])
    await shot(page, 'whatsapp-6-settings')
    await line.getByRole('button', { name: 'Probar otra vez' }).click()
    await page.locator('.toast', { hasText: 'Se prueba otra vez' }).waitFor()
    await line.getByRole('button', { name: 'Cambiar' }).click()
    const form = page.locator('dialog')
    await form.getByRole('button', { name: 'Crear un token' }).click()
    assert.match(await form.getByLabel('Token de verificación', { exact: true }).last().inputValue(), /^[0-9a-f]{48}$/)
    assert.equal(await form.getByLabel('Dirección del webhook').inputValue(), `${origin}/whatsapp/${PHONES[0]}`)
    assert.deepEqual(await axe(page), [])
    await shot(page, 'whatsapp-7-form')
  })

  assert.deepEqual(complaints, [])
  await context.close()

  for (const [look, name, options] of [
    ['dark', 'Marta Iglesias', { colorScheme: 'dark' }],
    ['phone', 'Ana Pons', { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
  ])
    await t.test(`it is read in ${look}`, async () => {
      const other = await openPage(browser, origin, options)
      await other.context.addInitScript(() => localStorage.setItem('postigo.language', 'en'))
      await logIn(other.page, origin, login)
      await other.page.goto(`${origin}/?view=all`)
      await other.page.locator('a.row', { hasText: name }).click()
      await other.page.locator('.wa-window, .co .guard').first().waitFor()
      assert.deepEqual(await axe(other.page), [], `axe in ${look}`)
      await shot(other.page, `whatsapp-8-${look}`)
      assert.deepEqual(other.complaints, [])
      await other.context.close()
    })
})
