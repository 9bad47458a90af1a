// What the suites of the transport share: the servers, and the probe.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { MailServers } from '../lib/mailservers.mjs'
import { until } from '../lib/wait.mjs'

const probe = join(process.env.POSTIGO_BUILDDIR, 'tests/net/probe')

/** Why the suite cannot run here; false: it can. */
export const skip = MailServers.cannot()
if (skip) console.error(`skipped: ${skip}`)

/** @type {MailServers} */
export let servers
export let dir
before(async () => {
  if (skip) return
  dir = mkdtempSync(join(tmpdir(), 'postigo-net-'))
  servers = await MailServers.start(['ana', 'tienda'])
})
after(async () => {
  await servers?.stop()
  if (dir) rmSync(dir, { recursive: true, force: true })
})

/** A session of the probe: lines in, objects out. */
export class Session {
  constructor(kind, where, login = {}, environment = {}) {
    const env = { ...process.env, PROBE_CA: servers.ca, ...environment }
    if (login.user) env.PROBE_USER = login.user
    if (login.password) env.PROBE_PASSWORD = login.password
    if (login.token) env.PROBE_TOKEN = login.token
    if (env.PROBE_CA === '') delete env.PROBE_CA
    const [host, port, security] = where
    this.child = spawn(probe, [kind, host, String(port), security], { env, stdio: ['pipe', 'pipe', 'pipe'] })
    this.said = []
    this.errors = ''
    let rest = ''
    this.child.stdout.setEncoding('utf8').on('data', (text) => {
      rest += text
      const lines = rest.split('\n')
      rest = lines.pop()
      for (const line of lines) this.said.push(JSON.parse(line))
    })
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.errors += text))
    this.child.stdin.on('error', () => {})
    this.ended = new Promise((done) => this.child.once('close', (code) => done((this.code = code))))
  }

  async next() {
    await until(() => this.said.length > 0 || this.code !== undefined, 'an answer of the probe')
    assert.ok(this.said.length > 0, `the probe ended with ${this.code}: ${this.errors}`)
    return this.said.shift()
  }

  async ask(...words) {
    this.child.stdin.write(`${words.join('\t')}\n`)
    const said = await this.next()
    assert.equal(said.did, words[0])
    return said
  }

  async done() {
    this.child.stdin.end()
    assert.equal(await this.ended, 0, this.errors)
    assert.equal(this.errors, '')
  }
}

export const password = (user) => ({ user, password: `${user}-secret` })

export async function session(kind, where, login, environment) {
  const s = new Session(kind, where, login, environment)
  const opened = await s.next()
  assert.equal(opened.outcome, 'ok', opened.text)
  return s
}

export async function refused(kind, where, login, environment) {
  const s = new Session(kind, where, login, environment)
  const opened = await s.next()
  await s.done()
  assert.notEqual(opened.outcome, 'ok')
  assert.doesNotMatch(opened.text, /secret/)
  return opened
}

/** After a change of certificates: the servers' old processes go by and by. */
export async function refusedWith(words, kind, where, environment) {
  let said
  await until(
    async () => words.test((said = await refusal(kind, where, environment))?.text),
    `${words} of ${where}`,
  )
  assert.deepEqual([said.outcome, said.class], ['perm', 'tls'], said.text)
}

async function refusal(kind, where, environment) {
  const s = new Session(kind, where, password('ana'), environment)
  const opened = await s.next()
  await s.done()
  return opened.outcome === 'ok' ? { text: '' } : opened
}

export async function taken(kind, where, environment) {
  await until(async () => (await refusal(kind, where, environment)).text === '', `${where} to be taken`)
}

/** Each kind of session, with where it goes. */
export const ways = () => [
  ['imap', servers.imaps],
  ['imap', servers.imap],
  ['smtp', servers.smtps],
  ['smtp', servers.smtp],
]
