// The staff's gateway from outside: pages, headers, cookies, /ws, /api/v1,
// files, and a daemon that dies under it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { request } from 'node:http'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import WebSocket from 'ws'
import { startDaemon } from '../lib/bus.mjs'
import { sleep, until as wait } from '../lib/wait.mjs'

const builddir = process.env.POSTIGO_BUILDDIR
const sha = (b) => createHash('sha256').update(b).digest('hex')
const password = 'correct horse battery staple'
let settings, daemon, gateway, port, base, agent, token, mail, cookie

const until = (what, fits) => wait(fits, what)

function http(method, path, { headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const r = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
      const parts = []
      answer.on('data', (p) => parts.push(p))
      answer.on('end', () => {
        const bytes = Buffer.concat(parts)
        resolve({ status: answer.statusCode, headers: answer.headers, bytes, text: bytes.toString() })
      })
      answer.on('error', reject)
    })
    r.on('error', reject)
    if (body !== undefined) r.setHeader('content-length', Buffer.byteLength(body))
    r.end(body)
  })
}
const api = (method, path, body, more = {}) =>
  http(method, `/api/v1${path}`, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...more,
    },
    body: body && JSON.stringify(body),
  })
const form = (fields) => new URLSearchParams(fields).toString()

async function logIn(email, secret, { origin = base, csrf = true } = {}) {
  const page = await http('GET', '/login')
  const jar = page.headers['set-cookie'][0].split(';')[0]
  const field = /name="csrf" value="([^"]+)"/.exec(page.text)[1]
  return http('POST', '/login', {
    headers: { cookie: jar, origin, 'content-type': 'application/x-www-form-urlencoded' },
    body: form({ csrf: csrf ? field : 'x', email, password: secret }),
  })
}

function open({ headers = { cookie, origin: base }, protocol = 'postigo' } = {}) {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`, protocol, { headers, perMessageDeflate: false })
  const s = { ws, frames: [], closed: null, refused: null, next: 1 }
  ws.on('message', (m) => s.frames.push(JSON.parse(m.toString())))
  ws.on('close', (code) => (s.closed ??= code))
  ws.on('unexpected-response', (_, answer) => {
    s.refused = answer.statusCode
    ws.terminate()
  })
  ws.on('error', () => undefined)
  s.hello = () => until('hello', () => s.frames.find((f) => f.hello))
  s.events = () => s.frames.filter((f) => f.event).map((f) => f.event.number)
  s.call = async (method, params = {}) => {
    const id = s.next++
    ws.send(JSON.stringify({ id, method, params }))
    return until(`answer of ${method}`, () => s.frames.find((f) => f.id === id))
  }
  return s
}

let contacts = 0
function contact(files = [], html = undefined) {
  const text = `hola ${++contacts}`
  const raw = Buffer.from(text)
  return mail.call('contact.add', {
    connection: 'correo',
    external_id: `<c${contacts}@x.example>`,
    digest: sha(raw),
    received_at: new Date().toISOString(),
    channel: 'email',
    from: { name: 'Marta', address: 'marta@x.example' },
    subject: 'Pedido',
    text,
    html,
    attachments: files,
    raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') },
  })
}

const gatewayArgs = () => ['--socket', daemon.socket('console'), '--listen', '127.0.0.1:0', '--assets', join(daemon.dir, 'none')]

async function startGateway() {
  const log = openSync(join(daemon.dir, 'console.log'), 'a')
  gateway = spawn(join(builddir, 'postigo-console'), gatewayArgs(), { stdio: ['ignore', log, log] })
  gateway.ended = new Promise((done) => gateway.once('exit', (code, signal) => done({ code, signal })))
  port = await until('the port', () => {
    const found = /port (\d+)"/.exec(readFileSync(join(daemon.dir, 'console.log'), 'utf8'))
    return found && Number(found[1])
  })
  base = `http://127.0.0.1:${port}`
  await until('ready', async () => (await http('GET', '/readyz')).status === 200)
}

async function mailbox() {
  mail = await daemon.connect('mail')
}

