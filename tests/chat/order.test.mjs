// The page of an order from outside, before a desk in memory: headers,
// languages, links that are none or have ended, a desk that is away; and in a
// browser: wide, narrow, dark, on paper.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'
import { startGateway, until } from './lib.mjs'
import { MockDesk } from './mock.mjs'

const TOKEN = `o1042.1900000000.${'0123456789abcdef'.repeat(2)}`
const USUAL = 'o2.1900000000.00'
const LONG = 'o3.1900000000.00'
const browserFile = process.env.CHROMIUM ?? '/usr/bin/chromium'
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const sheet = (language) => ({
  language: language ?? 'es',
  shop: 'Tienda Olmo',
  number: '2026-1042',
  placed: '3 de noviembre de 2026',
  state: 'Enviado',
  payment: 'Pagado',
  promised: '9 de noviembre de 2026',
  late: '3 días de retraso',
  lines: [...Array(12)].map((_, i) => ({
    name: i ? `Artículo ${i} con un nombre bastante largo` : '<b>Taza</b>',
    variant: 'azul',
    quantity: i + 1,
    total: '1234,50\u00a0€',
    properties: ['Grabado: Eva'],
  })),
  subtotal: '14.814,00\u00a0€',
  shipping: '4,90\u00a0€',
  total: '14.818,90\u00a0€',
  address: ['Eva Gil', 'Calle Mayor 1', '28013 Madrid ES'],
  shipments: [
    {
      state: 'En camino',
      carrier: 'Correos Express',
      number: 'PQ4A7Z0400012340128006X',
      url: 'https://transporte.example/?n=PQ4A',
      at: '5 de noviembre de 2026, 10:00',
      checkpoints: [{ at: '5 de noviembre de 2026, 10:00', text: 'En la oficina de tránsito', place: 'Madrid' }],
    },
  ],
  returns: [{ state: 'Aceptada', at: '12 de noviembre de 2026' }],
  as_of: '12 de noviembre de 2026, 09:30',
})

/** Five lines, as most orders have at most. */
const usual = () => ({ ...sheet(), lines: sheet().lines.slice(0, 5) })
/** What is as long as it may be, read from right to left, or one word. */
const long = () => ({
  ...sheet(),
  state: 'Reembolsado',
  lines: [...Array(60)].map((_, i) => ({ name: ['ق'.repeat(200), 'W'.repeat(200), `👩‍👩‍👧‍👦 ${'palabra '.repeat(24)}`, 'Taza'][i % 4], quantity: 1000 + i, total: '123.456,00\u00a0€', refunded: i, properties: [] })),
  address: ['محمد بن عبد الله', 'שרה לוי'],
})
const sheets = { [TOKEN]: sheet, [USUAL]: usual, [LONG]: long }
const pages = (pdf) => pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length
const carrierInPrint = (page) => page.evaluate(() => getComputedStyle(document.querySelector('.away'), '::after').content)
/** How lines break over sheets of paper, and the sums at the end alone. */
const uncut = (page) => page.evaluate(() => [getComputedStyle(document.querySelector('tbody tr')).breakInside, getComputedStyle(document.querySelector('tfoot')).display])

let desk, gateway
before(async () => {
  desk = new MockDesk()
  desk['order.public'] = ({ token, language }) => {
    if (sheets[token]) return { sheet: sheets[token](language) }
    throw MockDesk.refusal('perm', token.startsWith('o7') ? 'expired' : 'not_found')
  }
  await desk.listen()
  gateway = await startGateway(desk.path, { args: ['--trusted-proxy', '127.0.0.1'] })
})
after(async () => {
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null })
  await desk.close()
})

const get = (path, headers) => gateway.http('GET', path, { headers })

