// A look at the desk that quickstart runs: node fresh.mjs LINE POSTIGO, where
// LINE is the file with its JSON line and POSTIGO the command.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'

const [, , file, postigo] = process.argv
const line = JSON.parse(readFileSync(file, 'utf8'))
const { url, email, password } = line.login
const base = line.console.replace(/\/$/, '')
const command = (...args) => execFileSync(postigo, ['--socket', line.control, ...args], { encoding: 'utf8' })
const incidents = () => command('incident', 'list', '--all', '--json').trim().split('\n').map((l) => JSON.parse(l))

async function until(what, fits) {
  for (let left = 300; left; left--) {
    const found = await fits()
    if (found) return found
    await new Promise((done) => setTimeout(done, 100))
  }
  throw new Error(`never: ${what}`)
}

// The console answers, and lets nobody in without a log-in.
const ready = await fetch(`${base}/readyz`)
assert.equal(ready.status, 200)
const refused = await fetch(line.console, { redirect: 'manual' })
assert.equal(refused.status, 303)
assert.equal((await fetch(url)).status, 200)

// Its form lets the administrator in, and the page brings what was built.
const form = await fetch(`${base}/login`)
const jar = form.headers.get('set-cookie').split(';')[0]
const csrf = /name="csrf" value="([^"]+)"/.exec(await form.text())[1]
const entered = await fetch(`${base}/login`, {
  method: 'POST',
  redirect: 'manual',
  headers: { cookie: jar, origin: base, 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({ csrf, email, password }).toString(),
})
assert.equal(entered.status, 303)
const cookie = entered.headers.get('set-cookie').split(';')[0]
const page = await fetch(line.console, { headers: { cookie } })
assert.equal(page.status, 200)
const script = /src="([^"]+\.js)"/.exec(await page.text())
assert.ok(script, 'the page names a script')
assert.equal((await fetch(new URL(script[1], line.console), { headers: { cookie } })).status, 200)
console.log('console: log-in, page and script are there')

// A mail becomes an incident.
const mail = 'From: Eva <eva@correo.example>\r\nTo: hola@tiendasol.example\r\n' + 'Subject: Desde cero\r\nMessage-ID: <cero@correo.example>\r\n\r\nHola\r\n'
writeFileSync(`${line.mailbox.in}/new/cero`, mail)
const one = await until('the incident', () => incidents().find((i) => i.subject === 'Desde cero'))
assert.equal(one.channel, 'email')
await until('new/ is empty', () => readdirSync(`${line.mailbox.in}/new`).length === 0)
console.log(`mail: incident ${one.ref}, one of ${incidents().length}`)