before(async () => {
  settings = join(mkdtempSync(join(tmpdir(), 'postigo-console-')), 'postigo.conf')
  writeFileSync(settings, '')
  daemon = await startDaemon({ args: ['--config', settings] })
  const control = await daemon.connect('control')
  const added = await control.call('agent.add', {
    email: 'laura@tienda.example',
    name: 'Laura',
    role: 'admin',
    password,
  })
  agent = added.agent
  token = (await control.call('token.add', { agent: agent.id, label: 'test' })).token
  await control.call('connection.add', {
    name: 'correo',
    kind: 'pipe',
    settings: { address: 'ayuda@tienda.example', from_name: 'Tienda', out: join(daemon.dir, 'out') },
  })
  control.close()
  await mailbox()
  await startGateway()
})

after(async () => {
  gateway.kill('SIGTERM')
  assert.deepEqual(await gateway.ended, { code: 0, signal: null })
  await daemon.stop()
  daemon.remove()
  rmSync(dirname(settings), { recursive: true })
})

test('health is answered', async () => {
  assert.equal((await http('GET', '/healthz')).status, 200)
})

test('without a session the console sends to the log-in', async () => {
  const answer = await http('GET', '/?incident=4')
  assert.equal(answer.status, 303)
  assert.equal(answer.headers.location, '/login?next=%2F%3Fincident%3D4')
})

test('pages have their own paths, and the log-in leads back to them alone', async () => {
  const to = async (path) => (await http('GET', path)).headers.location
  assert.equal(await to('/'), '/login')
  assert.equal(await to('/incidents?view=all'), '/login?next=%2Fincidents%3Fview%3Dall')
  assert.equal(await to('/reports'), '/login?next=%2Freports')
  assert.equal(await to('/reports/breaches?cause=unopened&range=7d'), '/login?next=%2Freports%2Fbreaches%3Fcause%3Dunopened%26range%3D7d')
  for (const path of ['/reports/A', '/reports/x.y'])
    assert.equal(await to(path), '/login', path)
  const next = async (text) => (await http('GET', `/login?next=${encodeURIComponent(text)}`)).text
  assert.match(await next('/reports/today?wall=1'), /name="next" value="\/reports\/today\?wall=1"/)
  for (const bad of ['//other.example', '/reports.example', '/reports//other.example', '/login', 'https://other.example/'])
    assert.doesNotMatch(await next(bad), /name="next"/, bad)
})

test('the log-in page speaks the language that is asked for', async () => {
  const es = await http('GET', '/login', { headers: { 'accept-language': 'es-ES,en;q=0.5' } })
  const en = await http('GET', '/login', { headers: { 'accept-language': 'en-GB,es;q=0.5' } })
  assert.match(es.text, /<html lang="es">[^]*Contraseña/)
  assert.match(en.text, /<html lang="en">[^]*Password/)
  assert.match((await http('GET', '/login?lang=en')).text, /<html lang="en">/)
})

test('a refused log-in never says which half was wrong', async () => {
  const nobody = await logIn('nobody@tienda.example', password)
  const wrong = await logIn('laura@tienda.example', 'not this one at all')
  assert.equal(nobody.status, 403)
  assert.equal(wrong.status, 403)
  const line = (page) => /role="alert">([^<]+)/.exec(page.text)[1]
  assert.equal(line(nobody), line(wrong))
})

test('a form from elsewhere is refused', async () => {
  assert.equal((await logIn('laura@tienda.example', password, { origin: 'http://evil.example' })).status, 403)
  assert.equal((await logIn('laura@tienda.example', password, { csrf: false })).status, 403)
})

