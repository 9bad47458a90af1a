/** Days and hours in the visitor's own way and zone. */

export interface Place {
  /** BCP 47: how dates are written. */
  locale: string
  /** Else the browser's. */
  zone?: string
}

const zoned = (place: Place): { timeZone?: string } =>
  place.zone ? { timeZone: place.zone } : {}

/** "9:00", "9:00 AM". */
export function hour(at: number, place: Place): string {
  return new Intl.DateTimeFormat(place.locale, {
    ...zoned(place),
    hour: "numeric",
    minute: "2-digit",
  }).format(at)
}

/** The figure of the hour as it is written: Spanish says "la 1", "las 2". */
export function hourFigure(at: number, place: Place): number {
  const parts = new Intl.DateTimeFormat(place.locale, {
    ...zoned(place),
    hour: "numeric",
    minute: "2-digit",
  }).formatToParts(at)
  return Number(parts.find((one) => one.type === "hour")?.value ?? 0)
}

/** Days since 1970, as the calendar on the wall counts them. */
function dayNumber(at: number, place: Place): number {
  const parts = new Intl.DateTimeFormat("en", {
    ...zoned(place),
    year: "numeric",
    month: "numeric",
    day: "numeric",
  }).formatToParts(at)
  const of = (type: string): number =>
    Number(parts.find((one) => one.type === type)?.value)
  return Date.UTC(of("year"), of("month") - 1, of("day")) / 86_400_000
}

/** How many midnights lie between; negative for the past. */
export function daysAway(at: number, now: number, place: Place): number {
  return dayNumber(at, place) - dayNumber(now, place)
}

/** "lunes", "Monday". */
export function weekday(at: number, place: Place): string {
  return new Intl.DateTimeFormat(place.locale, {
    ...zoned(place),
    weekday: "long",
  }).format(at)
}

/** "lunes, 7 de enero", "Monday, January 7". */
export function day(at: number, place: Place): string {
  return new Intl.DateTimeFormat(place.locale, {
    ...zoned(place),
    weekday: "long",
    day: "numeric",
    month: "long",
  }).format(at)
}

/** The visitor's own way of writing dates, if it is of the page's language. */
export function localeFor(language: string, wanted: readonly string[]): string {
  const own = wanted.find((one) => one.split("-")[0] === language)
  return own && Intl.DateTimeFormat.supportedLocalesOf(own).length > 0 ? own : language
}
