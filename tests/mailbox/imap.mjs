// An IMAP client of a few lines: the mail program that people use beside the
// desk. Commands are written as they travel.
import { connect } from 'node:net'

export class Imap {
  /** Logged in, in clear, as user. */
  static async open(port, user, password = `${user}-secret`) {
    const i = new Imap()
    i.rest = ''
    i.count = 0
    i.socket = connect(port, '127.0.0.1')
    i.socket.setEncoding('latin1')
    i.socket.on('data', (d) => ((i.rest += d), i.wake?.()))
    i.socket.on('error', () => {})
    i.socket.on('close', () => ((i.ended = true), i.wake?.()))
    await i.until(/^\* OK.*\r\n/)
    await i.say(`LOGIN ${user} ${password}`)
    return i
  }

  async until(pattern) {
    for (;;) {
      const m = pattern.exec(this.rest)
      if (m) {
        this.rest = this.rest.slice(m.index + m[0].length)
        return m
      }
      if (this.ended) throw new Error(`the server has gone: ${this.rest}`)
      await new Promise((done) => (this.wake = done))
    }
  }

  /** All that is said before the command's OK; a NO or BAD is thrown. */
  async say(command, octets) {
    const tag = `t${++this.count}`
    this.socket.write(`${tag} ${command}${octets ? ` {${Buffer.byteLength(octets)}}` : ''}\r\n`)
    if (octets) {
      await this.until(/^\+.*\r\n/m)
      this.socket.write(octets + '\r\n')
    }
    const m = await this.until(new RegExp(`((?:.|\\r\\n)*?)^${tag} (OK|NO|BAD)(.*)\\r\\n`, 'm'))
    if (m[2] !== 'OK') throw new Error(`${command}: ${m[2]}${m[3]}`)
    return m[1] + m[3]
  }

  append(folder, octets, { flags = '', at = '' } = {}) {
    return this.say(`APPEND ${folder}${flags ? ` (${flags})` : ''}${at ? ` "${at}"` : ''}`, octets.replace(/\r?\n/g, '\r\n'))
  }

  /** The UIDs of the selected folder that fit. */
  async search(what = 'ALL') {
    return (/\* SEARCH([ \d]*)/.exec(await this.say(`UID SEARCH ${what}`))?.[1] ?? '').trim().split(' ').filter(Boolean).map(Number)
  }

  close() {
    this.socket.destroy()
  }
}
