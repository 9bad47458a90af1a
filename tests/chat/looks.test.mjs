// Every state of the panel is looked at by axe, for errors, for sizes of text
// and targets, and for anything wider than the screen.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { begin, look, missing, open, openPanel, SIZES, until, write } from './page.mjs'

const monday = () => {
  const at = new Date()
  at.setDate(at.getDate() + ((8 - at.getDay()) % 7 || 7))
  at.setHours(9, 0, 0, 0)
  return at.toISOString()
}
const talk = async ({ desk, panel }) => {
  await begin(panel)
  await write(panel, 'Hola, mi pedido 1042 no ha llegado. ¿Podéis mirar dónde está?')
  await until(() => desk.visitor()?.lines.length === 1)
  desk.say('Hola, Marta. Lo miro ahora mismo.')
  desk.say('El transportista dice que sale hoy a reparto: https://transporte.example/seguimiento/ES1042', 'Laura Marín', {
    files: [desk.file('etiqueta-de-devolucion-1042.pdf', 'application/pdf', Buffer.alloc(48_213))],
  })
  await write(panel, 'Genial')
  await write(panel, 'Muchas gracias')
  // All of them acknowledged: a line that comes after the end begins another chat.
  await until(() => desk.visitor().lines.length === 5)
  await until(async () => (await panel.locator('.line').count()) === 5 && (await panel.locator('.sending').count()) === 0)
}

const states = {
  start: {},
  closed: { site: { open: false, opens_at: monday() } },
  wrong: {
    act: async ({ panel }) => {
      await panel.locator('#email').fill('marta')
      await panel.locator('.start .main').click()
    },
  },
  waiting: {
    act: async ({ desk, panel }) => {
      await begin(panel)
      await write(panel, 'Hola, quiero cambiar la talla de unas sandalias')
      await until(() => desk.visitor()?.lines.length === 1)
      desk.tell({ ahead: 2 })
      await panel.locator('.place:visible', { hasText: '2' }).waitFor()
    },
  },
  talk: {
    act: async (all) => {
      await talk(all)
      all.desk.typing(true)
      await all.panel.locator('.typing:visible').waitFor()
    },
  },
  lost: {
    expected: /WebSocket|ERR_/,
    act: async (all) => {
      await talk(all)
      all.desk.daemon(false)
      await write(all.panel, 'Una cosa más')
      await all.panel.locator('.banner:visible').waitFor()
    },
  },
  failed: {
    act: async ({ desk, panel }) => {
      await begin(panel)
      desk.state.refuse = { code: 'too_long' }
      await write(panel, 'Un mensaje que no sale')
      await panel.locator('.failed').waitFor()
    },
  },
  files: {
    act: async ({ panel }) => {
      await begin(panel)
      const buffer = Buffer.alloc(1_234_567)
      await panel.locator('input[type=file]').setInputFiles([
        { name: 'caja-rota-por-el-lateral-con-un-nombre-largo.png', mimeType: 'image/png', buffer },
        { name: 'ticket.pdf', mimeType: 'application/pdf', buffer },
      ])
      await until(async () => (await panel.locator('.chips .file-size').count()) === 2)
    },
  },
  ending: {
    act: async (all) => {
      await talk(all)
      await all.panel.locator('.end-button').click()
    },
  },
  rating: {
    act: async (all) => {
      await talk(all)
      all.desk.solve()
      await all.panel.locator('.rate').waitFor()
      await all.panel.locator('input[value="4"]').check()
    },
  },
  thanks: {
    act: async (all) => {
      await talk(all)
      all.desk.solve()
      await all.panel.locator('input[value="5"]').check()
      await all.panel.locator('.rate .main').click()
      await all.panel.locator('.thanks:visible').waitFor()
    },
  },
  stored: { act: ({ panel }) => panel.locator('footer .link').click() },
}

/** Those with most on them in the other language too. */
const FULL = ['start', 'closed', 'talk', 'rating']
/** A yellow brand: black on it, and links that still read on white. */
const BRAND = ['start', 'talk', 'rating']
const ALL = [['desk', false], ['phone', true], ['small', false], ['desk', true]]
/**
 * LOOKS: nothing, and those with most on them are looked at in one of them, by turns; "most" (looks.more.mjs), and every
 * state is in two of them; "all" (looks.long.mjs), in each.
 */
const { LOOKS = 'some' } = process.env
const HALVES = [ALL.slice(0, 2), ALL.slice(2)]
const looksOf = (n) => (LOOKS === 'all' ? ALL : LOOKS === 'some' ? [ALL[n % 4]] : HALVES[n % 2])
const looked = Object.entries(states).filter(([state]) => LOOKS !== 'some' || FULL.includes(state))

/** The panel has heard of the scheme and put its own colours to it. */
async function painted(panel, dark) {
  await panel.waitForFunction((is) => matchMedia('(prefers-color-scheme: dark)').matches === is, dark)
  await panel.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
}

test('the end of a conversation fits a panel of a usual height', { skip: missing }, async (t) => {
  const all = await open(t, {})
  const panel = await openPanel(all.page)
  await states.rating.act({ ...all, panel })
  await all.page.setViewportSize({ width: 1024, height: 720 })
  await painted(panel, false)
  const lines = await panel.locator('.choices span').evaluateAll((spans) => spans.map((one) => one.getBoundingClientRect().height))
  assert.ok(Math.max(...lines) < 30, `one line each: ${lines}`)
  const hidden = await panel.locator('.end').evaluate((end) => end.scrollHeight - end.clientHeight)
  assert.ok(hidden <= 0, `${hidden} px are out of sight`)
  await all.context.close()
})

for (const [n, [state, { act, ...more }]] of looked.entries())
  test(`${state}: nothing to object to`, { skip: missing }, async (t) => {
    const kinds = [{ name: 'es', language: 'es' }]
    if (LOOKS !== 'some' && FULL.includes(state)) kinds.push({ name: 'en', language: 'en' })
    if (LOOKS !== 'some' && BRAND.includes(state)) kinds.push({ name: 'brand', attributes: 'data-locale="es" data-color="#ffc400"' })
    for (const { name, ...how } of kinds) {
      const all = await open(t, { ...how, ...more })
      const panel = await openPanel(all.page)
      await act?.({ ...all, panel })
      for (const [size, dark] of looksOf(n)) {
        const [width, height] = SIZES[size]
        await all.page.setViewportSize({ width, height })
        await all.page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' })
        await painted(panel, dark)
        await look(all.page, panel, `${state}-${name}-${size}-${dark ? 'dark' : 'light'}`, all.problems)
      }
      await all.context.close()
    }
  })
