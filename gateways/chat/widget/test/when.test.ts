import assert from "node:assert/strict"
import test from "node:test"
import type { Chat, Site } from "../src/frames"
import { daysAway, localeFor } from "../src/when"
import { dayLabel, expectedWords, hoursWords, languageFor, waitWords, words } from "../src/words"

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

const soon = (words: string, by_at: string | null = null) => ({ words, by_at })

test("open: how soon, and until when", () => {
  const open = site({ expected: soon("2m"), closes_at: "2026-11-20T21:00:00+01:00" })
  assert.equal(hoursWords(es, open, now), "Te contestamos en menos de 2 minutos, hasta las 21:00.")
  assert.equal(hoursWords(es, site({ expected: null }), now), "Estamos aquí.")
  assert.equal(hoursWords(es, site({ closes_at: "2026-11-27T21:00:00+01:00" }), now), "Estamos aquí.")
  const later = site({ expected: soon("today", "2026-11-20T21:00:00+01:00"), closes_at: "2026-11-20T21:00:00+01:00" })
  assert.equal(hoursWords(es, later, now), "Te contestamos antes de las 21:00.")
})

test("an answer is expected within a length, or before an hour of a day", () => {
  const said = (words: string, by?: string) => expectedWords(es, soon(words, by), now)
  assert.deepEqual(["1m", "15m", "1h", "4h"].map((one) => said(one)), [
    "Te contestamos en menos de un minuto", "Te contestamos en menos de 15 minutos",
    "Te contestamos en menos de una hora", "Te contestamos en menos de 4 horas",
  ])
  // With an instant, a length is an hour: it does not move while one waits.
  assert.equal(said("30m", "2026-11-20T22:30:00+01:00"), "Te contestamos antes de las 22:30")
  assert.equal(said("tomorrow", "2026-11-21T01:00:00+01:00"), "Te contestamos mañana antes de la 1:00")
  assert.equal(said("weekday", "2026-11-23T11:00:00+01:00"), "Te contestamos el lunes antes de las 11:00")
  assert.equal(plain(expectedWords(en, soon("weekday", "2026-11-23T11:00:00+01:00"), now)), "We answer on Monday before 11:00 AM")
  assert.equal(said("soon"), "")
  assert.equal(expectedWords(es, null, now), "")
})

test("who waits longer than was told hears it", () => {
  const chat = { state: "waiting", email: null, expected: soon("15m", "2026-11-20T22:30:00+01:00") } as Chat
  const due = at("2026-11-20T22:30:00+01:00")
  assert.equal(waitWords(es, chat, due), "Te contestamos antes de las 22:30.")
  assert.equal(waitWords(es, chat, due + 1), "Está tardando más de lo que dijimos. Seguimos contigo.")
  assert.equal(waitWords(es, { ...chat, email: "ana@x.example" }, due + 1), "Está tardando más de lo que dijimos. Si te vas, te contestamos por correo.")
  assert.equal(waitWords(es, { ...chat, expected: null }, due), "")
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
