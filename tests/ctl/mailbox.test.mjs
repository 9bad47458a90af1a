// postigo connection add and set with mailboxes: numbers, secrets.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { lines, postigo } from './command.mjs'

let daemon
let work
let mail
const run = (args, options) => postigo(['--dir', daemon.dir, ...args], options)
async function fine(args, options) {
  const end = await run(args, options)
  assert.equal(end.code, 0, `${args.join(' ')}: ${end.err}`)
  return end
}
const file = (name, text) => {
  writeFileSync(join(work, name), text)
  return join(work, name)
}
const mine = async (name) => (await mail.call('connection.mine')).connections.find((c) => c.name === name)
const settings = ['address=hola@tienda.example', 'from_name=Tienda Sol', 'imap_host=imap.tienda.example']
const add = (name, ...more) => ['connection', 'add', name, 'mailbox', ...settings, ...more]

before(async () => {
  work = mkdtempSync(join(tmpdir(), 'postigo-mailbox-'))
  daemon = await startDaemon()
  mail = await daemon.connect('mail')
})
after(async () => {
  mail?.close()
  await daemon?.stop()
  daemon?.remove()
  rmSync(work, { recursive: true, force: true })
})

test('numbers on the command line are numbers, texts of digits stay texts', async () => {
  await fine(add('uno', 'imap_port=1993', 'poll_s=30', 'imap_user=12345', 'smtp_host=127.0.0.1', 'smtp_security=none'))
  const { settings: s, kind } = await mine('uno')
  assert.deepEqual([kind, s.imap_port, s.poll_s, s.imap_user, s.from_name], ['mailbox', 1993, 30, '12345', 'Tienda Sol'])
})

test('what is wrong is said all at once, with its name', async () => {
  const end = await run(add('malo', 'imap_port=mil', 'poll_s=4', 'handled=delete', 'color=azul'))
  assert.equal(end.code, 65)
  for (const what of ["'settings.imap_port' is not a whole number", "'settings.poll_s' is not from 5 to 3600", "'settings.handled' is none of", "'settings.color' is not known"])
    assert.ok(end.err.includes(what), `${what}: ${end.err}`)
  const clear = await run(add('malo', 'imap_security=none'))
  assert.equal(clear.code, 65)
  assert.match(clear.err, /imap_security/)
  assert.equal(await mine('malo'), undefined)
})

test('secrets come from standard input and from files', async () => {
  await fine(add('dos', '--secret', 'password=-', '--secret', `smtp_password=${file('smtp', 'otra clave\r\nmás\n')}`), { input: 'una clave\n' })
  assert.deepEqual((await mine('dos')).secrets, { password: 'una clave', smtp_password: 'otra clave' })
  await fine(add('tres', '--secrets', '-'), { input: JSON.stringify({ access_token: 'ya29' }) })
  assert.deepEqual((await mine('tres')).secrets, { access_token: 'ya29' })
  await fine(add('cuatro', `--secrets=${file('s.json', '{"password": "a"}')}`, `--secret=oauth_refresh_token=-`), { input: 'b' })
  assert.deepEqual((await mine('cuatro')).secrets, { password: 'a', oauth_refresh_token: 'b' })
  const list = await fine(['connection', 'list', '--json'])
  assert.ok(!list.out.includes('una clave'))
  assert.deepEqual(lines(list.out).find((c) => c.name === 'dos').secret_names.sort(), ['password', 'smtp_password'])
})

test('a secret is a file, not a word', async () => {
  for (const [more, code, text] of [
    [['--secret', 'password'], 64, /NAME=FILE/],
    [['--secret', 'password='], 64, /NAME=FILE/],
    [['--secret', 'password=/nowhere/at/all'], 65, /could not open/],
    [['--secret', `password=${file('empty', '\n')}`], 65, /empty/],
    [['--secret', 'password=-', '--secret', 'smtp_password=-'], 64, /one secret/],
    [['--secrets', '-', '--secret', 'smtp_password=-'], 64, /one secret/],
    [['--secrets', file('list.json', '[1]')], 65, /object/],
    [['--secret', `pin=${file('pin', '1234')}`], 65, /'secrets.pin' is not known/],
  ]) {
    const end = await run(add('malo', ...more), { input: '{}' })
    assert.equal(end.code, code, `${more}: ${end.err}`)
    assert.match(end.err, text)
  }
  assert.equal(await mine('malo'), undefined)
})

