// Starting, stopping, reloading.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { startDaemon as start } from '../lib/bus.mjs'
import { sleep, until, WAIT_MS } from '../lib/wait.mjs'

// A test that fails leaves no daemon behind.
const running = new Set()
afterEach(async () => {
  for (const daemon of running) await daemon.kill()
  running.clear()
})
async function startDaemon(options) {
  const daemon = await start(options)
  running.add(daemon)
  return daemon
}

const program = join(process.env.POSTIGO_BUILDDIR, 'postigod')
const run = (...args) => spawnSync(program, args, { encoding: 'utf8', timeout: WAIT_MS })
const logged = (daemon, pattern) => until(() => pattern.test(daemon.log()), `${pattern} in the log`)

test('what the command line says', () => {
  assert.match(run('--version').stdout, /^postigod \d+\.\d+/)
  assert.match(run('--help').stdout, /--config FILE/)
  assert.equal(run('--nonsense').status, 64)
  assert.equal(run('word').status, 64)
})

test('settings that are wrong: all errors, with their lines, and no start', () => {
  const dir = mkdtempSync(join(tmpdir(), 'postigo-test-'))
  const file = join(dir, 'postigo.conf')
  writeFileSync(file, 'limits {\n  peers = 0\n}\nlgo {\n}\nconsole {\n  port = 99999\n}\n')
  for (const args of [['--check'], []]) {
    const got = run('--config', file, '--dir', join(dir, 'desk'), ...args)
    assert.equal(got.status, 78)
    assert.match(got.stderr, /postigo.conf:2: value '0' of 'peers'/)
    assert.match(got.stderr, /postigo.conf:4: no such key 'lgo' \(did you mean 'log'\?\)/)
    assert.match(got.stderr, /postigo.conf:7: value '99999' of 'port'/)
    assert.match(got.stderr, /3 errors, not started/)
  }
  assert.throws(() => statSync(join(dir, 'desk')), 'nothing was made')
  writeFileSync(file, 'limits {\n  peers = 10\n}\n')
  assert.equal(run('--config', file, '--check').status, 0)
  rmSync(dir, { recursive: true })
})

test('the folder is private, the key stays, a second daemon is refused', async () => {
  const daemon = await startDaemon()
  const key = readFileSync(join(daemon.dir, 'desk.key'))
  assert.equal(key.length, 32)
  for (const name of ['desk.key', 'postigo.db']) assert.equal(statSync(join(daemon.dir, name)).mode & 0o077, 0, name)
  for (const name of ['run', 'blobs']) assert.equal(statSync(join(daemon.dir, name)).mode & 0o777, 0o700, name)
  const second = run('--dir', daemon.dir)
  assert.equal(second.status, 75)
  assert.ok((await (await daemon.connect('control')).call('ping')).now)
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  const again = await startDaemon({ dir: daemon.dir })
  assert.ok(readFileSync(join(daemon.dir, 'desk.key')).equals(key))
  await again.stop()
  daemon.remove()
})

test('SIGTERM: what was asked is answered, all are told, nothing is lost', async () => {
  const daemon = await startDaemon()
  const c = await daemon.connect('control')
  const idle = await daemon.connect('mail')
  let stored = -1
  let asked = 0
  let open = true
  let framesAtBye = -1
  c.onNote = (note) => {
    if (note.method === 'bye') framesAtBye = c.frames
  }
  const asking = (async () => {
    while (open && asked < 20000) {
      const i = asked++
      c.call('desk.set', { name: `N ${i}` }).then(
        () => (stored = i),
        () => (open = false),
      )
      if (i % 100 === 0) await sleep(1)
    }
  })()
  await until(() => stored > 0, 'the first responses')
  const ended = daemon.stop()
  await c.ended
  await idle.ended
  await asking
  assert.deepEqual(await ended, { code: 0, signal: null })
  assert.equal(idle.notes.at(-1).method, 'bye')
  // Who still writes may find the connection closed before it has read.
  if (framesAtBye >= 0) assert.equal(framesAtBye, c.frames, 'nothing comes after bye')
  const again = await startDaemon({ dir: daemon.dir })
  const desk = await (await again.connect('control')).call('desk.get')
  assert.ok(Number(desk.name.slice(2)) >= stored, `${desk.name} is at least ${stored}`)
  await again.stop()
  daemon.remove()
})

test('SIGHUP: all settings are right or the old ones stay', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'postigo-test-'))
  const file = join(dir, 'postigo.conf')
  writeFileSync(file, 'limits { peers = 3 }\n')
  const daemon = await startDaemon({ args: ['--config', file] })
  const first = await daemon.connect('mail')
  writeFileSync(file, 'limits { peers = nein }\n')
  process.kill(daemon.pid, 'SIGHUP')
  await logged(daemon, /postigo.conf:1: value 'nein' of 'peers'/)
  await logged(daemon, /the old settings stay/)
  const second = await daemon.connect('mail')
  const third = await daemon.connect('mail')
  await assert.rejects(daemon.connect('mail'), 'three may connect')
  writeFileSync(file, 'limits { peers = 4 }\nconsole { port = 9999 }\n')
  process.kill(daemon.pid, 'SIGHUP')
  await logged(daemon, /the new settings stand/)
  assert.match(daemon.log(), /'console' changes with a restart/)
  const fourth = await daemon.connect('mail')
  for (const c of [first, second, third, fourth]) assert.ok((await c.call('ping')).now)
  assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  daemon.remove()
  rmSync(dir, { recursive: true })
})

test('a service manager is told', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'postigo-test-'))
  const path = join(dir, 'notify')
  // node has no Unix datagram sockets: a listener of another kind hears it.
  const ear = spawn('python3', ['-c', 'import socket,sys\ns=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\ns.bind(sys.argv[1])\nprint("up",flush=True)\nwhile True:\n  print(s.recv(999).decode().replace("\\n"," "),flush=True)', path])
  let heard = ''
  ear.stdout.on('data', (d) => (heard += d))
  ear.on('error', () => (heard = 'none'))
  await until(() => heard !== '', 'the listener')
  if (heard !== 'none') {
    const daemon = await startDaemon({ env: { NOTIFY_SOCKET: path } })
    await daemon.stop()
    daemon.remove()
    await until(() => /STOPPING=1/.test(heard), `both messages: ${heard}`)
    assert.match(heard, /READY=1.*\n(.*\n)*STOPPING=1/)
  }
  ear.kill()
  rmSync(dir, { recursive: true })
})

test('fsck finds a sound store sound, and is refused while a daemon runs', async () => {
  const daemon = await startDaemon()
  assert.equal(run('--dir', daemon.dir, '--fsck').status, 75)
  await daemon.stop()
  const got = run('--dir', daemon.dir, '--fsck')
  assert.equal(got.status, 0, got.stdout + got.stderr)
  assert.match(got.stdout, /\d+ checks, 0 problems/)
  daemon.remove()
})
