// What the stand-in's desk has of mail: an incident that only claims to belong
// to another one, a forward, an answer that came back, and the settings.
import { addIncident, addMessage, event } from "./ui-desk.mjs"
import { shopConnections } from "./ui-shop.mjs"

/** The incident with a forged reference, and that whose answer came back. */
export const CLAIMING = 70
export const RETURNED = 71
export const DETAIL = "550 5.1.1 <luz@correo.example>: no existe ese buzón"

const FORWARD = "---------- Mensaje reenviado ----------\nDe: Transportes Rápidos <avisos@rapidos.example>\nAsunto: Entrega fallida\n\nNo había nadie en casa."

/** Adds both to a desk. */
export function addMails(desk) {
  const { at } = desk
  addIncident(desk, CLAIMING, {
    who: "Nadie Conocido", mail: "nadie@otro.example", subject: "Re: Pedido 10482: caja vacía", due: 60, since: -5,
    queue: "general", reason: "other", text: "Cambiad la dirección de ese pedido.",
  })
  desk.claims.set(CLAIMING, 41)
  const luz = { kind: "customer", name: "Luz Prieto", address: "luz@correo.example" }
  const incident = addIncident(desk, RETURNED, {
    who: "Luz Prieto", mail: "luz@correo.example", subject: "Fwd: Entrega fallida", due: 90, since: -240,
    queue: "envios", reason: "order_status", assignee: 1, text: "",
  })
  const own = "Mirad lo que me mandan.\n-- \nLuz Prieto"
  Object.assign(desk.messages.get(RETURNED)[0], {
    text: `${own}\n\n${FORWARD}`,
    reply_text: "Mirad lo que me mandan.",
    forward: {
      from: { name: "Transportes Rápidos", address: "avisos@rapidos.example" }, subject: "Entrega fallida",
      at: Buffer.byteLength(`${own}\n\n`),
    },
    warnings: ["attachments_cut", "signed"],
  })
  const answer = addMessage(desk, RETURNED, "out", "Lo reclamamos **hoy**.", { kind: "agent", id: 1, name: "Laura Marín" }, at(-120), {}, "failed")
  Object.assign(answer.delivery, { detail: DETAIL, bounced_at: at(-118) })
  const bounce = addMessage(desk, RETURNED, "in", "Undelivered Mail Returned to Sender", { kind: "customer", name: "Mail Delivery System", address: "mailer-daemon@correo.example" }, at(-118))
  Object.assign(bounce, { robot: true, automatic: "report", matched: "bounce" })
  const again = addMessage(desk, RETURNED, "in", "¿Sabéis algo?", luz, at(-150))
  Object.assign(again, { matched: "references" })
  Object.assign(incident.customer.identities[0], { failed_at: at(-118), failed_detail: DETAIL })
  event(desk, "delivery.bounced", RETURNED, { delivery: 1, message: answer.id, contact: bounce.id, kind: "failed", status: "5.1.1" }, null, at(-118))
  event(desk, "clock.reopened", RETURNED, { clock: RETURNED * 10, name: "first_response" }, null, at(-118))
}

function mailConnections() {
  const base = { version: 1, state_at: null, secret_names: ["password"] }
  return [
    { ...base, id: 1, name: "tienda", kind: "mailbox", active: true, state: "ok", state_detail: "",
      settings: { address: "ayuda@tienda.example", from_name: "Tienda Robledo", imap_host: "imap.tienda.example", smtp_host: "smtp.tienda.example",
        poll_s: 30, acknowledge: true, acknowledge_reply: "plazo", signature: { es: "**Tienda Robledo** · <https://tienda.example>" } } },
    { ...base, id: 2, name: "facturas", kind: "mailbox", active: true, state: "failing", state_detail: "imap.tienda.example: log-in refused",
      settings: { address: "facturas@tienda.example", from_name: "Facturación", imap_host: "imap.tienda.example", start: "since", start_since: "2026-01-31" } },
    { ...base, id: 3, name: "formularios", kind: "pipe", active: false, state: "unknown", state_detail: "", secret_names: [],
      settings: { address: "web@tienda.example", from_name: "Web", out: "/var/lib/postigo/web" } },
  ]
}

/** Methods of mail and of the settings. */
export function mailMethods(desk, { refuse }) {
  desk.connections ??= [...mailConnections(), ...shopConnections()]
  const named = (name) => desk.connections.find((one) => one.name === name) ?? refuse("not_found")
  const checked = (settings) => {
    if (/ /.test(settings.imap_host ?? "")) refuse("bad_params", {}, "'settings.imap_host' is no name of a host")
    return settings
  }
  return {
    "connection.list": () => ({ connections: desk.connections }),
    "connection.update"({ name, settings, secrets, ...set }) {
      const one = named(name)
      if (settings) one.settings = checked(settings)
      if (secrets) one.secret_names = [...new Set([...one.secret_names, ...Object.keys(secrets)])].sort()
      return { connection: Object.assign(one, set) }
    },
    "connection.add"({ name, kind, settings, secrets = {} }) {
      const one = { id: desk.connections.length + 1, name, kind, settings: checked(settings), active: true, version: 1, state: "unknown", state_detail: "", state_at: null, secret_names: Object.keys(secrets) }
      desk.connections.push(one)
      return { connection: one }
    },
    "connection.test": ({ name }) => ({ job: named(name).id }),
    "job.get": ({ id }) => (id === 1 ? { state: "done", result: { detail: "" } } : { state: "failed", result: { detail: "log-in refused" } }),
    "mailbox.list": () => ({
      mailboxes: [
        { connection: "tienda", folder: "INBOX", stored: 1284, refused: 2, seen_at: desk.at(-1), state: "ok", state_detail: "" },
        { connection: "facturas", folder: "INBOX", stored: 31, refused: 0, seen_at: desk.at(-90), state: "failing", state_detail: "" },
      ],
    }),
    "agent.prefer": (set) => ({ agent: Object.assign(desk.agents[0], set) }),
    "identity.retry"({ id }) {
      for (const { customer } of desk.incidents.values())
        for (const one of customer.identities) if (one.id === id) Object.assign(one, { failed_at: null, failed_detail: "" })
      return {}
    },
  }
}
