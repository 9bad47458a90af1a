// The mail gateway against a daemon that answers what each test tells it.
import assert from 'node:assert/strict'
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { childrenOf, FakeDaemon, mail, Maildir, runMail, sha256, sleep, startGateway, tempDir, until } from './lib.mjs'

async function desk(t, { up = true, settings = {}, mime } = {}) {
  const dir = tempDir()
  const args = mime ? ['--mime', join(dir, 'mime')] : []
  if (mime) writeFileSync(join(dir, 'mime'), mime, { mode: 0o755 })
  const inn = new Maildir(join(dir, 'in'))
  const out = new Maildir(join(dir, 'out'))
  const daemon = new FakeDaemon(dir, [
    { id: 1, name: 'correo', kind: 'maildir', settings: { address: 'ayuda@tienda.example', from_name: 'Tienda', in: inn.path, out: out.path, ...settings }, secrets: {}, version: 1 },
  ])
  if (up) await daemon.start()
  const gateway = startGateway(daemon.socket, dir, args)
  t.after(async () => {
    await gateway.stop()
    await daemon.stop().catch(() => {})
    rmSync(dir, { recursive: true, force: true })
  })
  return { dir, inn, out, daemon, gateway }
}

const delivery = (more = {}) => ({
  id: 7, attempt: 1, lease_until: '2026-01-05T09:01:00.000Z', connection: 'correo', incident: 42, message: 3,
  key: '<p42.3.abcdefghijklmnop@tienda.example>', at: '2026-01-05T09:00:00.000Z',
  from: { name: 'Marta Peña', address: 'ayuda@tienda.example' }, to: [{ name: 'Ana', address: 'ana@example.com' }], cc: [],
  reply_to: { name: 'Tienda', address: 'ayuda+p42.3.abcdefghijklmnop@tienda.example' },
  subject: 'Re: Devolución', text: 'Hola, Ana:\n\nSí.', in_reply_to: '<m1@example.com>', references: ['<m1@example.com>'], attachments: [], automatic: false, ...more,
})

test('a mail in new is a contact, and in cur once that is answered', async (t) => {
  const { inn, daemon } = await desk(t)
  const raw = mail({ id: 'a@example.com', subject: '=?utf-8?B?RGV2b2x1Y2nDs24=?=', body: 'Quiero devolver.\n\n> viejo' })
  inn.put(raw, '1700000001.M1.test')
  await until(() => inn.list('cur').length, 'the mail in cur')
  assert.deepEqual(inn.list('cur'), ['1700000001.M1.test:2,S'])
  assert.deepEqual(inn.list('new'), [])
  const [c] = daemon.contacts
  assert.equal(daemon.contacts.length, 1)
  assert.equal(c.connection, 'correo')
  assert.equal(c.channel, 'email')
  assert.equal(c.external_id, '<a@example.com>')
  assert.equal(c.digest, sha256(raw.slice(raw.indexOf('\n\n') + 2)))
  assert.equal(c.subject, 'Devolución')
  assert.deepEqual(c.from, { name: 'Ana', address: 'ana@example.com' })
  assert.deepEqual(c.recipients, ['ayuda@tienda.example'])
  assert.equal(c.reply_text, 'Quiero devolver.')
  assert.equal(c.raw.sha256, sha256(raw))
  assert.equal(Buffer.from(c.raw.data, 'base64').toString(), raw)
})

test('a signature goes in with the raw octets alone, a file that comes after it as it is', async (t) => {
  const { inn, daemon } = await desk(t)
  const part = (head, body) => `--b\n${head}\n\n${body}\n`
  const inner = ['Content-Type: multipart/signed; boundary=s\n', '--s', 'Content-Type: text/plain\n', 'Hola', '--s', 'Content-Type: application/pkcs7-signature; name=smime.p7s\n', 'firma', '--s--'].join('\n')
  const raw = mail({
    head: ['Content-Type: multipart/mixed; boundary=b'],
    body: `--b\n${inner}\n${part('Content-Type: application/pdf; name=factura.pdf', 'factura')}--b--`,
  })
  inn.put(raw)
  await until(() => inn.list('cur').length, 'the mail in cur')
  const [c] = daemon.contacts
  assert.equal(c.text, 'Hola')
  assert.deepEqual(c.warnings, ['signed'])
  assert.deepEqual(c.attachments.map((a) => [a.filename, Buffer.from(a.data, 'base64').toString()]), [['factura.pdf', 'factura']])
  assert.ok(Buffer.from(c.raw.data, 'base64').toString().includes('firma'))
})

