// Bodies of the corpus, each read by `postigo-whatsapp parse`: the facts must be
// what expected.jsonl says. A member that is named must match, null means that it
// is absent. Where the corpus is not there, this suite says so.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { PHONES, corpus, noCorpus as skip } from '../lib/graph.mjs'
import { sign } from '../lib/whatsapp.mjs'
import { differs } from './differs.mjs'

const program = join(process.env.POSTIGO_BUILDDIR, 'postigo-whatsapp')
const LISTS = ['messages', 'statuses', 'echoes', 'events', 'errors']

const read = (name) => readFileSync(join(corpus, name))
const expectations = () => read('expected.jsonl').toString('utf8').trim().split('\n').map((line) => JSON.parse(line))
/** Is the delivery Meta's? What is not is refused before anybody reads it. */
const isSigned = ({ file, headers = {} }) => headers['X-Hub-Signature-256'] === sign(read(file))

/** What parse says of files: {facts} or {error} by name. */
function parse(names) {
  let text
  try {
    text = execFileSync(program, ['parse', ...names], { cwd: corpus, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'] })
  } catch (e) {
    assert.equal(e.status, 1, 'parse ended in a way of its own') // a body that cannot be read
    text = e.stdout
  }
  const said = text.trim().split('\n').map((line) => JSON.parse(line))
  assert.deepEqual(said.map((x) => x.file), names, 'a line for each file')
  return new Map(said.map((x) => [x.file, x]))
}

/** The facts that count at a desk with the corpus's numbers. */
function judged(facts) {
  const ours = (list) => list.filter((x) => x.phone_number_id === undefined || PHONES.includes(x.phone_number_id))
  return { messages: ours(facts.messages), statuses: ours(facts.statuses), echoes: ours(facts.echoes), events: facts.events, errors: facts.errors.map((x) => x.code) }
}

test('facts of each body of the corpus', { skip }, () => {
  const lines = expectations().filter((line) => line.file && isSigned(line))
  const said = parse(lines.map((line) => line.file))
  const wrong = []
  for (const { file, expect } of lines) {
    const { facts, error } = said.get(file)
    const have = facts ? judged(facts) : undefined
    for (const list of LISTS) {
      const how = differs(have?.[list] ?? [], expect[list] ?? [], list)
      if (how) wrong.push(`${file}: ${how}${error ? ` (${error})` : ''}`)
    }
  }
  assert.ok(lines.length > 130, `only ${lines.length} lines are signed`)
  assert.deepEqual(wrong, [])
})

test('what cannot be read says why and where', { skip }, () => {
  const said = parse(readdirSync(corpus).filter((name) => /^(bad|ok)_.*\.json$/.test(name)).sort())
  const why = (name) => said.get(name).error ?? said.get(name).facts.refused.map((x) => `${x.where}: ${x.why}`).join('; ')
  assert.match(why('bad_truncated.json'), /^not JSON at byte \d+/)
  assert.match(why('bad_deep_nesting.json'), /nested more than 64 deep at byte \d+/)
  assert.match(why('bad_invalid_utf8.json'), /^not JSON at byte \d+/)
  assert.equal(why('bad_messages_is_object.json'), 'entry[0].changes[0].messages: is no array')
  assert.equal(why('bad_no_sender.json'), 'entry[0].changes[0].messages[0]: no sender')
  assert.match(why('bad_text_is_string.json'), /^entry\[0\]\.changes\[0\]\.messages\[0\]: /)
  assert.match(why('ok_long_wamid.json'), /messages\[0\]: no id that can be kept/)
  assert.equal(why('ok_html_in_name_and_text.json'), '')
})

test('nothing of a body is believed', { skip }, () => {
  const said = parse(['ok_control_characters.json', 'ok_filename_traversal.json', 'ok_own_number_as_sender.json', 'ok_100k_text.json'])
  const first = (name, list = 'messages') => said.get(name).facts[list][0]
  assert.equal(first('ok_control_characters.json').text, 'a\ufffdb\ufffdc')
  assert.equal(first('ok_control_characters.json').profile_name, 'N\ufffdul [31m')
  assert.deepEqual(first('ok_filename_traversal.json').media, { kind: 'document', sha256: 'AAAA', filename: 'x  Set-Cookie: a=b' })
  assert.equal(first('ok_own_number_as_sender.json', 'own').text, 'loop')
  assert.equal(first('ok_own_number_as_sender.json'), undefined)
  assert.equal(first('ok_100k_text.json').text.length, 100000)
})
