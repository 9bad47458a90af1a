// Certificates that verify, and those that do not: refused, with the reason.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { password, refused, refusedWith, servers, skip, taken, ways } from './lib.mjs'

test('an authority that nobody named', { skip }, async () => {
  for (const [kind, where] of ways()) {
    const said = await refused(kind, where, password('ana'), { PROBE_CA: '' })
    assert.deepEqual([said.outcome, said.class], ['perm', 'tls'])
    assert.match(said.text, /^the certificate of localhost does not verify: (unable to get local issuer|self-signed) certificate/)
  }
  const missing = await refused('imap', servers.imaps, password('ana'), { PROBE_CA: '/nonexistent' })
  assert.match(missing.text, /no certificates can be read from '\/nonexistent'/)
})

for (const [name, words] of [
  ['wrong', /^the certificate of localhost is for wrong\.example, not for localhost$/],
  ['expired', /^the certificate of localhost expired on \d{4}-\d\d-\d\d$/],
  ['unknown', /^the certificate of localhost does not verify: self-signed certificate$/],
])
  test(`a certificate that is ${name}`, { skip }, async () => {
    await servers.certificate(name)
    for (const [kind, where] of ways()) await refusedWith(words, kind, where)
    await servers.certificate('good')
    for (const [kind, where] of ways()) await taken(kind, where)
  })

// One certificate of the server's own, named by its file, is enough.
test('a certificate that is named by itself', { skip }, async () => {
  const pinned = { PROBE_CA: join(servers.dir, 'tls', 'unknown.pem') }
  for (const [kind, where] of ways()) await refusedWith(/does not verify/, kind, where, pinned)
  await servers.certificate('unknown')
  for (const [kind, where] of ways()) await taken(kind, where, pinned)
  await servers.certificate('good')
  for (const [kind, where] of ways()) await refusedWith(/does not verify/, kind, where, pinned)
})