test('a gateway with nothing to do sleeps', async (t) => {
  const { daemon, gateway } = await desk(t)
  daemon.connections.push({ id: 2, name: 'tubo', kind: 'pipe', settings: { address: 'tubo@tienda.example', from_name: 'Tienda' }, secrets: {}, version: 1 })
  daemon.wake('connections')
  await until(() => gateway.log().includes('2 connections'), 'both connections')
  const ticks = () => {
    const stat = readFileSync(`/proc/${gateway.child.pid}/stat`, 'utf8').split(') ')[1].split(' ')
    return Number(stat[11]) + Number(stat[12])
  }
  // One that never rests uses each such while up; what its start leaves to do, but the first.
  const used = []
  do {
    const before = ticks()
    await sleep(1500)
    used.push(ticks() - before)
  } while (used.at(-1) >= 30 && used.length < 20)
  assert.ok(used.at(-1) < 30, `${used} ticks of a processor, 1.5 s each`)
})

test('a mail stays in new while the daemon says later', async (t) => {
  const { inn, daemon } = await desk(t)
  const add = daemon.methods['contact.add']
  let tries = 0
  daemon.methods['contact.add'] = () => {
    tries++
    throw { outcome: 'temp', code: 'full', retry_after_ms: 100 }
  }
  inn.put(mail())
  await until(() => tries >= 2, 'a second try')
  assert.equal(inn.list('new').length, 1)
  assert.equal(inn.list('cur').length, 0)
  daemon.methods['contact.add'] = add
  await until(() => inn.list('cur').length === 1, 'the mail in cur')
  assert.equal(daemon.contacts.length, 1)
})

test('while the daemon is busy for seconds mails wait, large ones too, and each goes in once', async (t) => {
  const { inn, daemon } = await desk(t)
  const { 'contact.add': add, 'blob.put': put } = daemon.methods
  const refused = { contacts: 0, chunks: 0 }
  const busy = (name, wait) => {
    refused[name]++
    throw { outcome: 'temp', code: name === 'chunks' ? 'full' : 'busy', retry_after_ms: wait }
  }
  daemon.methods['contact.add'] = (p) => (refused.contacts < 6 ? busy('contacts', 300) : add(p))
  // in the middle of an upload: the next try begins it anew
  daemon.methods['blob.put'] = (p) => (p.offset > 0 && refused.chunks < 2 ? busy('chunks', 300) : put(p))
  const large = mail({ body: 'línea larga\n'.repeat(80_000) })
  const small = [mail(), mail(), mail()]
  for (const octets of [large, ...small]) inn.put(octets)
  await until(() => inn.list('cur').length === 4, 'all four in cur')
  assert.deepEqual(refused, { contacts: 6, chunks: 2 })
  assert.equal(inn.list('new').length, 0)
  assert.equal(daemon.contacts.length, 4)
  const digests = daemon.contacts.map((c) => c.raw.sha256).sort()
  assert.deepEqual(digests, [large, ...small].map((octets) => sha256(octets)).sort())
  assert.deepEqual(daemon.uploads.get(sha256(large)), Buffer.from(large))
})

test('a mail that the daemon refuses stays in new, and the connection says why', async (t) => {
  const { inn, daemon } = await desk(t)
  daemon.methods['contact.add'] = () => {
    throw { outcome: 'perm', code: 'bad_params', message: 'no' }
  }
  inn.put(mail())
  await until(() => daemon.states.find((s) => s.state === 'failing'), 'a report')
  assert.equal(inn.list('new').length, 1)
})

test('an answer that is lost is asked for again, with the same identity', async (t) => {
  const { inn, daemon } = await desk(t)
  const seen = []
  const add = daemon.methods['contact.add']
  daemon.methods['contact.add'] = (p, peer) => {
    seen.push(`${p.external_id} ${p.digest}`)
    if (seen.length > 1) return add(p)
    peer.destroy()
    return null
  }
  inn.put(mail())
  await until(() => inn.list('cur').length === 1, 'the mail in cur')
  assert.equal(seen.length, 2)
  assert.equal(seen[0], seen[1])
})

test('with no daemon mails wait in new, and go in when it comes', async (t) => {
  const { inn, daemon } = await desk(t, { up: false })
  inn.put(mail())
  await sleep(300)
  assert.equal(inn.list('new').length, 1)
  await daemon.start()
  await until(() => inn.list('cur').length === 1, 'the mail in cur')
})

test('a mail that is still being written is left alone', async (t) => {
  const { inn, daemon } = await desk(t)
  const path = join(inn.path, 'new', '1700000009.M9.test')
  const fd = openSync(path, 'w')
  appendFileSync(fd, 'From: ana@example.com\nSubject: ')
  inn.put(mail({ subject: 'Otra' }))
  await until(() => daemon.contacts.length === 1, 'the other mail')
  appendFileSync(fd, 'Entera\n\nHola\n')
  closeSync(fd)
  await until(() => daemon.contacts.length === 2, 'the whole mail')
  assert.deepEqual(daemon.contacts.map((c) => c.subject), ['Otra', 'Entera'])
})

