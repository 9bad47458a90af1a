// The whole path in a browser: a file dropped into a Maildir becomes an incident
// in the right queue by a rule and appears without a reload; the agent answers;
// the answer lies in the outgoing Maildir, threaded; the server is killed and
// starts again, and the page goes on by itself; the customer's reply joins.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { Desk } from '../lib/desk.mjs'
import { freePort, until } from '../lib/wait.mjs'
import { logIn, missingPages, openBrowser, openPage, shot } from './browser.mjs'

const builddir = process.env.POSTIGO_BUILDDIR
const srcdir = process.env.POSTIGO_SRCDIR
const port = await freePort()
const origin = `http://127.0.0.1:${port}`

const eventually = (what, look) => until(look, what)

/** Headers of a mail, unfolded, by lower-case name. */
function headersOf(text) {
  const head = text.split(/\r?\n\r?\n/)[0].replace(/\r?\n[ \t]+/g, ' ')
  return Object.fromEntries(
    head.split(/\r?\n/).map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
}

const missing = missingPages('console')

test('a mail becomes an incident, an agent answers, the reply joins', { skip: missing, timeout: 1200000 }, async () => {
  const desk = new Desk({ builddir, port })
  let browser
  desk.start()
  try {
    await desk.ready()
    const login = await desk.setUp(join(srcdir, 'tests/lib/desk.book'))
    browser = await openBrowser()
    const { page, complaints } = await openPage(browser, origin)
    await logIn(page, origin, login)
    await page.evaluate(() => void (window.sameDocument = true))
    await shot(page, 'e2e-1-empty')

    desk.drop({
      from: 'Marta Iglesias <marta@correo.example>',
      subject: '=?utf-8?Q?Devoluci=C3=B3n_del_pedido_1042?=',
      id: 'uno@correo.example',
      text: 'Hola, quiero devolver el pedido 1042, la talla no me vale.',
    })
    const row = page.locator('a.row', { hasText: 'Marta Iglesias' })
    await row.waitFor()
    assert.match(await row.innerText(), /Devolución del pedido 1042/)
    assert.match(await row.innerText(), /Devoluciones/, 'a rule chose the queue')
    await row.click()
    await page.getByText('Hola, quiero devolver el pedido 1042').waitFor()
    await shot(page, 'e2e-2-conversation')

    const answer = 'Hola, Marta: claro que sí. Te mando la etiqueta de devolución.'
    await page.locator('.co textarea').fill(answer)
    await page.locator('.co textarea').press('Control+Enter')
    const file = await eventually('an answer in the outgoing Maildir', () => {
      const names = readdirSync(join(desk.outbox, 'new'))
      return names.length === 1 ? join(desk.outbox, 'new', names[0]) : null
    })
    const sent = readFileSync(file, 'utf8')
    const headers = headersOf(sent)
    assert.equal(headers['in-reply-to'], '<uno@correo.example>')
    assert.match(headers.references, /<uno@correo\.example>/)
    assert.match(headers.to, /marta@correo\.example/)
    assert.match(headers['message-id'], /^<p\d+\.\d+\.[a-z2-7]{16}@/)
    assert.match(headers['reply-to'], /ayuda\+p\d+\.\d+\.[a-z2-7]{16}@tienda\.example/)
    await page.getByText(answer).waitFor()
    await eventually('the answer is shown as sent', async () => /Enviad[oa]/.test(await page.locator('.log').innerText()))

    // The daemon is killed and started again by its supervisor; then everything.
    const before = desk.processes()
    process.kill(before.postigod, 'SIGKILL')
    await eventually('another postigod', () => {
      const now = desk.processes().postigod
      return now !== undefined && now !== before.postigod
    })
    await desk.ready()

    desk.drop({
      from: 'Marta Iglesias <marta@correo.example>',
      to: headers['reply-to'],
      subject: '=?utf-8?Q?Re:_Devoluci=C3=B3n_del_pedido_1042?=',
      id: 'dos@correo.example',
      headers: [`In-Reply-To: ${headers['message-id']}`, `References: <uno@correo.example> ${headers['message-id']}`],
      text: 'Gracias, ya la tengo.\r\n\r\nEl lun, 5 ene 2026 a las 9:00, Tienda <ayuda@tienda.example> escribió:\r\n> Te mando lo citado.',
    })
    await page.getByText('Gracias, ya la tengo.').waitFor()
    assert.equal(await page.getByText('Te mando lo citado').count(), 0, 'what is quoted is folded away')
    await page.getByRole('button', { name: 'Ver lo citado' }).click()
    await page.getByText('Te mando lo citado').waitFor()
    await shot(page, 'e2e-3-reply-joined')

    // What an agent wrote before the daemon was killed is found, without its accents.
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await page.keyboard.press('/')
    await page.keyboard.type('devolucion etiq')
    const hit = page.locator('a.hit', { hasText: 'P-1' })
    await hit.locator('mark', { hasText: 'devolución' }).waitFor()
    // What was found of the first word alone may be another message.
    await hit.locator('mark', { hasText: 'etiqueta' }).waitFor()
    await hit.click()
    await page.locator('.m.found', { hasText: answer }).waitFor()
    await shot(page, 'e2e-4-search')
    await page.getByRole('link', { name: 'Dejar de buscar' }).click()
    await row.waitFor()

    // The whole desk ends and starts: the page comes back by itself.
    await desk.kill()
    desk.start()
    await desk.ready()
    desk.drop({
      from: 'Tom Whitfield <tom@mail.example>',
      subject: 'Where is my parcel?',
      id: 'tres@mail.example',
      text: 'Hello, my parcel has not arrived yet. Where is it?',
    })
    await page.locator('a.row', { hasText: 'Tom Whitfield' }).waitFor()
    assert.equal(await page.evaluate(() => window.sameDocument), true, 'the page was never loaded again')

    const list = (await desk.postigo('incident', 'list', '--all', '--json')).trim().split('\n').map(JSON.parse)
    assert.equal(list.length, 2)
    const marta = list.find((one) => one.customer.name === 'Marta Iglesias')
    assert.equal(marta.messages, 3, 'question, answer and reply are one incident')
    assert.equal(marta.reason, 'return_request')
    assert.equal(readdirSync(join(desk.outbox, 'new')).length, 1, 'the answer was sent once')
    const serious = complaints.filter((line) => !/WebSocket|ERR_CONNECTION_REFUSED|503/.test(line))
    assert.deepEqual(serious, [])
  } finally {
    await browser?.close()
    await desk.stop()
    rmSync(desk.dir, { recursive: true, force: true })
  }
})
