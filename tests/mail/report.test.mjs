// Reports that are mailed: a whole desk with a virtual clock, a real Maildir,
// and mails that are read as a mail program reads them.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { startDaemon } from '../lib/bus.mjs'
import { TestClock } from '../replay/desk.mjs'
import { Maildir, startGateway, tempDir, until } from './lib.mjs'
import { parseCsv, parseMail } from './read.mjs'

const sha = (bytes) => createHash('sha256').update(bytes).digest('hex')

const BOOK = `queue "general" { title "General" }
queue "envios" { title "Envíos <rápidos>" }
calendar "tienda" {
    timezone "Europe/Madrid"
    mon-fri 09:00-14:00, 16:00-19:00
}
policy "correo" {
    calendar "tienda"
    first response 4h
}
rule "envio" {
    on contact
    if subject or body matches /\\bpedido\\b/
    then queue "envios"
    example "mi pedido"
    counterexample "hola"
}
`

/** Wednesday 2026-11-18: one promise that is kept, one that is broken, one in another queue that is kept. */
class Desk {
  static async open(t) {
    const desk = new Desk()
    desk.dir = tempDir()
    desk.clock = new TestClock()
    desk.clock.set('2026-11-18T08:00:00Z')
    desk.out = new Maildir(join(desk.dir, 'out'))
    desk.in = new Maildir(join(desk.dir, 'in'))
    desk.daemon = await startDaemon({ env: desk.clock.env })
    t.after(() => desk.close())
    await desk.connect()
    await desk.control.call('desk.set', { name: 'Tienda Olmo', language: 'es' })
    await desk.control.call('book.apply', { text: BOOK })
    await desk.control.call('connection.add', {
      name: 'correo', kind: 'maildir',
      settings: { address: 'hola@olmo.example', from_name: 'Tienda', in: desk.in.path, out: desk.out.path },
    })
    desk.agents = {}
    for (const [name, language] of [['marta', 'es'], ['john', 'en'], ['nuria', '']]) {
      const { agent } = await desk.control.call('agent.add', { email: `${name}@olmo.example`, name, role: 'manager', language })
      desk.agents[name] = agent.id
    }
    desk.gateway = startGateway(desk.daemon.socket('mail'), desk.dir)
    return desk
  }

  async connect() {
    this.control = await this.daemon.connect('control')
    this.mail = await this.daemon.connect('mail')
  }

  contact(id, subject, at) {
    const raw = Buffer.from(`Message-ID: <${id}@x.example>\r\n\r\nhola\r\n`)
    return this.mail.call('contact.add', {
      connection: 'correo', external_id: `<${id}@x.example>`, digest: sha(id), received_at: at, channel: 'email',
      from: { name: 'Ana', address: `${id}@x.example` }, subject, text: 'hola', raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') },
    })
  }

  /** Two kept and one broken on the 18th; the clock then says the evening of it. */
  async history() {
    const console = await this.daemon.connect('console')
    const { token } = await this.control.call('token.add', { agent: this.agents.marta, label: 'test' })
    const { handle } = await console.call('session.open', { token })
    const kept = [await this.contact('a', 'hola', '2026-11-18T08:00:00.000Z'), await this.contact('b', 'mi pedido', '2026-11-18T08:00:00.000Z')]
    await this.contact('c', 'otra cosa', '2026-11-18T08:00:00.000Z')
    for (const { incident } of kept) await console.call('incident.answer', { id: incident, text: 'Hecho.', seen: 1 }, { as: handle })
    console.close()
    await until(() => this.out.list('new').length === 2, 'the two answers')
    this.answers = this.out.list('new')
    this.clock.set('2026-11-18T20:00:00Z')
    await until(async () => (await this.control.call('events.since', { from: 0, limit: 1000 })).events.some((e) => e.kind === 'clock.breached'), 'the breach')
  }

  plan(more = {}) {
    return this.control
      .call('plan.add', {
        name: 'Promesas de ayer', report: 'promises', params: { group: 'queue', compare: 'previous' }, period: 'day', minute: 8 * 60,
        agents: [this.agents.marta, this.agents.john], ...more,
      })
      .then((r) => r.plan)
  }