test('a mail over a frame goes by blobs, its attachments too', async (t) => {
  const { inn, daemon } = await desk(t)
  const file = Buffer.alloc(900000, 'postigo ')
  const raw = mail({ head: ['MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b'], body: `--b\nContent-Type: text/plain\n\nMira.\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename="f.pdf"\nContent-Transfer-Encoding: base64\n\n${file.toString('base64').replace(/.{76}/g, '$&\n')}\n--b--` })
  inn.put(raw)
  await until(() => inn.list('cur').length === 1, 'the mail in cur')
  const [c] = daemon.contacts
  assert.equal(c.raw.data, undefined)
  assert.equal(daemon.uploads.get(c.raw.sha256)?.toString(), raw)
  assert.equal(c.attachments.length, 1)
  assert.equal(c.attachments[0].filename, 'f.pdf')
  assert.equal(c.attachments[0].size, file.length)
  assert.ok(daemon.uploads.get(c.attachments[0].sha256).equals(file))
})

test('a mail whose parser dies is a contact with the warning unparsed', async (t) => {
  const { inn, daemon } = await desk(t, { mime: '#!/bin/sh\nkill -9 $$\n' })
  inn.put(mail({ id: 'u@example.com', subject: 'Hola', body: 'Texto', head: ['References: <p1.2.x@tienda.example>'] }))
  await until(() => inn.list('cur').length, 'the mail in cur')
  const [c] = daemon.contacts
  assert.deepEqual(c.warnings, ['unparsed'])
  assert.equal(c.external_id, '<u@example.com>')
  assert.equal(c.subject, 'Hola')
  assert.equal(c.text, 'Texto\n')
  assert.equal(c.from.address, 'ana@example.com')
  assert.deepEqual(c.references, ['<p1.2.x@tienda.example>'])
  assert.ok(c.raw.data)
})

test('a parser that is killed in between costs nothing', async (t) => {
  const { inn, daemon, gateway } = await desk(t)
  inn.put(mail())
  await until(() => daemon.contacts.length === 1, 'the first mail')
  for (const pid of childrenOf(gateway.child.pid)) process.kill(pid, 'SIGKILL')
  inn.put(mail({ subject: 'Dos' }))
  inn.put(mail({ subject: 'Tres' }))
  await until(() => inn.list('cur').length === 3, 'all mails in cur')
  assert.deepEqual(daemon.contacts.map((c) => c.subject).sort(), ['Dos', 'Hola', 'Tres'])
})

test('folders that are missing are reported with their path, and used once they are there', async (t) => {
  const { dir, daemon } = await desk(t, { settings: { in: '/nonexistent/postigo' } })
  const state = await until(() => daemon.states.find((s) => s.state === 'failing'), 'a report')
  assert.match(state.detail, /\/nonexistent\/postigo\/tmp.*No such file/)
  const later = join(dir, 'later')
  daemon.connections[0].settings.in = later
  daemon.wake('connections')
  await until(() => daemon.states.find((s) => s.detail.includes(later)), 'a report of the other folder')
  mkdirSync(later)
  const box = new Maildir(later)
  box.put(mail())
  await until(() => box.list('cur').length === 1, 'the mail in cur')
  await until(() => daemon.states.at(-1).state === 'ok', 'a report that all is well')
})

test('a delivery lies in the outgoing Maildir, threaded, and is reported', async (t) => {
  const { out, daemon } = await desk(t)
  await until(() => daemon.calls.includes('outbox.take'), 'the gateway')
  daemon.queue.push(delivery())
  daemon.wake('outbox')
  await until(() => daemon.reports.length, 'a report')
  assert.deepEqual(daemon.reports.map((r) => [r.delivery, r.attempt, r.result]), [[7, 1, 'sent']])
  const [name] = out.list('new')
  assert.match(name, /^\d+\.K[0-9a-f]{32}\.postigo$/)
  const text = out.read('new', name).toString('latin1')
  assert.match(text, /^Message-Id: <p42\.3\.abcdefghijklmnop@tienda\.example>$/im)
  assert.match(text, /^In-Reply-To: <m1@example\.com>$/m)
  assert.match(text, /^References: <m1@example\.com>$/m)
  assert.match(text, /^Reply-To: Tienda\s<ayuda\+p42\.3\.abcdefghijklmnop@tienda\.example>$/m)
  assert.match(text, /^Subject: Re: =\?utf-8\?/im)
  assert.match(text, /^Content-Type: text\/plain; charset=utf-8$/m)
  assert.match(text, /^S=C3=AD\.$/m)
  assert.doesNotMatch(text, /[^\n\t -~]/)
  assert.doesNotMatch(text, /^Auto-Submitted/m)
})

