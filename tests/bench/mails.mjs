// Whole mails per second: 19 KB in the mean, dropped in a Maildir, read by
// postigo-mime, classified by 20 rules, durable, moved to cur/; alone, and
// beside a bus client with 24 contacts under way. SQLite's group commit of the
// same rows stands beside them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bookOf, builddir, row, tool } from '../lib/bench.mjs'
import { Desk } from '../lib/desk.mjs'

const MAILS = Number(process.env.BENCH_MAILS ?? 1000)
const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

const words = 'hola hice el pedido hace unos días y todavía no sé nada del paquete me podéis decir cuándo llega gracias'.split(' ')

/** About n characters in lines. */
function prose(i, n) {
  let text = ''
  for (let k = i; text.length < n; k++) text += words[(k * 7 + i) % words.length] + (k % 12 === 11 ? '\n' : ' ')
  return text
}

/** A mail with two bodies and an attachment of 4 to 12 KB. */
function mail(i) {
  const text = prose(i, 2000)
  const photo = Buffer.from(Array.from({ length: 4096 + (i % 9) * 1024 }, (_, k) => (k * 31 + i) % 251))
  return [
    `Message-ID: <mail.${i}@correo.example>`,
    `From: Cliente ${i} <m${i}@correo.example>`,
    'To: ayuda@tienda.example',
    `Subject: Pedido ${i}`,
    'Date: Mon, 02 Nov 2026 10:00:00 +0100',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="uno"',
    '',
    '--uno',
    'Content-Type: multipart/alternative; boundary="dos"',
    '',
    '--dos',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    text,
    '--dos',
    'Content-Type: text/html; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    `<html><body><table>${text.split('\n').map((line) => `<tr><td style="color:#333">${line}</td></tr>`).join('\n')}</table></body></html>`,
    '--dos--',
    '--uno',
    'Content-Type: image/jpeg',
    'Content-Disposition: attachment; filename="foto.jpg"',
    'Content-Transfer-Encoding: base64',
    '',
    photo.toString('base64').replace(/.{76}/g, '$&\n'),
    '--uno--',
    '',
  ].join('\n')
}

/** Drop n mails; how long until none is in new/. */
async function drop(desk, first, n) {
  let bytes = 0
  for (let i = first; i < first + n; i++) {
    const octets = Buffer.from(mail(i))
    bytes += octets.length
    writeFileSync(join(desk.inbox, 'tmp', `${i}.bench`), octets)
  }
  const begun = performance.now()
  for (let i = first; i < first + n; i++) renameSync(join(desk.inbox, 'tmp', `${i}.bench`), join(desk.inbox, 'new', `${i}.bench`))
  while (readdirSync(join(desk.inbox, 'new')).length > 0) {
    if (performance.now() - begun > 300000) throw new Error(`mails wait after 300 s\n${desk.log().slice(-2000)}`)
    await sleep(5)
  }
  return { perSecond: (1000 * n) / (performance.now() - begun), bytes: bytes / n }
}

const desk = new Desk({ builddir, port: 18540 })
const book = join(desk.dir, 'bench.book')
writeFileSync(book, bookOf(20))
desk.start()
await desk.ready()
await desk.setUp(book)
await drop(desk, 0, 20)
const alone = await drop(desk, 100000, MAILS)
await desk.stop()
const twin = tool('bench_twin', join(desk.data, 'postigo.db'), join(desk.dir, 'twin.db'), '64')
desk.start()
await desk.ready()
const load = spawn(join(builddir, 'tests/bench/bench_contacts'), [desk.socket('mail'), 'bus', '1000000', '24', '2048', '0'], { stdio: 'ignore' })
const beside = await drop(desk, 200000, Math.ceil(MAILS / 4))
load.kill('SIGTERM')
await once(load, 'exit')
await desk.stop()
rmSync(desk.dir, { recursive: true, force: true })

row('mails/s through a Maildir, 20 rules', alone.perSecond.toFixed(0), `${(alone.bytes / 1024).toFixed(1)} KB in the mean`)
row('  SQLite alone, same rows, mails/s', twin.per_second, 'group 64')
row('  ratio', `${((100 * alone.perSecond) / twin.per_second).toFixed(0)} %`, 'goal: at least 15 %')
row('  beside a bus client with 24 contacts under way', beside.perSecond.toFixed(0), 'mails/s')
