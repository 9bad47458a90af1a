// A stand-in for postigo-chat and the daemon, to drive the visitors' chat
// alone: the frames of schema/CHAT.md over one desk in memory, the same
// security headers, and a shop page of another origin under a strict policy.
//   node stand-in.mjs ASSETS [PORT]      the shop listens on PORT + 1
import { createHash, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { WebSocketServer } from 'ws'

const TYPES = { '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8' }
const OPEN = {
  name: 'tienda', title: 'Tienda Sol', language: 'es', color: null, greeting: null,
  open: true, opens_at: null, closes_at: null, promise_s: 120, desk: 'Tienda Sol', remember_days: 30,
}

const panelPolicy = (host, shop) => [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob:",
  `connect-src 'self' ws://${host}`, "form-action 'none'", "base-uri 'none'",
  "require-trusted-types-for 'script'", "trusted-types 'none'", `frame-ancestors ${shop}`,
].join('; ')

const page = (script, attributes) => `<!doctype html><html lang="es"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Tienda Sol</title>
<script async src="${script}" data-site="tienda" ${attributes}></script></head>
<body><main><h1>Tienda Sol</h1><p>Sandalias, sombreros y toallas.</p><p><a href="/otra">Otra</a></p></main></body></html>`

/** One visitor: a token, lines, and what was said of them. */
class Visitor {
  constructor(start) {
    this.token = randomBytes(16).toString('hex')
    this.start = start
    this.lines = []
    this.number = 0
    this.incident = null
    this.got = 0
    this.state = 'start'
    this.ahead = 0
    this.rated = null
  }
  chat() {
    return {
      incident: this.incident, ref: this.incident && `P-${this.incident}`, state: this.state, ahead: this.ahead,
      last: this.number, got: this.got, name: this.start.name, email: this.start.email ?? null, rated: this.rated,
    }
  }
  add(who, name, text, more = {}) {
    const line = { number: ++this.number, who, name, at: new Date().toISOString(), text, files: [], ...more }
    this.lines.push(line)
    return line
  }
}

export async function startStandIn({ assets, port = 0, site = {}, attributes = 'data-locale="es"', crossSite = false }) {
  const manifest = JSON.parse(fs.readFileSync(path.join(assets, 'assets.json'), 'utf8'))
  const state = {
    site: { ...OPEN, ...site }, visitors: new Map(), frames: [], requests: [], files: new Map(),
    up: true, mute: false, late: 0, refuse: null, busy: 0, filesBusy: 0, incident: 100, attributes,
  }
  const sockets = new Set()
  let origin = ''
  let shopOrigin = ''

  const bearer = (request) => state.visitors.get((request.headers.authorization ?? '').replace(/^Bearer /, ''))
  const answer = (response, status, type, body, more = {}) =>
    response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', ...more }).end(body)

  const put = (request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const bytes = Buffer.concat(chunks)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      if (!bearer(request)) return answer(response, 401, 'application/json', '{}')
      if (state.filesBusy-- > 0) return answer(response, state.filesBusy % 2 ? 429 : 503, 'application/json', '{}', { 'retry-after': '1' })
      state.files.set(sha256, bytes)
      setTimeout(() => answer(response, 200, 'application/json', JSON.stringify({ sha256, size: bytes.length })), state.late)
    })
  }

  const server = http.createServer((request, response) => {
    const url = new URL(request.url, origin)
    state.requests.push(`${request.method} ${url.pathname}`)
    const name = url.pathname.slice('/chat/a/'.length)
    if (url.pathname === '/postigo.js') {
      const text = fs.readFileSync(path.join(assets, manifest['postigo.js']))
      answer(response, 200, TYPES['.js'], text, { 'cross-origin-resource-policy': 'cross-origin', 'cache-control': 'public, max-age=300' })
    } else if (url.pathname === '/chat/panel') {
      const html = `<!doctype html><html lang="es"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chat</title><link rel="stylesheet" href="/chat/a/${manifest['panel.css']}"><script type="module" src="/chat/a/${manifest['panel.js']}"></script></head><body></body></html>`
      answer(response, 200, 'text/html; charset=utf-8', html, { 'content-security-policy': panelPolicy(request.headers.host, shopOrigin), 'cross-origin-resource-policy': 'cross-origin' })
    } else if (url.pathname.startsWith('/chat/a/') && Object.values(manifest).includes(name)) {
      answer(response, 200, TYPES[path.extname(name)], fs.readFileSync(path.join(assets, name)))
    } else if (url.pathname === '/chat/file' && request.method === 'POST') {
      put(request, response)
    } else if (url.pathname.startsWith('/chat/file/')) {
      const bytes = state.files.get(url.pathname.slice('/chat/file/'.length))
      const good = bytes && bearer(request)
      answer(response, good ? 200 : 404, 'application/octet-stream', good ? bytes : '', { 'content-disposition': 'attachment' })
    } else {
      answer(response, 404, 'text/plain', '')
    }
  })

  const sendTo = (visitor, frame) => {
    for (const socket of sockets) if (socket.visitor === visitor && socket.readyState === 1) socket.send(JSON.stringify(frame))
  }
  /** What the visitor has not had yet, in one or more frames. */
  const feed = (socket, size = 100) => {
    const { visitor } = socket
    for (;;) {
      const next = visitor.lines.filter((line) => line.number > socket.from)
      if (next.length === 0) return
      const lines = next.slice(0, size)
      socket.from = lines.at(-1).number
      socket.send(JSON.stringify({ t: 'lines', lines, chat: visitor.chat(), more: next.length > lines.length }))
    }
  }
  const feedAll = (visitor) => {
    for (const socket of sockets) if (socket.visitor === visitor && socket.readyState === 1) feed(socket)
  }
  const hello = (socket, { token, from = 0 }) => {
    const visitor = token && state.visitors.get(token)
    socket.visitor = visitor || null
    socket.from = from
    socket.send(JSON.stringify({ t: 'hello', site: state.site, ...(visitor && { chat: visitor.chat() }), ...(token && !visitor && { gone: true }) }))
    if (!state.up) socket.send(JSON.stringify({ t: 'daemon', up: false }))
    if (visitor) feed(socket, 3)
  }
  const write = (socket, frame) => {
    const { visitor } = socket
    if (state.busy-- > 0) return socket.send(JSON.stringify({ t: 'refused', re: 'write', id: frame.id, code: 'full', retry_ms: 400 }))
    if (state.refuse) {
      const code = state.refuse
      state.refuse = null
      return socket.send(JSON.stringify({ t: 'refused', re: 'write', id: frame.id, ...code }))
    }
    let line = visitor.lines.find((one) => one.id === frame.id)
    if (!line) {
      if (visitor.state === 'ended') Object.assign(visitor, { incident: null, lines: [], number: 0, got: 0, rated: null })
      if (visitor.incident === null) {
        visitor.incident = ++state.incident
        visitor.state = 'waiting'
        socket.from = 0
      }
      const files = (frame.files ?? []).map(({ sha256, filename }) => ({ sha256, filename, content_type: 'image/png', size: state.files.get(sha256).length, message: 900 + visitor.number }))
      line = visitor.add('customer', visitor.start.name, frame.text, { id: frame.id, files })
      state.written?.(frame)
    }
    if (state.mute) return
    socket.send(JSON.stringify({ t: 'ack', id: frame.id, number: line.number, at: line.at }))
    feedAll(visitor)
  }
  const take = (socket, frame) => {
    state.frames.push(frame)
    const { visitor } = socket
    if (frame.t === 'open') return hello(socket, frame)
    if (frame.t === 'ping') return socket.send('{"t":"pong"}')
    if (!state.up) return
    if (frame.t === 'start') {
      const made = new Visitor(frame)
      state.visitors.set(made.token, made)
      socket.visitor = made
      socket.from = 0
      socket.send(JSON.stringify({ t: 'started', token: made.token, expires_at: new Date(Date.now() + 864e5).toISOString(), chat: made.chat() }))
    } else if (frame.t === 'write') {
      write(socket, frame)
    } else if (frame.t === 'got') {
      visitor.got = Math.max(visitor.got, frame.number)
    } else if (frame.t === 'end') {
      visitor.state = 'ended'
      sendTo(visitor, { t: 'ended', chat: visitor.chat() })
    } else if (frame.t === 'rate') {
      visitor.rated = frame.score
      visitor.comment = frame.comment
      sendTo(visitor, { t: 'rated', chat: visitor.chat() })
    }
  }

  const web = new WebSocketServer({ server, path: '/chat/ws', maxPayload: 16384, handleProtocols: () => 'postigo-chat.1' })
  web.on('connection', (socket, request) => {
    if (request.headers.origin !== origin) return socket.close(1008)
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('message', (data) => take(socket, JSON.parse(String(data))))
    if (state.away) socket.terminate()
  })

  // The shop: not a word of style, and scripts and frames of ours alone.
  const shop = http.createServer((request, response) => {
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'none'; base-uri 'none'; script-src ${origin}; frame-src ${origin}`,
    }).end(page(`${origin}/postigo.js`, state.attributes))
  })
  const listen = (one, at) => new Promise((then) => one.listen(at, '127.0.0.1', () => then(one.address().port)))
  const own = await listen(server, port)
  // Another origin of the same site, or of another: there browsers may close
  // storage to frames.
  origin = `http://${crossSite ? '127.0.0.1' : 'localhost'}:${own}`
  shopOrigin = `http://localhost:${await listen(shop, port && port + 1)}`

  return {
    origin,
    shop: shopOrigin,
    state,
    visitor: () => [...state.visitors.values()].at(-1),
    /** An agent writes. */
    say(text, name = 'Laura Marín', more = {}) {
      const visitor = this.visitor()
      visitor.state = 'talking'
      visitor.ahead = 0
      const line = visitor.add('agent', name, text, more)
      feedAll(visitor)
      return line
    },
    /** A line that goes out later, when something else does. */
    sayUnseen(text) {
      return this.visitor().add('agent', 'Laura Marín', text)
    },
    file(name, type, bytes) {
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      state.files.set(sha256, bytes)
      return { sha256, filename: name, content_type: type, size: bytes.length, message: 7 }
    },
    typing: (on, name = 'Laura Marín') => [...state.visitors.values()].forEach((one) => sendTo(one, { t: 'typing', name, on })),
    tell(change) {
      Object.assign(this.visitor(), change)
      sendTo(this.visitor(), { t: 'chat', chat: this.visitor().chat() })
    },
    /** The desk solves it. */
    solve() {
      this.visitor().state = 'ended'
      sendTo(this.visitor(), { t: 'chat', chat: this.visitor().chat() })
    },
    daemon(up) {
      state.up = up
      for (const socket of sockets) socket.send(JSON.stringify({ t: 'daemon', up }))
    },
    cut() {
      for (const socket of sockets) socket.terminate()
    },
    sockets: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.terminate()
      web.close()
      for (const one of [server, shop]) {
        one.closeAllConnections()
        await new Promise((then) => one.close(then))
      }
    },
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [assets, port] = process.argv.slice(2)
  const desk = await startStandIn({ assets, port: Number(port ?? 8497) })
  desk.state.written = (frame) => {
    desk.typing(true)
    setTimeout(() => desk.say(`Hola. Lo miro ahora mismo: «${frame.text}»`), 1500)
  }
  console.log(desk.shop)
}
