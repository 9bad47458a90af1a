import assert from "node:assert/strict"
import test from "node:test"
import type { Identity, Message } from "../../../common/ui/wire"

Object.assign(globalThis, { location: { search: "" }, localStorage: { getItem: () => null } })
const wa = await import("../src/state/whatsapp")
const { windowOf } = await import("../src/state/window")
const { KNOWN_CODES, refusalOf } = await import("../src/state/graph-errors")
const { addressShown } = await import("../src/state/identity")
const { HOOK_FIELDS, hookOf, newToken } = await import("../src/state/whatsapp-fields")
const { lackingOf, settledDraft } = await import("../src/state/mailbox-fields")
const { whatsappEs } = await import("../src/whatsapp-es")

const message = (change: Record<string, unknown>): Message => ({ text: "", attachments: [], ...change }) as unknown as Message

test("a card is not believed to have a shape", () => {
  for (const odd of [null, undefined, 3, "x", [], true]) {
    assert.equal(wa.cardOf(message({ whatsapp: odd })), null)
    const card = { location: odd, contacts: odd, order: odd, referral: odd, interactive: odd, edit: odd, system: odd, media: odd }
    assert.equal(wa.placeOf(card), null)
    assert.deepEqual(wa.peopleOf(card), [])
    assert.deepEqual(wa.orderOf(card), [])
    assert.equal(wa.orderNote(card), "")
    assert.equal(wa.referralOf(card), null)
    assert.equal(wa.changeOf(card), null)
    assert.equal(wa.isTap(card), false)
    assert.equal(wa.kindOf(message({ whatsapp: card })), "")
  }
})

test("places are places of this earth", () => {
  const place = wa.placeOf({ location: { latitude: "41.3874", longitude: 2.1686, name: " Plaça " } })
  assert.deepEqual(place, { name: "Plaça", address: "", at: "41.3874, 2.1686" })
  assert.equal(wa.mapOf(place!), "https://www.openstreetmap.org/?mlat=41.3874&mlon=2.1686#map=17/41.3874/2.1686")
  for (const location of [{ latitude: 91, longitude: 0 }, { latitude: "x", longitude: 1 }, { latitude: 1 }, { latitude: null, longitude: 2 }])
    assert.equal(wa.placeOf({ location }), null)
})

test("people and orders as the gateway tells them", () => {
  assert.deepEqual(
    wa.peopleOf({ contacts: [{ name: "Lucía", phones: [{ phone: "+1 983", wa_id: "1983" }] }, { emails: ["a@example.com"] }, { phones: [{ wa_id: "112" }] }] }),
    [
      { name: "Lucía", phones: ["+1 983"], mails: [], organisation: "" },
      { name: "", phones: [], mails: ["a@example.com"], organisation: "" },
      { name: "", phones: ["112"], mails: [], organisation: "" },
    ],
  )
  assert.deepEqual(wa.orderOf({ order: { items: [{ product_retailer_id: "a1", quantity: "2", item_price: 30, currency: "EUR" }, { product_retailer_id: 7, currency: "<b>" }] } }), [
    { product: "a1", quantity: 2, price: 30, currency: "EUR" },
    { product: "7", quantity: null, price: null, currency: "" },
  ])
  assert.equal(wa.orderNote({ order: { text: " Por favor " } }), "Por favor")
})

test("what cannot be shown is told apart", () => {
  assert.equal(wa.oddOf({ type: "text", supported: true }), null)
  assert.deepEqual(wa.oddOf({ type: "unsupported", supported: true, error_codes: [131051] }), { kind: "unsupported", type: "unsupported" })
  assert.deepEqual(wa.oddOf({ type: "poll_creation", supported: false }), { kind: "unsupported", type: "poll_creation" })
  assert.deepEqual(wa.oddOf({ type: "video", supported: true, error_codes: [131052] }), { kind: "failed", code: 131052 })
  assert.deepEqual(wa.changeOf({ edit: { text: "nuevo" } }), { kind: "edited", text: "nuevo" })
  assert.deepEqual(wa.changeOf({ revoke: "wamid.x" }), { kind: "deleted" })
})

test("a tick is the most that is known", () => {
  const tick = (delivery: unknown) => wa.tickOf(message({ delivery }))
  assert.equal(tick(undefined), null)
  assert.equal(tick({ state: "sent" }), "accepted")
  for (const receipt of ["sent", "delivered", "read", "played"]) assert.equal(tick({ state: "sent", receipt }), receipt)
  assert.equal(tick({ state: "sent", receipt: "warning" }), "accepted")
  for (const state of ["queued", "taken", "failed", "unknown"]) assert.equal(tick({ state, receipt: "sent" }), state)
  assert.deepEqual(["accepted", "sent", "delivered", "read", "failed"].map((one) => wa.ticksShown(one as "sent")), [0, 1, 2, 2, 0])
})

