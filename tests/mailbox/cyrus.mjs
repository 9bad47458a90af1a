// A Cyrus IMAP server on loopback, by ../lib/cyrus.sh, with the certificates
// of Servers, and its log-ins answered here.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { freePort } from '../lib/wait.mjs'
import { Imap } from './imap.mjs'
import { until } from './lib.mjs'

const script = join(dirname(fileURLToPath(import.meta.url)), '..', 'lib', 'cyrus.sh')

/** Why it cannot run here, or false. */
export function cannotCyrus() {
  const r = spawnSync('sh', [script, 'can'], { encoding: 'utf8' })
  return r.status === 0 ? false : r.stdout.trim() || 'Cyrus cannot run here'
}

/** What saslauthd would answer: USER's password is USER-secret. */
function answer(socket) {
  let rest = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('data', (d) => {
    rest = Buffer.concat([rest, d])
    const words = []
    for (let at = 0; words.length < 4 && at + 2 <= rest.length; ) {
      const n = rest.readUInt16BE(at)
      if (at + 2 + n > rest.length) return
      words.push(rest.toString('utf8', at + 2, at + 2 + n))
      at += 2 + n
    }
    if (words.length < 4) return
    const said = words[1] === `${words[0]}-secret` ? 'OK' : 'NO'
    socket.end(Buffer.from([0, said.length, ...Buffer.from(said)]))
  })
}

export class Cyrus {
  /** servers: of lib.mjs, whose certificates it shows. */
  static async start(servers) {
    const c = new Cyrus()
    c.dir = mkdtempSync(join(tmpdir(), 'postigo-cyrus-'))
    c.servers = servers
    mkdirSync(join(c.dir, 'tls'))
    execFileSync('cp', [join(servers.dir, 'tls/now.pem'), join(servers.dir, 'tls/now.key'), join(c.dir, 'tls')])
    const port = await freePort(3)
    Object.assign(c, JSON.parse(execFileSync('sh', [script, 'start', c.dir, String(port)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, CYRUS_OWNER: String(process.pid) } })))
    c.logins = createServer(answer)
    await new Promise((done) => c.logins.listen(c.auth, done))
    chmodSync(c.auth, 0o777)
    for (const p of [c.imap, c.lmtp]) await until(() => greets(p), () => `Cyrus to greet\n${readFileSync(join(c.dir, 'log'), 'utf8')}`)
    return c
  }

  stop() {
    this.logins.close()
    execFileSync('sh', [script, 'stop', this.dir], { stdio: 'ignore' })
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
  }

  /** A session of a mail program of user's. */
  session(user) {
    return Imap.open(this.imap, user)
  }

  /** Settings and secrets of a mailbox for user; answers leave by Postfix. */
  mailbox(user, settings = {}) {
    return this.servers.mailbox(user, { imap_port: this.imaps, ...settings })
  }

  /** A mail that is delivered, by LMTP. */
  async deliver(user, octets, from = 'ana@localhost') {
    const lines = [`LHLO test`, `MAIL FROM:<${from}>`, `RCPT TO:<${user}>`, 'DATA', Buffer.from(octets).toString('latin1').replace(/\r?\n/g, '\r\n').replace(/^\./gm, '..') + '\r\n.', 'QUIT']
    const socket = connect(this.lmtp, '127.0.0.1')
    socket.setEncoding('latin1')
    await new Promise((done, fail) => {
      let rest = ''
      let asked = -1
      socket.on('error', fail)
      socket.on('data', (d) => {
        rest += d
        for (let m; (m = /^(?:\d{3}-.*\r\n)*(\d{3}) .*\r\n/.exec(rest)); ) {
          rest = rest.slice(m[0].length)
          if (m[1] >= '400') return fail(new Error(`${lines[asked] ?? 'greeting'}: ${m[0]}`))
          if (++asked === lines.length) return done()
          socket.write(lines[asked] + '\r\n', 'latin1')
        }
      })
    })
    socket.destroy()
  }
}

/** Does a server greet on that port? */
function greets(port) {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    const end = (is) => (socket.destroy(), done(is))
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
    socket.once('data', () => end(true))
  })
}
