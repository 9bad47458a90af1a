// A stand-in for gateway and daemon, to drive the agents' pages alone: the
// same frames, a small desk in memory, and the same security headers.
//   node ui-mock.mjs ASSETS [PORT]
import fs from "node:fs"
import http from "node:http"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { WebSocketServer } from "ws"
import { bookMethods } from "./ui-book.mjs"
import { addMails, mailMethods } from "./ui-mail.mjs"
import { reportMethods } from "./ui-report.mjs"
import { addShops, noShops, shopMethods } from "./ui-shop.mjs"
import { addIncident, addMessage, event, makeDesk } from "./ui-desk.mjs"

const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
  "img-src 'self' data:", "frame-src 'self'", "form-action 'self'", "base-uri 'none'",
  "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
].join("; ")
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".json": "application/json" }
const ENDED = ["solved", "closed", "spam", "merged"]
const VIEWS = {
  active: (one) => !ENDED.includes(one.state),
  mine: (one) => !ENDED.includes(one.state) && one.assignee?.id === 1,
  unassigned: (one) => !ENDED.includes(one.state) && !one.assignee,
  pending: (one) => ["pending_customer", "on_hold", "snoozed"].includes(one.state),
  solved: (one) => ["solved", "closed"].includes(one.state),
  spam: (one) => one.state === "spam",
  all: () => true,
}

class Refusal extends Error {
  constructor(code, data = {}, message = code) {
    super(message)
    this.code = code
    this.data = { outcome: "perm", ...data }
  }
}

const ME = { id: 1, name: "Laura Marín" }
const REPLIES = [
  ["plazo", "Plazo de entrega", "Hola, {name}:\n\nTu pedido llega en 24-48 h laborables."],
  ["direccion", "Cambio de dirección", "Hola, {name}:\n\nYa está cambiada la dirección. Te llegará un aviso cuando salga."],
  ["devolucion", "Cómo devolver", "Hola, {name}:\n\nTienes 14 días para devolverlo. Te mando la etiqueta."],
]