test("what went out is told by its card; a reaction stands elsewhere", () => {
  const sent = { kind: "interactive", interactive: { buttons: [{ id: "a", title: "Sí" }, { title: "" }] } }
  assert.equal(wa.sentAs(sent), "interactive")
  assert.equal(wa.sentAs({ ...sent, echo: true }), "")
  assert.deepEqual(wa.choicesOf(sent), ["Sí"])
  assert.deepEqual(wa.choicesOf({ interactive: { list: { rows: [{ title: "Una" }, { title: "Dos" }] } } }), ["Una", "Dos"])
  assert.equal(wa.templateSent({ template: { name: "pedido_listo" } }), "pedido_listo")
  const reaction = (state: string) => wa.isSilent(message({ whatsapp: { kind: "reaction" }, delivery: { state } }))
  assert.deepEqual(["queued", "sent", "failed", "unknown"].map(reaction), [true, true, false, false])
  assert.equal(wa.isSilent(message({ whatsapp: { kind: "text" }, delivery: { state: "sent" } })), false)
})

test("the window counts down, closes, and is told", () => {
  const now = Date.parse("2026-11-22T12:00:00Z")
  const of = (can_reply?: string, can_reply_until?: string) =>
    windowOf({ ...(can_reply ? { can_reply } : {}), ...(can_reply_until ? { can_reply_until } : {}) }, now)
  assert.equal(of(), null)
  assert.deepEqual(of("free", "2026-11-22T14:00:00Z"), { state: "free", left: 7_200_000 })
  assert.deepEqual(of("free", "2026-11-22T13:00:00Z"), { state: "closing", left: 3_600_000 })
  assert.deepEqual(of("free", "2026-11-22T13:00:01Z"), { state: "free", left: 3_601_000 })
  // The desk said "free" a while ago: its end has come since.
  assert.deepEqual(of("free", "2026-11-22T12:00:00Z"), { state: "template", left: 0 })
  assert.deepEqual(of("template"), { state: "template", left: 0 })
  assert.deepEqual(of("no"), { state: "no", left: 0 })
})

test("lengths are those of WhatsApp, with buttons and without", () => {
  assert.equal(wa.tooLong("x".repeat(4096), []), null)
  assert.deepEqual(wa.tooLong("x".repeat(4097), []), { n: 4097, max: 4096 })
  assert.equal(wa.tooLong("😀".repeat(4096), []), null)
  assert.deepEqual(wa.tooLong("x".repeat(1025), ["Sí"]), { n: 1025, max: 1024 })
  assert.deepEqual(wa.buttonsSent([" Sí ", "", "Sí", "No", "Quizá", "Otro"]), ["Sí", "No", "Quizá"])
})

test("every code of Graph says what happened and what can be done", () => {
  assert.ok(KNOWN_CODES.length >= 50)
  assert.equal(new Set(KNOWN_CODES).size, KNOWN_CODES.length)
  for (const code of [...KNOWN_CODES, 200, 250, 299, 999999]) {
    const { what, way } = refusalOf(code)
    assert.ok(`graph.${what}` in whatsappEs, `graph.${what} of ${code}`)
    assert.ok(`way.${way}` in whatsappEs, `way.${way} of ${code}`)
  }
  assert.equal(refusalOf(131047).way, "template")
  assert.equal(refusalOf(131026).way, "mail")
  assert.equal(refusalOf(999999).what, "other")
})

test("an address is written as people write it", () => {
  const of = (change: Record<string, unknown>): string => addressShown(change as unknown as Identity)
  assert.equal(of({ kind: "email", value: "ana@correo.example" }), "ana@correo.example")
  assert.equal(of({ kind: "phone", value: "+34911222333" }), "+34911222333")
  assert.equal(of({ kind: "whatsapp", value: "34611222333" }), "+34611222333")
  assert.equal(of({ kind: "whatsapp", value: "34611222333", username: "ana" }), "@ana · +34611222333")
  assert.equal(of({ kind: "bsuid", value: "ES.123", username: "ana" }), "@ana")
  assert.equal(of({ kind: "bsuid", value: "ES.123" }), "ES.123")
})

test("a number's form says what is lacking and sends what was said", () => {
  const draft = { name: "tienda", kind: "whatsapp" as const, secrets: { app_secret: "x", verify_token: "" } }
  assert.deepEqual(lackingOf({ ...draft, settings: {} }), ["phone_number_id", "waba_id"])
  const said = { phone_number_id: " 106 ", waba_id: "102", fallback: "send", read_receipts: false, graph_base: "" }
  const sent = settledDraft({ ...draft, settings: said })
  // Without a mailbox nothing falls back to it.
  assert.deepEqual(sent.settings, { phone_number_id: "106", waba_id: "102", read_receipts: false })
  assert.deepEqual(sent.secrets, { app_secret: "x" })
  assert.equal(settledDraft({ ...draft, settings: { ...said, mail: "correo" } }).settings["fallback"], "send")
})

test("the webhook's address is the number's", () => {
  assert.equal(hookOf("https://ayuda.example", " 106 "), "https://ayuda.example/whatsapp/106")
  assert.equal(hookOf("https://ayuda.example", "a/b"), "https://ayuda.example/whatsapp/a%2Fb")
  assert.equal(hookOf("https://ayuda.example", undefined), "https://ayuda.example/whatsapp/")
  assert.equal(HOOK_FIELDS[0], "messages")
  assert.match(newToken(), /^[0-9a-f]{48}$/)
  assert.notEqual(newToken(), newToken())
})
