/** Words and figures for spans and instants. Nothing here reads the clock. */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const two = (n: number): string => String(n).padStart(2, "0")

/** A span in short: "45 s", "12 min", "2 h 05", "3 d 4 h". Sign is dropped. */
export function span(ms: number): string {
  const left = Math.abs(ms)
  if (left < MINUTE) return `${Math.floor(left / SECOND)} s`
  if (left < HOUR) return `${Math.floor(left / MINUTE)} min`
  if (left < DAY)
    return `${Math.floor(left / HOUR)} h ${two(Math.floor((left % HOUR) / MINUTE))}`
  const days = Math.floor(left / DAY)
  const hours = Math.floor((left % DAY) / HOUR)
  return hours === 0 || days >= 10 ? `${days} d` : `${days} d ${hours} h`
}

/** A span for people who hear it: no rounding tricks, minutes at least. */
export function countdown(ms: number): string {
  return ms < 0 ? `−${span(ms)}` : span(ms)
}

/** "hace 8 min" below 24 hours, else the date. */
export function ago(at: number, now: number, language: string): string {
  const past = Math.max(0, now - at)
  if (past >= DAY) return date(at, now, language)
  const format = new Intl.RelativeTimeFormat(language, {
    numeric: "auto",
    style: "short",
  })
  if (past < MINUTE) return format.format(-Math.floor(past / SECOND), "second")
  if (past < HOUR) return format.format(-Math.floor(past / MINUTE), "minute")
  return format.format(-Math.floor(past / HOUR), "hour")
}

/** Day and month, with the year when it is another one. */
export function date(at: number, now: number, language: string): string {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  return new Intl.DateTimeFormat(language, {
    day: "numeric",
    month: "short",
    ...(sameYear ? {} : { year: "numeric" }),
  }).format(at)
}

/** Hour and minute; with the day when it is not today. */
export function clockTime(
  at: number,
  now: number,
  language: string,
  zone?: string,
): string {
  const zoned = zone ? { timeZone: zone } : {}
  const day = new Intl.DateTimeFormat("en-CA", { ...zoned, dateStyle: "short" })
  const today = day.format(at) === day.format(now)
  return new Intl.DateTimeFormat(language, {
    ...zoned,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(today ? {} : { weekday: "short", day: "numeric", month: "short" }),
  }).format(at)
}

/** Everything, with the zone. */
export function absolute(at: number, language: string, zone?: string): string {
  return new Intl.DateTimeFormat(language, {
    ...(zone ? { timeZone: zone } : {}),
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  }).format(at)
}

/** Size of a file: "812 B", "34 KB", "1,2 MB". */
export function bytes(n: number, language: string): string {
  const [value, unit] =
    n < 1000 ? [n, "B"] : n < 1e6 ? [n / 1e3, "KB"] : [n / 1e6, "MB"]
  const figure = new Intl.NumberFormat(language, {
    maximumFractionDigits: value < 10 && unit !== "B" ? 1 : 0,
  }).format(value)
  return `${figure} ${unit}`
}
