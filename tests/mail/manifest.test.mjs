// 300 realistic mails, with a manifest of what must be stored: sender, subject,
// a sentence with accents, attachments with their digests, the octets as they
// came. The generator is not part of the project; without it this says so.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { Desk } from '../lib/desk.mjs'
import { freePort, until } from '../lib/wait.mjs'

const srcdir = process.env.POSTIGO_SRCDIR
const generator = join(process.env.POSTIGO_SHARED ?? join(srcdir, '../shared'), 'tools/gen_mails.py')
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')
const COUNT = 300

function python() {
  try {
    execFileSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))'])
    return true
  } catch {
    return false
  }
}
const missing = !existsSync(generator) ? `there is no ${generator}` : !python() ? 'there is no python3' : false

function different(mail, incident, message, octets) {
  const wrong = []
  const is = (what, found, expected) => {
    if (JSON.stringify(found) !== JSON.stringify(expected)) wrong.push(`${mail.file}: ${what}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`)
  }
  is('sender', incident.customer.identities.map((i) => i.value).includes(mail.from), true)
  is('name', message.author.name, mail.name)
  is('subject', incident.subject, mail.subject)
  is('message id', message.external_id, mail.message_id)
  is('octets', message.raw, { sha256: sha256(octets), bytes: octets.length })
  const text = message.text + (message.html ?? '')
  is('marker', text.includes(mail.marker), true)
  is(
    'attachments',
    message.attachments.map((a) => [a.filename, a.size, a.sha256]).sort(),
    mail.attachments.map((a) => [a.name ?? a.filename, a.size ?? a.bytes, a.sha256]).sort(),
  )
  return wrong
}

test(`${COUNT} realistic mails are stored as their manifest says`, { skip: missing, timeout: 1200000 }, async () => {
  const made = mkdtempSync(join(tmpdir(), 'postigo-manifest-'))
  execFileSync('python3', [generator, '--n', String(COUNT), '--seed', '7', '--out', made, '--format', 'maildir'])
  const manifest = readFileSync(join(made, 'manifest.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line))
  const octets = new Map()
  const desk = new Desk({ builddir: process.env.POSTIGO_BUILDDIR, port: await freePort() })
  desk.start()
  try {
    await desk.ready()
    await desk.setUp(join(srcdir, 'tests/lib/desk.book'))
    for (const name of readdirSync(join(made, 'mail/new'))) {
      octets.set(name, readFileSync(join(made, 'mail/new', name)))
      renameSync(join(made, 'mail/new', name), join(desk.inbox, 'new', name))
    }
    await until(() => readdirSync(join(desk.inbox, 'new')).length === 0, 'all to be taken', 600000)

    const incidents = (await desk.postigo('incident', 'list', '--all', '--json')).trim().split('\n').map((line) => JSON.parse(line))
    const found = new Map()
    for (const incident of incidents) {
      const shown = JSON.parse(await desk.postigo('incident', 'show', String(incident.id), '--json'))
      for (const message of shown.messages) found.set(message.external_id, { incident, message })
    }
    assert.equal(found.size, COUNT)
    const wrong = manifest.flatMap((mail) => {
      const one = found.get(mail.message_id)
      return one ? different(mail, one.incident, one.message, octets.get(mail.file)) : [`${mail.file}: not there`]
    })
    assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} differences`)
  } finally {
    await desk.stop()
    rmSync(desk.dir, { recursive: true, force: true })
    rmSync(made, { recursive: true, force: true })
  }
})
