// The desk book of ui-mock.mjs: versions of a text, what is wrong in one, what
// it would have done, why an incident is where it is.
import { createHash } from "node:crypto"

const hash = (text) => createHash("sha256").update(text).digest("hex")
const RULES = /^rule "([^"]*)"/gm

const FIRST = `queue "general" { title "General" }
queue "envios" { title "Envíos" }

rule "dirección" {
    on contact
    if subject or body matches /\\bdirecci[oó]n\\b/
    then reason address_change, queue "envios", priority high
    example "Quiero cambiar la dirección"
    counterexample "Quiero una factura"
}
`
const SECOND = `${FIRST}
rule "factura" {
    on contact
    if subject or body matches /\\bfactura\\b/
    then reason invoice
    example "Necesito la factura"
}
`
const MARK = "ERROR"

const names = (text) => [...text.matchAll(RULES)].map((one) => one[1])

/** A line with the word ERROR is wrong, where the word stands. */
function errorsOf(text) {
  return text.split("\n").flatMap((line, n) => {
    const column = [...line.slice(0, Math.max(0, line.indexOf(MARK)))].length + 1
    return line.includes(MARK) ? [{ line: n + 1, column, text: `no such field: '${MARK}'`, hint: "did you mean 'sender'?" }] : []
  })
}

function difference(before, after) {
  const [a, b] = [names(before), names(after)]
  return [
    ...b.filter((one) => !a.includes(one)).map((one) => `+ rule "${one}"`),
    ...a.filter((one) => !b.includes(one)).map((one) => `- rule "${one}"`),
    ...(before !== after && String(a) === String(b) ? [`~ rule "${b[0]}": if`] : []),
  ]
}

const side = (more) => ({ queue: "general", priority: "normal", reason: "other", policy: "correo", reply: "", tags: [], other: [], ...more })

/** refuse: makes a refusal of a code and data; tell: makes an event. */
export function bookMethods(desk, { refuse, tell }) {
  const versions = [FIRST, SECOND].map((text, n) => ({
    version: n + 1, text, note: n === 0 ? "" : "Facturas", agent_name: n === 0 ? "" : "Laura Marín", applied_at: desk.at(-2000 + n * 900),
  }))
  const newest = () => versions.at(-1)
  const find = (number) => versions[number - 1] ?? refuse("not_found")
  const need = (text) => {
    const errors = errorsOf(text)
    if (errors.length > 0) refuse("book", { errors })
    return text
  }
  const add = (text, note, base, same) => {
    if (base !== undefined && base !== newest().version) refuse("base", { version: newest().version })
    versions.push({ version: versions.length + 1, text, note: note ?? "", agent_name: "Laura Marín", applied_at: new Date().toISOString(), same_as: same ?? null })
    tell("book.applied", { version: newest().version })
    return { version: newest().version, hash: hash(text) }
  }
  desk.applyElsewhere = (text) => add(text, "Desde fuera")
  return {
    "book.get": () => ({ version: newest().version, hash: hash(newest().text), text: newest().text }),
    "book.check": ({ text }) => ({ ok: errorsOf(text).length === 0, errors: errorsOf(text), rules: names(text).length }),
    "book.diff": ({ text, from, to }) => {
      const before = from ? find(from) : newest()
      return { lines: difference(before.text, text === undefined ? find(to).text : need(text)), version: before.version }
    },
    "book.apply": ({ text, note, base }) => add(need(text), note, base),
    "book.rollback": ({ version, note, base }) => add(find(version).text, note, base, version),
    "book.list": ({ before, limit = 50 }) => ({
      versions: versions.filter((one) => !before || one.version < before).map(({ text, ...one }) => ({ ...one, hash: hash(text), bytes: text.length, agent: null, rules: null })).reverse().slice(0, limit),
    }),
    "book.test": ({ text }) => {
      const tested = names(need(text))
      const differ = tested.includes("factura") ? 0 : 2
      const change = { kind: "reason", from: "invoice", to: "other", n: 2 }
      return {
        version: newest().version, contacts: 1204, matched: 640, differ, undecided: 1, spent_ms: 31, cut: false, until: null,
        rules: [...tested.map((rule) => ({ rule, line: 4, now: 320, before: 320 })), ...(differ ? [{ rule: "factura", line: 0, now: 0, before: 2 }] : [])],
        changes: differ ? [change] : [],
        rows: [42, 44].slice(0, differ).map((incident) => ({
          incident, ref: `P-${incident}`, message: incident, at: desk.at(-300), subject: "¿Me mandáis la factura?",
          was: side({ reason: "invoice", tags: ["factura"] }), would: side({}), rules: [],
        })),
      }
    },
    "incident.explain": ({ id, event, all }) => {
      const decided = desk.events.filter((one) => one.incident === id && one.kind === "incident.classified" && (!event || one.number === event))
      return { cut: false, decisions: decided.map((one) => decision(one, all)) }
    },
  }
}

function decision(event, all) {
  const hit = {
    line: 6, column: 8, source: "subject or body matches /\\bdirecci[oó]n\\b/", negated: false, verdict: "yes",
    field: "subject", name: null, from: 15, to: 25, excerpt: "¿Puedo cambiar la dirección?", marks: [[18, 27]],
  }
  const other = { ...hit, line: 14, source: "subject or body matches /\\bfactura\\b/", verdict: "no", field: null, excerpt: null, marks: null }
  return {
    event: event.number, at: event.at, book: 2, on: "contact", message: 1, tried: 2, stopped_by: null, known: true, facts: {},
    set: event.data.set, by: { queue: "dirección", reason: "dirección" },
    rules: [
      { rule: "dirección", line: 4, verdict: "fired", why: null, conditions: [hit] },
      ...(all ? [{ rule: "factura", line: 12, verdict: "no", why: null, conditions: [other] }] : []),
    ],
  }
}
