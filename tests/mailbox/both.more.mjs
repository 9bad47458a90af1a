// What mailboxes on Dovecot and on Cyrus are put through alike.
import { after, before, describe, test } from 'node:test'

import { cannotCyrus, Cyrus } from './cyrus.mjs'
import { journey, renamed, sinceADay, sweptOnce } from './folder.mjs'
import { Imap } from './imap.mjs'
import { cannot, Servers } from './lib.mjs'
import { storm } from './storm.mjs'

const users = ['uno', 'dos', 'tres', 'cuatro', 'cinco']
const noServers = cannot()
const boxes = {
  Dovecot: {
    skip: noServers,
    make: (s) => ({
      imap: s.imap,
      mailbox: (user, settings) => s.mailbox(user, settings),
      session: (user) => Imap.open(s.imap, user),
      deliver: (user, octets) => s.deliver(`${user}@localhost`, octets),
    }),
  },
  Cyrus: { skip: noServers || cannotCyrus(), make: (s) => Cyrus.start(s) },
}
let servers

before(async () => {
  if (!noServers) servers = await Servers.start(['ana', ...users])
})
after(() => servers?.stop())

for (const [name, { skip, make }] of Object.entries(boxes)) {
  describe(name, { concurrency: 2 }, () => {
    let box
    before(async () => {
      if (!skip) box = await make(servers)
    })
    after(() => box?.stop?.())

    test(`${name}: a mail, an answer, the reply`, { skip }, (t) => journey(t, box, servers, users[0]))
    test(`${name}: old mails since a day`, { skip }, (t) => sinceADay(t, box, users[1]))
    test(`${name}: a folder renamed, deleted, made again`, { skip }, (t) => renamed(t, box, users[2]))
    test(`${name}: sixty mails, cut at random, while people work there`, { skip }, (t) => storm(t, box, servers, users[4], 60))
    test(`${name}: a folder where nothing changed is not listed again`, { skip }, (t) => sweptOnce(t, box, users[3]))
  })
}
