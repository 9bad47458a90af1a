// Some syncs and some writes of a session fail, each in a session of its own.
import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import test from 'node:test'
import { random } from '../lib/long.mjs'
import { countOf, syncFault, syncFaults, writeFault, writeFaults } from './fault.mjs'

const SAMPLE = 6 // of each

/** Numbers from 1 to count, spread, not the same in every mode. */
function spread(count, rng) {
  return Array.from({ length: SAMPLE }, (_, i) => 1 + Math.floor(((i + rng.next()) * count) / SAMPLE))
}

test('a sync that fails: nothing is answered after it, exit 74, nothing acknowledged is lost', async (t) => {
  const rng = random(7)
  const count = await countOf('sync', 'short', random(1))
  const modes = Object.values(syncFaults)
  let did = 0
  for (const [i, n] of spread(count, rng).entries()) did += await syncFault('short', random(1), n, modes[i % modes.length])
  assert.ok(did >= SAMPLE / 2, `${did} of ${SAMPLE} syncs failed`)
  t.diagnostic(`${did} of ${count} syncs`)
})

test('a write that finds no space: it is said, nothing acknowledged is lost, it goes on by itself', async (t) => {
  const rng = random(7)
  const count = await countOf('write', 'short', random(1))
  const modes = Object.values(writeFaults)
  let did = 0
  for (const [i, n] of spread(count, rng).entries()) did += await writeFault('short', random(1), n, modes[i % modes.length])
  assert.ok(did >= SAMPLE / 2, `${did} of ${SAMPLE} writes failed`)
  t.diagnostic(`${did} of ${count} writes`)
})

/** Control files of faults that this process still has open. */
function openFaults() {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return '' // that of the listing itself
    }
  })
  return links.filter((link) => link.endsWith('/fault'))
}

test('a fault that never comes: nobody waits for it any more', async () => {
  assert.equal(await writeFault('migrate', random(1), 1_000_000, writeFaults.full), false)
  assert.deepEqual(openFaults(), [])
})