test('a page is kept by nobody, listed by nobody, framed by nobody, and runs nothing', async () => {
  const { status, headers, text } = await get(`/order/${TOKEN}`)
  assert.equal(status, 200)
  assert.equal(headers['content-type'], 'text/html; charset=utf-8')
  assert.equal(headers['cache-control'], 'no-store')
  assert.match(headers['x-robots-tag'], /noindex/)
  assert.equal(headers['referrer-policy'], 'no-referrer')
  assert.equal(headers['content-security-policy'], "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
  assert.match(text, /<meta name="robots" content="noindex, nofollow">/)
  assert.doesNotMatch(text, /<script|<b>Taza|style=| on\w+=/)
  assert.match(text, /&lt;b&gt;Taza&lt;\/b&gt;/)
  assert.match(text, /3 días de retraso/)
  assert.match(text, /<html lang="es">/)
  const style = await get('/order/style.css')
  assert.equal(style.headers['content-type'], 'text/css; charset=utf-8')
  assert.match(style.text, /@media print/)
  assert.ok(!gateway.log().includes(TOKEN))
})

test('the other language is asked for by name', async () => {
  const { text } = await get(`/order/${TOKEN}?language=en`)
  assert.match(text, /<html lang="en">/)
  assert.match(text, /<h1>Order <bdi>2026-1042<\/bdi><\/h1>/)
  assert.equal(desk.calls.at(-1).params.language, 'en')
  await get(`/order/${TOKEN}?language=fr`, { 'accept-language': 'en' })
  assert.equal(desk.calls.at(-1).params.language, undefined)
})

test('a link that is none, or has ended, says so and asks nobody in vain', async () => {
  const ended = await get('/order/o7.1.00', { 'accept-language': 'en' })
  assert.equal(ended.status, 410)
  assert.match(ended.text, /This link has ended/)
  const unknown = await get('/order/o8.1.00')
  assert.equal(unknown.status, 404)
  assert.match(unknown.text, /no lleva a ningún pedido/)
  assert.match(unknown.headers['x-robots-tag'], /noindex/)
  const asked = desk.calls.length
  for (const path of ['/order/', '/order/%3Cscript%3E', '/order/../etc/passwd', `/order/${'0'.repeat(101)}`, '/order/o1.2.3/x'])
    assert.equal((await get(path)).status, 404, path)
  assert.equal(desk.calls.length, asked)
  assert.equal((await gateway.http('POST', `/order/${TOKEN}`, { body: '' })).status, 405)
  assert.equal((await get(`/order/${TOKEN}`, { host: 'evil.example' })).status, 421)
  assert.equal((await gateway.http('HEAD', `/order/${TOKEN}`)).text, '')
})

test('a network that opens page after page is asked to wait, and others are not', async () => {
  const from = { 'x-forwarded-for': '198.51.100.7', 'accept-language': 'en' }
  let answer
  for (let i = 0; i < 41; i++) answer = await get(`/order/o8.${i}.00`, from)
  assert.equal(answer.status, 429)
  assert.match(answer.headers['retry-after'], /^[123]$/)
  assert.match(answer.text, /Please wait a minute/)
  assert.equal(answer.headers['cache-control'], 'no-store')
  const asked = desk.calls.length
  assert.equal((await get(`/order/${TOKEN}`, from)).status, 429)
  assert.equal(desk.calls.length, asked)
  assert.equal((await get(`/order/${TOKEN}`, { 'x-forwarded-for': '198.51.100.8' })).status, 200)
})

test('in a browser: nothing is refused, nothing is wider than the screen, and it prints', async (t) => {
  if (!fs.existsSync(browserFile)) return t.skip(`no ${browserFile}`)
  const browser = await chromium.launch({ executablePath: browserFile, args: ['--headless', '--no-sandbox', '--disable-gpu'] })
  try {
    for (const [width, colorScheme] of [[1024, 'light'], [320, 'dark']]) {
      const context = await browser.newContext({ viewport: { width, height: 700 }, colorScheme })
      const page = await context.newPage()
      const problems = []
      page.on('console', (m) => m.type() === 'error' && problems.push(m.text()))
      page.on('pageerror', (error) => problems.push(error.message))
      await page.goto(`${gateway.base}/order/${TOKEN}`)
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `wider than ${width}`)
      const { violations } = await page.evaluate(`${axe}; axe.run(document)`)
      assert.deepEqual(violations.map((v) => [v.id, v.nodes.map((n) => n.html)]), [])
      assert.deepEqual(problems, [])
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/order-${width}-${colorScheme}.png`, fullPage: true })
      await page.emulateMedia({ media: 'print' })
      assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)')
      assert.ok(await page.locator('.other').isHidden())
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/order-print-${width}.png`, fullPage: true })
      await page.goto(`${gateway.base}/order/${USUAL}`)
      assert.equal(pages(await page.pdf({ format: 'A4' })), 1, 'a usual order is one sheet of paper')
      assert.ok((await carrierInPrint(page)).includes('https://transporte.example/?n=PQ4A'))
      await page.goto(`${gateway.base}/order/${LONG}`)
      assert.deepEqual(await uncut(page), ['avoid', 'table-row-group'])
      await page.emulateMedia({ media: null })
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'long names')
      await context.close()
    }
  } finally {
    await browser.close()
  }
})

test('a desk that is away is a page that says so', async () => {
  await desk.die()
  await until('the gateway knows', async () => (await get('/readyz')).status === 503)
  const { status, headers, text } = await get(`/order/${TOKEN}`)
  assert.equal(status, 503)
  assert.ok(headers['retry-after'])
  assert.match(text, /no responde ahora/)
  await desk.listen()
  await until('it is back', async () => (await get(`/order/${TOKEN}`)).status === 200)
})
