// The messages that judge the catalogue are well formed. What the catalogue
// makes of them is counted by tests/bench/catalog.mjs.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'

const LEAST = 340
const LEAST_NULL = 30
const LEAST_EACH = 5
const LANGUAGES = ['es', 'en']
const CHANNELS = ['email', 'chat', 'whatsapp', 'form']
const KEYS = ['id', 'language', 'channel', 'subject', 'body', 'reason', 'also', 'plain']

const here = (name) => readFileSync(new URL(name, import.meta.url), 'utf8')
const lines = here('contacts.jsonl').split('\n')
const contacts = lines.slice(0, -1).map((line) => JSON.parse(line))
const obvious = JSON.parse(here('obvious.json'))

/** The reasons that the console has a word for: all of them. */
const words = readFileSync(join(process.env.POSTIGO_SRCDIR, 'gateways/console/ui/src/words-es.ts'), 'utf8')
const known = [...words.matchAll(/"reason\.([a-z_]+)":/g)].map((found) => found[1]).filter((reason) => reason !== 'other')

const count = (keep) => contacts.filter(keep).length
const text = ({ subject, body }) => `${subject ?? ''}\n${body}`.toLowerCase()

test('each line is a message', () => {
  assert.equal(lines.at(-1), '', 'the last line ends')
  for (const one of contacts) {
    assert.deepEqual(Object.keys(one).filter((key) => !KEYS.includes(key)), [], one.id)
    assert.ok(LANGUAGES.includes(one.language), one.id)
    assert.ok(CHANNELS.includes(one.channel), one.id)
    assert.ok(one.id.startsWith(`${one.language}-`), one.id)
    assert.equal(typeof one.subject, one.channel === 'email' ? 'string' : 'undefined', one.id)
    assert.ok(one.body.trim() !== '' && one.body.length < 4000, one.id)
    assert.equal(typeof one.plain, 'boolean', one.id)
  }
  assert.equal(new Set(contacts.map((one) => one.id)).size, contacts.length, 'an id is there twice')
  const said = contacts.map((one) => one.body.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' '))
  assert.equal(new Set(said).size, said.length, 'a message is there twice')
})

test('reasons are known, and second ones are rare', () => {
  assert.equal(known.length, 26)
  assert.deepEqual(Object.keys(obvious).sort(), [...known].sort())
  for (const { id, reason, also = [] } of contacts) {
    assert.ok(reason === null || known.includes(reason), id)
    for (const other of also) assert.ok(known.includes(other) && other !== reason, id)
    assert.ok(reason !== null || also.length === 0, id)
  }
  assert.ok(count((one) => one.also) <= contacts.length / 10)
})

test('there are enough of each', () => {
  assert.ok(contacts.length >= LEAST)
  assert.ok(count((one) => one.reason === null) >= LEAST_NULL)
  for (const language of LANGUAGES) {
    const share = count((one) => one.language === language) / contacts.length
    assert.ok(share > 0.45 && share < 0.55, `${language}: ${share}`)
    for (const reason of known) {
      const n = count((one) => one.language === language && one.reason === reason)
      assert.ok(n >= LEAST_EACH, `${reason} in ${language}: ${n}`)
    }
  }
})

test('plain says whether an obvious word is there; a third do without', () => {
  for (const one of contacts) {
    const found = one.reason !== null && obvious[one.reason][one.language].some((word) => text(one).includes(word))
    assert.equal(found, one.plain, one.id)
  }
  for (const language of LANGUAGES) {
    const rest = count((one) => one.language === language && one.reason !== null && !one.plain)
    assert.ok(rest * 3 >= count((one) => one.language === language && one.reason !== null), language)
  }
})
