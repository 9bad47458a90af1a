// The loader and the panel in a browser: what a visitor does, and what goes
// wrong on the way.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import zlib from 'node:zlib'
import { assets, begin, launcher, log, missing, open, openPanel, panelOf, until, write } from './page.mjs'

const skip = { skip: missing }
const LOST = /WebSocket|ERR_|Failed to load/
const texts = async (panel) => (await log(panel)).map(([, text]) => text)
const sent = (panel, n) =>
  until(async () => (await log(panel)).filter(([who, , state]) => who === 'own' && state === 'Enviado').length === n, `${n} sent`)

test('before the first click: one request, nothing stored, no frame, no shift', skip, async (t) => {
  const { desk, page, context, problems } = await open(t)
  await page.waitForTimeout(500)
  assert.deepEqual(desk.state.requests, ['GET /postigo.js'])
  assert.deepEqual(await context.storageState(), { cookies: [], origins: [] })
  assert.equal(await page.evaluate('localStorage.length + sessionStorage.length'), 0)
  assert.equal(page.frames().length, 1)
  assert.equal(await page.evaluate('shifts'), 0)
  assert.equal(desk.sockets(), 0)
  assert.deepEqual(problems, [])
})

test('what is loaded is as small as promised', skip, () => {
  const manifest = JSON.parse(fs.readFileSync(path.join(assets, 'assets.json'), 'utf8'))
  const size = (name) => zlib.gzipSync(fs.readFileSync(path.join(assets, manifest[name])), { level: 9 }).length
  assert.ok(size('postigo.js') <= 2560, `loader ${size('postigo.js')}`)
  const panel = size('panel.js') + size('panel.css')
  assert.ok(panel <= 20480, `panel ${panel}`)
})

test('a visitor begins, writes, and reads the answer', skip, async (t) => {
  const { desk, page, problems } = await open(t)
  const panel = await openPanel(page)
  await begin(panel)
  assert.deepEqual(desk.state.frames.find((frame) => frame.t === 'start'),
    { t: 'start', name: 'Marta Iglesias', email: 'marta@correo.example', language: 'es' })
  await write(panel, 'Hola <b>¿dónde</b> está?')
  await sent(panel, 1)
  const frame = desk.state.frames.find((one) => one.t === 'write')
  assert.equal(frame.page, `${desk.shop}/`)
  desk.typing(true)
  await panel.locator('.typing:visible').waitFor()
  desk.say('Mira https://transporte.example/x?<i>.')
  await until(async () => (await texts(panel)).length === 2)
  assert.deepEqual(await texts(panel), ['Hola <b>¿dónde</b> está?', 'Mira https://transporte.example/x?<i>.'])
  assert.equal(await panel.locator('.line b, .line i').count(), 0)
  const link = panel.locator('.line a')
  assert.equal(await link.getAttribute('href'), 'https://transporte.example/x')
  assert.match(await link.getAttribute('rel'), /noopener/)
  await panel.locator('.typing').waitFor({ state: 'hidden' })
  await until(() => desk.visitor().got === 2, 'it was seen')
  assert.deepEqual(problems, [])
})

test('a line is "sending" until it is acknowledged', skip, async (t) => {
  const { desk, page } = await open(t)
  const panel = await openPanel(page)
  await begin(panel)
  desk.state.mute = true
  await write(panel, 'Hola')
  await until(() => desk.visitor().lines.length === 1)
  assert.deepEqual(await log(panel), [['own', 'Hola', 'Enviando…']])
  assert.equal(await panel.evaluate(() => Object.keys(sessionStorage).filter((key) => key.includes('.draft.')).length), 1)
  desk.state.mute = false
  desk.cut()
  await sent(panel, 1)
  assert.equal(desk.visitor().lines.length, 1)
  assert.equal(await panel.evaluate(() => Object.keys(sessionStorage).filter((key) => key.includes('.draft.')).length), 0)
})

test('cut again and again: no line is lost, doubled or out of order', skip, async (t) => {
  const { desk, page, problems } = await open(t, { expected: LOST })
  const panel = await openPanel(page)
  await begin(panel)
  const wanted = []
  for (let n = 0; n < 12; n++) {
    wanted.push(`línea ${n}`)
    await write(panel, `línea ${n}`)
    if (n % 3 === 0) desk.cut()
    if (n % 4 === 1 && desk.visitor().lines.length > 0) desk.sayUnseen(`respuesta ${n}`)
  }
  await sent(panel, 12)
  desk.say('fin')
  await until(async () => (await texts(panel)).at(-1) === 'fin')
  assert.deepEqual(await texts(panel), desk.visitor().lines.map((line) => line.text))
  assert.deepEqual(desk.visitor().lines.filter((line) => line.who === 'customer').map((line) => line.text), wanted)
  assert.deepEqual(problems, [])
})

