import assert from "node:assert/strict"
import test from "node:test"
import type { Site } from "../src/frames"
import { daysAway, localeFor } from "../src/when"
import { dayLabel, hoursWords, languageFor, promiseWords, words } from "../src/words"

const zone = "Europe/Madrid"
const es = words("es", ["es-ES"], zone)
const en = words("en", ["en-US"], zone)
const gb = words("en", ["en-GB"], zone)
const at = (text: string): number => Date.parse(text)
const site = (more: Partial<Site>): Site => ({
  name: "tienda", title: "Tienda", language: "es", open: true, desk: "d", remember_days: 30, ...more,
})
// A Friday.
const now = at("2026-11-20T20:00:00+01:00")
/** Some ICU versions part "9:00 AM" with another space. */
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, " ")

test("closed: says when it opens again, in the visitor's way", () => {
  const closed = (opens: string) => site({ open: false, opens_at: opens })
  assert.equal(hoursWords(es, closed("2026-11-23T09:00:00+01:00"), now), "Ahora estamos cerrados. Volvemos el lunes a las 9:00.")
  assert.equal(hoursWords(es, closed("2026-11-21T13:00:00+01:00"), now), "Ahora estamos cerrados. Volvemos mañana a las 13:00.")
  assert.equal(hoursWords(es, closed("2026-11-20T22:30:00+01:00"), now), "Ahora estamos cerrados. Volvemos hoy a las 22:30.")
  assert.equal(hoursWords(es, closed("2026-11-23T01:00:00+01:00"), now), "Ahora estamos cerrados. Volvemos el lunes a la 1:00.")
  assert.match(hoursWords(es, closed("2027-01-07T09:00:00+01:00"), now), /Volvemos el jueves, 7 de enero a las 9:00\.$/)
  assert.equal(plain(hoursWords(en, closed("2026-11-23T09:00:00+01:00"), now)), "We are closed now. We are back on Monday at 9:00 AM.")
  assert.equal(plain(hoursWords(gb, closed("2026-11-23T14:00:00+01:00"), now)), "We are closed now. We are back on Monday at 14:00.")
  assert.equal(hoursWords(es, site({ open: false }), now), "Ahora estamos cerrados.")
})

test("open: how soon, and until when", () => {
  const open = site({ promise_s: 120, closes_at: "2026-11-20T21:00:00+01:00" })
  assert.equal(hoursWords(es, open, now), "Respondemos en unos 2 minutos, hasta las 21:00.")
  assert.equal(hoursWords(es, site({ promise_s: null }), now), "Estamos aquí.")
  assert.equal(hoursWords(es, site({ closes_at: "2026-11-27T21:00:00+01:00" }), now), "Estamos aquí.")
})

test("a promise is said in minutes, hours or days", () => {
  const said = [10, 60, 120, 5400, 7200, 14400, 86400, 172800].map((s) => promiseWords(es, s))
  assert.deepEqual(said, [
    "Respondemos en un minuto", "Respondemos en un minuto", "Respondemos en unos 2 minutos",
    "Respondemos en unos 90 minutos", "Respondemos en unas 2 horas", "Respondemos en unas 4 horas",
    "Respondemos en unas 24 horas", "Respondemos en 2 días",
  ])
})

test("days are the wall calendar's, over the change of the clocks too", () => {
  const place = { locale: "es", zone }
  assert.equal(daysAway(at("2026-11-21T00:30:00+01:00"), at("2026-11-20T23:30:00+01:00"), place), 1)
  assert.equal(daysAway(at("2026-10-26T00:30:00+01:00"), at("2026-10-25T00:30:00+02:00"), place), 1)
  assert.equal(daysAway(at("2026-11-20T00:00:00+01:00"), now, place), 0)
  assert.equal(dayLabel(es, now, now), "Hoy")
  assert.equal(dayLabel(es, now - 86_400_000, now), "Ayer")
  assert.equal(dayLabel(es, at("2026-11-09T10:00:00+01:00"), now), "Lunes, 9 de noviembre")
  assert.equal(dayLabel(en, at("2026-11-09T10:00:00+01:00"), now), "Monday, November 9")
})

test("the page's language comes first, then the browser's, then the site's", () => {
  assert.equal(languageFor("es", ["en-US"], "en"), "es")
  assert.equal(languageFor("auto", ["fr", "en-GB"], "es"), "en")
  assert.equal(languageFor("", ["fr"], "es"), "es")
  assert.equal(languageFor("", [], ""), "en")
  assert.equal(localeFor("es", ["en-US", "es-MX"]), "es-MX")
  assert.equal(localeFor("es", ["en-US"]), "es")
})
