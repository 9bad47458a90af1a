// A sample of the cuts of cut-imap.long.mjs and cut-smtp.long.mjs, and of
// sessions in TLS.
import { after, before, describe, test } from 'node:test'

import { random } from '../lib/long.mjs'
import { cutImap, cuts, cutSmtp, seed } from './cut.mjs'
import { cannot, Servers } from './lib.mjs'

const skip = cannot()
let servers

before(async () => {
  if (!skip) servers = await Servers.start(['ana', 'uno', 'dos', 'tres', 'cuatro'])
})
after(() => servers?.stop())

// They mostly wait for leases to end, each at a desk of its own.
describe('cuts', { concurrency: 4 }, () => {
  test('IMAP sessions cut anywhere', { skip }, async (t) => {
    const chance = random(seed(t)).next
    await cutImap(t, servers, 'uno', (sizes) => cuts(sizes, 12, chance))
  })

  test('SMTP sessions cut anywhere', { skip }, async (t) => {
    const chance = random(seed(t)).next
    await cutSmtp(t, servers, 'dos', (sizes) => cuts(sizes, 10, chance))
  })

  test('IMAP sessions in TLS cut anywhere', { skip }, async (t) => {
    const chance = random(seed(t)).next
    await cutImap(t, servers, 'tres', (sizes) => cuts(sizes, 6, chance), { imap_port: servers.imaps })
  })

  test('SMTP sessions in TLS cut anywhere', { skip }, async (t) => {
    const chance = random(seed(t)).next
    await cutSmtp(t, servers, 'cuatro', (sizes) => cuts(sizes, 6, chance), { smtp_port: servers.smtps })
  })
})
