// The visitors' gateway from outside, before a desk in memory: pages, origins,
// frames that are malformed, limits, files, tabs, and a desk that goes away.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { sleep, startGateway, Tab, until } from './lib.mjs'
import { MockDesk } from './mock.mjs'

const sites = [
  { name: 'tienda', origins: ['https://tienda.example', 'https://TIENDA.example:8443', 'http://localhost:3000'] },
  { name: 'otra', origins: ['https://otra.example'], language: 'en' },
]
let desk, gateway, net
let networks = 0
/** Headers of a visitor from a network of its own, behind the proxy. */
const from = (address = `198.51.${(++networks >> 8) & 255}.${networks & 255}`) => ({ 'x-forwarded-for': address })

const tab = (options = {}) => new Tab(gateway, { headers: from(), ...options })
async function chat(options) {
  const t = await tab(options)
  await t.open()
  await t.start()
  return t
}
const at = (t) => desk.visitor(t.token)

before(async () => {
  desk = new MockDesk({ sites })
  await desk.listen()
  gateway = await startGateway(desk.path, { args: ['--trusted-proxy', '127.0.0.1', '--exempt', '10.0.0.0/8'] })
})
after(async () => {
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null })
  await desk.close()
})

// --- pages --------------------------------------------------------------------

test('the loader may be included anywhere, is cached for five minutes and has a tag', async () => {
  const first = await gateway.http('GET', '/postigo.js')
  assert.equal(first.status, 200)
  assert.equal(first.text, 'loader()')
  assert.equal(first.headers['content-type'], 'text/javascript; charset=utf-8')
  assert.equal(first.headers['cross-origin-resource-policy'], 'cross-origin')
  assert.equal(first.headers['cache-control'], 'public, max-age=300')
  const again = await gateway.http('GET', '/postigo.js', { headers: { 'if-none-match': first.headers.etag } })
  assert.equal(again.status, 304)
})

test('the panel may be framed by its site alone, and runs nothing inline', async () => {
  const { status, headers, text } = await gateway.http('GET', '/chat/panel?site=tienda')
  assert.equal(status, 200)
  const policy = Object.fromEntries(headers['content-security-policy'].split('; ').map((d) => [d.split(' ')[0], d.split(' ').slice(1)]))
  assert.deepEqual(policy['frame-ancestors'], ['https://tienda.example', 'https://tienda.example:8443', 'http://localhost:3000'])
  assert.deepEqual(policy['script-src'], ["'self'"])
  assert.deepEqual(policy['style-src'], ["'self'"])
  assert.deepEqual(policy['default-src'], ["'none'"])
  assert.deepEqual(policy['connect-src'], ["'self'", `ws://127.0.0.1:${gateway.port}`])
  assert.equal(headers['x-frame-options'], undefined)
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['referrer-policy'], 'no-referrer')
  assert.ok(headers['permissions-policy'])
  assert.doesNotMatch(text, /<script>|<style|style=|onload/)
  for (const name of /src="([^"]+)"/.exec(text).slice(1)) {
    const asset = await gateway.http('GET', name)
    assert.equal(asset.status, 200)
    assert.match(asset.headers['cache-control'], /immutable/)
  }
})

test('the panel speaks the visitor\'s language, or the site\'s', async () => {
  const page = async (path, accept) => (await gateway.http('GET', path, { headers: accept ? { 'accept-language': accept } : {} })).text
  assert.match(await page('/chat/panel?site=tienda'), /<html lang="es">/)
  assert.match(await page('/chat/panel?site=otra'), /<html lang="en">/)
  assert.match(await page('/chat/panel?site=otra', 'es'), /<html lang="es">/)
  assert.match(await page('/chat/panel?site=tienda&language=en', 'es'), /<html lang="en">/)
})

test('an unknown site is a 404 that says so', async () => {
  for (const path of ['/chat/panel?site=nadie', '/chat/panel', '/chat/panel?site=%3Cscript%3E']) {
    const { status, text, headers } = await gateway.http('GET', path)
    assert.equal(status, 404, path)
    assert.match(text, /no conoce ningún sitio/)
    assert.match(headers['content-security-policy'], /frame-ancestors 'none'/)
  }
})

test('without the built widget the pages say so', async () => {
  const bare = await startGateway(desk.path, { assets: false })
  const panel = await bare.http('GET', '/chat/panel?site=tienda')
  assert.equal(panel.status, 503)
  assert.match(panel.text, /no está instalado/)
  assert.equal((await bare.http('GET', '/postigo.js')).status, 404)
  assert.deepEqual(await bare.stop(), { code: 0, signal: null })
})