test('a log-in works without JavaScript and gives a strict cookie', async () => {
  const answer = await logIn('laura@tienda.example', password)
  assert.equal(answer.status, 303, answer.text)
  assert.equal(answer.headers.location, '/')
  const set = answer.headers['set-cookie'].find((c) => c.startsWith('postigo='))
  assert.match(set, /; HttpOnly/)
  assert.match(set, /; SameSite=Strict/)
  assert.match(set, /; Path=\//)
  cookie = set.split(';')[0]
  const home = await http('GET', '/', { headers: { cookie } })
  assert.equal(home.status, 503, 'the pages are not built in this test')
})

test('every answer has the security headers', async () => {
  for (const path of ['/login', '/', '/healthz', '/nope', '/assets/login.css', '/api/v1/incidents']) {
    const { headers } = await http('GET', path)
    assert.match(headers['content-security-policy'], /default-src 'none'/, path)
    assert.doesNotMatch(headers['content-security-policy'], /script-src[^;]*unsafe/, path)
    assert.equal(headers['x-content-type-options'], 'nosniff', path)
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin', path)
    assert.ok(headers['cache-control'], path)
    assert.equal(headers.server, undefined, path)
  }
})

test('another host is not served', async () => {
  assert.equal((await http('GET', '/login', { headers: { host: 'evil.example' } })).status, 421)
})

test('an asset has a tag, and is not sent twice', async () => {
  const first = await http('GET', '/assets/login.css')
  assert.equal(first.status, 200)
  const again = await http('GET', '/assets/login.css', { headers: { 'if-none-match': first.headers.etag } })
  assert.equal(again.status, 304)
  assert.equal((await http('GET', '/assets/..%2f..%2fetc%2fpasswd')).status, 404)
})

test('an oversized body is refused with 413', async () => {
  const body = Buffer.alloc(2 * 1024 * 1024, 'a')
  assert.equal((await http('POST', '/login', { body })).status, 413)
})

test('a socket needs the cookie, our origin and our subprotocol', async () => {
  const cases = [
    [{ headers: { origin: base } }, 401],
    [{ headers: { cookie, origin: 'http://evil.example' } }, 403],
    [{ headers: { cookie } }, 403],
    [{ protocol: 'other' }, 400],
  ]
  for (const [how, status] of cases) {
    const s = open(how)
    await until('refusal', () => s.refused !== null || s.closed !== null)
    assert.equal(s.refused, status)
  }
  const stale = open({ headers: { cookie: 'postigo=nonsense', origin: base } })
  await until('close', () => stale.closed !== null)
  assert.equal(stale.closed, 4001)
  assert.deepEqual(stale.frames, [])
})

test('a socket maps frames to methods of the bus', async () => {
  const s = open()
  const { hello } = await s.hello()
  assert.equal(hello.agent.email, 'laura@tienda.example')
  assert.ok(hello.desk.name.length > 0)
  const list = await s.call('incident.list')
  assert.ok(Array.isArray(list.result.incidents))
  assert.ok(Number.isInteger(list.number))
  assert.equal((await s.call('incident.get', { id: 999999 })).error.code, 'not_found')
  assert.equal((await s.call('session.open', { cookie: 'x' })).error.code, 'not_allowed')
  assert.equal((await s.call('events.subscribe')).error.code, 'not_allowed')
  s.ws.close()
})

test('a malformed frame costs its own socket alone', async () => {
  const bad = open()
  const good = open()
  await bad.hello()
  await good.hello()
  bad.ws.send('{"id":')
  await until('close', () => bad.closed !== null)
  assert.equal(bad.closed, 4400)
  assert.ok((await good.call('incident.list')).result)
  good.ws.close()
})

test('a message over the ceiling costs its own socket alone', async () => {
  const s = open()
  await s.hello()
  s.ws.send(JSON.stringify({ id: 1, method: 'x', params: { a: 'a'.repeat(1100 * 1024) } }))
  await until('close', () => s.closed !== null)
  assert.equal(s.closed, 1009)
})

test('too many requests of one session are put off', async () => {
  const s = open()
  await s.hello()
  for (let i = 0; i < 200; i++) s.ws.send(JSON.stringify({ id: `r${i}`, method: 'incident.counts', params: {} }))
  await until('all answers', () => s.frames.filter((f) => String(f.id).startsWith('r')).length === 200)
  const late = s.frames.filter((f) => f.error?.code === 'too_many')
  assert.ok(late.length > 0 && late.length < 150, String(late.length))
  assert.equal(late[0].error.data.outcome, 'temp')
  s.ws.close()
  await sleep(5500) // until what a person may ask is whole again
})

test('the API lists, shows and answers with a token', async () => {
  const { incident, number } = await contact()
  const list = await api('GET', '/incidents?limit=10')
  assert.equal(list.status, 200, list.text)
  assert.ok(JSON.parse(list.text).incidents.some((i) => i.id === incident))
  const shown = await api('GET', `/incidents/${incident}`)
  assert.equal(JSON.parse(shown.text).detail.incident.id, incident)
  const stale = await api('POST', `/incidents/${incident}/answer`, { text: 'Hola', seen: 0 })
  assert.equal(stale.status, 409, stale.text)
  assert.equal(JSON.parse(stale.text).error.code, 'seen')
  const key = randomBytes(8).toString('hex')
  const once = await api('POST', `/incidents/${incident}/answer`, { text: 'Hola', seen: number }, { 'idempotency-key': key })
  const twice = await api('POST', `/incidents/${incident}/answer`, { text: 'Hola', seen: number }, { 'idempotency-key': key })
  assert.equal(once.status, 200, once.text)
  assert.equal(JSON.parse(twice.text).message.id, JSON.parse(once.text).message.id)
})

test('the API says what is wrong', async () => {
  assert.equal((await http('GET', '/api/v1/incidents')).status, 401)
  assert.equal((await http('GET', '/api/v1/incidents', { headers: { authorization: 'Bearer x' } })).status, 401)
  assert.equal((await api('GET', '/incidents?limit=many')).status, 400)
  assert.equal((await api('GET', '/incidents?nonsense=1')).status, 400)
  assert.equal((await api('GET', '/incidents/999999')).status, 404)
  assert.equal((await api('GET', '/nonsense')).status, 404)
  assert.equal((await api('PUT', '/incidents')).status, 405)
  const evil = await http('POST', '/api/v1/incidents/1/note', {
    headers: { cookie, origin: 'http://evil.example', 'content-type': 'application/json' },
    body: '{"text":"x"}',
  })
  assert.equal(evil.status, 403)
  JSON.parse((await http('GET', '/api/v1/openapi.json')).text)
})

test('the API has the ledger of breaches, and who opened an incident', async () => {
  const { incident } = await contact()
  const span = 'since=2020-01-01T00:00:00Z&until=2020-02-01T00:00:00Z'
  const ledger = await api('GET', `/breaches?${span}&cause=unopened&limit=5`)
  assert.equal(ledger.status, 200, ledger.text)
  assert.deepEqual(JSON.parse(ledger.text), { breaches: [], next: null, count: 0, causes: [], cut: false })
  assert.equal((await api('GET', '/breaches')).status, 400)
  assert.equal((await api('GET', `/breaches?${span}&cause=moon`)).status, 400)
  const said = await api('POST', '/breaches/999999/say', { cause: 'unopened', reason: 'Nadie miró' })
  assert.equal(said.status, 404, said.text)
  for (const first of [true, false]) {
    const opened = await api('POST', `/incidents/${incident}/opened`, {})
    assert.equal(opened.status, 200, opened.text)
    assert.equal(JSON.parse(opened.text).first, first)
  }
})

test('while the disk is low: 503 with Retry-After for uploads, answers go on', async () => {
  const { incident } = await contact()
  writeFileSync(settings, 'limits { reserve = 16777216 }\n')
  process.kill(daemon.pid, 'SIGHUP')
  await until('the reserve is reached', () => /"disk.low"/.test(daemon.log()))
  const up = await http('POST', '/upload', { headers: { cookie, origin: base }, body: randomBytes(300_000) })
  assert.equal(up.status, 503)
  assert.ok(Number(up.headers['retry-after']) >= 1)
  assert.equal(JSON.parse(up.text).error.code, 'full')
  const seen = JSON.parse((await api('GET', `/incidents/${incident}`)).text).detail.messages.at(-1).number
  assert.equal((await api('POST', `/incidents/${incident}/answer`, { text: 'Enseguida', seen })).status, 200)
  writeFileSync(settings, 'limits { reserve = 0 }\n')
  process.kill(daemon.pid, 'SIGHUP')
  await until('the same upload is taken', async () => (await http('POST', '/upload', { headers: { cookie, origin: base }, body: randomBytes(1000) })).status === 201)
})

test('what was uploaded and attached comes back as an attachment', async () => {
  const page = Buffer.from('<script>alert(1)</script>'.repeat(40000))
  const up = await http('POST', '/upload', { headers: { cookie, origin: base }, body: page })
  assert.equal(up.status, 201, up.text)
  assert.deepEqual(JSON.parse(up.text), { sha256: sha(page), size: page.length })
  const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), randomBytes(1000)])
  const files = [
    { filename: 'página.html', content_type: 'text/html', size: page.length, sha256: sha(page), inline: false },
    { filename: 'a.png', content_type: 'image/png', size: png.length, sha256: sha(png), inline: false, data: png.toString('base64') },
  ]
  const bus = await daemon.connect('mail')
  for (let at = 0; at < page.length; at += 300000)
    await bus.call('blob.put', {
      upload: 'u',
      offset: at,
      data: page.subarray(at, at + 300000).toString('base64'),
      ...(at + 300000 >= page.length ? { end: true, sha256: sha(page) } : {}),
    })
  const { message } = await contact(files)
  bus.close()
  const html = await http('GET', `/attachment/${message}/${sha(page)}/x.html`, { headers: { cookie } })
  assert.equal(html.status, 200, html.text.slice(0, 200))
  assert.ok(html.bytes.equals(page))
  assert.equal(html.headers['content-type'], 'application/octet-stream')
  assert.equal(html.headers['content-disposition'], "attachment; filename*=UTF-8''p%C3%A1gina.html")
  assert.match(html.headers['content-security-policy'], /^sandbox/)
  for (const [range, from, until] of [
    ['bytes=0-1', 0, 2],
    ['bytes=10-99', 10, 100],
    ['bytes=300000-700000', 300000, 700001],
    [`bytes=${page.length - 3}-`, page.length - 3, page.length],
    [`bytes=5-${page.length * 2}`, 5, page.length],
  ]) {
    const part = await http('GET', `/attachment/${message}/${sha(page)}`, { headers: { cookie, range } })
    assert.equal(part.status, 206, range)
    assert.equal(part.headers['content-range'], `bytes ${from}-${until - 1}/${page.length}`)
    assert.ok(part.bytes.equals(page.subarray(from, until)), range)
  }
  const beyond = await http('GET', `/attachment/${message}/${sha(page)}`, { headers: { cookie, range: `bytes=${page.length}-` } })
  assert.equal(beyond.status, 416)
  assert.equal(beyond.headers['content-range'], `bytes */${page.length}`)
  const image = await http('GET', `/attachment/${message}/${sha(png)}`, { headers: { cookie } })
  assert.equal(image.headers['content-type'], 'image/png')
  assert.match(image.headers['content-disposition'], /^attachment/)
  assert.equal((await http('GET', `/attachment/${message}/${sha(page)}`)).status, 401)
  assert.equal((await http('GET', `/attachment/${message}/${sha('x')}`, { headers: { cookie } })).status, 404)
})

