// `postigo check`: connections, and the DNS of the domains that are sent from.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { Dns } from '../lib/dns.mjs'
import { lines, postigo } from './command.mjs'

const KEY =
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuHgxwTiLgJ44i32tBe46OsjNaKTsqzfcTRY6YgtKlBZBNwl41IoXCjYJ8fBQoZVFihc0Oak6fL0CamyZP2UxJw1sbYMfeuzO7KjozFTm2fefZHfDNUIxJreA6uSwi2V1jhbxFKRmSs/bCIVmKKRO6sqsTlqmlkQvN7OhJckaNNWU2CN3LaNpZduMwBCZyT4BifmoT48Rt9+lDtgGfg4SOze4Z539st0oGK74FD5m5gnF2wSf5M0GSHtr8hnnVGNuSvEoOWkPI8bs3HlfDUFbMWMXfZ7Ua0iZ90BUChbzpfpwb5p42h5Lq7tlF95tewikCXD7L15Zoiwf8PaXWfVo5wIDAQAB'

// What is right, with each of the ways in which it is often wrong beside it.
const records = {
  'tienda.example': { TXT: ['una cosa', 'v=spf1 include:_spf.correo.example -all'] },
  '_spf.correo.example': { TXT: ['v=spf1 mx a:smtp.tienda.example -all'], MX: ['mx.correo.example'] },
  'mx.correo.example': { A: ['192.0.2.30'] },
  'smtp.tienda.example': { A: ['192.0.2.7'], AAAA: ['2001:db8::7'] },
  'mail2026._domainkey.tienda.example': { TXT: [`v=DKIM1; k=rsa; p=${KEY}`] },
  '_dmarc.tienda.example': { TXT: ['v=DMARC1; p=quarantine; rua=mailto:dmarc@tienda.example'] },
  'mudo.example': 'silent',
  'roto.example': 'broken',
  '_dmarc.roto.example': 'odd',
  // over 512 octets: it comes by TCP
  'largo.example': { TXT: [...Array(20).fill('x'.repeat(60)), 'v=spf1 ip4:192.0.2.7 ~all'] },
}

let daemon
let work
let dns
const run = (args) => postigo(['--dir', daemon.dir, 'check', ...args], { ms: 120000 })
const online = (...args) => run(['--online', '--resolver', dns.address, ...args])

before(async () => {
  work = mkdtempSync(join(tmpdir(), 'postigo-check-'))
  daemon = await startDaemon()
  dns = await new Dns(records).start()
})
after(async () => {
  await dns?.stop()
  await daemon?.stop()
  rmSync(daemon.dir, { recursive: true, force: true })
  rmSync(work, { recursive: true, force: true })
})

/** One mailbox of that domain, alone in use; `more` are its other settings. */
async function mailbox(domain, more = {}) {
  const control = await daemon.connect('control')
  for (const { name } of (await control.call('connection.list')).connections) await control.call('connection.update', { name, active: false })
  const name = `m${Math.floor(Math.random() * 1e9)}`
  const settings = { address: `hola@${domain}`, from_name: 'Tienda', imap_host: 'imap.tienda.example', smtp_host: 'smtp.tienda.example', ...more }
  await control.call('connection.add', { name, kind: 'mailbox', settings })
  control.close()
  return name
}

/** Findings of a check of that domain. */
async function found(...args) {
  const end = await online('--json', ...args)
  const list = lines(end.out).filter((o) => o.about)
  const of = (check, level) => list.filter((o) => o.check === check && o.level === level)
  return { ...end, list, of, text: JSON.stringify(list, null, 1) }
}

test('a desk without connections is well', async () => {
  const end = await run([])
  assert.equal(end.code, 0, end.err)
  assert.equal(end.out, '')
  assert.match(end.err, /store: \d+ checks, 0 problems/)
})

test('connections: what they name and is gone, and what fails', async () => {
  const name = await mailbox('tienda.example')
  assert.equal((await run([])).code, 0)
  const control = await daemon.connect('control')
  const gateway = await daemon.connect('mail')
  await gateway.call('connection.report', { name, state: 'failing', detail: 'imap.tienda.example: no such host' })
  const text = 'queue "general" { title "General" }\n'
  const reply = 'reply "acuse" { title "Acuse" language es text "Hola" }\n'
  await control.call('book.apply', { text: text + reply, note: '' })
  const wrong = control.call('connection.update', { name, settings: { address: 'hola@tienda.example', from_name: 'T', imap_host: 'i.example', smtp_host: 's.example', acknowledge: true, acknowledge_reply: 'otro' } })
  await assert.rejects(wrong, /'settings.acknowledge_reply' is not a saved reply/)
  assert.equal((await postigo(['--dir', daemon.dir, 'connection', 'set', name, 'acknowledge=true', 'acknowledge_reply=acuse'])).code, 0)
  const [mine] = lines((await postigo(['--dir', daemon.dir, 'connection', 'list', '--json'])).out).filter((c) => c.name === name)
  assert.equal(mine.settings.acknowledge, true)
  await control.call('book.apply', { text, note: '' })
  const end = await run([])
  assert.equal(end.code, 1)
  assert.match(end.out, /^problem {2}m\d+ state: fails since .*no such host$/m)
  assert.match(end.out, /^problem {2}m\d+ settings: 'settings\.acknowledge_reply' names the saved reply 'acuse', which is not there$/m)
  assert.match(end.err, /2 problems/)
  control.close()
  gateway.close()
})