test('other hosts, paths and methods are refused', async () => {
  assert.equal((await gateway.http('GET', '/postigo.js', { headers: { host: 'evil.example' } })).status, 421)
  assert.equal((await gateway.http('GET', '/nope')).status, 404)
  assert.equal((await gateway.http('POST', '/postigo.js', { body: '' })).status, 405)
  assert.equal((await gateway.http('GET', '/chat/a/..%2f..%2fetc%2fpasswd')).status, 404)
  assert.equal((await gateway.http('GET', '/healthz')).text, 'ok\n')
})

// --- origins ------------------------------------------------------------------

test('a socket needs our origin or one of the site\'s, octet by octet', async () => {
  const good = [gateway.base, 'https://tienda.example', 'https://tienda.example:8443', 'http://localhost:3000']
  const bad = [
    null,
    'null',
    'https://otra.example',
    'https://tienda.example.evil',
    'https://eviltienda.example',
    'https://tienda.example:444',
    'https://tienda.example:443',
    'http://tienda.example',
    'https://TIENDA.example',
    'https://tienda.example/',
    'https://tienda.exampl',
    'http://localhost',
    'http://localhost:30000',
    `http://127.0.0.1:${gateway.port}0`,
    'http://127.0.0.1',
    `https://127.0.0.1:${gateway.port}`,
    'https://tienda.example https://otra.example',
    '*',
  ]
  for (const origin of good) {
    const t = await tab({ origin }).ready()
    assert.equal(t.refused, null, origin)
    t.close()
  }
  for (const origin of bad) {
    const t = await tab({ origin }).ready()
    assert.equal(t.refused, 403, String(origin))
  }
})

test('behind a proxy the public address is the origin', async () => {
  const proxied = await startGateway(desk.path, { args: ['--public-url', 'https://Chat.example:443/'] })
  const status = async (origin, host) => {
    const t = await new Tab(proxied, { origin, headers: { host } }).ready()
    t.close()
    return t.refused
  }
  assert.equal(await status('https://chat.example', 'chat.example'), null)
  assert.equal(await status('http://chat.example', 'chat.example'), 403)
  assert.equal(await status('https://chat.example:443', 'chat.example'), 403)
  assert.equal(await status('https://chat.example.evil', 'chat.example'), 403)
  assert.equal(await status('https://evil.example', 'evil.example'), 421)
  const { headers } = await proxied.http('GET', '/chat/panel?site=tienda', { headers: { host: 'chat.example' } })
  assert.match(headers['content-security-policy'], /connect-src 'self' wss:\/\/chat\.example;/)
  assert.match(headers['strict-transport-security'], /max-age=31536000/)
  await proxied.stop()
})

test('a socket needs a site and the subprotocol', async () => {
  for (const [options, status] of [
    [{ site: 'nadie' }, 404],
    [{ path: '/chat/ws' }, 404],
    [{ path: '/chat/other?site=tienda' }, 404],
    [{ protocol: 'other' }, 400],
  ]) {
    const t = await tab(options).ready()
    assert.equal(t.refused, status)
  }
})

// --- frames -------------------------------------------------------------------

test('a malformed frame costs its socket alone', async () => {
  const other = await chat()
  const cases = [
    ['nonsense', 1007],
    ['[]', 1007],
    ['{"t":"open"', 1007],
    ['{"t":"open","t":"open"}', 1007],
    [`{"t":"open","x":${'['.repeat(40)}${']'.repeat(40)}}`, 1007],
    ['{"t":"nope"}', 1008],
    ['{"t":1}', 1008],
    ['{"t":"open","from":"1"}', 1008],
    ['{"t":"open","token":"a b"}', 1008],
    ['{"t":"end"}', 1008],
    [JSON.stringify({ t: 'open', x: 'a'.repeat(17000) }), 1009],
    [Buffer.from('{"t":"open"}'), 1003],
  ]
  for (const [frame, code] of cases) {
    const t = await tab().ready()
    t.ws.send(frame)
    await t.end()
    assert.equal(t.closed, code, String(frame).slice(0, 60))
    assert.deepEqual(t.frames, [])
  }
  const twice = await tab()
  await twice.open()
  twice.send({ t: 'open' })
  await twice.end()
  assert.equal(twice.closed, 1008)
  assert.equal((await other.write('still')).t, 'ack')
  other.close()
})

