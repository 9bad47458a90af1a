import { fill, type Sentence, type Values } from "../../../common/ui/catalogue"
import type { Chat, Expected, Site } from "./frames"
import { en } from "./text-en"
import { es } from "./text-es"
import { day, daysAway, hour, hourFigure, localeFor, type Place, weekday } from "./when"

export type Key = keyof typeof es
export type Language = "es" | "en"

/** What is said, in one language and with the visitor's dates. */
export interface Words {
  language: Language
  place: Place
  say(key: Key, values?: Values): string
}

const catalogues: Record<Language, Record<Key, Sentence>> = { es, en }

/** "es" or "en": the page's wish, else the first of the browser's, else the site's. */
export function languageFor(wish: string, wanted: readonly string[], site: string): Language {
  for (const one of [wish, ...wanted, site]) {
    const base = one.toLowerCase().split("-")[0]
    if (base === "es" || base === "en") return base
  }
  return "en"
}

export function words(language: Language, wanted: readonly string[], zone?: string): Words {
  return {
    language,
    place: { locale: localeFor(language, wanted), ...(zone && { zone }) },
    say: (key, values = {}) => fill(catalogues[language][key], values, language),
  }
}

const timed = (w: Words, key: "hours.at" | "hours.until", at: number): string =>
  w.say(key, { n: hourFigure(at, w.place), time: hour(at, w.place) })

/** "hoy", "mañana", "el lunes", "el lunes, 7 de enero". */
function dayWords(w: Words, at: number, now: number): string {
  const away = daysAway(at, now, w.place)
  if (away <= 0) return w.say("hours.today")
  if (away === 1) return w.say("hours.tomorrow")
  return w.say("hours.day", { day: away < 7 ? weekday(at, w.place) : day(at, w.place) })
}

const DAY_MS = 86_400_000
const LENGTH = /^(\d+)([mh])$/

/** By when an answer may be expected; "" if nothing is said about it. */
export function expectedWords(w: Words, expected: Expected | null | undefined, now: number): string {
  const at = Date.parse(expected?.by_at ?? "")
  const [, n, unit] = LENGTH.exec(expected?.words ?? "") ?? []
  if (!Number.isNaN(at)) {
    const when = { n: hourFigure(at, w.place), time: hour(at, w.place) }
    if (daysAway(at, now, w.place) <= 0) return w.say("expected.hour", when)
    return w.say("expected.day", { ...when, day: dayWords(w, at, now) })
  }
  if (n === undefined) return ""
  return w.say(unit === "m" ? "expected.minutes" : "expected.hours", { n: Number(n) })
}

/** What a visitor who waits was told, or that it takes longer. */
export function waitWords(w: Words, chat: Chat, now: number): string {
  const late = now > Date.parse(chat.expected?.by_at ?? "")
  if (late) return w.say(chat.email ? "expected.late_mail" : "expected.late")
  const told = expectedWords(w, chat.expected, now)
  return told && `${told}.`
}

/** Whether somebody is there, until when, or when again. */
export function hoursWords(w: Words, site: Site, now: number): string {
  if (!site.open) {
    const at = Date.parse(site.opens_at ?? "")
    if (Number.isNaN(at)) return `${w.say("hours.closed")}.`
    return w.say("hours.closed_back", { day: dayWords(w, at, now), at: timed(w, "hours.at", at) })
  }
  const promise = expectedWords(w, site.expected, now) || w.say("hours.open")
  const until = Date.parse(site.closes_at ?? "")
  // Neither a day round the clock nor another hour needs an "until".
  if (Number.isNaN(until) || site.expected?.by_at || until - now > DAY_MS - 4 * 3_600_000) return `${promise}.`
  return `${promise}, ${timed(w, "hours.until", until)}.`
}

/** "Hoy", "Ayer", "lunes, 7 de enero". */
export function dayLabel(w: Words, at: number, now: number): string {
  const away = daysAway(at, now, w.place)
  if (away === 0) return w.say("day.today")
  if (away === -1) return w.say("day.yesterday")
  const text = day(at, w.place)
  return text.charAt(0).toLocaleUpperCase(w.language) + text.slice(1)
}
