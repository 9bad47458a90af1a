// Bodies of the corpus, each read by `postigo-shop parse`: the facts must be
// what expected.jsonl says. Where the corpus is not there, this suite says so.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { PLATFORMS, corpus, isTheirs, judge, lines, skip } from './corpus.mjs'

const program = join(process.env.POSTIGO_BUILDDIR, 'postigo-shop')

/** What parse says of a line's body: {facts} or {error, retry}. */
function parse({ file, platform, headers = {} }) {
  const { kind, topic } = PLATFORMS[platform]
  const args = ['parse', '--kind', kind, '--zone', 'Europe/Madrid', '--country', 'ES']
  if (headers[topic]) args.push('--topic', headers[topic])
  const { status, stdout } = spawnSync(program, [...args, file], { cwd: corpus, encoding: 'utf8', maxBuffer: 1 << 26 })
  const said = JSON.parse(stdout)
  assert.equal(status, said.error === undefined ? 0 : 1, `${file}: parse ended in a way of its own`)
  return said
}

for (const [platform, { count }] of Object.entries(PLATFORMS)) {
  test(`facts of each body of ${platform}`, { skip }, () => {
    const theirs = lines(platform).filter(isTheirs)
    const wrong = theirs.map((line) => [line.file, judge(line, parse(line))]).filter(([, how]) => how)
    assert.deepEqual(wrong, [])
    assert.equal(theirs.length, count)
  })
}

test('what is not theirs is not read', { skip }, () => {
  const not = Object.keys(PLATFORMS).flatMap((platform) => lines(platform).filter((line) => !isTheirs(line)))
  assert.equal(not.length, 5)
  for (const { file, http } of not) assert.ok(file.startsWith('bad_') && http.includes(401), file)
})

test('no secret of a shop is in a fact', { skip }, () => {
  for (const line of [...lines('prestashop'), ...lines('magento2')]) {
    assert.doesNotMatch(JSON.stringify(parse(line)), /0123456789abcdef|notarealhash|4242|stripe_tok|192\.0\.2\.9/, line.file)
  }
})
