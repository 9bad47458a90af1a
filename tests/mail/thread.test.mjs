// Which incident a mail belongs to, through postigod and postigo-mail: threads,
// borrowed references, copies, what `postigo mail explain` says beforehand.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { startDaemon } from '../lib/bus.mjs'
import { builddir, mail, Maildir, runMail, startGateway, tempDir, until } from './lib.mjs'

const src = process.env.POSTIGO_SRCDIR ?? '.'
const corpus = join(process.env.POSTIGO_SHARED ?? join(src, '../shared'), 'corpus/mail')
const absent = !existsSync(join(corpus, 'threads.jsonl')) && 'the corpus is not here'

const PASSWORD = 'una frase bastante larga'

class Desk {
  static async open(t) {
    const desk = new Desk()
    desk.dir = tempDir()
    desk.boxes = {}
    desk.out = new Maildir(join(desk.dir, 'out'))
    desk.daemon = await startDaemon()
    desk.control = await desk.daemon.connect('control')
    for (const name of ['correo', 'ventas']) {
      desk.boxes[name] = new Maildir(join(desk.dir, name))
      const settings = { address: `${name}@tienda.example`, from_name: 'Tienda', in: desk.boxes[name].path, out: desk.out.path, language: 'es' }
      await desk.control.call('connection.add', { name, kind: 'maildir', settings })
    }
    await desk.control.call('agent.add', { email: 'marta@tienda.example', name: 'Marta Peña', role: 'admin', password: PASSWORD })
    desk.gateway = startGateway(desk.daemon.socket('mail'), desk.dir)
    t.after(() => desk.close())
    return desk
  }

  /** Bring a mail in and wait for it; its message, with the incident's id. */
  async put(raw, box = 'correo') {
    const id = /^Message-ID: (.*)$/im.exec(raw)[1].trim()
    this.boxes[box].put(raw)
    return until(async () => (await this.messages()).find((m) => m.external_id === id && m.box === box), `${id} in ${box}`)
  }

  sent() {
    return this.out.list('new').map((name) => this.out.read('new', name).toString('latin1'))
  }

  async answer(id) {
    const console = await this.daemon.connect('console')
    const { cookie } = await console.call('session.login', { email: 'marta@tienda.example', password: PASSWORD, network: '127.0.0.1' })
    const { handle } = await console.call('session.open', { cookie })
    return console.call('incident.answer', { id, text: 'Claro.', seen: 1 }, { as: handle })
  }

  async details() {
    const { incidents } = await this.control.call('incident.list', { view: 'all', limit: 200 })
    return Promise.all(incidents.map(async (i) => (await this.control.call('incident.get', { id: i.id })).detail))
  }

  async messages() {
    const all = await this.details()
    return all.flatMap((d) => d.messages.map((m) => ({ ...m, of: d.incident.id, box: d.incident.connection, detail: d })))
  }

  async explain(raw, args = []) {
    const file = join(this.dir, 'question.eml')
    writeFileSync(file, raw)
    const r = await runMail(['explain', '--socket', this.daemon.socket('mail'), '--log-level', 'error', ...args, file])
    assert.equal(r.code, 0, r.err)
    return r.out
  }

  async close() {
    await this.gateway.stop()
    await this.daemon.stop()
    this.daemon.remove()
    rmSync(this.dir, { recursive: true, force: true })
  }
}

const postigo = (desk, ...args) => execFileSync(join(builddir, 'postigo'), ['--socket', desk.daemon.socket('control'), ...args], { encoding: 'utf8' })
const refers = (id) => [`In-Reply-To: <${id}>`, `References: <${id}>`]

