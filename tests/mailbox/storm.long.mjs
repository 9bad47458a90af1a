// A thousand mails on each server, cut at random, while people work there.
import { after, before, test } from 'node:test'

import { cannotCyrus, Cyrus } from './cyrus.mjs'
import { Imap } from './imap.mjs'
import { cannot, Servers } from './lib.mjs'
import { storm } from './storm.mjs'

const MAILS = Number(process.env.STORM_MAILS ?? 1000)
const noServers = cannot()
const noCyrus = noServers || cannotCyrus()
let servers
let cyrus

before(async () => {
  if (!noServers) servers = await Servers.start(['ana', 'uno'])
  if (!noCyrus) cyrus = await Cyrus.start(servers)
})
after(() => {
  cyrus?.stop()
  servers?.stop()
})

test('Dovecot', { skip: noServers }, async (t) => {
  const box = {
    imap: servers.imap,
    mailbox: (user, settings) => servers.mailbox(user, settings),
    session: (user) => Imap.open(servers.imap, user),
    deliver: (user, octets) => servers.deliver(`${user}@localhost`, octets),
  }
  await storm(t, box, servers, 'uno', MAILS)
})

test('Cyrus', { skip: noCyrus }, (t) => storm(t, cyrus, servers, 'uno', MAILS))
