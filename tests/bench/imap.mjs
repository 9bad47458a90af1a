// Mails per second through one account of a real Dovecot, and the memory that
// the gateway and the daemon need for it.
import { row } from '../lib/bench.mjs'
import { cannot, Desk, Servers } from '../mailbox/lib.mjs'
import { takeMany } from '../mailbox/many.mjs'

const MAILS = Number(process.env.BENCH_IMAP_MAILS ?? 2000)

const why = cannot()
if (why) {
  console.log(`imap: skipped, ${why}`)
} else {
  const servers = await Servers.start(['muchos'])
  const desk = await Desk.open()
  try {
    const got = await takeMany(desk, servers, 'muchos', MAILS)
    row(`mails/s by IMAP, one account, ${MAILS} mails`, (MAILS / got.seconds).toFixed(0), '20 to 99 lines each, no rules')
    row('  flagged as seen, mails/s', (MAILS / got.marked).toFixed(0), 'each by a job of its own')
    row('  memory of postigo-mail, of postigod, at most', `${got.gateway.toFixed(0)}, ${got.daemon.toFixed(0)} MiB`, '')
  } finally {
    await desk.close()
    servers.stop()
  }
}
