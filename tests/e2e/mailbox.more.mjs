// The whole path over a real Dovecot and a real Postfix, with an agent in a
// browser: a customer's mail appears by itself in the queue that a rule chose,
// is answered, lies in the customer's mailbox, and the reply joins.
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { Desk } from '../lib/desk.mjs'
import { freePort, until } from '../lib/wait.mjs'
import { cannot, header, mail, Servers } from '../mailbox/lib.mjs'
import { logIn, missingPages, openBrowser, openPage } from './browser.mjs'

const builddir = process.env.POSTIGO_BUILDDIR
const srcdir = process.env.POSTIGO_SRCDIR
const missing = missingPages('console') || cannot()

/** How the mailbox is reached: as shops have it. */
const ways = {
  'TLS and a password': () => ({}),
  'STARTTLS and a token': (servers) => ({
    settings: { auth: 'xoauth2', imap_port: servers.imap, imap_security: 'starttls', smtp_port: servers.smtp, smtp_security: 'starttls' },
    secrets: { access_token: servers.run('token', 'tienda') },
  }),
}

for (const [way, how] of Object.entries(ways))
  test(`a customer's mail is answered from a browser, with ${way}`, { skip: missing, timeout: 1200000 }, async (t) => {
    const port = await freePort()
    const origin = `http://127.0.0.1:${port}`
    const servers = await Servers.start(['ana', 'tienda'])
    const desk = new Desk({ builddir, port })
    let browser
    desk.start()
    t.after(async () => {
      await browser?.close()
      await desk.stop()
      servers.stop()
      rmSync(desk.dir, { recursive: true, force: true })
    })
    await desk.ready()
    const login = await desk.setUp(join(srcdir, 'tests/lib/desk.book'))
    const { settings, secrets } = how(servers)
    const file = join(desk.dir, 'mailbox.json')
    writeFileSync(file, JSON.stringify(servers.mailbox('tienda', { sent_folder: 'Sent', start: 'all', ...settings }, secrets)), { mode: 0o600 })
    await desk.postigo('connection', 'add', '--json', file)
    assert.match(await desk.postigo('mailbox', 'test', 'tienda'), /ok/i)

    browser = await openBrowser()
    const { page, complaints } = await openPage(browser, origin)
    await logIn(page, origin, login)
    await servers.deliver(
      'tienda@localhost',
      mail({ id: 'uno@cliente.example', subject: 'Devolución', from: 'Ana Ruiz <ana@localhost>', body: 'Quiero devolver el pedido 1042, la talla no me vale.' }),
    )
    const row = page.locator('a.row', { hasText: 'Ana Ruiz' })
    await row.waitFor()
    assert.match(await row.innerText(), /Devoluciones/, 'a rule chose the queue')
    await row.click()
    await page.getByText('la talla no me vale').waitFor()
    await page.locator('.co textarea').fill('Hola, Ana: te mando la etiqueta.')
    await page.locator('.co textarea').press('Control+Enter')
    await page.locator('.m.me .sent', { hasText: 'Enviado' }).waitFor()

    const [got] = await until(() => {
      const all = servers.mails('ana')
      return all.length > 0 && all
    }, "the answer in the customer's mailbox")
    assert.equal(header(got, 'In-Reply-To'), '<uno@cliente.example>')
    assert.match(got, /te mando la etiqueta/)
    await until(() => servers.mails('tienda', 'Sent').length === 1, 'the copy in Sent')
    await servers.deliver(
      'tienda@localhost',
      mail({ subject: 'Re: Devolución', from: 'Ana Ruiz <ana@localhost>', head: [`In-Reply-To: ${header(got, 'Message-ID')}`], body: 'Ya la tengo.' }),
    )
    await page.getByText('Ya la tengo.').waitFor()
    const list = (await desk.postigo('incident', 'list', '--all', '--json')).trim().split('\n').map(JSON.parse)
    assert.deepEqual(list.map((one) => one.messages), [3], 'mail, answer and reply are one incident')
    assert.equal(servers.mails('ana').length, 1, 'the answer came once')
    const status = await desk.postigo('status')
    assert.match(status, /tienda/)
    assert.doesNotMatch(desk.log() + status, /secret|ana@localhost/i, 'no secret and no address is told')
    assert.deepEqual(complaints, [])
  })