test('fragments are put together, up to thirty-two of them', async () => {
  const send = async (parts) => {
    const t = await tab().ready()
    parts.forEach((part, i) => t.ws.send(part, { fin: i === parts.length - 1, binary: false }))
    await until('an answer', () => t.frames.length || t.closed !== null)
    t.close()
    return t.closed ?? t.frames[0].t
  }
  const cut = (text, n) => [...Array(n).keys()].map((i) => text.slice(Math.floor((i * text.length) / n), Math.floor(((i + 1) * text.length) / n)))
  assert.equal(await send(cut('{"t":"open"}', 5)), 'hello')
  const wide = `{"t":"open","x":"${'ñ'.repeat(7000)}"}`
  assert.equal(await send(cut(wide, 32)), 'hello')
  assert.equal(await send(cut(wide, 33)), 1008)
  assert.equal(await send(['{"t":', ...Array(40).fill(''), '"open"}']), 1008)
  assert.equal(await send(cut(JSON.stringify({ t: 'open', x: 'a'.repeat(17000) }), 10)), 1009)
})

/** A WebSocket frame of a client, by hand. */
function rawFrame(opcode, payload, fin = true) {
  const mask = randomBytes(4)
  const body = Buffer.from(payload).map((b, i) => b ^ mask[i % 4])
  assert.ok(body.length < 126)
  return Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | opcode, 0x80 | body.length]), mask, body])
}

