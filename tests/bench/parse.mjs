// Mails read per second: by our parser, by a bare pass of GMime, and by
// Python's own email package, over the same files, each in one process: those
// of BENCH_MAIL_FILES, else a corpus of real mails, else the fuzz targets'.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { row, tool } from '../lib/bench.mjs'

const srcdir = process.env.POSTIGO_SRCDIR
const SECONDS = process.env.BENCH_PARSE_SECONDS ?? '3'
const folder = [
  process.env.BENCH_MAIL_FILES,
  join(process.env.POSTIGO_SHARED ?? join(srcdir, '../shared'), 'corpus/mail/messages'),
  join(srcdir, 'tests/fuzz/seeds/mime'),
].find((path) => path && existsSync(path))
const files = readdirSync(folder).sort().map((name) => join(folder, name))

// The tree, the header fields that a contact needs, each part decoded.
const PYTHON = `
import email, email.policy, sys, time
seconds, files = float(sys.argv[1]), sys.argv[2:]
raws = [open(f, 'rb').read() for f in files]
begun, rounds, failed = time.monotonic(), 0, 0
while True:
    for raw in raws:
        try:
            m = email.message_from_bytes(raw, policy=email.policy.default)
            for name in ('from', 'to', 'cc', 'subject', 'date', 'message-id', 'references'):
                str(m[name])
            for part in m.walk():
                if part.get_content_maintype() == 'text':
                    part.get_content()
                elif not part.is_multipart():
                    part.get_payload(decode=True)
        except Exception:
            failed += rounds == 0
    rounds += 1
    took = time.monotonic() - begun
    if took >= seconds:
        break
print(rounds * len(raws) / took, failed)
`

function python() {
  try {
    return execFileSync('python3', ['-c', PYTHON, SECONDS, ...files], { encoding: 'utf8', maxBuffer: 1 << 20 }).trim().split(' ').map(Number)
  } catch {
    return undefined
  }
}

const ours = tool('bench_parse', SECONDS, ...files)
const theirs = python()
row(`mails/s read, ${ours.mails} mails of ${(ours.octets / ours.mails / 1024).toFixed(1)} KB`, ours.per_second, `${(ours.octets_per_second / 1e6).toFixed(1)} MB/s`)
row('  a bare pass of GMime, mails/s', ours.gmime_per_second, 'no texts, no HTML, no judgement')
row('  ratio', `${((100 * ours.per_second) / ours.gmime_per_second).toFixed(0)} %`, '')
if (theirs) {
  row("  Python's email package, mails/s", theirs[0].toFixed(0), `${theirs[1]} mails were too much for it`)
  row('  ratio', `${(ours.per_second / theirs[0]).toFixed(1)} x`, '')
} else {
  row("  Python's email package", 'none', 'there is no python3')
}
row('  the slowest mail, ms', ours.slowest_ms, ours.slowest.split('/').at(-1))
