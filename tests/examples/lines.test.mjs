// The protocol's page is enough to write a gateway from: contrib's example is
// run against a daemon, which is killed and started again under it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import test from 'node:test'
import { startDaemon } from '../lib/bus.mjs'

const example = join(process.env.POSTIGO_SRCDIR, 'contrib/examples/lines.mjs')

function runExample(daemon, connection) {
  const child = spawn(process.execPath, [example, daemon.socket('mail'), connection], { stdio: 'pipe' })
  const out = { text: '', errors: '' }
  child.stdout.on('data', (bytes) => (out.text += bytes))
  child.stderr.on('data', (bytes) => (out.errors += bytes))
  const ended = new Promise((done) => child.once('exit', done))
  return { child, out, ended }
}

const line = (n) =>
  JSON.stringify({ id: `line-${n}`, address: `c${n % 3}@correo.example`, name: 'Cliente', subject: `Prueba ${n}`, text: `Texto ${n}` }) + '\n'

test('the example gateway delivers each line once, across a killed daemon', async () => {
  let daemon = await startDaemon()
  let gateway = null
  try {
    const control = await daemon.connect('control')
    await control.call('connection.add', {
      name: 'lines',
      kind: 'pipe',
      settings: { address: 'lines@tienda.example', from_name: 'Tienda', out: join(daemon.dir, 'out') },
    })
    gateway = runExample(daemon, 'lines')
    const { child, out, ended } = gateway
    for (let n = 0; n < 150; n++) child.stdin.write(line(n))
    for (let i = 0; i < 500 && !out.text.includes('line-20 '); i++) await new Promise((done) => setTimeout(done, 10))
    await daemon.kill()
    daemon = await startDaemon({ dir: daemon.dir })
    for (let n = 150; n < 200; n++) child.stdin.write(line(n))
    child.stdin.write('{"id": "broken"}\n')
    child.stdin.end()
    assert.equal(await ended, 65, 'one line was wrong, and it says so')
    assert.match(out.errors, /a line is wrong: .*needed/)
    const said = out.text.trim().split('\n')
    assert.equal(new Set(said.map((one) => one.split(' ')[0])).size, 200)

    const desk = await daemon.connect('control')
    const refs = new Map()
    for (let after; ; ) {
      const page = await desk.call('incident.list', { view: 'all', limit: 100, ...(after ? { after } : {}) })
      for (const one of page.incidents) refs.set(one.ref, one)
      if (!(after = page.next)) break
    }
    const messages = [...refs.values()].reduce((sum, one) => sum + one.messages, 0)
    assert.equal(messages, 200, 'each line is there once')
    for (const one of said) assert.ok(refs.has(one.split(' ')[1]), `${one} is an incident`)
  } finally {
    gateway?.child.kill()
    await daemon.kill()
    daemon.remove()
  }
})