test('HTML of a mail is shown in a sandbox, its pictures by signed links', async () => {
  const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), randomBytes(500)])
  const picture = {
    filename: 'p.png',
    content_type: 'image/png',
    size: png.length,
    sha256: sha(png),
    inline: true,
    content_id: 'pic@x',
    data: png.toString('base64'),
  }
  const { message } = await contact([picture], '<p>cid:none <img src="cid:pic%40x"><img src="cid:other"></p>')
  assert.equal((await http('GET', `/html/${message}`)).status, 401)
  const page = await http('GET', `/html/${message}`, { headers: { cookie } })
  assert.equal(page.status, 200, page.text)
  const csp = page.headers['content-security-policy']
  assert.match(csp, /^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'/)
  assert.ok(csp.includes(`img-src ${base}/i/;`), csp)
  assert.doesNotMatch(csp, /allow-scripts|allow-same-origin/)
  const link = /<img src="(\/i\/[^"]+)">/.exec(page.text)[1]
  assert.match(page.text, /<p>cid:none .*<img src="">/)
  const image = await http('GET', link) // a sandboxed frame sends no cookie
  assert.equal(image.status, 200)
  assert.ok(image.bytes.equals(png))
  assert.equal(image.headers['cross-origin-resource-policy'], 'cross-origin')
  const last = link.endsWith('0') ? '1' : '0'
  assert.equal((await http('GET', link.slice(0, -1) + last)).status, 404)
  const until_ms = link.split('/')[5]
  assert.equal((await http('GET', link.replace(until_ms, String(Number(until_ms) + 1)))).status, 404)
  assert.equal((await http('GET', '/html/999999', { headers: { cookie } })).status, 404)
})

