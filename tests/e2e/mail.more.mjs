// What mail does to an agent, in a browser: a stranger with a borrowed reference
// gets an incident that only claims to belong to another one; what is forwarded
// stands apart; an answer that comes back is seen with its reason, and the
// address is flagged until somebody knows better; a mail looks as its preview
// did; an admin changes a mailbox.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { Desk } from '../lib/desk.mjs'
import { freePort, until } from '../lib/wait.mjs'
import { axe } from './axe.mjs'
import { logIn, missingPages, openBrowser, openPage, shot } from './browser.mjs'

const builddir = process.env.POSTIGO_BUILDDIR
const srcdir = process.env.POSTIGO_SRCDIR
const missing = missingPages('console')

/** Marks of every kind that the preview and the mail must read alike. */
const ANSWER = [
  'Hola, **Marta** y *compañía*:',
  'ya está en https://t.example/a_b_c (mira _ahí_).',
  '',
  '- una',
  '- dos `<b>`',
  '',
  '3. tres',
  '',
  '> cita',
  '',
  '# Pasos',
  '',
  '[pulsa](javascript:alert(1)) <i>no</i> &amp; [nota]: https://t.example',
  '--',
  'Laura',
].join('\n')

const DIAGNOSTIC = '550 5.1.1 no such user here'

/** A report of failure about the mail with that Message-ID. */
const report = (id) =>
  [
    '--r',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Your message could not be delivered.',
    '--r',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.correo.example',
    '',
    'Final-Recipient: rfc822; marta@correo.example',
    'Action: failed',
    'Status: 5.1.1',
    `Diagnostic-Code: smtp; ${DIAGNOSTIC}`,
    '',
    '--r',
    'Content-Type: text/rfc822-headers',
    '',
    'From: Tienda <ayuda@tienda.example>',
    'To: marta@correo.example',
    'Subject: Re: Caja',
    `Message-ID: ${id}`,
    '',
    '--r--',
  ].join('\r\n')

/** The HTML part of a mail, decoded. */
function htmlOf(mail) {
  const [, boundary] = /multipart\/alternative;\s*boundary="?([^"\s;]+)/i.exec(mail)
  const part = mail.split(`--${boundary}`).find((one) => /Content-Type: text\/html/i.test(one))
  const [head, body] = part.trim().split(/\r?\n\r?\n([^]*)/)
  if (/base64/i.test(head)) return Buffer.from(body, 'base64').toString()
  if (!/quoted-printable/i.test(head)) return body
  const octets = body.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(octets, 'latin1').toString()
}

/** What is drawn, as one line: elements that mean something, and texts. Runs in a page. */
function drawn(root) {
  const draw = (node) => {
    if (node.nodeType === 3) return node.data.replace(/\s+/g, ' ')
    const inner = [...node.childNodes].map(draw).join('')
    const tag = node.localName
    if (tag === 'div' || tag === 'body') return inner
    const more = tag === 'a' ? ` ${node.getAttribute('href')}` : tag === 'ol' ? ` ${node.getAttribute('start') ?? 1}` : ''
    return `<${tag}${more}>${inner}</${tag}>`
  }
  return draw(root).replace(/\s*(<\/?(?:p|ul|ol|li|blockquote|pre|hr|br)\b[^>]*>)\s*/g, '$1').trim()
}