test('a borrowed reference opens an incident that says what it claims', async (t) => {
  const desk = await Desk.open(t)
  const first = await desk.put(mail({ id: 'uno@example.com' }))
  assert.equal(first.matched, undefined)
  const forged = mail({ id: 'eva@example.net', from: 'Eva <eva@example.net>', subject: 'Re: Hola', head: refers('uno@example.com') })
  const before = JSON.parse(await desk.explain(forged, ['--connection', 'correo', '--json']))
  assert.equal(before.incident, undefined)
  assert.equal(before.why, 'stranger')
  assert.equal(before.claims, first.of)
  const text = await desk.explain(forged)
  assert.match(text, new RegExp(`opens an incident: .*\\(stranger\\)\\n  claims to belong to P-${first.of}\\n`))
  const eva = await desk.put(forged)
  assert.notEqual(eva.of, first.of)
  assert.equal(eva.detail.claims, first.of)
  assert.match(postigo(desk, 'incident', 'show', `P-${eva.of}`), new RegExp(`^claims to belong to P-${first.of}, `, 'm'))
  assert.equal(JSON.parse(postigo(desk, '--json', 'incident', 'show', `P-${eva.of}`)).claims, first.of)
  // the customer's own answer joins, by whatever name the mailbox gives it
  const own = mail({ id: 'dos@example.com', from: 'ANA@Example.com', head: refers('uno@example.com') })
  assert.match(await desk.explain(own), new RegExp(`joins P-${first.of}: .*\\(in_reply_to\\)`))
  const joined = await desk.put(own)
  assert.equal(joined.of, first.of)
  assert.equal(joined.matched, 'in_reply_to')
  assert.match(await desk.explain(own), new RegExp(`joins P-${first.of}: .*\\(repeat\\)`))
})

test('a copy takes part; explaining changes nothing', async (t) => {
  const desk = await Desk.open(t)
  const first = await desk.put(mail({ id: 'uno@example.com', head: ['Cc: Luis <luis@example.org>, ventas+x@tienda.example'] }))
  const reply = mail({ id: 'luis@example.org', from: 'Luis <LUIS@example.org>', head: refers('uno@example.com') })
  for (let i = 0; i < 3; i++) assert.equal(JSON.parse(await desk.explain(reply, ['--json'])).incident, first.of)
  assert.equal((await desk.messages()).length, 1)
  const second = await desk.put(reply)
  assert.equal(second.of, first.of)
  assert.deepEqual(second.warnings, ['other_sender'])
})

test('what would be done with a mail is said beforehand', async (t) => {
  const desk = await Desk.open(t)
  const book = 'queue "general" { title "General" }\nrule "factura" { on contact if subject contains "factura" then tag "factura" example subject "mi factura" }\n'
  await desk.control.call('book.apply', { text: book })
  const ask = async (raw) => JSON.parse(await desk.explain(raw, ['--json', '--connection', 'ventas']))
  const bill = await ask(mail({ subject: 'La factura' }))
  assert.deepEqual([bill.why, bill.robot, bill.may_respond, bill.acknowledge, bill.acknowledge_why, bill.rules], ['no_reference', false, true, false, 'off', ['factura']])
  const { connections } = await desk.control.call('connection.list')
  const { settings } = connections.find((c) => c.name === 'ventas')
  await desk.control.call('connection.update', { name: 'ventas', settings: { ...settings, acknowledge: true } })
  assert.equal((await ask(mail({}))).acknowledge, true)
  const absent = await ask(mail({ subject: 'Out of office', head: ['Auto-Submitted: auto-replied', 'In-Reply-To: <nadie@example.com>'] }))
  assert.deepEqual([absent.why, absent.robot, absent.automatic, absent.acknowledge_why], ['unknown', true, 'auto_submitted', 'robot'])
  // the operator's command finds the gateway's program and its socket
  const file = join(desk.dir, 'otra.eml')
  writeFileSync(file, mail({ subject: 'Otra' }))
  const out = postigo(desk, 'mail', 'explain', file)
  assert.match(out, /otra\.eml\n {2}opens an incident: it names no mail \(no_reference\)\n {2}written by a person: an automatic answer may go back\n/)
  // what is not there, and a mailbox that is not
  assert.equal((await runMail(['explain', '--socket', desk.daemon.socket('mail'), join(desk.dir, 'nada.eml')])).code, 65)
  assert.equal((await runMail(['explain', '--socket', desk.daemon.socket('mail'), '--connection', 'nadie', file])).code, 65)
  assert.equal((await desk.messages()).length, 0)
})

test('a mail to two mailboxes is an incident in each, and its answers stay apart', async (t) => {
  const desk = await Desk.open(t)
  const to = (raw) => raw.replace('To: ayuda@tienda.example', 'To: correo@tienda.example, Ventas@Tienda.example')
  const one = to(mail({ id: 'uno@example.com' }))
  const a = await desk.put(one, 'correo')
  const b = await desk.put(one, 'ventas')
  assert.notEqual(a.of, b.of)
  const two = to(mail({ id: 'dos@example.com', head: refers('uno@example.com') }))
  assert.equal((await desk.put(two, 'ventas')).of, b.of)
  assert.equal((await desk.put(two, 'correo')).of, a.of)
})

