// The first README command: a desk with samples, and a second start on the
// same folder that doubles nothing.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { alive, build, freePort, lines, postigo, src, until } from './command.mjs'

const dir = mkdtempSync(join(tmpdir(), 'postigo-quickstart-'))
const port = await freePort(5)
let desk
after(async () => {
  desk?.child.kill('SIGKILL')
  await desk?.ended
  rmSync(dir, { recursive: true, force: true })
})

/** Start it; resolves with the one line that it prints when it is ready. */
async function start(more = []) {
  const child = spawn('sh', [join(src, 'contrib/quickstart'), '--no-install', '--json', '--dir', dir, '--port-base', String(port), ...more], {
    env: { ...process.env, POSTIGO_BUILD: build },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (b) => (out += b))
  child.stderr.on('data', (b) => (err += b))
  const ended = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })))
  desk = { child, ended, err: () => err }
  await until(() => out.includes('\n') || child.exitCode !== null, 'quickstart is ready', 300000)
  assert.equal(child.exitCode, null, err)
  return { line: lines(out)[0], all: out }
}

async function stop() {
  const data = join(dir, 'data')
  const { out } = await postigo(['--dir', data, 'status', '--json'])
  const pids = lines(out)[0].processes.map((p) => p.pid)
  desk.child.kill('SIGINT')
  const { code } = await desk.ended
  assert.equal(code, 0)
  assert.ok(pids.length >= 3)
  for (const pid of pids) assert.equal(alive(pid), false)
}

const incidents = async (line) => lines((await postigo(['--socket', line.control, 'incident', 'list', '--all', '--json'])).out)

let first
let password
test('quickstart --json prints one line when the desk is ready', async () => {
  mkdirSync(join(dir, 'extra'), { recursive: true })
  const config = join(dir, 'extra.json')
  writeFileSync(config, JSON.stringify({ connections: [{ name: 'extra', kind: 'pipe', settings: { address: 'extra@tienda.example', from_name: 'T', out: join(dir, 'extra') } }] }))
  const { line, all } = await start(['--config', config])
  assert.equal(all.trimEnd().split('\n').length, 1)
  assert.equal(line.console, `http://127.0.0.1:${port}/`)
  assert.equal(line.chat, `http://localhost:${port + 1}/`)
  assert.equal(line.shop, `http://localhost:${port + 4}/`)
  assert.ok(existsSync(line.control))
  assert.ok(existsSync(join(line.mailbox.in, 'new')))
  assert.ok(existsSync(join(line.mailbox.out, 'new')))
  assert.match(line.login.url, new RegExp(`^http://127\\.0\\.0\\.1:${port}/login/link\\?token=`))
  assert.equal((await fetch(line.login.url)).status, 200)
  password = line.login.password
  assert.ok(password.length >= 12)
  const names = lines((await postigo(['--socket', line.control, 'connection', 'list', '--json'])).out).map((c) => c.name)
  assert.deepEqual(names.sort(), ['demo', 'extra', 'pedidos', 'tienda'])
})

test('the shop carries the chat by one script tag, under a strict policy', async () => {
  const at = (host, path = '') => fetch(`http://${host}:${port + 4}/${path}`, { redirect: 'manual' })
  const page = await at('localhost')
  const chat = `http://localhost:${port + 1}`
  const policy = page.headers.get('content-security-policy').split('; ')
  assert.ok(policy.includes("default-src 'none'"))
  assert.ok(policy.includes(`script-src ${chat}`))
  assert.ok(policy.includes(`frame-src ${chat}`))
  const html = await page.text()
  assert.deepEqual(html.match(/<script[^>]*/g), [`<script async src="${chat}/postigo.js" data-site="tienda" data-color="#a8482a" data-locale="es"`])
  assert.doesNotMatch(html, / style=|<style/)
  assert.equal((await at('localhost', 'shop.css')).headers.get('content-type'), 'text/css; charset=utf-8')
  for (const path of ['serve.pl', '../shop.css/', '%2e%2e/load', 'x'])
    assert.equal((await at('localhost', path)).status, 404, path)
  // The chat knows it by one name, and shows itself to no other.
  const other = await at('127.0.0.1')
  assert.equal(other.status, 302)
  assert.equal(other.headers.get('location'), `http://localhost:${port + 4}/`)
  const panel = await fetch(`${chat}/chat/panel?site=tienda`)
  assert.match(panel.headers.get('content-security-policy'), new RegExp(`frame-ancestors http://localhost:${port + 4}$`))
})

