// A Dovecot and a Postfix on loopback, by mailservers.sh, for one test file.
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort, until } from './wait.mjs'

const run = promisify(execFile)
const script = join(process.env.POSTIGO_SRCDIR, 'tests/lib/mailservers.sh')

/** Does a server greet on that port? */
function greets(port, silent) {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    const end = (is) => {
      socket.destroy()
      done(is)
    }
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
    socket.once(silent ? 'connect' : 'data', () => end(true))
  })
}

export class MailServers {
  /** Why they cannot run here; false: they can. */
  static cannot() {
    const { status, stdout } = spawnSync('sh', [script, 'can'], { encoding: 'utf8' })
    return status === 0 ? false : stdout.trim()
  }

  /** Start both; the passwords are USER-secret, the addresses USER@localhost. */
  static async start(users) {
    const servers = new MailServers()
    servers.dir = mkdtempSync(join(tmpdir(), 'postigo-mailservers-'))
    const port = await freePort(5)
    const said = JSON.parse(await servers.#sh('start', servers.dir, String(port), ...users))
    servers.ports = said
    servers.ca = said.ca
    servers.mail = said.mail
    servers.imap = ['localhost', said.imap, 'starttls']
    servers.imaps = ['localhost', said.imaps, 'tls']
    servers.smtp = ['localhost', said.smtp, 'starttls']
    servers.smtps = ['localhost', said.smtps, 'tls']
    for (const which of ['imap', 'imaps', 'smtp', 'smtps'])
      await until(() => greets(said[which], which.endsWith('s')), `${which} to greet`)
    return servers
  }

  async #sh(...args) {
    // A test that dies leaves no servers behind.
    const env = { ...process.env, MAILSERVERS_OWNER: String(process.pid) }
    const { stdout } = await run('sh', [script, ...args], { encoding: 'utf8', env })
    return stdout
  }

  /** An XOAUTH2 token, good for an hour. */
  async token(user) {
    return (await this.#sh('token', this.dir, user)).trim()
  }

  /** Serve another certificate: good, wrong, expired, unknown. It takes a moment. */
  async certificate(name) {
    await this.#sh('cert', this.dir, name)
  }

  /** Cut all IMAP sessions. */
  async kick() {
    await this.#sh('kick', this.dir)
  }

  async stop() {
    await this.#sh('stop', this.dir)
    rmSync(this.dir, { recursive: true, force: true })
  }
}