test('a delivery that was given before is only reported', async (t) => {
  const { out, daemon } = await desk(t)
  daemon.queue.push(delivery())
  daemon.wake('outbox')
  await until(() => daemon.reports.length === 1, 'a report')
  daemon.queue.push(delivery({ attempt: 2 }))
  daemon.wake('outbox')
  await until(() => daemon.reports.length === 2, 'the second report')
  assert.equal(daemon.reports[1].result, 'sent')
  assert.equal(out.list('new').length, 1)
  assert.equal(out.list('cur').length, 0)
})

test('a report that is cut off is made again, and the mail is not', async (t) => {
  const { out, daemon } = await desk(t)
  const report = daemon.methods['outbox.report']
  daemon.methods['outbox.report'] = (p, peer) => {
    daemon.methods['outbox.report'] = report
    peer.destroy()
    return null
  }
  daemon.queue.push(delivery())
  daemon.wake('outbox')
  await until(() => daemon.reports.length === 1, 'the report')
  assert.equal(daemon.reports[0].result, 'sent')
  assert.equal(daemon.reports[0].attempt, 1)
  assert.equal(out.list('new').length, 1)
})

test('a delivery to an address that cannot be written fails for good', async (t) => {
  const { out, daemon } = await desk(t)
  daemon.queue.push(delivery({ to: [{ name: 'X', address: 'a@b.example>\nBcc: all@example.com' }] }))
  daemon.wake('outbox')
  await until(() => daemon.reports.length, 'a report')
  assert.equal(daemon.reports[0].result, 'failed')
  assert.equal(daemon.reports[0].retry, false)
  assert.deepEqual(out.list('new'), [])
})

test('what is taken in one round and what waits behind it is all sent', async (t) => {
  const { out, daemon } = await desk(t)
  for (let i = 0; i < 50; i++) daemon.queue.push(delivery({ id: i, key: `<k${i}@tienda.example>` }))
  daemon.wake('outbox')
  await until(() => daemon.reports.length === 50, 'all reports')
  assert.equal(out.list('new').length, 50)
})

test('connection.test says whether the folders can be used', async (t) => {
  const { daemon } = await desk(t)
  await until(() => daemon.states.length, 'the gateway')
  let given = false
  daemon.methods['job.take'] = () => (given ? { jobs: [] } : ((given = true), { jobs: [{ id: 5, attempt: 1, kind: 'connection.test', connection: 'correo', payload: {} }] }))
  daemon.wake('jobs')
  const r = await until(() => daemon.reports.find((x) => x.job === 5), 'a report')
  assert.equal(r.ok, true)
  assert.equal(r.result.ok, true)
})

test('submit is 0 only after the answer', async (t) => {
  const { daemon } = await desk(t)
  const good = await runMail(['submit', '--connection', 'correo', '--socket', daemon.socket, '--received', '2026-01-05T08:00:00Z'], mail())
  assert.equal(good.code, 0)
  assert.equal(daemon.contacts[0].received_at, '2026-01-05T08:00:00.000Z')
  for (const outcome of ['temp', 'perm']) {
    daemon.methods['contact.add'] = () => {
      throw { outcome, code: 'busy' }
    }
    assert.equal((await runMail(['submit', '--connection', 'correo', '--socket', daemon.socket], mail())).code, 75)
  }
  daemon.methods['contact.add'] = (p, peer) => (peer.destroy(), null)
  assert.equal((await runMail(['submit', '--connection', 'correo', '--socket', daemon.socket], mail())).code, 75)
})

test('submit is 75 without a daemon, 65 for no mail, 64 for no connection', async () => {
  const socket = '/nonexistent/mail.sock'
  assert.equal((await runMail(['submit', '--connection', 'correo', '--socket', socket], mail())).code, 75)
  assert.equal((await runMail(['submit', '--connection', 'correo', '--socket', socket], '')).code, 65)
  assert.equal((await runMail(['submit', '--socket', socket], mail())).code, 64)
})

test('a refused protocol ends the gateway with 69', async (t) => {
  const { dir, daemon } = await desk(t, { up: false })
  daemon.methods.hello = () => {
    throw { outcome: 'perm', code: 'protocol', message: 'another version' }
  }
  await daemon.start()
  const gateway = startGateway(daemon.socket, dir)
  assert.equal((await gateway.ended).code, 69)
})

test('SIGTERM ends it in order', async (t) => {
  const { inn, daemon, gateway } = await desk(t)
  inn.put(mail())
  await until(() => daemon.contacts.length === 1, 'the mail')
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null })
  assert.equal(inn.list('cur').length, 1)
})
