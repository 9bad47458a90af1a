// Verbs that need the mail gateway beside the daemon, and one that follows.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Desk } from '../lib/desk.mjs'
import { freePort, lines, postigo, src, until } from './command.mjs'

let desk
const run = (args, options) => postigo(['--dir', desk.data, ...args], options)

before(async () => {
  desk = new Desk({ builddir: process.env.POSTIGO_BUILDDIR, port: await freePort() })
  desk.start()
  await desk.ready()
  await desk.setUp(join(src, 'tests/lib/desk.book'))
})
after(async () => {
  await desk?.stop()
  rmSync(desk.dir, { recursive: true, force: true })
})

const mail = ['From: Rosa <rosa@correo.example>', 'Subject: Factura', 'Message-ID: <pipe@correo.example>', '', 'Necesito la factura.', ''].join('\r\n')

test('mail submit: a mail from standard input is an incident when it ends with 0', async () => {
  const end = await run(['mail', 'submit', '--connection', 'bus'], { input: mail })
  assert.equal(end.code, 0, end.err)
  const [one] = lines((await run(['incident', 'list', '--all', '--json'])).out)
  assert.equal(one.subject, 'Factura')
  assert.equal((await run(['mail', 'submit', '--connection', 'bus'], { input: mail })).code, 0, 'a repeat is harmless')
  assert.equal(lines((await run(['incident', 'list', '--all', '--json'])).out).length, 1)
})

test('connection test: the gateway looks, and says what is wrong', async () => {
  const well = await run(['connection', 'test', 'correo'])
  assert.equal(well.code, 0, well.err + well.out)
  rmSync(join(desk.outbox, 'tmp'), { recursive: true })
  const ill = await run(['connection', 'test', 'correo'])
  assert.equal(ill.code, 1)
  assert.match(ill.out + ill.err, /out/)
})

test('events --follow: shows what happens, until it is ended', async () => {
  const child = spawn(join(process.env.POSTIGO_BUILDDIR, 'postigo'), ['--dir', desk.data, 'events', '--follow', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.on('data', (bytes) => (out += bytes))
  try {
    const other = mail.replace('<pipe@', '<pipe2@')
    let i = 0
    await until(async () => {
      await run(['mail', 'submit', '--connection', 'bus'], { input: other.replace('pipe2', `pipe2.${i++}`) })
      return /incident\.created/.test(out)
    }, 'an event')
    assert.match(out, /"kind": ?"incident\.created"/)
  } finally {
    child.kill('SIGINT')
    await new Promise((done) => child.once('exit', done))
  }
})
