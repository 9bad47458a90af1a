// The desk that ui-mock.mjs shows: customers, incidents and their stories.
// Instants are minutes from now, so deadlines look alike on every run.

const MINUTE = 60_000

/** @param {number} now */
export function makeDesk(now, kind = "real") {
  const at = (minutes) => new Date(now + minutes * MINUTE).toISOString()
  const agents = [
    [1, "laura@tienda.example", "Laura Marín", "agent"],
    [2, "ana@tienda.example", "Ana Ruiz", "lead"],
    [3, "iker@tienda.example", "Iker Sáez", "agent"],
  ].map(([id, email, name, role]) => ({
    id, email, name, role, language: "", active: true, mail_notices: false, signature: "",
  }))
  const queues = [
    ["general", "General"],
    ["devoluciones", "Devoluciones"],
    ["envios", "Envíos"],
    ["facturas", "Facturación"],
  ]
  const desk = {
    agents,
    queues,
    incidents: new Map(),
    messages: new Map(),
    events: [],
    visitors: new Map(),
    ratings: new Map(),
    claims: new Map(),
    number: 100,
    nextMessage: 1000,
    answers: new Map(),
    at,
  }
  if (kind === "empty") return desk
  const rows = kind === "long" ? longRows() : realRows()
  rows.forEach((row, n) => addIncident(desk, 41 + n, row))
  if (kind === "chat") addChat(desk, 60)
  return desk
}

function addChat(desk, id) {
  const { at } = desk
  const vera = { kind: "customer", name: "Vera Soler", address: "vera@correo.example" }
  addIncident(desk, id, {
    who: "Vera Soler", mail: "vera@correo.example", channel: "chat", subject: "", due: 1, since: -3, queue: "envios",
    reason: "order_status", assignee: 1, text: "Hola, ¿sabéis cuándo llega el 10520?",
  })
  addMessage(desk, id, "out", "Hola, Vera. Lo miro ahora mismo.", { kind: "agent", id: 1, name: "Laura Marín" }, at(-2))
  addMessage(desk, id, "in", "Gracias", vera, at(-1))
  desk.visitors.set(id, { online: true, got: 2, got_at: at(-1), page: "https://tienda.example/pedido", ended_at: null })
}

function realRows() {
  return [
    { who: "Marta Iglesias", mail: "marta@correo.example", subject: "Pedido 10482: caja vacía", due: -12, since: -132, queue: "envios", reason: "missing_item", priority: "high",
      text: "Hola:\n\nHa llegado el pedido 10482 y la caja venía vacía, solo con el papel de relleno. Adjunto la foto.\n\n¿Qué hago?\n\nMarta", file: ["caja-vacia.jpg", 284_113, "image/jpeg"], html: true },
    { who: "Joan Ferrer", mail: "joan@correo.example", verified: true, subject: "¿Puedo cambiar la dirección?", due: 3, since: -7, queue: "envios", reason: "address_change", assignee: 1, story: true, saved: "direccion",
      text: "Hola, acabo de hacer el pedido 10513 y puse la dirección del trabajo. ¿Puedo cambiarla a casa?\n\nEl seguimiento es https://envios.example/s/10513." },
    { who: "Rosa Almeida", phone: "+34 600 555 014", channel: "whatsapp", subject: "Devolución talla M → L", due: 18, since: -12, queue: "devoluciones", reason: "exchange_request", assignee: 2,
      text: "Buenas, me queda pequeña la talla M. ¿Me la cambiáis por la L?" },
    { who: "Tom Whitfield", mail: "tom@mail.example", subject: "Where is my parcel?", due: 125, since: -115, queue: "envios", reason: "order_status", assignee: 3,
      text: "Hi there,\n\nmy order 10377 should have arrived on Monday. The tracking page has not moved for three days.\n\nThanks, Tom" },
    { who: "Nadia Benali", mail: "nadia@correo.example", subject: "La cremallera se ha roto a la segunda semana", due: 340, since: -60, queue: "devoluciones", reason: "defective",
      text: "La cremallera del abrigo se ha roto. Lo compré hace dos semanas." },
    { who: "Óscar Peña", phone: "+34 600 555 091", channel: "phone", subject: "Llamada: pregunta por la garantía", due: 1500, since: -200, queue: "general", reason: "warranty", assignee: 1,
      text: "Pregunta cuánto dura la garantía de la cafetera. Quiere que se le conteste por teléfono." },
    { who: "Lucía Cano", mail: "lucia@correo.example", subject: "Factura con NIF", state: "pending_customer", since: -1800, queue: "facturas", reason: "invoice", assignee: 1,
      text: "Necesito la factura del pedido 10311 con el NIF de la empresa.", answered: "Claro, Lucía. ¿Me dices el NIF y la razón social?" },
    { who: "Pau Riera", mail: "pau@correo.example", subject: "Gracias por el cambio", state: "solved", since: -2900, queue: "general", reason: "praise", assignee: 2,
      text: "Ha llegado perfecto, gracias.", answered: "Gracias a ti, Pau." },
  ]
}

