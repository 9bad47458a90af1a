// What a mailbox's own server found out of a mail, from the Maildir to whose
// order it is: postigod and postigo-mail.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { startDaemon } from '../lib/bus.mjs'
import { mail, Maildir, startGateway, tempDir, until } from './lib.mjs'

const OURS = 'Authentication-Results: mx.tienda.example;\n\tdkim=pass (2048-bit key) header.i=@mail.test header.s=s1 header.b="x";\n\tdmarc=pass (p=REJECT) header.from=mail.test'
const THEIRS = 'Authentication-Results: mx.evil.example; dmarc=pass header.from=mail.test'
const FAILED = 'Authentication-Results: mx.tienda.example; dmarc=fail header.from=mail.test'

test('whoever is proved by the mailbox’s server is the buyer; others are suggested', async (t) => {
  const dir = tempDir()
  const [inn, out] = [new Maildir(join(dir, 'in')), new Maildir(join(dir, 'out'))]
  const daemon = await startDaemon()
  const control = await daemon.connect('control')
  const settings = { address: 'ayuda@tienda.example', from_name: 'Tienda', in: inn.path, out: out.path, auth_server: 'mx.tienda.example' }
  await control.call('connection.add', { name: 'correo', kind: 'maildir', settings })
  await control.call('connection.add', { name: 'tienda', kind: 'orders', settings: {}, secrets: { secret: 'a-secret-of-the-shop' } })
  const gateway = startGateway(daemon.socket('mail'), dir)
  t.after(async () => {
    await gateway.stop()
    await daemon.stop()
    daemon.remove()
    rmSync(dir, { recursive: true, force: true })
  })
  const shop = await daemon.connect('shop')

  // each writes first and buys then
  const cases = [
    ['proved', [OURS], 'email'],
    ['above', [OURS, FAILED, THEIRS], 'email'],
    ['nothing', [], 'account'],
    ['another', [THEIRS], 'account'],
    ['failed', [FAILED], 'account'],
    ['below', [FAILED, OURS], 'account'],
    ['two', [OURS, 'From: Otro <otro@mail.test>'], 'account'],
  ]
  for (const [name, head] of cases) {
    const raw = mail({ id: `${name}@mail.test`, from: `Ana <${name}@mail.test>`, subject: name, body: 'Hola' })
    inn.put(head.map((h) => `${h}\n`).join('') + raw)
  }
  const all = async () => (await control.call('incident.list', { view: 'all', limit: 50, sort: 'newest' })).incidents
  await until(async () => (await all()).length === cases.length, 'all mails to be incidents')
  for (const [i, [name, , basis]] of cases.entries()) {
    const incident = (await all()).find((one) => one.subject === name)
    const { detail } = await control.call('incident.get', { id: incident.id })
    const who = detail.incident.customer
    const email = who.identities.find((one) => one.kind === 'email')
    assert.equal(email.verified, basis === 'email', name)
    const placed = { currency: 'EUR', total: '10.00', placed_at: '2026-06-01T10:00:00Z', state: 'open' }
    const orders = [{ ...placed, external_id: `p${i}`, customer: { external_id: `9${i}`, email: email.value } }]
    const { results } = await shop.call('order.put', { connection: 'tienda', orders })
    const { order } = (await control.call('order.get', { id: results[0].order })).order
    assert.deepEqual([order.basis, order.customer === who.id], [basis, basis === 'email'], name)
    const { suggestions } = await control.call('customer.suggestions', { customer: who.id })
    assert.deepEqual(
      suggestions.map((s) => s.basis),
      basis === 'email' ? [] : ['email_unverified'],
      name,
    )
  }
})