test('HTML whose links do not fit is cut, and stays what it was', async () => {
  const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), randomBytes(500)])
  const picture = {
    filename: 'p.png',
    content_type: 'image/png',
    size: png.length,
    sha256: sha(png),
    inline: true,
    content_id: 'p',
    data: png.toString('base64'),
  }
  const show = async (html) => {
    const { message } = await contact([picture], html)
    return (await http('GET', `/html/${message}`, { headers: { cookie } })).text
  }
  const one = '<img src="cid:p">'
  const link = /<img src="[^"]+">/.exec(await show(one))[0].length
  const many = Math.floor((1048576 - 12000) / link)
  // Left out between two links, the long text would turn values into attributes.
  const text = await show(`${one.repeat(many + 1)}<p>${'a'.repeat(24000)} cid: <b title=" onerror=alert(1) x="></b></p>`)
  assert.ok(text.length > 900000, `${text.length}`)
  assert.equal(text.includes('cid: <b title=" onerror'), false)
})

test('a one-time link works once, and not by being looked at', async () => {
  const control = await daemon.connect('control')
  const link = (await control.call('agent.link', { id: agent.id })).token
  control.close()
  let page
  for (let i = 0; i < 3; i++) page = await http('GET', `/login/link?token=${link}`)
  assert.equal(page.status, 200)
  const use = () =>
    http('POST', '/login/link', {
      headers: { cookie: page.headers['set-cookie'][0].split(';')[0], origin: base },
      body: form({ csrf: /name="csrf" value="([^"]+)"/.exec(page.text)[1], token: link }),
    })
  const first = await use()
  assert.equal(first.status, 303, first.text)
  assert.ok(first.headers['set-cookie'].some((c) => c.startsWith('postigo=')))
  assert.equal((await use()).status, 403)
})