test('a domain that is well: every part is said', async () => {
  await mailbox('tienda.example')
  const end = await online('--selector', 'mail2026', '--relay', '192.0.2.7')
  assert.equal(end.code, 0, end.out + end.err)
  assert.match(end.out, /^ok {7}tienda\.example spf: 192\.0\.2\.7 may send as you\n +record: v=spf1 include:_spf\.correo\.example -all$/m)
  assert.match(end.out, /^ok {7}tienda\.example dkim: the key at mail2026\._domainkey\.tienda\.example can be used$/m)
  assert.match(end.out, /^ok {7}tienda\.example dmarc: p=quarantine$/m)
  assert.ok(dns.asked.includes('TXT _dmarc.tienda.example'))
})

test('the relay’s own addresses are asked for, IPv6 too', async () => {
  await mailbox('tienda.example')
  const { code, of, text } = await found('--selector', 'mail2026')
  assert.equal(code, 0, text)
  assert.deepEqual(of('spf', 'ok').map((o) => o.text), ['192.0.2.7 may send as you', '2001:db8::7 may send as you'])
})

test('a server that is not let is a problem, and what to add is said', async () => {
  await mailbox('tienda.example')
  const { code, of, text } = await found('--relay', '198.51.100.9')
  assert.equal(code, 1, text)
  assert.match(of('spf', 'problem')[0].text, /198\.51\.100\.9 may not send as you \(fail\)/)
  assert.match(of('spf', 'problem')[0].change, /add ip4:198\.51\.100\.9/)
  assert.match(of('dkim', 'note')[0].change, /--mail FILE/)
})

test('nothing published: what to publish is said', async () => {
  await mailbox('nueva.example')
  const { code, of, text } = await found('--selector', 'x')
  assert.equal(code, 1, text)
  assert.match(of('spf', 'problem')[0].change, /TXT record at nueva\.example: v=spf1 a:smtp\.tienda\.example ~all/)
  assert.match(of('dkim', 'problem')[0].text, /no key at x\._domainkey\.nueva\.example/)
  assert.match(of('dmarc', 'problem')[0].change, /_dmarc\.nueva\.example: v=DMARC1; p=none; rua=mailto:postmaster@nueva\.example/)
})

test('a mail that somebody got tells the selector', async () => {
  const file = join(work, 'mail.eml')
  await mailbox('tienda.example')
  writeFileSync(file, Buffer.concat([Buffer.from('DKIM-Signature: v=1; a=rsa-sha256; d=tienda.example;\r\n s=mail2026; b=x\r\nSubject: a'), Buffer.from([0xf1, 13, 10, 13, 10])]))
  const { code, of, text } = await found('--mail', file)
  assert.equal(code, 0, text)
  assert.match(of('dkim', 'ok')[0].text, /mail2026/)
  assert.equal((await online('--mail', join(work, 'none'))).code, 65)
})

test('an answer that is too long for a datagram comes by TCP', async () => {
  await mailbox('largo.example')
  const { of, text } = await found('--relay', '192.0.2.7')
  assert.equal(of('spf', 'ok').length, 1, text)
})

test('a DNS that is silent, broken or odd is no fault of the domain: 75', async () => {
  for (const domain of ['mudo.example', 'roto.example']) {
    await mailbox(domain)
    const { of, text } = await found('--relay', '192.0.2.7')
    assert.equal(of('spf', 'unknown').length, 1, text)
    if (domain === 'roto.example') assert.equal(of('dmarc', 'unknown').length, 1, text)
  }
  await mailbox('roto.example')
  assert.equal((await online('--relay', '192.0.2.7')).code, 75)
})

test('wrong words are 64', async () => {
  await mailbox('tienda.example')
  for (const args of [['--relay', 'smtp.example'], ['--selector', 'a..b']]) assert.equal((await online(...args)).code, 64, args.join(' '))
  for (const resolver of ['dns.example', '127.0.0.1:0', '127.0.0.1:x', '::1', '']) assert.equal((await run(['--online', '--resolver', resolver])).code, 64, resolver)
})
