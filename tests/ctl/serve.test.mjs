// The supervisor: starts, restarts, ends.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { alive, freePort, lines, postigo, serve, until } from './command.mjs'

let dir
let desk
const port = await freePort()
const shopPort = await freePort()

async function status() {
  const { code, out } = await postigo(['--dir', dir, 'status', '--json'])
  return code === 0 ? lines(out)[0] : null
}

/** All programs run: their list. */
const running = () =>
  until(async () => {
    const list = (await status())?.processes
    return list?.length > 1 && list.every((p) => p.pid > 0) && list
  }, 'all programs run')

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postigo-serve-'))
  desk = serve(dir, ['--console-listen', `127.0.0.1:${port}`, '--chat-listen', '127.0.0.1:0', '--whatsapp-listen', '127.0.0.1:0', '--shop-listen', `127.0.0.1:${shopPort}`])
})
afterEach(async () => {
  desk.child.kill('SIGKILL')
  await desk.ended
  await until(() => !existsSync(join(dir, 'run/serve.json')) || lines(readFileSync(join(dir, 'run/serve.json'), 'utf8'))[0].processes.every((p) => p.pid === 0 || !alive(p.pid)))
  rmSync(dir, { recursive: true, force: true })
})

test('serve starts the daemon and its gateways, and status names them', async () => {
  const list = await running()
  assert.equal(list[0].name, 'postigod')
  for (const p of list) {
    assert.match(p.since, /^\d{4}-.*Z$/)
    assert.equal(p.restarts, 0)
    assert.ok(alive(p.pid))
  }
  const { out } = await postigo(['--dir', dir, 'status'])
  assert.match(out, /postigod +\d+/)
})

test('serve restarts a gateway that was killed, and the daemon', async () => {
  const list = await running()
  const gateway = list.find((p) => p.name === 'postigo-mail')
  process.kill(gateway.pid, 'SIGKILL')
  const again = await until(async () => {
    const now = (await status())?.processes.find((p) => p.name === 'postigo-mail')
    return now?.pid > 0 && now.pid !== gateway.pid && now
  })
  assert.equal(again.restarts, 1)
  process.kill(list[0].pid, 'SIGKILL')
  const daemon = await until(async () => {
    const now = (await status())?.processes[0]
    return now?.pid > 0 && now.pid !== list[0].pid && now
  })
  assert.equal(daemon.restarts, 1)
})

test('SIGTERM ends all in order, exit 0, and serve.json is gone', async () => {
  const list = await running()
  desk.child.kill('SIGTERM')
  const { code } = await desk.ended
  assert.equal(code, 0)
  for (const p of list) assert.equal(alive(p.pid), false, p.name)
  assert.equal(existsSync(join(dir, 'run/serve.json')), false)
  const ends = lines(desk.log()).filter((l) => l.event === 'serve.ended').map((l) => l.msg.split(' ')[0])
  assert.equal(ends.at(-1), 'postigod')
})

test('a supervisor that is killed takes all its programs with it', async () => {
  const list = await running()
  desk.child.kill('SIGKILL')
  await desk.ended
  await until(() => list.every((p) => !alive(p.pid)))
  assert.ok(true)
})

test('a second supervisor on the same folder is refused with 75', async () => {
  await running()
  const second = serve(dir)
  const { code } = await second.ended
  assert.equal(code, 75)
  assert.match(second.log(), /already/)
  assert.ok((await status()).processes.length > 1)
})

test('postigo-webhook runs while there is a connection for it', async () => {
  const webhook = async () => (await status())?.processes.find((p) => p.name === 'postigo-webhook')
  const list = await running()
  assert.equal(list.some((p) => p.name === 'postigo-webhook'), false)
  const secret = join(dir, 'secret')
  writeFileSync(secret, 'un secreto\n')
  const added = await postigo(['--dir', dir, 'connection', 'add', 'almacen', 'webhook', 'url=http://127.0.0.1:9/', '--secret', `secret=${secret}`])
  assert.equal(added.code, 0, added.err)
  const { pid } = await until(async () => ((p) => p?.pid > 0 && p)(await webhook()), 'postigo-webhook to run')
  assert.ok(alive(pid))
  assert.equal((await postigo(['--dir', dir, 'connection', 'disable', 'almacen'])).code, 0)
  await until(async () => (await webhook()) === undefined && !alive(pid), 'postigo-webhook to end')
  assert.equal((await postigo(['--dir', dir, 'connection', 'enable', 'almacen'])).code, 0)
  await until(async () => (await webhook())?.pid > 0, 'postigo-webhook to run again')
})

test('postigo-whatsapp runs while there is a connection for it', async () => {
  const gateway = async () => (await status())?.processes.find((p) => p.name === 'postigo-whatsapp')
  const list = await running()
  assert.equal(list.some((p) => p.name === 'postigo-whatsapp'), false)
  const secret = join(dir, 'secret')
  writeFileSync(secret, 'un secreto\n')
  const secrets = ['app_secret', 'access_token', 'verify_token'].flatMap((name) => ['--secret', `${name}=${secret}`])
  const settings = ['phone_number_id=106540352242922', 'waba_id=102290129340398', 'display_number=34600111222', 'graph_base=http://127.0.0.1:9']
  const added = await postigo(['--dir', dir, 'connection', 'add', 'numero', 'whatsapp', ...settings, ...secrets])
  assert.equal(added.code, 0, added.err)
  const { pid } = await until(async () => ((p) => p?.pid > 0 && p)(await gateway()), 'postigo-whatsapp to run')
  assert.ok(alive(pid))
  assert.equal((await postigo(['--dir', dir, 'connection', 'disable', 'numero'])).code, 0)
  await until(async () => (await gateway()) === undefined && !alive(pid), 'postigo-whatsapp to end')
})

test('postigo-shop runs while there is a shop, takes its webhooks, and comes back when it dies', async () => {
  const gateway = async () => (await status())?.processes.find((p) => p.name === 'postigo-shop')
  assert.equal((await running()).some((p) => p.name === 'postigo-shop'), false)
  const secret = join(dir, 'secret')
  writeFileSync(secret, 'secretoDePrueba')
  const path = 'a'.repeat(32)
  const added = await postigo(['--dir', dir, 'connection', 'add', 'tienda', 'woocommerce', 'url=http://127.0.0.1:9', `path=${path}`, '--secret', `webhook_secret=${secret}`])
  assert.equal(added.code, 0, added.err)
  const { pid } = await until(async () => ((p) => p?.pid > 0 && p)(await gateway()), 'postigo-shop to run')
  const ping = async () => {
    try {
      return (await fetch(`http://127.0.0.1:${shopPort}/shop/${path}`, { method: 'POST', body: 'webhook_id=12' })).status
    } catch {
      return 0
    }
  }
  await until(async () => (await ping()) === 200, "WooCommerce's ping to be answered")
  process.kill(pid, 'SIGKILL')
  const again = await until(async () => ((p) => p?.pid > 0 && p.pid !== pid && p)(await gateway()), 'postigo-shop to run again')
  await until(async () => (await ping()) === 200, 'the ping to be answered again')
  assert.equal((await postigo(['--dir', dir, 'connection', 'disable', 'tienda'])).code, 0)
  await until(async () => (await gateway()) === undefined && !alive(again.pid), 'postigo-shop to end')
})