test('an upload that breaks off leaves room for others', async () => {
  for (let i = 0; i < 6; i++) {
    const s = connect(port, '127.0.0.1')
    s.write(`POST /upload HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${cookie}\r\nOrigin: ${base}\r\nContent-Length: 9000000\r\n\r\n`)
    s.write(Buffer.alloc(400000))
    await sleep(50)
    s.destroy()
  }
  const body = randomBytes(1000000)
  const up = await http('POST', '/upload', { headers: { cookie, origin: base }, body })
  assert.equal(JSON.parse(up.text).sha256, sha(body))
})

// A sanitizer keeps what was freed, and finds what was not when the gateway ends.
test('a request that breaks off leaves no memory behind', async () => {
  const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))[1])
  const before_kib = resident()
  for (let i = 0; i < 60; i++) {
    const s = connect(port, '127.0.0.1')
    s.write(`POST /api/v1/incidents HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n`)
    await new Promise((done) => s.write(Buffer.alloc(900000, 'x'), done))
    await sleep(20)
    s.destroy()
  }
  assert.equal((await http('GET', '/healthz')).status, 200)
  if (process.env.POSTIGO_SANITIZED !== '1') assert.ok(resident() - before_kib < 30000, `${before_kib} to ${resident()} KiB`)
})

test('a browser that does not read is dropped, and costs nobody else', async () => {
  const slow = open()
  const quick = open()
  await slow.hello()
  await quick.hello()
  for (let i = 0; i < 12; i++) await contact()
  const incident = (await contact()).incident
  await api('POST', `/incidents/${incident}/note`, { text: 'n'.repeat(60000) })
  slow.ws._socket.pause()
  let round = 0
  await until('the slow one to be dropped', async () => {
    round++
    if (slow.ws._socket?.writable)
      for (let i = 0; i < 90; i++) slow.ws.send(JSON.stringify({ id: `s${round}.${i}`, method: 'incident.get', params: { id: incident } }))
    await sleep(1500)
    return /slow connection was dropped/.test(readFileSync(join(daemon.dir, 'console.log'), 'utf8'))
  })
  slow.ws.terminate()
  // It has used up what their person may ask in a while.
  await until('an answer for the other', async () => {
    const { result, error } = await quick.call('incident.list')
    if (!result) assert.equal(error.code, 'too_many')
    return result ?? sleep(500)
  })
  quick.ws.close()
})

test('events come without gap or repeat across kill -9 of the daemon', async () => {
  const s = open()
  const { hello } = await s.hello()
  const from = hello.number
  await contact()
  s.ws.send(JSON.stringify({ resume: from }))
  await contact()
  await until('the first events', () => s.events().length >= 4)
  await daemon.kill()
  await until('down', () => s.frames.some((f) => f.down))
  assert.equal((await s.call('incident.list')).error.data.outcome, 'temp')
  assert.equal((await api('GET', '/incidents')).status, 503)
  daemon = await startDaemon({ dir: daemon.dir })
  await mailbox()
  await contact()
  await until('up', () => s.frames.some((f) => f.up))
  await contact()
  const control = await daemon.connect('control')
  const all = (await control.call('events.since', { from, limit: 1000 })).events.map((e) => e.number)
  control.close()
  await until('all events', () => s.events().includes(all[all.length - 1]))
  assert.deepEqual(
    s.events().filter((n) => n <= all[all.length - 1]),
    all,
  )
  assert.ok((await s.call('incident.list')).result)
  s.ws.close()
})