function methods(desk) {
  const find = (id) => {
    const one = desk.incidents.get(id)
    if (!one) throw new Refusal("not_found")
    return one
  }
  const touch = (one) => (one.updated_at = new Date().toISOString())
  const list = (params) =>
    [...desk.incidents.values()]
      .filter(VIEWS[params.view ?? "active"])
      .filter((one) => !params.queue || one.queue === params.queue)
      .filter((one) => !params.customer || one.customer.id === params.customer)
      .sort((a, b) =>
        params.sort === "newest"
          ? b.id - a.id
          : (a.due_at ?? "9").localeCompare(b.due_at ?? "9") || a.id - b.id,
      )
  const by = {
    refuse(code, data, message) {
      throw new Refusal(code, data, message)
    },
    tell: (kind, data) => event(desk, kind, null, data, ME),
  }
  return {
    ...bookMethods(desk, by),
    ...reportMethods(desk, by),
    ...mailMethods(desk, by),
    ...shopMethods(desk, by),
    "agent.list": () => ({ agents: desk.agents }),
    "incident.list"(params) {
      const all = list(params)
      const from = Number(params.after ?? 0)
      const page = all.slice(from, from + (params.limit ?? 50))
      const next = from + page.length
      return { incidents: page, ...(next < all.length ? { next: String(next) } : {}) }
    },
    "incident.counts"() {
      const active = list({ view: "active" })
      const left = (one) => Date.parse(one.due_at) - Date.now()
      const due = active.filter((one) => one.due_at)
      return {
        views: Object.fromEntries(Object.keys(VIEWS).map((view) => [view, list({ view }).length])),
        queues: desk.queues.map(([name, title]) => ({ name, title, active: list({ queue: name }).length })),
        overdue: due.filter((one) => left(one) < 0).length,
        risk: due.filter((one) => left(one) >= 0 && left(one) <= 1_800_000).length,
        ontime: due.filter((one) => left(one) > 1_800_000).length,
      }
    },
    "incident.get"({ id }) {
      const incident = find(id)
      const earlier = id === 42
        ? [["Talla equivocada", "2026-03-12"], ["Factura del pedido 9877", "2026-02-02"]].map(([subject, day], n) => ({
            ...desk.incidents.get(48), id: 48 - n, subject, created_at: `${day}T10:00:00.000Z` }))
        : []
      return {
        detail: {
          incident, messages: desk.messages.get(id), more_before: null,
          events: desk.events.filter((one) => one.incident === id),
          clocks: incident.clock ? [incident.clock] : [], earlier, follows: null, claims: desk.claims.get(id) ?? null,
          visitor: desk.visitors.get(id) ?? null, rating: desk.ratings.get(id) ?? null,
        },
      }
    },
    "message.list": () => ({ messages: [], more_before: null }),
    "incident.create"(params) {
      const id = Math.max(40, ...desk.incidents.keys()) + 1
      const incident = addIncident(desk, id, {
        who: params.name ?? "Cliente", mail: params.address, subject: params.subject,
        channel: params.channel, since: 0, due: 240, queue: params.queue ?? "general", reason: "other", text: params.text,
      })
      return { incident, message: 1 }
    },
    "incident.answer"(params) {
      const incident = find(params.id)
      const last = desk.messages.get(params.id).at(-1)
      if (last.number > params.seen && !params.override)
        throw new Refusal("seen", { last: last.number, by: last.direction === "in" ? "customer" : "agent", at: last.at })
      const message = addMessage(desk, params.id, "out", params.text, { kind: "agent", ...ME }, new Date().toISOString(), {}, "queued")
      incident.state = params.state ?? "pending_customer"
      incident.due_at = null
      incident.clock = null
      event(desk, "message.added", params.id, { message: message.id, number: message.number, direction: "out" }, ME)
      setTimeout(() => {
        message.delivery = { ...message.delivery, state: "sent" }
        desk.tell?.(event(desk, "delivery.changed", params.id, { delivery: 1, message: message.id, state: "sent" }, null))
      }, 400)
      return { message, incident }
    },
    "incident.typing": () => ({ told: true }),
    "incident.note"({ id, text }) {
      const message = addMessage(desk, id, "note", text, { kind: "agent", ...ME }, new Date().toISOString())
      event(desk, "message.added", id, { message: message.id, number: message.number, direction: "note" }, ME)
      return { message }
    },
    "incident.assign"({ id, agent, expect }) {
      const incident = find(id)
      const was = incident.assignee?.id ?? 0
      if (expect !== undefined && expect !== null && expect !== was) throw new Refusal("conflict")
      const to = desk.agents.find((one) => one.id === agent)
      incident.assignee = to ? { id: to.id, name: to.name } : null
      touch(incident)
      event(desk, "incident.assigned", id, { from: was || null, to: to?.id ?? null }, ME)
      return { incident }
    },
    "incident.set"({ id, add_tags = [], remove_tags = [], ...set }) {
      const incident = find(id)
      const before = incident.state
      const changed = {}
      for (const [field, value] of Object.entries(set)) {
        changed[field] = [incident[field], value]
        incident[field] = value
      }
      incident.tags = [...new Set([...incident.tags, ...add_tags])].filter((tag) => !remove_tags.includes(tag)).sort()
      incident.queue_title = desk.queues.find(([name]) => name === incident.queue)?.[1] ?? ""
      touch(incident)
      event(desk, "incident.changed", id, { set: changed }, ME)
      return { incident, ...(incident.state === before ? {} : { state_before: before }) }
    },
    "incident.search"({ text, limit = 20, after }) {
      const plain = (s) => s.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()
      const word = plain(text)
      const found = [...desk.incidents.values()].flatMap((incident) => {
        const message = desk.messages.get(incident.id).findLast((one) => plain(one.text).includes(word))
        if (!message) return []
        const at = plain(message.text).indexOf(word)
        const from = Math.max(0, at - 50)
        const snippet = message.text.slice(from, from + 120).replaceAll("\n", " ")
        return [{ incident, message: message.id, number: message.number, snippet, marks: [[at - from, at - from + word.length]] }]
      })
      const from = Number(after ?? 0)
      const hits = found.slice(from, from + limit)
      const next = from + hits.length < found.length ? { next: String(from + hits.length) } : {}
      return { hits, ...next, indexed: desk.indexed ?? 9, last: 9, cut: false }
    },
    "customer.find": ({ text }) => ({
      customers: [...desk.incidents.values()].map((one) => one.customer)
        .filter((one) => `${one.name} ${one.identities[0]?.value}`.toLowerCase().includes(text.toLowerCase())).slice(0, 20),
    }),
    "clock.explain"({ id }) {
      const incident = find(Math.floor(id / 10))
      const clock = incident.clock
      if (!clock) throw new Refusal("not_found")
      const start = Date.parse(clock.start_at)
      const due = Date.parse(clock.due_at)
      const cut = [start, start + (due - start) * 0.5, start + (due - start) * 0.6, due]
      const kinds = ["open", "paused", "open"]
      const iso = (ms) => new Date(ms).toISOString()
      return {
        clock, incident: incident.id, zone: "Europe/Madrid", rule: incident.queue, cut: false, priority: "normal",
        spans: [{
          from: iso(start), book_version: 2, policy: clock.policy, calendar: clock.calendar, zone: "Europe/Madrid", budget_s: clock.budget_s,
        }],
        pauses: [{ from: iso(cut[1]), to: iso(cut[2]), cause: "on_hold" }],
        warnings: [{ kind: "warning", number: 0, at: iso(start + (due - start) * 0.75) }],
        used_s: Math.round(clock.budget_s / 2), left_s: Math.round(clock.budget_s / 2), paused_s: Math.round((cut[2] - cut[1]) / 1000),
        tzdata: "2025b",
        steps: kinds.map((kind, n) => ({
          from: iso(cut[n]), to: iso(cut[n + 1]), kind, span: 0,
          ...(kind === "paused" ? { cause: "on_hold" } : {}),
          counted_s: kind === "open" ? Math.round(clock.budget_s / 2) : 0,
        })),
      }
    },
    "reply.list": ({ incident }) => ({
      replies: REPLIES.map(([name, title, text]) => ({
        name, title, language: "es",
        text: text.replace("{name}", desk.incidents.get(incident)?.customer.name.split(" ")[0] ?? ""),
      })),
    }),
  }
}

