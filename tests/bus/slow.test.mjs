// Three hundred subscribers that do not read: each is told from where to ask
// again and misses nothing, the daemon's memory has a ceiling, others go on.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { until } from '../lib/wait.mjs'

const SLOW = 300
const sha256 = (s) => createHash('sha256').update(s).digest('hex')

test('slow subscribers are dropped with a word, and go on without a gap', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'postigo-slow-'))
  const settings = join(scratch, 'postigo.conf')
  writeFileSync(settings, 'limits { peers = 256 }\n')
  const daemon = await startDaemon({ args: ['--config', settings] })
  const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))[1]) / 1024
  try {
    const control = await daemon.connect('control')
    await control.call('connection.add', {
      name: 'bus',
      kind: 'pipe',
      settings: { address: 'bus@tienda.example', from_name: 'Tienda', out: join(scratch, 'out') },
    })
    const mail = await daemon.connect('mail')
    const contact = (n) => {
      const raw = Buffer.from(`contact ${n}`)
      return mail.call('contact.add', {
        connection: 'bus',
        external_id: `<slow.${n}@correo.example>`,
        digest: sha256(raw),
        received_at: '2026-01-05T09:00:00.000Z',
        channel: 'email',
        from: { address: `c${n}@correo.example` },
        subject: `Prueba ${n}`,
        text: 'hola',
        raw: { sha256: sha256(raw), bytes: raw.length, data: raw.toString('base64') },
      })
    }
    const { incident } = await contact(0)
    const slow = await Promise.all(Array.from({ length: SLOW }, (_, i) => daemon.connect(i % 2 ? 'console' : 'control')))
    const quick = await daemon.connect('control')
    for (const c of [...slow, quick]) c.from = (await c.call('events.subscribe', {})).number
    for (const c of slow) c.socket.pause()
    const before = rss()

    // notes: their events are small, so many are needed; the quick one keeps up
    let asked = 0
    let ended = 0
    for (; ended < SLOW && asked < 20_000; ) {
      await Promise.all(Array.from({ length: 200 }, () => control.call('incident.note', { id: incident, text: `n ${++asked}` })))
      ended = (await control.call('status.get')).refused.slow_subscriptions
    }
    assert.equal(ended, SLOW, `after ${asked} notes`)
    const grown = rss() - before
    if (process.env.POSTIGO_SANITIZED !== '1') assert.ok(grown < 160, `${grown} MiB more`)
    const number = (await control.call('status.get')).number
    await until(() => quick.notes.filter((n) => n.method === 'event').at(-1)?.params.number === number, 'the quick one has all')
    assert.ok(!quick.notes.some((n) => n.method === 'events.dropped'))

    // they read at last: everything up to a number, then the word, then the rest
    const numbers = (c) => c.notes.filter((n) => n.method === 'event').map((n) => n.params.number)
    for (const c of slow.slice(0, 5)) {
      c.socket.resume()
      const told = await c.note((n) => n.method === 'events.dropped')
      const had = numbers(c)
      assert.equal(had.at(-1), told.params.number)
      for (let from = told.params.number; from < number; ) {
        const { events } = await c.call('events.since', { from, limit: 500 })
        assert.ok(events.length > 0)
        had.push(...events.map((e) => e.number))
        from = had.at(-1)
      }
      assert.deepEqual(had, Array.from({ length: number - c.from }, (_, i) => c.from + i + 1), 'without a gap')
      assert.equal((await c.call('events.subscribe', { from: number })).number, number)
    }
    for (const c of [...slow, quick]) c.close()
    assert.deepEqual(await daemon.stop(), { code: 0, signal: null })
  } finally {
    await daemon.kill()
    daemon.remove()
    rmSync(scratch, { recursive: true, force: true })
  }
})
