// A session of IMAP in clear is cut after every octet of either direction.
import { after, before, test } from 'node:test'

import { cutImap, cuts } from './cut.mjs'
import { cannot, Servers } from './lib.mjs'

const skip = cannot()
let servers

before(async () => {
  if (!skip) servers = await Servers.start(['ana', 'uno'])
})
after(() => servers?.stop())

test('IMAP sessions cut at every octet', { skip }, async (t) => {
  await cutImap(t, servers, 'uno', (sizes) => cuts(sizes))
})