test('connections that say nothing do not hold up the shop', async () => {
  const idle = Array.from({ length: 24 }, () => connect(port + 4, '127.0.0.1').on('error', () => undefined))
  await Promise.all(idle.map((one) => once(one, 'connect')))
  const page = await fetch(`http://localhost:${port + 4}/`, { signal: AbortSignal.timeout(60_000) })
  assert.equal(page.status, 200)
  for (const one of idle) one.destroy()
})

test('the samples are incidents, classified by the book, some answered', async () => {
  const control = join(dir, 'data/run/control.sock')
  const list = await until(async () => {
    const now = await incidents({ control })
    return now.some((i) => i.messages === 3) && now
  })
  first = list
  assert.deepEqual([list.length, list.filter((i) => i.channel === 'order').length], [12, 0])
  assert.ok(list.some((i) => i.reason === 'return_request'), 'a rule fired')
  assert.ok(list.filter((i) => i.state === 'solved').length >= 2)
  assert.ok(list.some((i) => i.assignee))
  const [tom] = list.filter((i) => i.subject.includes('1037'))
  const [whole] = lines((await postigo(['--socket', control, 'incident', 'show', tom.ref, '--json'])).out)
  assert.deepEqual(whole.messages.map((m) => m.direction), ['in', 'out', 'in'])
  const ask = async (method, params) => lines((await postigo(['--socket', control, 'call', method, JSON.stringify(params)])).out)[0]
  const { orders } = await ask('order.find', { q: 'tom.whitfield@mail.example' })
  assert.deepEqual(orders.map((o) => o.number), ['1037'])
  const panel = await ask('customer.panel', { customer: orders[0].customer, incident: Number(tom.ref.slice(2)) })
  assert.deepEqual(panel.orders[0].incidents, [Number(tom.ref.slice(2))], 'who wrote is who bought, and the order is beside the mail')
})

test('a file dropped into the mailbox becomes an incident', async () => {
  const control = join(dir, 'data/run/control.sock')
  const mail = 'From: Eva <eva@correo.example>\r\nTo: hola@tiendasol.example\r\nSubject: Prueba\r\nMessage-ID: <prueba@correo.example>\r\n\r\nHola\r\n'
  writeFileSync(join(dir, 'mail/in/new/prueba'), mail)
  const one = await until(async () => (await incidents({ control })).find((i) => i.subject === 'Prueba'))
  assert.equal(one.channel, 'email')
  await until(() => !readdirSync(join(dir, 'mail/in/new')).length)
})

test('Ctrl-C ends all of it', async () => {
  await stop()
  await until(() => fetch(`http://127.0.0.1:${port + 4}/`).then(() => false, () => true), 30000, 'the shop ended')
})

test('a second start on the same folder goes on with the same desk', async () => {
  const { line } = await start()
  assert.equal(line.login.password, password)
  assert.equal((await incidents(line)).length, first.length + 1)
  assert.equal((await fetch(line.login.url)).status, 200)
  const taken = spawn('sh', [join(src, 'contrib/quickstart'), '--no-install', '--json', '--dir', dir, '--port-base', String(port)], {
    env: { ...process.env, POSTIGO_BUILD: build },
    stdio: 'ignore',
  })
  assert.equal(await new Promise((done) => taken.once('exit', done)), 75)
  await stop()
})

test('wrong options are 64', async () => {
  for (const args of [['--port-base', 'x'], ['--port-base', '80'], ['--nonsense'], ['--dir']]) {
    const child = spawn('sh', [join(src, 'contrib/quickstart'), ...args], { stdio: 'ignore' })
    assert.equal(await new Promise((done) => child.once('exit', done)), 64, args.join(' '))
  }
})
