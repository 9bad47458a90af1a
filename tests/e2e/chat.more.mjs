// A visitor chats from a shop's page in a browser, an agent answers in the
// console in another. The network is cut on either side, and the processes are
// killed: no line is lost, doubled or out of order, on any of the screens.
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import test from 'node:test'
import { Desk } from '../lib/desk.mjs'
import { openTunnel } from '../lib/tunnel.mjs'
import { alive, freePort, until } from '../lib/wait.mjs'
import { logIn, missingPages, openBrowser, openPage, shot } from './browser.mjs'

const builddir = process.env.POSTIGO_BUILDDIR
const srcdir = process.env.POSTIGO_SRCDIR
const [own, far, near, farChat, shopPort] = await (async () => {
  const first = await freePort(5)
  return [first, first + 1, first + 2, first + 3, first + 4]
})()
const console_ = `http://127.0.0.1:${far}`
const chat = `http://localhost:${farChat}`
const shop = `http://localhost:${shopPort}`

const missing = missingPages('chat')
/** A shop whose page allows the chat's script and frame, and nothing else. */
async function openShop() {
  const server = createServer((_, response) => {
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; script-src ${chat}; frame-src ${chat}; base-uri 'none'`,
    })
    response.end(
      `<!doctype html><html lang="es"><title>Tienda</title><h1>Tienda</h1><script async src="${chat}/postigo.js" data-site="tienda"></script></html>`,
    )
  })
  await new Promise((done) => server.listen(shopPort, '127.0.0.1', done))
  return server
}

async function addSite(desk) {
  const file = join(desk.dir, 'site.json')
  writeFileSync(file, JSON.stringify({ name: 'tienda', kind: 'chat', settings: { origins: shop, title: 'Tienda' } }))
  await desk.postigo('connection', 'add', '--json', file)
}

const panelOf = (page) => until(() => page.frames().find((one) => one.url().includes('/chat/panel')), 'the panel')

const linesOf = (panel) => panel.locator('.line .text').evaluateAll((all) => all.map((one) => one.textContent))
const sending = (panel) => panel.locator('.line.sending').count()
const messagesOf = (page) =>
  page.locator('.log article:not(.pending) .m-text').evaluateAll((all) => all.map((one) => one.textContent))

/** What the desk has, in order. */
async function stored(desk) {
  const list = (await desk.postigo('incident', 'list', '--all', '--json')).trim().split('\n').map(JSON.parse)
  const chats = list.filter((one) => one.channel === 'chat')
  assert.equal(chats.length, 1, 'one chat is one incident')
  return JSON.parse(await desk.postigo('incident', 'show', '--json', String(chats[0].id)))
}

test('a visitor and an agent chat through everything', { skip: missing, timeout: 1200000 }, async (t) => {
  const desk = new Desk({ builddir, port: own, chatPort: near })
  const agentSide = await openTunnel(far, own)
  const visitorSide = await openTunnel(farChat, near)
  const server = await openShop()
  let browser
  desk.start()
  t.after(async () => {
    await browser?.close()
    await desk.stop()
    server.close()
    await agentSide.close()
    await visitorSide.close()
    rmSync(desk.dir, { recursive: true, force: true })
  })
  await desk.ready()
  const login = await desk.setUp(join(srcdir, 'tests/lib/desk.book'))
  await addSite(desk)
  browser = await openBrowser()
  const agent = await openPage(browser, console_)
  await logIn(agent.page, console_, login)
  const visitor = await openPage(browser, chat)
  visitor.complaints.length = 0

  const said = { visitor: [], agent: [] }
  await visitor.page.goto(shop)
  await visitor.page.locator('postigo-chat button').click()
  const panel = await panelOf(visitor.page)
  await panel.locator('#name').fill('Marta Iglesias')
  await panel.locator('#email').fill('marta@correo.example')
  await panel.locator('.start .main').click()

  const write = async (text) => {
    said.visitor.push(text)
    await panel.locator('#text').fill(text)
    await panel.locator('#text').press('Enter')
  }
  const answer = async (text) => {
    said.agent.push(text)
    await agent.page.locator('.co textarea').fill(text)
    await agent.page.locator('.co textarea').press('Control+Enter')
  }
  /** Both screens show everything, in the order of the desk. */
  const agree = async (when) => {
    const count = said.visitor.length + said.agent.length
    await until(async () => (await sending(panel)) === 0 && (await linesOf(panel)).length >= count, `${when}: the visitor sees all`)
    await until(async () => (await messagesOf(agent.page)).length >= count, `${when}: the agent sees all`)
    const { messages } = await stored(desk)
    const order = messages.filter((one) => one.direction !== 'note').map((one) => one.text)
    assert.deepEqual(await linesOf(panel), order, `${when}: the visitor's order`)
    assert.deepEqual(await messagesOf(agent.page), order, `${when}: the agent's order`)
    const by = (direction) => messages.filter((one) => one.direction === direction).map((one) => one.text)
    assert.deepEqual(by('in'), said.visitor, `${when}: each line of the visitor once`)
    assert.deepEqual(by('out'), said.agent, `${when}: each answer once`)
  }

  await write('Hola, quiero devolver el pedido 1042, la talla no me vale.')
  const row = agent.page.locator('a.row', { hasText: 'Marta Iglesias' })
  await row.waitFor()
  assert.match(await row.innerText(), /Devoluciones/, 'a rule chose the queue')
  await row.click()
  await agent.page.locator('.here', { hasText: 'En el chat' }).waitFor()

  await agent.page.locator('.co textarea').pressSequentially('Hola')
  await panel.locator('.typing:visible').waitFor()
  await answer('Hola, Marta. Te mando la etiqueta.')
  await panel.locator('.line', { hasText: 'Te mando la etiqueta' }).waitFor()
  await agent.page.locator('.got', { hasText: /^Visto$/ }).waitFor()
  await panel.locator('#text').pressSequentially('Gra')
  await agent.page.locator('.typing', { hasText: 'Marta Iglesias está escribiendo' }).waitFor()
  await write('Gracias')
  await agree('at first')
  await shot(agent.page, 'chat-1-agent')
  await shot(visitor.page, 'chat-1-visitor')

  visitorSide.cut()
  await panel.locator('.banner:visible').waitFor()
  await write('¿Sigues ahí?')
  await write('Se me ha ido la conexión')
  await agent.page.locator('.here.away').waitFor()
  await answer('Aquí sigo.')
  await answer('La etiqueta va en camino.')
  // An answer that is slower than the visitor's return would be held by the guard.
  await until(async () => (await stored(desk)).messages.some((one) => one.text === 'La etiqueta va en camino.'), 'both answers')
  await shot(visitor.page, 'chat-2-visitor-cut')
  visitorSide.mend()
  await agree('after a cut on the visitor\'s side')

  agentSide.cut()
  await agent.page.locator('.banner').waitFor()
  await write('Ya la veo')
  await answer('Perfecto.')
  agentSide.mend()
  await until(async () => (await stored(desk)).messages.some((one) => one.text === 'Perfecto.') ||
    (await agent.page.locator('.guard').count()) > 0, 'the answer, or its guard')
  // The visitor wrote meanwhile: the agent decides.
  if ((await agent.page.locator('.guard').count()) > 0) await agent.page.getByRole('button', { name: 'Enviar igualmente' }).click()
  await agree('after a cut on the agent\'s side')

  for (const victim of ['postigod', 'postigo-chat', 'postigo-console']) {
    const pid = desk.processes()[victim]
    await write(`antes de ${victim}`)
    process.kill(pid, 'SIGKILL')
    await write(`durante ${victim}`)
    await until(() => !alive(pid) && desk.processes()[victim] !== undefined, `another ${victim}`)
    await agree(`after ${victim}`)
    await answer(`Contesto tras ${victim}.`)
    await agree(`after ${victim}, answered`)
  }
  await desk.kill()
  await write('¿Y si se cae todo?')
  desk.start()
  await desk.ready()
  await agree('after all of it')

  await panel.locator('button:visible', { hasText: 'Terminar' }).first().click()
  await panel.getByText('¿Terminar la conversación?').waitFor()
  await panel.locator('button:visible', { hasText: /^Terminar$/ }).last().click()
  await panel.locator('.rate').waitFor()
  await panel.locator('.rate label', { hasText: /^Muy bien$/ }).click()
  await panel.locator('#comment').fill('Muy rápido todo.')
  await shot(visitor.page, 'chat-3-rate')
  await panel.locator('.rate .main').click()
  await panel.locator('.thanks').waitFor()
  await agent.page.locator('.rated').waitFor()
  await shot(agent.page, 'chat-4-rated')
  const end = await stored(desk)
  assert.equal(end.rating.score, 5)
  assert.ok(end.messages.some((one) => one.text === 'Muy rápido todo.'), 'the comment is kept')
  assert.ok(await agent.page.locator('.log', { hasText: 'Muy rápido todo.' }).count(), 'and shown')
  assert.equal(JSON.stringify(end).includes('token'), false)
  const ours = /WebSocket|ERR_|503|Failed to load/
  assert.deepEqual(visitor.complaints.filter((line) => !ours.test(line) && !line.endsWith(new URL(shop).host)), [])
  assert.deepEqual(agent.complaints.filter((line) => !ours.test(line)), [])
  assert.doesNotMatch(desk.log(), /Marta|marta@/, 'no name and no address in the log')
})
