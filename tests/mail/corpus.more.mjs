// Real mails, graded against what their sources say of them. The corpus and
// its grader are not part of the project; without them this says so.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'

const builddir = process.env.POSTIGO_BUILDDIR
const shared = process.env.POSTIGO_SHARED ?? join(process.env.POSTIGO_SRCDIR, '../shared')
const grader = join(shared, 'tools/mail_score.py')
const corpus = join(shared, 'corpus/mail')
const MEMORY_KB = 256 * 1024

function python() {
  try {
    execFileSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'])
    return true
  } catch {
    return false
  }
}
const missing = [grader, corpus].find((path) => !existsSync(path))
const skip = missing ? `there is no ${missing}` : !python() ? 'there is no python3' : false

/** Run the grader; its last line is its figures. */
function grade(command, ...args) {
  const run = spawnSync('python3', [grader, command, '--corpus', corpus, '--postigo', join(builddir, 'postigo'), '--timeout', '60', ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  assert.equal(run.status, 0, run.stderr + run.stdout.slice(-4000))
  return { ...JSON.parse(run.stdout.trim().split('\n').at(-1)), said: run.stdout }
}

/** What the fields of these names have together must reach percent. */
function reaches(figures, percent, what, names) {
  const fields = Object.entries(figures).filter(([name]) => names.test(name))
  const passed = fields.reduce((n, [, f]) => n + f.passed, 0)
  const total = fields.reduce((n, [, f]) => n + f.total, 0)
  assert.ok(total > 0, `no figures of ${what}`)
  assert.ok((100 * passed) / total >= percent, `${what}: ${passed} of ${total}, not ${percent} %`)
}

test('real mails are read as their sources read them', { skip, timeout: 1200000 }, () => {
  const { facts, problems } = grade('messages', '--min', 'total=98.5')
  assert.equal(problems, 0)
  reaches(facts, 99.5, 'addresses', /^(from\.address|from\.none|(to|cc|reply_to)\.(addresses|none)|all_recipients)$/)
  reaches(facts, 99.5, 'ids', /^(message_id|message_id\.none|in_reply_to|references)$/)
  reaches(facts, 99.5, 'dates', /^date(\.none)?$/)
  reaches(facts, 99.5, 'octets of attachments', /^attachments\.(content|size)$/)
  reaches(facts, 98, 'subjects', /^subject/)
  reaches(facts, 98, 'names', /^(from\.name|(to|cc|reply_to)\.names)$/)
  reaches(facts, 98, 'bodies', /^body_/)
  reaches(facts, 98, 'names of files', /^attachments\.filename$/)
  reaches(facts, 98, 'flags', /^(bounce|robot|auto_reply|may_auto_respond|no_answer_to_robots)$/)
  reaches(facts, 90, 'bounced recipients', /^bounced_recipients\.(count|status|permanent)$/)
})

test('single header values are read as their sources read them', { skip, timeout: 600000 }, () => {
  const { figures } = grade('headers')
  reaches(figures, 99.5, 'addresses', /^address$/)
  reaches(figures, 98, 'names', /^address with name$/)
  reaches(figures, 98, 'texts', /^unstructured$/)
})

test('what is new in real replies is found', { skip, timeout: 600000 }, () => {
  const figures = grade('strip', '--min', 'must_cut=88', '--min', 'must_not_overcut=97')
  assert.equal(figures.problems, 0)
  reaches(figures.by_language, 100, 'Spanish replies', /^spanish$/)
})

test('real mails that were sent on are taken apart', { skip, timeout: 600000 }, () => {
  const expected = readFileSync(join(corpus, 'expected.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line))
  const sentOn = expected.filter(({ expect }) => expect.forwarded_from)
  assert.ok(sentOn.length > 0)
  for (const { file, expect } of sentOn) {
    const mail = JSON.parse(execFileSync(join(builddir, 'postigo'), ['mail', 'parse', join(corpus, file)], { encoding: 'utf8' }))
    const text = Buffer.from(mail.text)
    const [own, rest] = [text.subarray(0, mail.forward.at), text.subarray(mail.forward.at)].map(String)
    assert.equal(mail.forward.from.address, expect.forwarded_from.address, file)
    for (const words of expect.forwarded_text_contains ?? []) assert.ok(rest.includes(words), file)
    for (const words of expect.forwarder_text_contains ?? []) {
      assert.ok(own.includes(words) && mail.reply_text.includes(words), file)
      assert.ok(!mail.reply_text.includes(expect.forwarded_text_contains[0]), file)
    }
    if (expect.forwarder_wrote_nothing) assert.equal(mail.reply_text.trim(), mail.text.trim(), file)
  }
})

test('no real mail takes much memory', { skip, timeout: 600000 }, () => {
  const files = readdirSync(join(corpus, 'messages')).map((name) => join(corpus, 'messages', name))
  const measure = [
    'import resource, subprocess, sys',
    'code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)',
    'print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)',
  ].join('\n')
  const out = execFileSync('python3', ['-c', measure, join(builddir, 'postigo'), 'mail', 'parse', ...files], { encoding: 'utf8' })
  const [code, kilobytes] = out.trim().split(' ').map(Number)
  assert.equal(code, 0)
  if (process.env.POSTIGO_SANITIZED !== '1') assert.ok(kilobytes < MEMORY_KB, `${kilobytes} KiB`)
})