test('what is not UTF-8 is closed with 1007', async () => {
  for (const frames of [
    [rawFrame(1, Buffer.from([0x7b, 0xff, 0x7d]))],
    [rawFrame(1, Buffer.from([0xc3]), false), rawFrame(0, Buffer.from([0x28]))],
  ]) {
    const socket = connect(gateway.port, '127.0.0.1')
    let got = Buffer.alloc(0)
    socket.on('data', (b) => (got = Buffer.concat([got, b])))
    const ended = new Promise((done) => socket.once('close', done))
    socket.on('error', () => undefined)
    socket.write(
      `GET /chat/ws?site=tienda HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nOrigin: ${gateway.base}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: postigo-chat.1\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    )
    await until('101', () => got.includes('\r\n\r\n'))
    const head = got.indexOf('\r\n\r\n') + 4
    for (const frame of frames) socket.write(frame)
    await until('the close', () => got.length > head + 3 || socket.destroyed)
    assert.equal(got[head] & 15, 8)
    assert.equal(got.readUInt16BE(head + 2), 1007)
    socket.destroy()
    await ended
  }
})

test('what is over a ceiling is refused, and the socket stays', async () => {
  const t = await chat()
  assert.equal((await t.write('long', 'a'.repeat(8193))).code, 'too_long')
  assert.equal((await t.write('none', ' \n ')).code, 'empty')
  assert.equal((await t.write('file', 'x', { files: [{ sha256: 'a'.repeat(64) }] })).code, 'bad_file')
  const refused = t.frames.filter((f) => f.t === 'refused')
  assert.deepEqual(refused.map((f) => f.retry_ms), [undefined, undefined, undefined])
  assert.equal((await t.write('good', 'a'.repeat(8192))).t, 'ack')
  t.close()
})

test('nothing can be written before a chat is started', async () => {
  const t = await tab()
  await t.open()
  assert.equal((await t.write('a')).code, 'no_session')
  t.send({ t: 'typing', on: true })
  t.send({ t: 'got', number: 3 })
  t.send({ t: 'ping' })
  await t.next('pong')
  await t.start()
  t.send({ t: 'start', name: 'Otra' })
  assert.equal((await t.next('refused', (f) => f.re === 'start')).code, 'started')
  t.close()
})

// --- lines --------------------------------------------------------------------

test('a chat: start, lines both ways, typing, seen, end, rating, and another', async () => {
  const t = await tab()
  const hello = await t.open()
  assert.equal(hello.site.title, 'Tienda')
  assert.equal(hello.site.origins, undefined)
  assert.equal(hello.chat, undefined)
  const started = await t.start('Marta', { email: 'marta@x.example', remember: true })
  assert.equal(started.chat.state, 'start')
  assert.equal(started.chat.email, 'marta@x.example')
  const asked = desk.calls.find((c) => c.method === 'visitor.start' && c.params.email === 'marta@x.example').params
  assert.equal(asked.remember, true)
  assert.match(asked.network, /^198\.51\./)
  const ack = await t.write('w1', 'hola')
  assert.deepEqual([ack.t, ack.number], ['ack', 1])
  await until('the line', () => t.lines.length === 1)
  assert.equal(t.lines[0].id, 'w1')
  desk.say(at(t), 'buenas')
  await until('the answer', () => t.lines.length === 2)
  desk.typing(at(t), 'Laura', true)
  assert.equal((await t.next('typing')).name, 'Laura')
  t.send({ t: 'typing', on: true })
  await until('typing', () => desk.calls.some((c) => c.method === 'chat.typing'))
  t.send({ t: 'got', number: 99 })
  await until('seen, and no more than was sent', () => at(t).got === 2)
  t.send({ t: 'end' })
  assert.equal((await t.next('ended')).chat.state, 'ended')
  t.send({ t: 'rate', score: 4, comment: 'bien' })
  assert.equal((await t.next('rated')).chat.rated, 4)
  await t.write('w2', 'otra cosa')
  await until('lines are counted anew', () => t.lines.length === 3)
  assert.deepEqual(t.lines.map((l) => l.number), [1, 2, 1])
  t.close()
})

test('tabs of one visitor share a handle, and each gets each line once', async () => {
  const one = await chat()
  const others = [await tab(), await tab()]
  const opens = () => desk.calls.filter((c) => c.method === 'visitor.open' && c.params.token === one.token).length
  for (const t of others) assert.equal((await t.open(one.token)).chat.name, 'Marta')
  assert.equal(opens(), 0)
  for (let i = 0; i < 5; i++) {
    await one.write(`s${i}`)
    desk.say(at(one), `r${i}`)
  }
  for (const t of [one, ...others]) {
    await until('all lines', () => t.lines.length >= 10)
    assert.deepEqual(t.lines.map((l) => l.number), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  }
  const late = await tab()
  await late.open(one.token, 7)
  await until('the rest', () => late.lines.length >= 3)
  assert.deepEqual(late.lines.map((l) => l.number), [8, 9, 10])
  for (const t of [one, late, ...others]) t.close()
})

test('many lines come in pages, and looks are not piled up', async () => {
  const t = await chat()
  t.close()
  await t.end()
  for (let i = 0; i < 450; i++) desk.say(at(t), `linea ${i}`)
  const again = await tab()
  const gets = desk.calls.length
  await again.open(t.token)
  await until('all of them', () => again.lines.length >= 450)
  assert.deepEqual(again.lines.map((l) => l.number), [...Array(450).keys()].map((i) => i + 1))
  assert.ok(again.frames.filter((f) => f.t === 'lines').slice(0, -1).every((f) => f.more))
  const before = desk.calls.filter((c) => c.method === 'chat.get').length
  desk.late = 50
  for (let i = 0; i < 200; i++) desk.say(at(t), `mas ${i}`)
  await until('all of those', () => again.lines.length >= 650)
  desk.late = 0
  const looks = desk.calls.filter((c) => c.method === 'chat.get').length - before
  assert.ok(looks < 20, `${looks} looks for 200 lines at once`)
  assert.ok(gets > 0)
  again.close()
})

test('lines that do not fit a frame come in several', async () => {
  const t = await chat()
  for (let i = 0; i < 12; i++) desk.say(at(t), 'ñ'.repeat(30_000))
  await until('all', () => t.lines.length === 12)
  for (const f of t.frames) assert.ok(Buffer.byteLength(JSON.stringify(f)) <= 256 * 1024)
  t.close()
})

test('a token that is not good is gone, and the socket can begin anew', async () => {
  const t = await tab()
  assert.equal((await t.open('nonsense')).gone, true)
  await t.start()
  assert.equal((await t.write('a')).t, 'ack')
  const other = await tab({ site: 'otra' })
  assert.equal((await other.open(t.token)).gone, true)
  t.close()
  other.close()
})

test('a session that the desk ends is closed with 4001', async () => {
  const t = await chat()
  for (const peer of desk.peers)
    for (const [handle, v] of peer.handles) if (v === at(t)) desk.note(peer, 'session.ended', { handle })
  await t.end()
  assert.equal(t.closed, 4001)
})

test('sites: a change is told, a new one is found, one that goes is closed', async () => {
  const t = await chat()
  const o = await tab({ site: 'otra' })
  await o.open()
  desk.sites = [{ ...sites[0], open: false, opens_at: '2030-01-01T09:00:00.000Z' }, { name: 'nueva', origins: [] }]
  desk.wake('connections')
  assert.equal((await t.next('site')).site.open, false)
  await o.end()
  assert.equal(o.closed, 4001)
  await until('the new one', async () => (await gateway.http('GET', '/chat/panel?site=nueva')).status === 200)
  const { headers } = await gateway.http('GET', '/chat/panel?site=nueva')
  assert.match(headers['content-security-policy'], /frame-ancestors 'none'/)
  assert.equal((await gateway.http('GET', '/chat/panel?site=otra')).status, 404)
  desk.sites = sites
  desk.wake('connections')
  await t.next('site', (f) => f.site.open === true)
  await until('the old one', async () => (await gateway.http('GET', '/chat/panel?site=otra')).status === 200)
  t.close()
})

test('the handle is given back when nobody comes back', async () => {
  const t = await chat()
  t.close()
  const handle = () => [...desk.peers].some((p) => [...p.handles.values()].includes(at(t)))
  assert.equal(handle(), true)
  await until('the handle is closed', () => !handle())
})

// --- limits -------------------------------------------------------------------

test('a visitor writes ten lines at once, then one a second', async () => {
  const t = await chat()
  const answers = await Promise.all([...Array(14).keys()].map((i) => t.write(`r${i}`)))
  const refused = answers.filter((a) => a.t === 'refused')
  assert.ok(refused.length > 0 && refused.length <= 4)
  assert.equal(refused[0].code, 'too_many')
  assert.ok(refused[0].retry_ms > 0 && refused[0].retry_ms <= 1000)
  await sleep(refused[0].retry_ms)
  assert.equal((await t.write(refused[0].id)).t, 'ack')
  t.close()
})

test('a network begins five chats a minute; another may, and an exempt one', async () => {
  const starts = async (header, n) => {
    const answers = []
    for (let i = 0; i < n; i++) {
      const t = await tab({ headers: header })
      await t.open()
      t.send({ t: 'start', name: 'Marta' })
      answers.push(await until('an answer', () => t.frames.find((f) => f.t === 'started' || f.t === 'refused')))
      t.close()
    }
    return answers
  }
  const six = await starts(from(), 6)
  assert.deepEqual(six.map((a) => a.t), ['started', 'started', 'started', 'started', 'started', 'refused'])
  assert.equal(six[5].code, 'too_many')
  assert.ok(six[5].retry_ms > 0 && six[5].retry_ms <= 60_000)
  assert.equal((await starts(from(), 1))[0].t, 'started')
  assert.ok((await starts(from('10.1.2.3'), 12)).every((a) => a.t === 'started'))
  for (let i = 0; i < 5; i++) await starts(from(`2001:db8:5:6::${i + 1}`), 1)
  assert.equal((await starts(from('2001:db8:5:6:ffff::1'), 1))[0].code, 'too_many')
  assert.equal((await starts(from('2001:db8:5:7::1'), 1))[0].t, 'started')
})

test('a network holds fifty sockets', async () => {
  const header = from()
  const tabs = []
  for (let i = 0; i < 50; i++) tabs.push(await tab({ headers: header }).ready())
  const over = await tab({ headers: header }).ready()
  await over.end()
  assert.equal(over.closed, 4029)
  const other = await tab()
  await other.open()
  tabs[0].close()
  await until('a place', async () => {
    const t = await tab({ headers: header }).ready()
    t.send({ t: 'open' })
    await until('an answer', () => t.frames.length || t.closed !== null)
    return t.closed === null && tabs.push(t)
  })
  for (const t of [other, ...tabs]) t.close()
})

test('sockets in all have a ceiling', async () => {
  const small = await startGateway(desk.path, { args: ['--sockets', '3'] })
  const tabs = []
  for (let i = 0; i < 3; i++) {
    tabs.push(new Tab(small))
    await tabs[i].open()
  }
  const over = await new Tab(small).ready()
  await over.end()
  assert.equal(over.closed, 4029)
  for (const t of tabs) t.send({ t: 'ping' })
  for (const t of tabs) await t.next('pong')
  assert.deepEqual(await small.stop(), { code: 0, signal: null })
  for (const t of tabs) {
    await t.end()
    assert.equal(t.closed, 4000)
  }
})

test('too many frames close the socket with 4029', async () => {
  const t = await tab()
  await t.open()
  for (; t.ws.readyState === 1; await sleep(1)) t.send({ t: 'ping' })
  await t.end()
  assert.equal(t.closed, 4029)
})

test('a tab that does not read lags behind and costs nothing', async () => {
  const slow = await chat()
  const quick = await tab()
  await quick.open(slow.token)
  slow.ws._socket.pause()
  const text = 'x'.repeat(60_000)
  for (let i = 0; i < 300; i++) desk.say(at(slow), text)
  await until('the other has all', () => quick.lines.length === 300)
  assert.ok(slow.lines.length < 300)
  slow.ws._socket.resume()
  await until('it catches up', () => slow.lines.length >= 300)
  assert.deepEqual(slow.lines.map((l) => l.number), [...Array(300).keys()].map((i) => i + 1))
  slow.close()
  quick.close()
})

// --- files --------------------------------------------------------------------

const png = (n) => Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), randomBytes(n)])
const put = (t, body, type, headers = {}) =>
  gateway.http('POST', '/chat/file', { headers: { authorization: `Bearer ${t.token}`, 'content-type': type, origin: gateway.base, ...headers }, body })

test('a file goes up, is named by a line, and comes down as an attachment', async () => {
  const t = await chat()
  const body = png(700_000)
  const up = await put(t, body, 'image/png')
  assert.equal(up.status, 201, up.text)
  const { sha256, size, content_type } = JSON.parse(up.text)
  assert.deepEqual([sha256, size, content_type], [createHash('sha256').update(body).digest('hex'), body.length, 'image/png'])
  assert.equal((await t.write('f1', '', { files: [{ sha256, filename: 'foto.png' }] })).t, 'ack')
  const sent = desk.calls.find((c) => c.method === 'chat.write' && c.params.id === 'f1').params.attachments
  assert.deepEqual(sent, [{ filename: 'foto.png', content_type: 'image/png', size: body.length, sha256, inline: false }])
  const down = await gateway.http('GET', `/chat/file/${sha256}?message=1`, { headers: { authorization: `Bearer ${t.token}` } })
  assert.equal(down.status, 200)
  assert.deepEqual(down.bytes, body)
  assert.match(down.headers['content-disposition'], /^attachment/)
  assert.equal(down.headers['content-type'], 'application/octet-stream')
  assert.equal(down.headers['x-content-type-options'], 'nosniff')
  const other = await chat()
  assert.equal((await other.write('f2', '', { files: [{ sha256, filename: 'foto.png' }] })).code, 'bad_file')
  t.close()
  other.close()
})

test('a file must be what it says, and of a kind that is taken', async () => {
  const t = await chat()
  const cases = [
    ['<html><script>', 'image/png', 415],
    [png(10), 'text/plain', 415],
    ['<svg xmlns="x"/>', 'image/svg+xml', 415],
    ['hola', 'text/html', 415],
  ]
  for (const [body, type, status] of cases) assert.equal((await put(t, body, type)).status, status, type)
  assert.equal((await put(t, 'Texto, ñandú\n', 'text/plain')).status, 201)
  const next = await put(t, 'x', 'text/plain')
  assert.equal(next.status, 429)
  assert.ok(Number(next.headers['retry-after']) >= 1)
  t.close()
  const u = await chat()
  assert.equal((await put(u, Buffer.concat([Buffer.alloc(300_000, 'a'), Buffer.from([0, 1])]), 'text/plain')).status, 415)
  assert.equal((await put(u, '', 'text/plain')).status, 400)
  assert.equal((await put(u, Buffer.alloc(10 * 1024 * 1024 + 1), 'image/png')).status, 413)
  assert.equal((await put({ token: 'nonsense' }, 'x', 'text/plain')).status, 401)
  assert.equal((await put(u, 'x', 'text/plain', { origin: 'https://evil.example' })).status, 403)
  assert.equal((await put(u, 'x', 'text/plain', { authorization: '' })).status, 401)
  assert.equal((await gateway.http('GET', `/chat/file/${'a'.repeat(64)}?message=1`)).status, 401)
  assert.equal((await gateway.http('GET', `/chat/file/${'a'.repeat(64)}?message=1`, { headers: { authorization: `Bearer ${u.token}` } })).status, 404)
  assert.equal((await gateway.http('GET', `/chat/file/${'a'.repeat(64)}`)).status, 404)
  u.close()
})

test('an upload that breaks off leaves nothing behind', async () => {
  const t = await chat()
  for (let i = 0; i < 4; i++) {
    const socket = connect(gateway.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(
      `POST /chat/file HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\nAuthorization: Bearer ${t.token}\r\nContent-Type: image/png\r\nContent-Length: 1000000\r\n\r\n`,
    )
    socket.write(png(i * 150_000))
    await sleep(30)
    socket.destroy()
  }
  assert.equal((await put(t, png(400_000), 'image/png')).status, 201)
  for (const peer of desk.peers) await until('no upload is under way', () => peer.uploads.size === 0)
  t.close()
})

test('an upload that comes slowly gives its turn to others', async () => {
  const slow = await startGateway(desk.path, { env: { POSTIGO_TEST_UPLOAD_MS: '300' } })
  try {
    const told = []
    const head = (token, octets) =>
      `POST /chat/file HTTP/1.1\r\nHost: 127.0.0.1:${slow.port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: image/png\r\nContent-Length: ${octets}\r\n\r\n`
    const sockets = []
    const visitor = async () => {
      const t = new Tab(slow)
      await t.open()
      await t.start()
      sockets.push(t.ws)
      return t
    }
    const stall = (t, octets) => {
      const i = told.push('') - 1
      const socket = connect(slow.port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => (told[i] += bytes))
      socket.write(head(t.token, 9_000_000))
      socket.write(png(octets))
      sockets.push(socket)
    }
    const refused = (text) => /^HTTP\/1.1 503 /.test(text) && /retry-after: 2\r\n/i.test(text) && text.includes('"busy"')
    // one has begun at the daemon, two have not
    const first = await visitor()
    for (const octets of [270_000, 100, 100]) stall(first, octets)
    await until('one upload is under way', () => [...desk.peers].some((peer) => peer.uploads.size === 1))
    await sleep(1500)
    assert.deepEqual(told, ['', '', ''], 'nobody waited')
    const other = await visitor()
    const up = await slow.http('POST', '/chat/file', { headers: { authorization: `Bearer ${other.token}`, 'content-type': 'image/png', origin: slow.base }, body: png(600_000) })
    assert.equal(up.status, 201)
    await until('each of them is told while others wait', async () => {
      const t = await visitor()
      for (let i = 0; i < 3; i++) stall(t, 100)
      await sleep(1500)
      return told.slice(0, 3).every(refused)
    })
    for (const peer of desk.peers) await until('the desk has forgotten what was begun', () => peer.uploads.size === 0)
    // alone it may take its time
    for (const socket of sockets.splice(0)) (socket.terminate ?? socket.destroy).call(socket)
    const alone = await visitor()
    const lone = connect(slow.port, '127.0.0.1')
    let answer = ''
    lone.on('data', (bytes) => (answer += bytes))
    lone.write(head(alone.token, 500_000 + 8))
    const picture = png(500_000)
    for (let i = 0; i < 5; i++) {
      lone.write(picture.subarray(i * 100_002, (i + 1) * 100_002))
      await sleep(300)
    }
    await until('it is stored', () => /^HTTP\/1.1 201 /.test(answer))
    lone.destroy()
    alone.close()
  } finally {
    await slow.stop()
  }
})

// --- a desk that goes away ------------------------------------------------------

test('a desk that is away: told, nothing is acknowledged, then all goes on', async () => {
  const t = await chat()
  await t.write('d1')
  await desk.die()
  await t.next('daemon', (f) => f.up === false)
  const refused = await t.write('d2')
  assert.deepEqual([refused.code, refused.retry_ms > 0], ['away', true])
  const late = await tab()
  await late.ready()
  late.send({ t: 'open', token: t.token })
  await late.next('daemon', (f) => f.up === false)
  const fresh = await tab()
  assert.equal((await fresh.open()).t, 'hello')
  await fresh.next('daemon', (f) => f.up === false)
  fresh.send({ t: 'start', name: 'Marta' })
  assert.equal((await fresh.next('refused')).code, 'away')
  assert.equal((await put(t, 'x', 'text/plain')).status, 503)
  assert.equal((await gateway.http('GET', '/chat/panel?site=tienda')).status, 200)
  assert.equal((await gateway.http('GET', '/readyz')).status, 503)
  desk.say(at(t), 'mientras tanto')
  await desk.listen()
  for (const one of [t, late, fresh]) await one.next('daemon', (f) => f.up === true)
  await until('both lines', () => t.lines.length === 2 && late.lines.length === 2)
  const order = t.frames.map((f) => (f.t === 'daemon' ? `daemon ${f.up}` : f.t))
  assert.ok(order.lastIndexOf('lines') < order.indexOf('daemon true'), order.join())
  assert.equal((await t.write('d2')).number, 3)
  for (const one of [t, late, fresh]) one.close()
})

test('tokens that were shown while the desk was away take nobody\'s place', async () => {
  await desk.die()
  const ask = (token) =>
    gateway.http('GET', `/chat/file/${'a'.repeat(64)}?message=1&site=tienda`, { headers: { authorization: `Bearer ${token}` } })
  await until('the gateway knows', async () => (await ask('first')).status === 503)
  for (let i = 0; i < 4100; i += 50) await Promise.all(Array.from({ length: 50 }, (_, n) => ask(`made-up-${i + n}`)))
  await desk.listen()
  await until('ready', async () => (await gateway.http('GET', '/readyz')).status === 200)
  const t = await tab()
  await t.ready()
  t.send({ t: 'open', token: 'unknown' })
  await until('an answer', () => t.closed !== null || t.frames.some((f) => f.t === 'hello'))
  assert.equal(t.closed, null)
  t.close()
})

test('a line that was lost on the way is away, and its repeat is the same line', async () => {
  const t = await chat()
  for (const when of ['before', 'after']) {
    desk.drop = (method) => method === 'chat.write' && when
    const lost = await t.write(`l-${when}`)
    assert.deepEqual([lost.t, lost.code], ['refused', 'away'])
    desk.drop = null
    await until('it is down', () => t.frames.filter((f) => f.t === 'daemon' && !f.up).length > 0)
    const frames = t.frames.length
    await desk.listen()
    await t.next('daemon', (f) => f.up, frames - 1)
    assert.equal((await t.write(`l-${when}`)).t, 'ack')
  }
  await until('two lines', () => t.lines.length === 2)
  await t.write('l-3')
  await until('three lines', () => t.lines.length >= 3)
  assert.deepEqual(t.lines.map((l) => l.id), ['l-before', 'l-after', 'l-3'])
  t.close()
})

test('what the desk says is handed on: later, never', async () => {
  const t = await chat()
  desk.refuse = (method) => method === 'chat.write' && MockDesk.refusal('temp', 'full', { retry_after_ms: 700 })
  assert.deepEqual(await t.write('x1'), { t: 'refused', re: 'write', code: 'full', id: 'x1', text: 'full', retry_ms: 700 })
  desk.refuse = (method) => method === 'chat.write' && MockDesk.refusal('perm', 'bad_params')
  assert.equal((await t.write('x2')).retry_ms, undefined)
  desk.refuse = (method) => method === 'chat.rate' && MockDesk.refusal('perm', 'not_allowed')
  t.send({ t: 'rate', score: 1 })
  assert.equal((await t.next('refused', (f) => f.re === 'rate')).code, 'not_allowed')
  desk.refuse = null
  t.close()
})

test('a handle that fell is opened again', async () => {
  const t = await chat()
  for (const peer of desk.peers) peer.handles.clear()
  const lost = await t.write('h1')
  assert.deepEqual([lost.code, lost.retry_ms > 0], ['away', true])
  await until('it is open', () => desk.calls.some((c) => c.method === 'visitor.open' && c.params.token === t.token))
  await until('taken', async () => (await t.write('h1')).t === 'ack' || (await sleep(200)))
  desk.visitors.delete(t.token)
  for (const peer of desk.peers) peer.handles.clear()
  await t.write('h2')
  await t.end()
  assert.equal(t.closed, 4001)
})

test('all visitors are opened again, at a bounded rate', async () => {
  const tabs = []
  for (let i = 0; i < 200; i++) {
    const t = new Tab(gateway)
    tabs.push(t.open().then(() => t.start()).then(() => t))
  }
  const all = await Promise.all(tabs)
  await desk.die()
  for (const t of all) desk.say(at(t), 'hola')
  desk.late = 20
  desk.most = 0
  await desk.listen()
  for (const t of all) await t.next('daemon', (f) => f.up)
  desk.late = 0
  for (const t of all) assert.deepEqual(t.lines.map((l) => l.number), [1])
  // Forty-eight, and the desk's own sites.
  assert.ok(desk.most > 10 && desk.most <= 56, `${desk.most} at once`)
  for (const t of all) t.close()
})

test('no token stands in a log', async () => {
  const tokens = [...desk.visitors.keys()]
  const log = gateway.log()
  assert.ok(tokens.length > 20)
  for (const token of tokens) assert.ok(!log.includes(token))
  assert.ok(!log.includes('198.51.'))
})
