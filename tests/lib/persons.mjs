// A desk to whom the same people write by mail, WhatsApp and chat, and buy in a
// shop: for tests of who is who.
import { createHash } from 'node:crypto'
import { startDaemon } from './bus.mjs'

const sha = (b) => createHash('sha256').update(b).digest('hex')
const octets = (b) => ({ sha256: sha(b), bytes: b.length, data: b.toString('base64') })

const BOOK = `
queue "general" { title "General" }
calendar "siempre" { timezone "Europe/Madrid" mon-sun 00:00-24:00 }
policy "todo" { via whatsapp, email, chat calendar "siempre" first response 4h next response 8h }
`

/** What the mailbox's server notes of a mail that is from whom it says. */
export const PASSED = 'mx.olmo.example; dmarc=pass header.from=mail.test'

/** Agents, mailbox "correo", number "numero", site "web" and shop "tienda". */
export async function startPersons() {
  const desk = new Persons(await startDaemon())
  await desk.setUp()
  return desk
}

class Persons {
  constructor(daemon) {
    this.daemon = daemon
    this.serial = 0
  }

  /** Connect as each gateway, and log Laura in. */
  async open() {
    for (const role of ['control', 'whatsapp', 'mail', 'shop', 'chat']) this[role] = await this.daemon.connect(role)
    const console = await this.daemon.connect('console')
    const login = await console.call('session.login', { ...this.laura, network: '127.0.0.1' })
    const { handle } = await console.call('session.open', { cookie: login.cookie })
    this.staff = (method, params) => console.call(method, params, { as: handle })
  }

  async setUp() {
    const control = await this.daemon.connect('control')
    const email = 'laura@olmo.example'
    const { password } = await control.call('agent.add', { email, name: 'Laura', role: 'admin' })
    this.laura = { email, password }
    const add = (name, kind, settings, secrets) => control.call('connection.add', { name, kind, settings, ...(secrets && { secrets }) })
    await add('correo', 'pipe', { address: 'hola@olmo.example', from_name: 'Olmo', out: '/tmp/none', auth_server: 'mx.olmo.example' })
    const numero = { phone_number_id: '111', waba_id: '7001', display_number: '+34 600 000 001' }
    await add('numero', 'whatsapp', numero, { access_token: 'token', app_secret: 'secret', verify_token: 'word' })
    await add('web', 'chat', { origins: 'https://olmo.example', title: 'Olmo' })
    await add('tienda', 'orders', {}, { secret: 'a-secret-of-the-shop' })
    await this.open()
    const { version } = await this.staff('book.get', {})
    await this.staff('book.apply', { text: BOOK, base: version, comment: 'todo' })
  }

  /** As a power cut, and from the start. */
  async killed() {
    await this.daemon.kill()
    this.daemon = await startDaemon({ dir: this.daemon.dir })
    await this.open()
  }

  /** A message by WhatsApp. */
  async writes(from, name, text = 'hola') {
    const id = `wamid.q${++this.serial}`
    const whatsapp = { id, type: 'text', supported: true, from, profile_name: name }
    const raw = octets(Buffer.from(JSON.stringify(whatsapp)))
    const origin = { connection: 'numero', digest: sha(id), received_at: new Date().toISOString(), channel: 'whatsapp' }
    return this.whatsapp.call('contact.add', { ...origin, text, raw, whatsapp })
  }

  /** A mail; results: what the mailbox's server noted of it. */
  async mails(address, results, more = {}) {
    const id = `q${++this.serial}@mail.test`
    const raw = Buffer.from(id)
    const origin = { connection: 'correo', external_id: id, digest: sha(raw), received_at: new Date().toISOString(), channel: 'email' }
    const headers = results ? [{ name: 'Authentication-Results', value: results }] : []
    return this.mail.call('contact.add', { ...origin, from: { address }, subject: 'Pedido', text: 'hola', raw: octets(raw), headers, ...more })
  }

  /** Somebody on the site; call: as they. */
  async visits(name) {
    const started = await this.chat.call('visitor.start', { connection: 'web', name, network: '192.0.2.7' })
    return { call: (method, params) => this.chat.call(method, params, { as: started.handle }) }
  }

  /** Orders of the shop: their rows. */
  async buys(...orders) {
    const basic = { currency: 'EUR', total: '19.90', placed_at: '2026-06-01T10:00:00Z', state: 'open' }
    const { results } = await this.shop.call('order.put', { connection: 'tienda', orders: orders.map((o) => ({ ...basic, ...o })) })
    return results.map((r) => r.order)
  }

  detail = async (r) => (await this.staff('incident.get', { id: r.incident })).detail
  owner = async (r) => (await this.detail(r)).incident.customer
  /** Whose an order is, and why. */
  buyer = async (id) => {
    const { order } = (await this.staff('order.get', { id })).order
    return [order.customer ?? 0, order.basis]
  }
}