test('a reply that was forwarded is found by where it was delivered to', async (t) => {
  const desk = await Desk.open(t)
  const first = await desk.put(mail({ id: 'uno@example.com' }))
  await desk.answer(first.of)
  const [sent] = await until(() => desk.sent().length && desk.sent(), 'the answer in the folder')
  const to = /correo\+[^@]+@tienda\.example/.exec(sent)[0]
  // a program that drops the thread, and a mail system that hands it on under another name
  const raw = mail({ id: 'tres@example.net', from: 'Eva <eva@example.net>', head: [`Delivered-To: ${to.toUpperCase()}`] })
  const found = await desk.put(raw)
  assert.equal(found.of, first.of)
  assert.equal(found.matched, 'token')
  assert.deepEqual(found.warnings, ['other_sender'])
  // a token does not make anybody take part
  const next = await desk.put(mail({ id: 'cuatro@example.net', from: 'Eva <eva@example.net>', head: refers('uno@example.com') }))
  assert.notEqual(next.of, first.of)
})

test('a reply that came before its parent is joined by it', async (t) => {
  const desk = await Desk.open(t)
  const reply = await desk.put(mail({ id: 'dos@example.com', head: refers('uno@example.com') }))
  const parent = await desk.put(mail({ id: 'uno@example.com' }))
  assert.equal(parent.of, reply.of)
  assert.equal(parent.matched, 'late_parent')
})

/* --- the corpus ------------------------------------------------------------------ */

const jsonl = (name) => readFileSync(join(corpus, name), 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l))

/** What a group is without the subject: those that name one another, or the same mail. */
function bound(messages, group) {
  const names = (m) => [m.message_id, m.in_reply_to, ...(m.references ?? [])].filter(Boolean)
  const parts = []
  for (const m of messages.filter((x) => group.includes(x.message_id))) {
    const touched = parts.filter((p) => names(m).some((n) => p.names.has(n)))
    const one = { ids: [m.message_id], names: new Set(names(m)) }
    for (const p of touched) {
      one.ids.push(...p.ids)
      p.names.forEach((n) => one.names.add(n))
      parts.splice(parts.indexOf(p), 1)
    }
    parts.push(one)
  }
  return parts.map((p) => p.ids.sort())
}

function grouped(messages) {
  const by = new Map()
  for (const m of messages) by.set(m.of, [...(by.get(m.of) ?? []), m])
  return [...by.values()]
}

test('the corpus: threading cases, without what only a subject would join', { skip: absent }, async (t) => {
  const cases = jsonl('threading-cases.jsonl')
  assert.ok(cases.length >= 4)
  for (const c of cases) {
    const desk = await Desk.open(t)
    for (const m of c.messages) {
      const head = []
      if (m.in_reply_to) head.push(`In-Reply-To: ${m.in_reply_to}`)
      if (m.references?.length) head.push(`References: ${m.references.join(' ')}`)
      await desk.put(mail({ id: m.message_id.slice(1, -1), subject: m.subject, head }))
    }
    const have = grouped(await desk.messages()).map((g) => g.map((m) => m.external_id).sort())
    const want = c.threads.flatMap((g) => bound(c.messages, g))
    assert.deepEqual(have.sort(), want.sort(), c.name)
  }
})

test('the corpus: messages that belong together', { skip: absent }, async (t) => {
  for (const { groups } of jsonl('threads.jsonl')) {
    const desk = await Desk.open(t)
    for (const group of groups) {
      const put = []
      for (const name of group) put.push(await desk.put(readFileSync(join(corpus, 'messages', `${name}.eml`), 'latin1')))
      assert.equal(new Set(put.map((m) => m.of)).size, 1, group.join(', '))
    }
    assert.equal((await desk.details()).length, groups.length)
  }
})

test('the corpus: the same reply from another sender claims', { skip: absent }, async (t) => {
  const desk = await Desk.open(t)
  const raw = (name) => readFileSync(join(corpus, 'messages', `${name}.eml`), 'latin1')
  const first = await desk.put(raw('discourse__mailinglist'))
  // a forger knows the Message-ID, and is not on the list
  const forged = raw('discourse__mailinglist_reply').replace('bob@bar.com', 'mallory@evil.example').replace(/^(List-Id|Precedence|Sender):.*\r?\n/gm, '')
  const other = await desk.put(forged)
  assert.notEqual(other.of, first.of)
  assert.equal(other.detail.claims, first.of)
})
