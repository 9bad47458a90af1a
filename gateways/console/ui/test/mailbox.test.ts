import assert from "node:assert/strict"
import test from "node:test"

Object.assign(globalThis, { location: { search: "" }, localStorage: { getItem: () => null } })
const { lackingOf, SECTIONS, settledDraft, shownOf, valueOf, withValue } = await import("../src/state/mailbox-fields")
const { settingsEs } = await import("../src/settings-es")

const draft = (settings: Record<string, unknown>, secrets: Record<string, string> = {}) => ({
  name: " tienda ",
  kind: "mailbox" as const,
  settings: { address: "ayuda@tienda.example", from_name: "Tienda", imap_host: "imap.example", ...settings },
  secrets,
})

test("what says nothing is not sent; what the form does not know stays", () => {
  const { name, settings } = settledDraft(
    draft({ folder: " ", start: "new", poll_s: 30, handled: "flag", handled_folder: "Hecho", acknowledge: false }),
  )
  assert.equal(name, "tienda")
  assert.deepEqual(settings, {
    address: "ayuda@tienda.example", from_name: "Tienda", imap_host: "imap.example", poll_s: 30,
  })
})

test("a setting that is on by itself is sent when it is off", () => {
  const off = settledDraft(draft({ smtp_host: "smtp.example", delivery_reports: false })).settings
  assert.equal(off["delivery_reports"], false)
  const on = settledDraft(draft({ smtp_host: "smtp.example", delivery_reports: true })).settings
  assert.equal("delivery_reports" in on, false)
  assert.equal("delivery_reports" in settledDraft(draft({ delivery_reports: false })).settings, false)
})

test("a signature has a text for each language", () => {
  const one = withValue({}, "signature.es", "Un saludo")
  assert.deepEqual(one, { signature: { es: "Un saludo" } })
  assert.equal(valueOf(one, "signature.es"), "Un saludo")
  assert.equal(valueOf(one, "signature.en"), undefined)
  assert.deepEqual(withValue(one, "signature.es", undefined), {})
  assert.deepEqual(settledDraft(draft({ smtp_host: "smtp.example", signature: { es: " ", en: "Bye" } })).settings["signature"], { en: "Bye" })
})

test("a date is asked for with 'since' alone, and then needed", () => {
  const arrives = SECTIONS.mailbox.find((one) => one.name === "arrives")
  assert.ok(arrives)
  const has = (settings: Record<string, unknown>) => shownOf(arrives, settings).some((one) => one.name === "start_since")
  assert.equal(has({}), false)
  assert.equal(has({ start: "since" }), true)
  assert.deepEqual(lackingOf(draft({ start: "since" })), ["start_since"])
  assert.deepEqual(lackingOf(draft({ start: "since", start_since: "2026-01-31" })), [])
})

test("a secret is sent when it was typed, and for the log-in in use", () => {
  const sent = settledDraft(draft({}, { password: "p", access_token: "t" })).secrets
  assert.deepEqual(sent, { password: "p" })
  assert.deepEqual(settledDraft(draft({ auth: "xoauth2" }, { password: "p", access_token: "t" })).secrets, { access_token: "t" })
})

test("a token of the daemon's machine is no field, and stays", () => {
  const { settings } = settledDraft(
    draft({ auth: "xoauth2", oauth_token_file: "/run/token", oauth_token_url: "https://x.example" }, { access_token: "t" }),
  )
  assert.equal(settings["oauth_token_file"], "/run/token")
  assert.equal("oauth_token_url" in settings, false)
})

test("every field has a name in words", () => {
  for (const sections of Object.values(SECTIONS))
    for (const section of sections) {
      assert.ok(`section.${section.name}` in settingsEs, section.name)
      for (const field of section.fields) assert.ok(`setting.${field.name}` in settingsEs, field.name)
    }
})
