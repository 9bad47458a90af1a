// What a contact costs by how many rules the book has, beside PCRE2's machine
// code pattern by pattern in the same run (processor time); how long a book is read; and what
// contacts notice while a book of 5,000 rules is applied.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bookOf, builddir, row, tool } from '../lib/bench.mjs'
import { connectSocket } from '../lib/bus.mjs'
import { Desk } from '../lib/desk.mjs'
import { freePort } from '../lib/wait.mjs'

const sizes = [50, 200, 500, 5000]
const results = sizes.map((n) => tool('bench_rules', String(n)))
for (const r of results) {
  row(`a contact of 2 KB, ${r.rules} rules`, `${r.rules_us} µs`, `${r.fired} conditions hold`)
  row('  PCRE2 alone, pattern by pattern', `${r.pcre2_us} µs`, `${(r.pcre2_us / r.rules_us).toFixed(1)} times as much`)
}
const last = results.at(-1)
row(`${last.rules} rules beside ${results[0].rules}`, (last.rules_us / results[0].rules_us).toFixed(2), 'goal: below 3')
row('200 rules beside PCRE2 alone', (results[1].rules_us / results[1].pcre2_us).toFixed(2), 'goal: at most 0.25')
row(`a book of ${last.rules} rules, checked`, `${last.check_ms} ms`, 'goal: below 3,000 ms')
row('  read at the start', `${last.read_ms} ms`, `${last.book_bytes} octets`)
row('  let go', `${last.free_ms} ms`, '')
row('  memory', `${last.mb} MB`, 'machine code, index, texts')

const digest = (text) => createHash('sha256').update(text).digest('hex')
const contact = (n) => {
  const text = `Quiero devolver el pedido ${n}.`
  return {
    connection: 'bus',
    external_id: `<rules-${n}@correo.example>`,
    digest: digest(text),
    received_at: new Date().toISOString(),
    channel: 'email',
    from: { name: 'C', address: `c${n}@correo.example` },
    recipients: ['bus@tienda.example'],
    subject: `Pedido ${n}`,
    text,
    attachments: [],
    raw: { sha256: digest(text), bytes: text.length, data: Buffer.from(text).toString('base64') },
  }
}

/** Contacts one after the other until done; the times that each took, in ms. */
async function contacts(mail, from, done) {
  const times = []
  let over = false
  done.then(() => (over = true))
  for (let n = from; !over; n++) {
    const start = performance.now()
    await mail.call('contact.add', contact(n))
    times.push(performance.now() - start)
  }
  return times.sort((a, b) => a - b)
}

const desk = new Desk({ builddir, port: await freePort() })
const small = join(desk.dir, 'small.book')
const large = join(desk.dir, 'large.book')
writeFileSync(small, bookOf(20))
writeFileSync(large, execFileSync(join(builddir, 'tests/bench/bench_rules'), ['4600', 'book'], { maxBuffer: 1 << 26 }))
desk.start()
await desk.ready()
await desk.setUp(small)
const mail = await connectSocket(desk.socket('mail'))
const figures = (times) => `${times[Math.floor(times.length / 2)].toFixed(1)}, ${times.at(-1).toFixed(1)} ms`
await contacts(mail, 1, new Promise((go) => setTimeout(go, 1000)))
const calm = await contacts(mail, 100000, new Promise((go) => setTimeout(go, 3000)))
row('a contact, nothing else going on: p50, longest', figures(calm), `${calm.length} contacts`)
for (const [name, book] of [['4,600 rules', large], ['again', large], ['20 rules', small]]) {
  const times = await contacts(mail, 200000 + 100000 * name.length, desk.postigo('book', 'apply', book))
  row(`  while a book is applied (${name}): p50, longest`, figures(times), `${times.length} contacts`)
}
mail.close()
await desk.stop()
rmSync(desk.dir, { recursive: true, force: true })