test('claims, returned mail, and the preview', { skip: missing, timeout: 1200000 }, async (t) => {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const desk = new Desk({ builddir, port })
  let browser
  desk.start()
  t.after(async () => {
    await browser?.close()
    await desk.stop()
    rmSync(desk.dir, { recursive: true, force: true })
  })
  await desk.ready()
  const login = await desk.setUp(join(srcdir, 'tests/lib/desk.book'))
  browser = await openBrowser()
  const { page, complaints } = await openPage(browser, origin)
  await logIn(page, origin, login)
  desk.drop({ from: 'Marta Iglesias <marta@correo.example>', subject: 'Caja', id: 'uno@correo.example', text: 'La caja venía vacía.' })
  await page.locator('a.row', { hasText: 'Marta Iglesias' }).click()
  await page.getByText('La caja venía vacía.').waitFor()

  let sent
  let previewed
  await t.test('the mail is drawn as its preview', async () => {
    await page.goto(`${origin}/?settings=own`)
    await page.locator('.settings textarea').fill('**Laura** de la tienda')
    await page.getByRole('button', { name: 'Guardar la firma' }).click()
    await page.locator('.toast').waitFor()
    await page.goto(`${origin}/?incident=1`)
    await page.locator('.co textarea').fill(ANSWER)
    await page.getByRole('button', { name: 'Vista previa del correo' }).click()
    await page.locator('.preview .signature strong').waitFor()
    previewed = await page.evaluate(`(${drawn})(document.querySelector('.preview'))`)
    await shot(page, 'mail-1-preview')
    await page.locator('.co textarea').press('Control+Enter')
    const file = await until(() => {
      const [name] = readdirSync(join(desk.outbox, 'new'))
      return name && join(desk.outbox, 'new', name)
    }, 'an answer in the outgoing Maildir')
    sent = readFileSync(file, 'utf8')
    const reader = await browser.newPage()
    await reader.setContent(htmlOf(sent))
    assert.equal(await reader.evaluate(`(${drawn})(document.body)`), previewed)
    await reader.close()
  })

  await t.test('a borrowed reference is only a claim', async () => {
    desk.drop({
      from: 'Nadie Conocido <nadie@otro.example>',
      subject: 'Re: Caja',
      id: 'ajeno@otro.example',
      headers: ['In-Reply-To: <uno@correo.example>', 'References: <uno@correo.example>'],
      text: 'Cambiad la dirección de ese pedido.',
    })
    await page.locator('a.row', { hasText: 'Nadie Conocido' }).click()
    const line = page.locator('.claims')
    await line.waitFor()
    assert.match(await line.innerText(), /Dice pertenecer a P-1; quien escribe no participa/)
    assert.deepEqual(await axe(page), [])
    await shot(page, 'mail-2-claim')
    await line.getByRole('link', { name: 'P-1' }).click()
    await page.getByText('La caja venía vacía.').waitFor()
    assert.equal(await page.getByText('Cambiad la dirección').count(), 0)
  })

  await t.test('a forward is folded apart', async () => {
    desk.drop({
      from: 'Luz Prieto <luz@correo.example>',
      subject: 'Fwd: Entrega',
      text: [
        'Mirad lo que me mandan.',
        '',
        '---------- Mensaje reenviado ---------',
        'De: Transportes Rápidos <avisos@rapidos.example>',
        'Fecha: lun, 5 ene 2026 a las 9:00',
        'Asunto: Entrega fallida',
        'Para: Luz Prieto <luz@correo.example>',
        '',
        'No había nadie en casa.',
      ].join('\r\n'),
    })
    await page.locator('a.row', { hasText: 'Luz Prieto' }).click()
    const fold = page.getByRole('button', { name: 'Reenviado de Transportes Rápidos: Entrega fallida' })
    await fold.waitFor()
    assert.equal(await page.getByText('No había nadie en casa.').count(), 0)
    assert.equal(await page.locator('.m .m-text').innerText(), 'Mirad lo que me mandan.')
    await fold.click()
    await page.getByText('No había nadie en casa.').waitFor()
    assert.deepEqual(await axe(page), [])
    await page.locator('a.row', { hasText: 'Marta Iglesias' }).click()
    await page.getByText('La caja venía vacía.').waitFor()
  })

  await t.test('an answer that came back is seen, and the address is cleared', async () => {
    const id = /^Message-ID:\s*(<[^>]+>)/im.exec(sent)[1]
    desk.drop({
      from: 'Mail Delivery System <MAILER-DAEMON@correo.example>',
      subject: 'Undelivered Mail Returned to Sender',
      headers: ['Auto-Submitted: auto-replied', 'Return-Path: <>'],
      type: 'multipart/report; report-type=delivery-status; boundary=r',
      text: report(id),
    })
    const answer = page.locator('.m.me')
    await answer.locator('.returned').waitFor()
    assert.match(await answer.locator('.returned').innerText(), /Volvió[^]*no such user here/)
    assert.match(await answer.locator('.sent').innerText(), /No se pudo entregar/)
    const band = page.locator('.co .guard')
    await band.waitFor()
    assert.match(await band.innerText(), /marta@correo\.example volvió/)
    assert.match(await page.locator('.failed').innerText(), /no such user here/)
    assert.match(await page.locator('.m', { hasText: 'could not be delivered' }).locator('.m-foot').innerText(), /escrito por un programa: .* devolución de un correo nuestro/)
    assert.deepEqual(await axe(page), [])
    await shot(page, 'mail-3-returned')
    await band.getByRole('button', { name: 'Ya funciona' }).click()
    await band.waitFor({ state: 'detached' })
    await page.reload()
    await answer.locator('.returned').waitFor()
    assert.equal(await page.locator('.failed').count(), 0)
  })

  await t.test('an admin changes a mailbox, tries it and takes it out of use', async () => {
    const settings = async () => {
      const lines = (await desk.postigo('--json', 'connection', 'list')).trim().split('\n').map((one) => JSON.parse(one))
      return lines.find((one) => one.name === 'correo')
    }
    const before = (await settings()).settings
    await page.goto(`${origin}/?settings=mail`)
    const line = page.locator('.plan', { hasText: 'correo' })
    await line.getByRole('button', { name: 'Cambiar' }).click()
    const form = page.locator('dialog')
    await form.getByLabel('Firma en español').fill('**Tienda Robledo**\n<https://tienda.example>')
    await form.getByLabel('Citar el mensaje anterior').check()
    await form.getByLabel('Confirmar a quien escribe').check()
    await form.getByLabel('Carpeta de entrada').fill('no es una ruta')
    await form.getByRole('button', { name: 'Guardar' }).click()
    await form.locator('[aria-invalid=true]').waitFor()
    assert.deepEqual(await axe(page), [])
    await form.getByLabel('Carpeta de entrada').fill(before.in)
    await form.getByRole('button', { name: 'Guardar' }).click()
    await form.waitFor({ state: 'detached' })
    assert.deepEqual((await settings()).settings, {
      ...before,
      signature: { es: '**Tienda Robledo**\n<https://tienda.example>' },
      quote_history: true,
      acknowledge: true,
    })
    await line.getByRole('button', { name: 'Probar' }).click()
    await page.locator('.toast', { hasText: 'El buzón «correo» funciona' }).waitFor()
    await line.getByRole('button', { name: 'Dejar de usar' }).click()
    await page.locator('.plan.off', { hasText: 'correo' }).waitFor()
    assert.equal((await settings()).active, false)
    await shot(page, 'mail-4-settings')
  })
  assert.deepEqual(complaints, [])
})