test('connection set changes what is named and leaves the rest', async () => {
  await fine(add('cinco', 'imap_port=1993', 'language=en', '--secret', 'password=-'), { input: 'vieja' })
  await fine(['connection', 'set', 'cinco', 'imap_port=2993', 'language=', 'handled=leave'])
  let now = await mine('cinco')
  assert.deepEqual([now.settings.imap_port, now.settings.language, now.settings.handled, now.settings.from_name], [2993, undefined, 'leave', 'Tienda Sol'])
  assert.deepEqual(now.secrets, { password: 'vieja' })
  await fine(['connection', 'set', 'cinco', '--secret', 'password=-'], { input: 'nueva\n' })
  now = await mine('cinco')
  assert.deepEqual([now.secrets.password, now.settings.imap_port], ['nueva', 2993])
  await fine(['connection', 'set', 'cinco', '--secrets', '-'], { input: '{"password": null, "access_token": "t"}' })
  assert.deepEqual((await mine('cinco')).secrets, { access_token: 't' })
  const wrong = await run(['connection', 'set', 'cinco', 'imap_port=0'])
  assert.equal(wrong.code, 65)
  assert.match(wrong.err, /is not from 1 to 65535/)
  assert.equal((await run(['connection', 'set', 'cinco'])).code, 64)
  assert.equal((await run(['connection', 'set', 'nadie', 'a=b'])).code, 65)
  assert.equal((await mine('cinco')).settings.imap_port, 2993)
})

test('status says since when a mailbox fails', async () => {
  await mail.call('connection.report', { name: 'uno', state: 'failing', detail: 'the certificate is of another name' })
  const text = await fine(['status'])
  assert.match(text.out, /FAILS +connection uno: failing since 20\d\d-.*Z: the certificate is of another name/)
  await mail.call('connection.report', { name: 'uno', state: 'ok', detail: '' })
  assert.match((await fine(['status'])).out, /well +connection uno: ok/)
})

test('mailbox list says how far each was read, and what was refused', async () => {
  await fine(add('seis'))
  assert.match((await fine(['mailbox', 'list'])).out, /NAME +FOLDER +STATE +STORED +REFUSED[\s\S]*seis +INBOX +unknown +0 +0/)
  const at = { connection: 'seis', folder: 'INBOX', uid_validity: 7 }
  await mail.call('mailbox.open', { ...at, uid_next: 1, start: 'new' })
  await mail.call('mailbox.refuse', { ...at, uid: 1, code: 'too_large', bytes: 60000000 })
  await mail.call('mailbox.seen', { ...at, next_uid: 2 })
  assert.match((await fine(['mailbox', 'list'])).out, /seis +INBOX +unknown +0 +1 +20\d\d-.*Z/)
  const one = lines((await fine(['mailbox', 'list', '--json'])).out).find((m) => m.connection === 'seis')
  assert.deepEqual([one.refused, one.next_uid, one.uid_validity], [1, 2, 7])
})

test('connection test says what the gateway found', async () => {
  let said = null
  mail.onNote = async (n) => {
    if (n.method !== 'wake' || n.params.what !== 'jobs') return
    for (const j of (await mail.call('job.take', { max: 20, lease_ms: 60000 })).jobs) await mail.call('job.report', { job: j.id, attempt: j.attempt, ...said })
  }
  said = { ok: true, result: { detail: 'ok' } }
  assert.match((await fine(['connection', 'test', 'uno'])).err, /'uno' works/)
  said = { ok: false, result: { detail: 'the certificate is of another name' } }
  const wrong = await run(['connection', 'test', 'uno'])
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /does not work: the certificate is of another name/)
  mail.onNote = null
})