test('the page is loaded anew: the conversation goes on, with what was not sent', skip, async (t) => {
  const { desk, page } = await open(t, { expected: LOST })
  const panel = await openPanel(page)
  await begin(panel)
  await write(panel, 'uno')
  await sent(panel, 1)
  for (let n = 0; n < 9; n++) desk.sayUnseen(`r${n}`)
  desk.daemon(false)
  await panel.locator('.banner:visible').waitFor()
  await write(panel, 'dos')
  await page.goto(`${desk.shop}/otra`)
  const again = await panelOf(page)
  desk.daemon(true)
  await until(async () => (await texts(again)).length === 11)
  await sent(again, 2)
  assert.deepEqual(await texts(again), desk.visitor().lines.map((line) => line.text))
  assert.equal(desk.state.frames.filter((frame) => frame.t === 'start').length, 1)
})

test('network and desk away: it says so, and goes on by itself', skip, async (t) => {
  const { desk, page, context } = await open(t, { expected: LOST })
  const panel = await openPanel(page)
  await begin(panel)
  await context.setOffline(true)
  desk.state.away = true
  desk.cut()
  await panel.getByText('Sin conexión', { exact: false }).waitFor()
  await write(panel, 'escrito sin red')
  desk.state.away = false
  await context.setOffline(false)
  await sent(panel, 1)
  await panel.locator('.banner').waitFor({ state: 'hidden' })
  desk.daemon(false)
  await panel.getByText('no podemos recibir', { exact: false }).waitFor()
  desk.daemon(true)
  await panel.locator('.banner').waitFor({ state: 'hidden' })
})

test('a line that is refused for good waits for the visitor', skip, async (t) => {
  const { desk, page } = await open(t)
  const panel = await openPanel(page)
  await begin(panel)
  desk.state.refuse = { code: 'too_many', retry_ms: 300 }
  await write(panel, 'uno')
  await sent(panel, 1)
  desk.state.refuse = { code: 'too_long' }
  await write(panel, 'dos')
  await panel.getByRole('button', { name: 'Reintentar' }).click()
  await sent(panel, 2)
  assert.deepEqual(await texts(panel), ['uno', 'dos'])
})

test('unread: on the button and in its name; nothing is reported as seen', skip, async (t) => {
  const { desk, page } = await open(t)
  const panel = await openPanel(page)
  await begin(panel)
  await write(panel, 'Hola')
  await sent(panel, 1)
  const got = desk.visitor().got
  await page.evaluate(() => {
    globalThis.numbers = []
    globalThis.Postigo.on('unread', (event) => globalThis.numbers.push(event.detail))
  })
  await page.evaluate('Postigo.close()')
  desk.say('Uno')
  desk.say('Dos')
  await until(() => page.evaluate('numbers.at(-1) === 2'))
  await page.getByRole('button', { name: 'Abrir el chat, 2 mensajes sin leer' }).waitFor()
  assert.equal(desk.visitor().got, got)
  await launcher(page).click()
  await until(() => desk.visitor().got === 3)
  await page.getByRole('button', { name: 'Cerrar el chat', exact: true }).first().waitFor()
})