function longRows() {
  const long = "Una pregunta larguísima sobre el pedido, la dirección, el transportista, la factura y además la garantía de los tres artículos que llegaron en cajas distintas"
  return Array.from({ length: 24 }, (_, n) => ({
    who: n % 3 === 0 ? "María de los Ángeles Fernández-Villaverde y Gutiérrez de la Concha" : `Cliente ${n}`,
    mail: `una.direccion.de.correo.verdaderamente.larga.${n}@subdominio.empresa.example`,
    subject: n % 2 === 0 ? long : `Asunto ${n}`,
    due: n * 7 - 20, since: -n * 11 - 5, queue: "devoluciones", reason: "stuck_in_transit",
    tags: ["etiqueta-larga-de-verdad", "devolucion", "vip", "reclamacion-previa"],
    text: `${long}. `.repeat(6) + "SinEspacios".repeat(40),
  }))
}

function clockOf(desk, id, row) {
  const { at } = desk
  return {
    id: id * 10, name: "first_response", state: "running", policy: "correo estándar",
    calendar: "tienda", book_version: 3, start_at: at(row.since),
    budget_s: Math.max(600, (row.due - row.since) * 60), due_at: at(row.due),
    cause: "", breached: row.due < 0,
  }
}

export function addIncident(desk, id, row) {
  const { at } = desk
  const title = desk.queues.find(([name]) => name === row.queue)?.[1] ?? row.queue
  const agent = desk.agents.find((one) => one.id === row.assignee)
  const identities = []
  if (row.mail) identities.push({ id, kind: "email", value: row.mail, verified: !!row.verified })
  if (row.phone) identities.push({ id: id + 1, kind: row.channel === "whatsapp" ? "whatsapp" : "phone", value: row.phone, verified: false })
  const due = row.due === undefined ? null : row.due
  const incident = {
    id, ref: `P-${id}`, channel: row.channel ?? "email", queue: row.queue, queue_title: title,
    state: row.state ?? (agent ? "open" : "new"), priority: row.priority ?? "normal",
    reason: row.reason, tags: row.tags ?? (row.reason === "exchange_request" ? ["devolucion"] : []),
    subject: row.subject, customer: { id, name: row.who, identities },
    assignee: agent ? { id: agent.id, name: agent.name } : null,
    created_at: at(row.since), updated_at: at(row.since),
    due_at: due === null ? null : at(due), clock: due === null ? null : clockOf(desk, id, row),
    messages: 0, last_direction: "in", last_at: at(row.since),
    saved_reply: row.saved ?? "", connection: "correo",
  }
  desk.incidents.set(id, incident)
  desk.messages.set(id, [])
  addMessage(desk, id, "in", row.text, { kind: "customer", name: row.who, address: row.mail ?? row.phone }, at(row.since), row)
  event(desk, "incident.created", id, { channel: incident.channel, queue: row.queue, message: 1, customer: id }, null, at(row.since))
  event(desk, "incident.classified", id, { book: 3, rules: [{ rule: row.queue, line: 12, hits: [] }], set: { queue: row.queue, reason: row.reason } }, null, at(row.since))
  if (row.story) story(desk, id)
  if (row.due < 0) event(desk, "clock.breached", id, { clock: id * 10, name: "first_response", at_s: 0, late: false }, null, at(row.due))
  if (row.answered)
    addMessage(desk, id, "out", row.answered, { kind: "agent", id: row.assignee, name: agent?.name ?? "" }, at(row.since + 40), {}, "sent")
  return incident
}

function story(desk, id) {
  const { at } = desk
  const laura = { id: 1, name: "Laura Marín" }
  event(desk, "incident.assigned", id, { from: null, to: 1 }, { id: 2, name: "Ana Ruiz" }, at(-6))
  addMessage(desk, id, "note", "@Iker ¿sigue sin salir del almacén?", { kind: "agent", ...laura }, at(-5), {})
  addMessage(desk, id, "out", "¡Hola, Joan! Sí, aún estamos a tiempo. Dime la dirección completa y la cambio ahora mismo.", { kind: "agent", ...laura }, at(-4), {}, "sent")
  addMessage(desk, id, "in", "Calle Mayor 12, 3.º B, 08001 Barcelona. ¡Gracias!", { kind: "customer", name: "Joan Ferrer", address: "joan@correo.example" }, at(-3), { html: true })
}

export function addMessage(desk, id, direction, text, author, at, row = {}, delivery) {
  const list = desk.messages.get(id)
  const message = {
    id: desk.nextMessage++, number: list.length + 1, direction, author, at, text,
    subject: null, html_present: !!row.html, external_id: null,
    attachments: row.file
      ? [{ id: 1, filename: row.file[0], content_type: row.file[2], size: row.file[1], sha256: "a".repeat(64), inline: false }]
      : [],
    raw: null, warnings: [], robot: author.kind === "bot",
    delivery: delivery ? { id: desk.nextMessage, state: delivery, attempts: 1, detail: "", at } : null,
  }
  list.push(message)
  const incident = desk.incidents.get(id)
  incident.messages = list.length
  incident.last_direction = direction === "note" ? incident.last_direction : direction
  incident.last_at = at
  incident.updated_at = at
  return message
}

export function event(desk, kind, incident, data, agent, at) {
  const one = { number: ++desk.number, at: at ?? new Date().toISOString(), kind, incident, seq: desk.number, agent, data }
  desk.events.push(one)
  return one
}