test('a page that has seen more than a restored desk is told to load anew', async () => {
  const control = await daemon.connect('control')
  const copy = join(daemon.dir, 'earlier')
  const { number } = await control.call('store.backup', { dir: copy })
  control.close()
  const s = open()
  const { hello } = await s.hello()
  s.ws.send(JSON.stringify({ resume: hello.number }))
  await contact()
  await until('events after the backup', () => s.events().some((n) => n > number))
  await daemon.stop()
  for (const name of readdirSync(daemon.dir).filter((one) => one.startsWith('postigo.db'))) rmSync(join(daemon.dir, name))
  copyFileSync(join(copy, 'postigo.db'), join(daemon.dir, 'postigo.db'))
  daemon = await startDaemon({ dir: daemon.dir })
  await mailbox()
  const gone = await until('gone', () => s.frames.find((f) => f.gone))
  assert.ok(gone.number <= number + 5 && gone.number < Math.max(...s.events()), JSON.stringify(gone))
  s.ws.send(JSON.stringify({ resume: gone.number }))
  const before = s.events().length
  await contact()
  await until('events of the restored desk', () => s.events().length > before)
  // The same for a page that was away meanwhile.
  const late = open()
  await late.hello()
  late.ws.send(JSON.stringify({ resume: 1_000_000 }))
  assert.ok((await until('gone', () => late.frames.find((f) => f.gone))).number < 1_000_000)
  s.ws.close()
  late.ws.close()
})

test('leaving ends the session and its sockets', async () => {
  const s = open()
  await s.hello()
  const out = await http('POST', '/logout', { headers: { cookie, origin: base }, body: '' })
  assert.equal(out.status, 303)
  assert.equal(out.headers['clear-site-data'], '"cache", "storage"')
  await until('close', () => s.closed !== null)
  assert.equal(s.closed, 4001)
  assert.equal((await http('GET', '/', { headers: { cookie } })).status, 303)
})

test('behind a proxy with https the cookies are Secure and prefixed', async () => {
  const file = join(daemon.dir, 'https.log')
  const log = openSync(file, 'a')
  const other = spawn(
    join(builddir, 'postigo-console'),
    [...gatewayArgs(), '--public-url', 'https://desk.example', '--trusted-proxy', '127.0.0.1'],
    { stdio: ['ignore', log, log] },
  )
  const ended = new Promise((done) => other.once('exit', (code) => done(code)))
  const own = port
  port = Number((await until('the port', () => /port (\d+)"/.exec(readFileSync(file, 'utf8'))))[1])
  try {
    const page = await http('GET', '/login', { headers: { host: 'desk.example', 'x-forwarded-for': '203.0.113.9' } })
    assert.equal(page.status, 200)
    assert.match(page.headers['strict-transport-security'], /max-age=31536000/)
    assert.match(page.headers['set-cookie'][0], /^__Host-postigo-login=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Secure/)
    assert.equal((await http('GET', '/login', { headers: { host: 'evil.example' } })).status, 421)
    const bare = await new Promise((done) => {
      const s = connect(port, '127.0.0.1', () => s.write('GET / HTTP/1.0\r\n\r\n'))
      let said = ''
      s.on('data', (b) => (said += b))
      s.on('error', () => done(said))
      s.on('close', () => done(said))
    })
    assert.match(bare, /^HTTP\/1\.[01] 421 /)
    assert.equal((await http('GET', '/healthz')).status, 200)
  } finally {
    port = own
    other.kill('SIGTERM')
    assert.equal(await ended, 0)
  }
})

test('plain HTTP on an address that is not loopback is refused at the start', async () => {
  const child = spawn(join(builddir, 'postigo-console'), ['--socket', '/nonexistent', '--listen', '0.0.0.0:0'])
  let said = ''
  child.stderr.on('data', (b) => (said += b))
  const code = await new Promise((done) => child.once('close', done))
  assert.equal(code, 64)
  assert.match(said, /plain HTTP on '0\.0\.0\.0:0' is refused/)
})