/** Starts it; port 0 takes a free one. */
export async function startMock({ assets, port = 0, kind = "real", language = "es", role = "agent" }) {
  const desk = makeDesk(Date.now(), kind)
  desk.shop = noShops(desk)
  if (kind === "mail") addMails(desk)
  if (kind === "shop") addShops(desk)
  desk.agents[0].role = role
  const table = methods(desk)
  const sockets = new Set()
  const state = { fail: new Set(), busy: new Set(), uploadsBusy: 0, requests: [], down: false }
  // What is held back: it is done, and the page is not told before release().
  let held = null
  const later = []
  const say = (method, send) => (held && (method === held || method === "event") ? later.push(send) : send())

  const page = () => {
    const names = JSON.parse(fs.readFileSync(path.join(assets, "assets.json"), "utf8"))
    return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Postigo</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/assets/${names["console.css"]}"><script type="module" src="/assets/${names["console.js"]}"></script></head><body><div id="app"></div></body></html>`
  }
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, "http://mock")
    const send = (type, body, more = {}) => {
      response.writeHead(200, { "content-type": type, "content-security-policy": POLICY, ...more })
      response.end(body)
    }
    if (/^\/(incidents|reports(\/[a-z]+)?)?$/.test(url.pathname)) return send("text/html; charset=utf-8", page())
    if (url.pathname === "/login") return send("text/html", "<title>login</title>")
    if (url.pathname.startsWith("/assets/")) {
      const file = path.join(assets, path.basename(url.pathname))
      return send(TYPES[path.extname(file)] ?? "text/plain", fs.readFileSync(file), { "cache-control": "max-age=31536000, immutable" })
    }
    if (url.pathname.startsWith("/html/"))
      return send("text/html; charset=utf-8", `<!doctype html><html lang="es"><title>Mensaje</title><p>Hola:<p><b>Texto con formato</b>`, {
        "content-security-policy": "sandbox; default-src 'none'" })
    if (url.pathname === "/upload") {
      let size = 0
      request.on("data", (chunk) => (size += chunk.length))
      request.on("end", () => {
        if (state.uploadsBusy-- <= 0) return stored()
        response.writeHead(503, { "retry-after": "1" })
        response.end("{}")
      })
      const stored = () => say("upload", () => send("application/json", JSON.stringify({ sha256: "b".repeat(64), size })))
      return
    }
    response.writeHead(404)
    response.end()
  })
  const sockets_ = new WebSocketServer({ server, path: "/ws", handleProtocols: () => "postigo" })
  const tell = (one) =>
    say("event", () => {
      for (const socket of sockets) if (socket.from !== undefined) socket.send(JSON.stringify({ event: one }))
    })
  desk.tell = tell
  const run = (frame) => {
    const old = frame.key && desk.answers.get(frame.key)
    if (old) return old
    const before = desk.number
    const method = table[frame.method]
    if (state.fail.has(frame.method)) throw new Refusal("not_allowed")
    if (state.busy.has(frame.method)) throw new Refusal("full")
    if (!method) throw new Refusal("not_found")
    const result = structuredClone(method(frame.params))
    if (frame.key) desk.answers.set(frame.key, result)
    const news = desk.events.filter((one) => one.number > before)
    setTimeout(() => news.forEach(tell), 5)
    return result
  }
  sockets_.on("connection", (socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
    socket.send(JSON.stringify({
      hello: {
        agent: { ...desk.agents[0], language }, desk: { name: "Tienda Robledo", language },
        number: desk.number, version: "0.1.0", now: new Date().toISOString(),
      },
    }))
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data))
      if ("resume" in frame) {
        socket.from = frame.resume
        state.requests.push({ resume: frame.resume })
        for (const one of desk.events) if (one.number > frame.resume) socket.send(JSON.stringify({ event: one }))
        return
      }
      state.requests.push(frame)
      if (state.down) return
      setImmediate(() => {
        let answer
        try {
          answer = { id: frame.id, result: run(frame), number: desk.number }
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
          answer = { id: frame.id, error: { code: error.code, message: error.message, data: error.data } }
        }
        say(frame.method, () => socket.send(JSON.stringify(answer)))
      })
    })
  })
  await new Promise((then) => server.listen(port, "127.0.0.1", then))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    desk,
    state,
    /** A new contact arrives. */
    arrive(row) {
      const id = Math.max(40, ...desk.incidents.keys()) + 1
      const before = desk.number
      addIncident(desk, id, row)
      desk.events.filter((one) => one.number > before).forEach(tell)
      return id
    },
    /** The customer, or a colleague, writes in an incident. */
    write(id, direction, text, author) {
      const message = addMessage(desk, id, direction, text, author, new Date().toISOString())
      tell(event(desk, "message.added", id, { message: message.id, number: message.number, direction }, null))
    },
    /** What is true at this moment only: "typing" or "visitor". */
    now(what, params) {
      for (const socket of sockets) if (socket.from !== undefined) socket.send(JSON.stringify({ [what]: params }))
    },
    /** The visitor of a chat ends it and says how it was. */
    rate(id, score) {
      const at = new Date().toISOString()
      desk.visitors.set(id, { ...desk.visitors.get(id), online: false, ended_at: at })
      desk.ratings.set(id, { score, message: null, at })
      tell(event(desk, "chat.ended", id, {}, null))
      tell(event(desk, "rating.added", id, { score, message: null }, null))
    },
    /** Somebody else puts a desk book in force. */
    applyElsewhere(text) {
      const before = desk.number
      desk.applyElsewhere(text)
      desk.events.filter((one) => one.number > before).forEach(tell)
    },
    /** A shop tells anew how all orders of a customer are. */
    tellOrders(customer, change) {
      for (const { order } of desk.shop.orders) if (order.customer === customer) Object.assign(order, change)
      tell(event(desk, "order.updated", null, { customer }, null))
    },
    /** A message that the page is not told of. */
    writeUnseen(id, direction, text, author) {
      addMessage(desk, id, direction, text, author, new Date().toISOString())
    },
    /** The responses of a method (or "upload") and all events wait. */
    hold(method) {
      held = method
    },
    /** How much waits. */
    held: () => later.length,
    release() {
      held = null
      for (const send of later.splice(0)) send()
    },
    cut() {
      for (const socket of sockets) socket.terminate()
    },
    tellDown() {
      state.down = true
      for (const socket of sockets) socket.send(JSON.stringify({ down: true }))
    },
    tellUp() {
      state.down = false
      for (const socket of sockets) socket.send(JSON.stringify({ up: true, number: desk.number }))
    },
    end() {
      for (const socket of sockets) socket.close(4001)
    },
    async close() {
      for (const socket of sockets) socket.terminate()
      sockets_.close()
      await new Promise((then) => server.close(then))
    },
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [assets, port] = process.argv.slice(2)
  const mock = await startMock({ assets, port: Number(port ?? 8499) })
  console.log(mock.url)
}
