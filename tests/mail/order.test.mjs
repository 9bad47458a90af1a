// An order's page by mail, from the shop's telling to the file in a Maildir: to
// whom, in which language, as text and as HTML.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { Maildir, startGateway, tempDir, until } from './lib.mjs'
import { parseMail } from './read.mjs'

const dir = tempDir()
const out = new Maildir(join(dir, 'out'))
const seen = new Set()
let daemon, gateway, control, laura

before(async () => {
  daemon = await startDaemon()
  control = await daemon.connect('control')
  const { agent } = await control.call('agent.add', { email: 'laura@tienda.example', name: 'Laura', role: 'agent' })
  const { token } = await control.call('token.add', { agent: agent.id, label: 'test' })
  const client = await daemon.connect('console')
  const { handle } = await client.call('session.open', { token })
  laura = (method, params) => client.call(method, params, { as: handle })
  const signature = { es: 'Tienda Olmo, de lunes a viernes', en: 'Olmo shop, Monday to Friday' }
  await control.call('connection.add', { name: 'correo', kind: 'pipe', settings: { address: 'hola@olmo.example', from_name: 'Tienda Olmo', out: out.path, signature } })
  await control.call('connection.add', { name: 'web', kind: 'orders', settings: {}, secrets: { secret: 's'.repeat(40) } })
  await control.call('book.apply', { text: 'queue "general" { } rule "parado" { on order.exception then queue "general" }' })
  gateway = startGateway(daemon.socket('mail'), dir)
})
after(async () => {
  await gateway.stop()
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  daemon.remove()
  rmSync(dir, { recursive: true })
})

const day = 86400e3
const at = (ms) => new Date(ms).toISOString()

/** Send the page of an order that is held up; the mail that arrived. */
async function sent(number, locale) {
  const placed = at(Date.now() - day)
  const one = {
    external_id: number,
    number,
    state: 'open',
    payment_state: 'paid',
    currency: 'EUR',
    total: '12.50',
    placed_at: placed,
    updated_at: placed,
    customer: { email: `${number}@x.example`, name: 'Eva Gil', locale },
    shipping: { name: '[Eva](https://mal.example/)', city: 'Madrid' },
    lines: [{ external_id: '1', name: '<b>Taza</b>', variant: 'azul', quantity: 2, total: '12.50', properties: [{ name: 'Color', value: 'azul' }] }],
    shipments: [{ external_id: 's', carrier: 'Correos', tracking_number: 'PQ1', tracking_url: 'https://correos.example/?n=PQ1&x=1', status: 'exception', status_at: placed }],
  }
  const { results } = await control.call('order.put', { connection: 'web', orders: [one], source: 'hook' })
  const { incidents } = await control.call('incident.list', { view: 'all', limit: 100 })
  const incident = incidents.filter((i) => i.channel === 'order').at(-1)
  const { links } = await control.call('customer.panel', { customer: incident.customer.id, incident: incident.id })
  assert.equal(links[0].order, results[0].order)
  await laura('order.send_page', { order: results[0].order, incident: incident.id })
  const name = await until(() => out.list('new').find((n) => !seen.has(n)), 'the mail')
  seen.add(name)
  return parseMail(out.read('new', name).toString('latin1'))
}

test('it is text and HTML, in the language of its buyer', async () => {
  const es = await sent('1042', 'es_ES')
  assert.equal(es.subject, 'Tu pedido 1042')
  assert.match(es.headers.to, /Eva Gil <1042@x\.example>/)
  assert.equal(es.type, 'multipart/alternative')
  const [text, html] = es.parts
  assert.equal(text.type, 'text/plain')
  assert.match(text.text, /^- 2 x <b>Taza<\/b>, azul, Color: azul: 12,50\u00a0€$/m)
  assert.match(text.text, /^Envío: Incidencia en el transporte, Correos, PQ1\nhttps:\/\/correos\.example\/\?n=PQ1&x=1$/m)
  assert.match(text.text, /de lunes a viernes/)
  assert.equal(html.type, 'text/html')
  assert.match(html.text, /<html lang="es">/)
  assert.match(html.text, /<li>2 x &lt;b&gt;Taza&lt;\/b&gt;, azul/)
  assert.match(html.text, /<a href="https:\/\/correos\.example\/\?n=PQ1&amp;x=1">/)
  assert.doesNotMatch(html.text, />Eva</, 'no link under another name')

  const en = await sent('1043', 'en_GB')
  assert.equal(en.subject, 'Your order 1043')
  assert.match(en.parts[0].text, /^Payment: Paid$/m)
  assert.match(en.parts[0].text, /Monday to Friday/)
  assert.match(en.parts[1].text, /<html lang="en">/)
})
