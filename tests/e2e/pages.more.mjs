// Every page of the real console in light, dark and phone width, in both
// languages, with real, empty, long and failed content: axe-core finds nothing,
// the console of the browser says nothing, no other host is asked. With SHOTS
// set, a picture of each is left there.
import assert from 'node:assert/strict'
import { chmodSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { Desk } from '../lib/desk.mjs'
import { freePort, until } from '../lib/wait.mjs'
import { axe } from './axe.mjs'
import { logIn, missingPages, openBrowser, openPage, shot } from './browser.mjs'

const builddir = process.env.POSTIGO_BUILDDIR
const srcdir = process.env.POSTIGO_SRCDIR
const port = await freePort()
const origin = `http://127.0.0.1:${port}`
const looks = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { colorScheme: 'light', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
]

const mails = [
  ['Marta Iglesias', 'marta', 'Pedido 10482: caja vacía', 'Hola, me ha llegado la caja del pedido 10482 vacía. ¿Qué hago?'],
  ['Tom Whitfield', 'tom', 'Where is my parcel?', 'Hello, my parcel should have arrived on Monday. Where is it?'],
  ['Lucía Cano', 'lucia', 'Factura con NIF', 'Buenos días, necesito la factura con el NIF B12345678.'],
  [
    'Maximiliana Hernández-Villanueva de la Santísima Trinidad',
    'una.direccion.larguisima.que.no.cabe.en.ninguna.parte.del.panel',
    `Asunto ${'larguísimo '.repeat(12)}`,
    `${'Unapalabrasinespaciosquenoseacabanunca'.repeat(12)}\r\n\r\n${'Un párrafo largo que sigue y sigue. '.repeat(60)}\r\nhttps://tienda.example/${'camino/'.repeat(40)}`,
  ],
]

const encoded = (s) => `=?utf-8?B?${Buffer.from(s).toString('base64')}?=`

function write(desk) {
  for (const [name, address, subject, text] of mails)
    desk.drop({
      from: `${encoded(name)} <${address}@correo.example>`,
      subject: `${encoded(subject.slice(0, 40))}
 ${encoded(subject.slice(40) || ' ')}`,
      text,
    })
}

async function judge(page, complaints, name) {
  await shot(page, name)
  assert.deepEqual(await axe(page), [], `axe on ${name}`)
  assert.deepEqual(complaints.splice(0), [], `the browser on ${name}`)
}

async function incidentsOf(desk) {
  const text = await desk.postigo('incident', 'list', '--all', '--json')
  return text.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line))
}

const missing = missingPages('console')

test('log-in, queue and conversation', { skip: missing, timeout: 1200000 }, async (t) => {
  const desk = new Desk({ builddir, port })
  let browser
  desk.start()
  try {
    await desk.ready()
    const login = await desk.setUp(join(srcdir, 'tests/lib/desk.book'))
    browser = await openBrowser()

    for (const [look, options] of looks) {
      for (const language of ['es', 'en']) {
        await t.test(`log-in and empty desk, ${look}, ${language}`, async () => {
          const locale = language === 'es' ? 'es-ES' : 'en-GB'
          const { context, page, complaints } = await openPage(browser, origin, { ...options, locale })
          await page.goto(`${origin}/login?lang=${language}`)
          await judge(page, complaints, `login-${look}-${language}`)
          // Nobody's address: five failures would make Laura wait.
          await page.fill('input[name=email]', `nadie.${look}.${language}@tienda.example`)
          await page.fill('input[name=password]', 'this is not it')
          await page.press('input[name=password]', 'Enter')
          await page.waitForSelector('.error')
          // The browser notes the refusal's status, when it comes to it.
          await until(() => complaints.some((line) => /status of 403/.test(line)), 'the note of a 403')
          complaints.length = 0
          await judge(page, complaints, `login-refused-${look}-${language}`)
          await context.close()
        })
      }
    }
    {
      const { context, page, complaints } = await openPage(browser, origin)
      await logIn(page, origin, login)
      await page.locator('.q .empty').waitFor()
      await judge(page, complaints, 'queue-empty')
      await context.close()
    }

    write(desk)
    const incidents = await until(async () => {
      const now = await incidentsOf(desk)
      return now.length >= mails.length && now
    }, 'all incidents')
    assert.equal(incidents.length, mails.length)
    const of = (name) => incidents.find((one) => one.customer.name.startsWith(name)).id

    for (const [look, options] of looks) {
      for (const language of ['es', 'en']) {
        await t.test(`queue and conversation, ${look}, ${language}`, async () => {
          await desk.postigo('user', 'list')
          const { context, page, complaints } = await openPage(browser, origin, {
            ...options,
            locale: language === 'es' ? 'es-ES' : 'en-GB',
          })
          await page.addInitScript((lang) => localStorage.setItem('postigo.language', lang), language)
          await logIn(page, origin, login)
          await page.locator('a.row').first().waitFor()
          await judge(page, complaints, `queue-${look}-${language}`)
          for (const [name, who] of [
            ['real', 'Marta'],
            ['long', 'Maximiliana'],
          ]) {
            await page.locator(`a.row[data-row="${of(who)}"]`).click()
            await page.locator('.co textarea').waitFor()
            await page.locator('.log .m').first().waitFor()
            await judge(page, complaints, `conversation-${name}-${look}-${language}`)
            if (look === 'phone') await page.goBack()
          }
          await context.close()
        })
      }
    }

    await t.test('an answer that cannot be delivered is told', async () => {
      const { context, page, complaints } = await openPage(browser, origin)
      await logIn(page, origin, login)
      chmodSync(join(desk.outbox, 'tmp'), 0o500)
      rmSync(join(desk.outbox, 'new'), { recursive: true })
      await page.locator(`a.row[data-row="${of('Tom')}"]`).click()
      await page.locator('.co textarea').fill('It is with the carrier, Tom.')
      await page.locator('.co textarea').press('Control+Enter')
      await page.locator('.log').getByText('It is with the carrier, Tom.').waitFor()
      await page.locator('.log .m.me .returned', { hasText: 'No such file' }).waitFor()
      await judge(page, complaints, 'conversation-undelivered')
      await context.close()
    })
  } finally {
    await browser?.close()
    await desk.stop()
    rmSync(desk.dir, { recursive: true, force: true })
  }
})