test('by keyboard alone: open, begin, write, end, rate, close', skip, async (t) => {
  const { desk, page, problems } = await open(t)
  const key = (...names) => names.reduce((before, name) => before.then(() => page.keyboard.press(name)), Promise.resolve())
  const type = (text) => page.keyboard.type(text)
  await key('Tab', 'Tab')
  assert.equal(await page.evaluate('document.activeElement.localName'), 'postigo-chat')
  await key('Enter')
  const panel = await panelOf(page)
  const focused = (id) => until(() => panel.evaluate((wanted) => document.activeElement.id === wanted, id), `focus on ${id}`)
  await focused('name')
  // Errors are told at their field, which gets the focus.
  await key('Enter')
  await focused('name')
  assert.equal(await panel.locator('#name').getAttribute('aria-invalid'), 'true')
  assert.equal(await panel.locator('#name-bad').textContent(), 'Escribe tu nombre')
  await type('Marta')
  await key('Tab')
  await type('marta')
  await key('Enter')
  await focused('email')
  await type('@correo.example')
  await key('Tab', 'Space', 'Tab', 'Enter')
  await focused('text')
  assert.equal(desk.state.frames.find((frame) => frame.t === 'start').remember, true)
  await type('Hola')
  await key('Shift+Enter')
  await type('otra vez')
  await key('Enter')
  await sent(panel, 1)
  assert.deepEqual(await texts(panel), ['Hola\notra vez'])
  // Escape closes, the focus is on the button again; Enter opens at the field.
  await key('Escape')
  await until(() => page.evaluate(() => document.activeElement.localName === 'postigo-chat'))
  assert.equal(await page.locator('postigo-chat').getAttribute('open'), null)
  await key('Enter')
  await focused('text')
  // Back to "Terminar": Escape closes its question alone.
  const toEnd = async () => {
    for (let n = 0; n < 12; n++) {
      if (await panel.evaluate(() => document.activeElement.classList.contains('end-button'))) return
      await key('Shift+Tab')
    }
    assert.fail('"Terminar" is not reached')
  }
  await toEnd()
  await key('Enter')
  await panel.locator('dialog[open]').waitFor()
  await key('Escape')
  await panel.locator('dialog[open]').waitFor({ state: 'detached' })
  assert.notEqual(await page.locator('postigo-chat').getAttribute('open'), null)
  await toEnd()
  await key('Enter', 'Tab', 'Enter')
  await panel.locator('.rate').waitFor()
  await until(() => panel.evaluate(() => document.activeElement.localName === 'h2'))
  await key('Tab', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Tab')
  await type('Todo bien')
  await key('Tab', 'Enter')
  await panel.locator('.thanks:visible').waitFor()
  assert.equal(desk.visitor().rated, 5)
  assert.equal(desk.visitor().comment, 'Todo bien')
  await key('Tab', 'Enter')
  await focused('text')
  assert.deepEqual(await texts(panel), [])
  await type('Otra cosa')
  await key('Enter')
  await sent(panel, 1)
  assert.equal(desk.visitor().incident, 102)
  assert.deepEqual(problems, [])
})

test('files go up by button, drop and paste, and come down', skip, async (t) => {
  const { desk, page, problems } = await open(t)
  const panel = await openPanel(page)
  await begin(panel)
  desk.state.late = 300
  const png = Buffer.from('89504e470d0a1a0a', 'hex')
  await panel.locator('input[type=file]').setInputFiles({ name: 'foto.png', mimeType: 'image/png', buffer: png })
  await panel.locator('progress').waitFor()
  await panel.locator('.chips .file-size').waitFor()
  for (const kind of ['drop', 'paste'])
    await panel.evaluate((how) => {
      const data = new DataTransfer()
      data.items.add(new File(['hola'], `${how}.txt`, { type: 'text/plain' }))
      const where = document.querySelector(how === 'drop' ? 'main' : '#text')
      const event = how === 'drop'
        ? new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
        : new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
      where.dispatchEvent(event)
    }, kind)
  await until(async () => (await panel.locator('.chips .file-size').count()) === 3)
  await panel.getByRole('button', { name: 'Quitar paste.txt' }).click()
  await write(panel, 'Mira la foto')
  await sent(panel, 1)
  const frame = desk.state.frames.find((one) => one.t === 'write')
  assert.deepEqual(frame.files.map((file) => file.filename), ['foto.png', 'drop.txt'])
  await panel.locator('input[type=file]').setInputFiles({ name: 'x.exe', mimeType: 'application/x-msdownload', buffer: png })
  await panel.getByText('solo imágenes, PDF y texto', { exact: false }).waitFor()
  desk.say('Aquí tienes la factura', 'Laura', { files: [desk.file('factura.pdf', 'application/pdf', Buffer.from('%PDF-1.4'))] })
  const coming = page.waitForEvent('download')
  await panel.getByRole('button', { name: 'Descargar factura.pdf' }).click()
  const came = await coming
  assert.equal(came.suggestedFilename(), 'factura.pdf')
  assert.equal(fs.readFileSync(await came.path(), 'utf8'), '%PDF-1.4')
  assert.deepEqual(problems, [])
})

test('while the desk takes nothing lines are "sending", then go in their order by themselves', skip, async (t) => {
  const { desk, page, problems } = await open(t)
  const panel = await openPanel(page)
  await begin(panel)
  desk.state.busy = 1000
  for (const text of ['uno', 'dos', 'tres']) await write(panel, text)
  await until(() => desk.state.busy <= 997, 'some tries')
  assert.deepEqual(await log(panel), ['uno', 'dos', 'tres'].map((text) => ['own', text, 'Enviando…']))
  desk.state.busy = 0
  await sent(panel, 3)
  assert.deepEqual(desk.visitor().lines.map((line) => line.text), ['uno', 'dos', 'tres'])
  const tried = desk.state.frames.filter((one) => one.t === 'write').map((one) => one.text)
  assert.deepEqual(tried.slice(-2), ['dos', 'tres'])
  assert.ok(tried.length >= 6 && tried.slice(0, -2).every((text) => text === 'uno'), `${tried}`)
  assert.deepEqual(problems, [])
})

test('a file that comes while the desk is busy goes up by itself later', skip, async (t) => {
  const { desk, page } = await open(t, { expected: LOST })
  const panel = await openPanel(page)
  await begin(panel)
  desk.state.filesBusy = 2
  const png = { name: 'foto.png', mimeType: 'image/png', buffer: Buffer.from('89504e47', 'hex') }
  await panel.locator('input[type=file]').setInputFiles(png)
  await panel.locator('.chips .file-size').waitFor()
  assert.equal(desk.state.requests.filter((one) => one === 'POST /chat/file').length, 3)
  // taken back while it waits: nothing of it comes later
  desk.state.filesBusy = 1
  await panel.locator('input[type=file]').setInputFiles({ ...png, name: 'otra.png' })
  await until(() => desk.state.filesBusy === 0, 'one try')
  await panel.getByRole('button', { name: 'Quitar otra.png' }).click()
  await write(panel, 'Mira')
  await sent(panel, 1)
  await page.waitForTimeout(1500)
  assert.equal(desk.state.requests.filter((one) => one === 'POST /chat/file').length, 4)
})

test('files that the server forgot go up again by themselves', skip, async (t) => {
  const { desk, page } = await open(t)
  const panel = await openPanel(page)
  await begin(panel)
  await panel.locator('input[type=file]').setInputFiles({ name: 'foto.png', mimeType: 'image/png', buffer: Buffer.from('89504e47', 'hex') })
  await panel.locator('.chips .file-size').waitFor()
  desk.state.refuse = { code: 'bad_file' }
  await write(panel, 'Mira')
  await sent(panel, 1)
  assert.equal(desk.state.requests.filter((one) => one === 'POST /chat/file').length, 2)
})

test('the newest line stays in sight when the panel shrinks', skip, async (t) => {
  const { desk, page } = await open(t, { size: 'phone' })
  const panel = await openPanel(page)
  await begin(panel)
  await write(panel, 'Hola')
  await sent(panel, 1)
  for (let n = 0; n < 12; n++) desk.say(`Línea ${n} de las que llenan la pantalla de un teléfono`)
  await until(async () => (await texts(panel)).length === 13)
  const inSight = () => panel.evaluate(() => {
    const list = document.querySelector('.lines')
    return list.scrollHeight - list.scrollTop - list.clientHeight < 2
  })
  await until(inSight)
  // A keyboard on the screen takes half of it.
  await page.setViewportSize({ width: 390, height: 420 })
  await until(inSight, 'the end is in sight')
  // Who reads what was said before is left there.
  await panel.evaluate(() => new Promise((then) => {
    const list = document.querySelector('.lines')
    list.addEventListener('scroll', () => requestAnimationFrame(then), { once: true })
    list.scrollTop = 0
  }))
  desk.say('Y otra')
  await until(async () => (await texts(panel)).length === 14)
  assert.equal(await panel.evaluate(() => document.querySelector('.lines').scrollTop), 0)
})

test('remembered on this device only with the tick, and forgotten on demand', skip, async (t) => {
  const { desk, page, context } = await open(t)
  const panel = await openPanel(page)
  await begin(panel, { remember: true })
  await write(panel, 'Hola')
  await sent(panel, 1)
  const stored = () => panel.evaluate(() => [Object.keys(localStorage), Object.keys(sessionStorage)])
  assert.deepEqual(await stored(), [['postigo.tienda.token'], []])
  // Another tab of the shop shows the same conversation.
  const other = await context.newPage()
  await other.goto(desk.shop)
  await other.evaluate('Postigo.open()')
  const second = await panelOf(other)
  await until(async () => (await texts(second)).length === 1)
  await write(second, 'Desde otra pestaña')
  await until(async () => (await texts(panel)).length === 2)
  await other.close()
  await panel.getByRole('button', { name: 'Qué guardamos' }).click()
  // What the loader keeps in the shop's own storage is named too.
  const ofShop = () => page.evaluate(() => Object.keys(sessionStorage))
  assert.deepEqual(await ofShop(), ['postigo.tienda'])
  await panel.getByText('La página de la tienda guarda').waitFor()
  await panel.getByRole('button', { name: 'Borrar de este dispositivo' }).click()
  await panel.locator('#name').waitFor()
  assert.deepEqual(await stored(), [[], []])
  await until(async () => (await ofShop()).length === 0)
})

test('a token that is no longer good: a new form, nothing written is lost', skip, async (t) => {
  const { desk, page } = await open(t, { expected: LOST })
  const panel = await openPanel(page)
  await begin(panel)
  await write(panel, 'Hola')
  await sent(panel, 1)
  desk.daemon(false)
  await write(panel, 'sin enviar')
  desk.state.visitors.clear()
  desk.state.up = true
  desk.cut()
  await panel.getByText('caducó', { exact: false }).waitFor()
  await begin(panel)
  await sent(panel, 1)
  assert.deepEqual(desk.visitor().lines.map((line) => line.text), ['sin enviar'])
})

test('where storage is closed to frames the chat lives with the page', skip, async (t) => {
  const { desk, page, problems } = await open(t, { crossSite: true })
  const panel = await openPanel(page)
  assert.equal(await panel.evaluate(() => {
    try {
      return typeof sessionStorage
    } catch (error) {
      return error.name
    }
  }), 'SecurityError')
  await begin(panel)
  await write(panel, 'uno')
  desk.cut()
  await write(panel, 'dos')
  await sent(panel, 2)
  assert.deepEqual(desk.visitor().lines.map((line) => line.text), ['uno', 'dos'])
  assert.deepEqual(problems, [])
})

test('messages of strangers are not heard, on neither side', skip, async (t) => {
  const { desk, page } = await open(t)
  const panel = await openPanel(page)
  await begin(panel)
  await page.evaluate(() => {
    postMessage({ postigo: 1, t: 'close' }, '*')
    postMessage({ postigo: 1, t: 'unread', n: 7 }, '*')
  })
  await panel.evaluate(() => postMessage({ postigo: 1, t: 'show', on: false, focus: false, page: 'https://evil.example/' }, '*'))
  await write(panel, 'Hola')
  await sent(panel, 1)
  assert.equal(desk.state.frames.find((frame) => frame.t === 'write').page, `${desk.shop}/`)
  assert.notEqual(await page.locator('postigo-chat').getAttribute('open'), null)
  await page.getByRole('button', { name: 'Cerrar el chat', exact: true }).first().waitFor()
  // A frame that was given another origin than its parent's stays silent.
  const heard = await page.evaluate((origin) => new Promise((then) => {
    const frame = document.createElement('iframe')
    frame.src = `${origin}/chat/panel?site=tienda#o=https://other.example`
    addEventListener('message', (event) => event.source === frame.contentWindow && then(true))
    frame.onload = () => setTimeout(() => then(false), 1000)
    document.body.append(frame)
  }), desk.origin)
  assert.equal(heard, false)
})

test('the page drives it: API, event, hidden button, left side, label', skip, async (t) => {
  const { page, desk } = await open(t, { attributes: 'data-locale="en" data-hide="true" data-position="left" data-label="Help" data-offset-x="40"' })
  assert.equal(await page.getByRole('button').count(), 0)
  await page.evaluate(() => {
    globalThis.seen = []
    for (const name of ['open', 'close']) globalThis.Postigo.on(name, () => globalThis.seen.push(name))
  })
  await page.evaluate('Postigo.toggle()')
  const panel = await panelOf(page)
  await panel.getByText('Hello. How can we help you?').waitFor()
  const box = await page.getByRole('button', { name: 'Close the chat' }).first().boundingBox()
  assert.equal(Math.round(box.x), 40)
  await page.evaluate('Postigo.toggle()')
  assert.deepEqual(await page.evaluate('seen'), ['open', 'close'])
  assert.equal(await page.getByRole('button').count(), 0)
  const ready = await page.evaluate((src) => new Promise((then) => {
    document.addEventListener('postigo:ready', () => then(typeof globalThis.Postigo.open))
    delete globalThis.Postigo
    const script = document.createElement('script')
    script.src = src
    script.dataset.site = 'tienda'
    document.head.append(script)
  }), `${desk.origin}/postigo.js`)
  assert.equal(ready, 'function')
})

test('the chat server is away: the button says so, and opens when it is back', skip, async (t) => {
  const { page } = await open(t, { expected: LOST })
  await page.route('**/chat/panel*', (route) => route.abort())
  await launcher(page).click()
  await page.getByText('El chat no responde ahora').waitFor()
  await launcher(page).click()
  assert.equal(await page.locator('postigo-chat').getAttribute('open'), null)
  await page.unroute('**/chat/panel*')
  await launcher(page).click()
  const panel = page.frameLocator('iframe')
  await panel.locator('#name').waitFor()
  await page.getByText('El chat no responde ahora').waitFor({ state: 'hidden' })
})