  /** Mails in the Maildir that are no answers, read. */
  mails() {
    return this.out
      .list('new')
      .filter((name) => !(this.answers ?? []).includes(name))
      .map((name) => ({ name, ...parseMail(this.out.read('new', name).toString('latin1')) }))
  }

  async arrived(count) {
    await until(async () => (await this.control.call('ping'), this.mails().length >= count), `${count} reports`)
    return this.mails()
  }

  /** Every job has ended: states of all. */
  async jobs(count) {
    const get = () => Promise.all(Array.from({ length: count }, (_, i) => this.control.call('job.get', { id: this.first + i })))
    return until(async () => {
      const all = await get()
      return all.every((j) => j.state === 'done' || j.state === 'failed') && all
    }, 'jobs to end')
  }

  async close() {
    await this.gateway?.stop()
    await this.daemon.stop()
    this.daemon.remove()
    this.clock.remove()
    rmSync(this.dir, { recursive: true, force: true })
  }
}

const to = (mails, who) => mails.find((m) => m.headers.to.includes(`${who}@olmo.example`))
/** A space that does not break is a space to a reader. */
const plain = (text) => text.replaceAll('\u00a0', ' ')

test('a report arrives by mail, to each in their language, with a file that parses', async (t) => {
  const desk = await Desk.open(t)
  await desk.history()
  const plan = await desk.plan({ agents: [desk.agents.marta, desk.agents.john, desk.agents.nuria] })
  assert.equal(plan.zone, 'Europe/Madrid')
  assert.equal(plan.next_at, '2026-11-19T07:00:00.000Z')
  assert.equal(plan.connection, 'correo')
  desk.clock.set('2026-11-19T07:00:01Z')
  const mails = await desk.arrived(3)
  assert.equal(mails.length, 3)

  const es = to(mails, 'marta')
  assert.equal(plain(es.subject), 'Promesas de ayer: Cumplimiento 66,67 %, 18/11/2026')
  assert.equal(es.headers['auto-submitted'], 'auto-generated')
  assert.match(es.headers.from, /Tienda Olmo <hola@olmo\.example>/)
  assert.match(es.headers['message-id'], /^<notice\.\d+\.\d+@olmo\.example>$/)
  assert.equal(es.type, 'multipart/mixed')
  assert.equal(es.parts[0].type, 'multipart/alternative')
  const [text, html] = es.parts[0].parts
  assert.equal(text.type, 'text/plain')
  assert.match(plain(text.text), /Cumplimiento: 66,67 %/)
  assert.match(text.text, /- Envíos <rápidos>: Cumplidas 1; Incumplidas 0;/)
  assert.equal(html.type, 'text/html')
  assert.match(html.text, /<html lang="es">/)
  assert.match(html.text, /Envíos &lt;rápidos&gt;/)
  assert.doesNotMatch(html.text, /<script|<img|https?:|url\(|Envíos <rápidos>/)

  const en = to(mails, 'john')
  assert.equal(en.subject, 'Promesas de ayer: Compliance 66.67%, 18 Nov 2026')
  assert.match(en.parts[0].parts[0].text, /Compliance: 66\.67%/)
  assert.match(en.parts[0].parts[1].text, /<html lang="en">/)
  // Who has no language of their own has the desk's.
  assert.equal(to(mails, 'nuria').subject, es.subject)

  const file = es.parts[1]
  assert.equal(file.type, 'text/csv')
  assert.equal(file.filename, 'informe-promises-2026-11-18.csv')
  assert.deepEqual(parseCsv(file.text), [
    ['key', 'title', 'met', 'breached', 'compliance', 'late_applied'],
    ['envios', 'Envíos <rápidos>', '1', '0', '10000', '0'],
    ['general', 'General', '1', '1', '5000', '0'],
  ])

  const [now] = (await desk.control.call('plan.list')).plans
  assert.equal(now.next_at, '2026-11-20T07:00:00.000Z')
  assert.ok(now.last_at.startsWith('2026-11-19T07:0'))
})

test('a threshold keeps a report back, and a try sends it all the same', async (t) => {
  const desk = await Desk.open(t)
  await desk.history()
  const agents = [desk.agents.marta]
  const held = await desk.plan({ name: 'Bajo 60', below: 6000, agents })
  await desk.plan({ name: 'Bajo 70', below: 7000, agents })
  await desk.plan({ name: 'Sobre 60', above: 6000, agents })
  await desk.plan({ name: 'Sobre 70', above: 7000, agents })
  desk.clock.set('2026-11-19T07:00:01Z')
  await until(async () => (await desk.control.call('plan.list')).plans.every((p) => p.last_at), 'all plans to have run')
  desk.first = 1
  await desk.arrived(2)
  const { jobs } = await desk.control.call('plan.try', { id: held.id })
  await desk.arrived(3)
  desk.first = jobs[0] - 4
  assert.deepEqual((await desk.jobs(5)).map((j) => [j.state, j.result.detail]), [
    ['done', 'there was nothing to send'],
    ['done', 'in the Maildir'],
    ['done', 'in the Maildir'],
    ['done', 'there was nothing to send'],
    ['done', 'in the Maildir'],
  ])
  assert.deepEqual(desk.mails().map((m) => m.subject.split(':')[0]).sort(), ['Bajo 60', 'Bajo 70', 'Sobre 60'])
})

test('nothing is sent twice when the gateway or the daemon is killed between', async (t) => {
  const desk = await Desk.open(t)
  await desk.history()
  await desk.plan()
  for (const day of ['19', '20', '21']) {
    // The gateway dies somewhere between the job and its report, then the daemon.
    desk.clock.set(`2026-11-${day}T07:00:01Z`)
    await desk.control.call('ping')
    await desk.gateway.kill()
    await desk.daemon.kill()
    desk.daemon = await startDaemon({ dir: desk.daemon.dir, env: desk.clock.env })
    await desk.connect()
    desk.gateway = startGateway(desk.daemon.socket('mail'), desk.dir)
    // A lease that the dead one had ends.
    desk.clock.set(`2026-11-${day}T07:05:00Z`)
    const count = (Number(day) - 18) * 2
    await desk.arrived(count)
    desk.first = 1
    for (const job of await desk.jobs(count)) assert.equal(job.state, 'done')
    assert.equal(desk.mails().length, count)
  }
  const ids = desk.mails().map((m) => m.headers['message-id'])
  assert.equal(new Set(ids).size, 6)
})

test('of runs that were missed the newest is sent', async (t) => {
  const desk = await Desk.open(t)
  await desk.history()
  await desk.plan({ agents: [desk.agents.john] })
  await desk.daemon.stop()
  desk.clock.set('2026-11-22T23:30:00Z')
  desk.daemon = await startDaemon({ dir: desk.daemon.dir, env: desk.clock.env })
  await desk.connect()
  const [mail] = await desk.arrived(1)
  assert.match(mail.subject, /, 21 Nov 2026$/)
  desk.clock.set('2026-11-23T07:00:01Z')
  const next = (await desk.arrived(2)).find((m) => m.name !== mail.name)
  assert.match(next.subject, /, 22 Nov 2026$/)
  assert.equal(desk.mails().length, 2)
})

test('a clock that is set back neither repeats a run nor keeps a plan waiting', async (t) => {
  const desk = await Desk.open(t)
  await desk.history()
  await desk.plan({ agents: [desk.agents.john] })
  const next = async (instant) =>
    until(async () => (await desk.control.call('plan.list')).plans[0].next_at === instant, `the next run at ${instant}`)
  desk.clock.set('2026-11-19T07:00:01Z')
  await desk.arrived(1)
  // Half an hour back, before the instant of the run.
  desk.clock.set('2026-11-19T06:30:00Z')
  await desk.control.call('ping')
  desk.clock.set('2026-11-19T07:30:00Z')
  await next('2026-11-20T07:00:00.000Z')
  // A year ahead by mistake, which runs it, and back.
  desk.clock.set('2027-11-19T07:00:01Z')
  await desk.arrived(2)
  await next('2027-11-20T07:00:00.000Z')
  desk.clock.set('2026-11-19T20:00:00Z')
  await desk.control.call('desk.set', { name: 'Tienda Olmo' })
  await next('2026-11-20T07:00:00.000Z')
  assert.equal(desk.mails().length, 2)
})

test('every report has its words, and is mailed in both languages', async (t) => {
  const desk = await Desk.open(t)
  await desk.history()
  const { reports } = await desk.control.call('report.list')
  let count = 0
  let number = 0
  for (const { report, groups, figures, columns } of reports) {
    // The first group and the last one; a name that has no word would stand there as it is.
    for (const group of new Set([groups[0], groups.at(-1)])) {
      const name = `Informe ${++number}`
      const plan = await desk.plan({ name, report, params: { group } })
      await desk.control.call('plan.try', { id: plan.id, agents: [desk.agents.marta, desk.agents.john] })
      count += 2
      const mails = (await desk.arrived(count)).filter((m) => m.subject.startsWith(`${name}:`))
      assert.equal(mails.length, 2, `${report} by ${group}`)
      for (const mail of mails) {
        const [text, html] = mail.parts[0].parts
        assert.doesNotMatch(text.text, /\b[a-z]+_[a-z0-9_]+\b/, `${report} by ${group}`)
        assert.ok(html.text.endsWith('</html>\n'))
        assert.equal(parseCsv(mail.parts[1].text)[0].join(), ['key', 'title', ...columns.map((c) => c.name)].join())
      }
      const spanish = to(mails, 'marta').parts[0].parts[0].text
      for (const { name } of figures) assert.doesNotMatch(spanish, new RegExp(`^${name}: `, 'm'), `${report}: ${name}`)
    }
  }
  assert.ok(reports.length >= 9)
})

test('who is no longer active gets nothing, and a plan that is removed sends nothing', async (t) => {
  const desk = await Desk.open(t)
  await desk.history()
  const plan = await desk.plan()
  const gone = await desk.plan({ name: 'Otro' })
  await desk.control.call('plan.remove', { id: gone.id })
  await desk.control.call('agent.update', { id: desk.agents.marta, active: false })
  desk.clock.set('2026-11-19T07:00:01Z')
  const [mail] = await desk.arrived(1)
  assert.match(mail.headers.to, /john@/)
  await until(async () => (await desk.control.call('plan.list')).plans.every((p) => p.last_at), 'the plan to have run')
  assert.equal(desk.mails().length, 1)
  await desk.control.call('plan.update', { id: plan.id, agents: [desk.agents.john], active: false })
  assert.equal((await desk.control.call('plan.list')).plans[0].next_at, null)
})

test('what is wrong in a plan is refused with its name', async (t) => {
  const desk = await Desk.open(t)
  const refused = (more, pattern) => assert.rejects(desk.plan(more), (e) => e.data?.code === 'bad_params' && pattern.test(e.message))
  await refused({ report: 'nonsense' }, /no report 'nonsense'/)
  await refused({ params: { group: 'moon' } }, /no group 'moon'/)
  await refused({ params: { x: 1 } }, /'x'/)
  await refused({ params: { csv: 'tabs' } }, /'csv'/)
  await refused({ period: 'year' }, /'period'/)
  await refused({ minute: 1440 }, /'minute'/)
  await refused({ zone: 'Europe/Atlantis' }, /'zone'/)
  await refused({ agents: [] }, /'agents'/)
  await refused({ agents: [desk.agents.john, desk.agents.john] }, /twice/)
  await refused({ language: 'fr' }, /'language'/)
  await assert.rejects(desk.plan({ connection: 'nadie' }), (e) => e.data?.code === 'not_found')
  await assert.rejects(desk.plan({ agents: [999] }), (e) => e.data?.code === 'not_found')
  assert.deepEqual((await desk.control.call('plan.list')).plans, [])
})
