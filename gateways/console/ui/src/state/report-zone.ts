/** Days of a zone as instants. Nothing here reads the clock. */

const HOUR = 3_600_000
const DAY = 24 * HOUR

export interface Day {
  year: number
  /** 1 to 12. */
  month: number
  day: number
}

const two = (n: number): string => String(n).padStart(2, "0")
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const old = formats.get(zone)
  if (old) return old
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  })
  formats.set(zone, made)
  return made
}

/** Whether the browser knows the zone. */
export function isZone(zone: string): boolean {
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

/** What a clock on the wall shows, as if it were UTC. */
function wall(at: number, zone: string): number {
  const part: Record<string, number> = {}
  for (const { type, value } of formatOf(zone).formatToParts(at)) part[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** The date of an instant. */
export function dayOf(at: number, zone: string): Day {
  const date = new Date(wall(at, zone))
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

/** The half hour of an instant: "09:30". */
export function halfOf(at: number, zone: string): string {
  const date = new Date(wall(at, zone))
  return `${two(date.getUTCHours())}:${date.getUTCMinutes() < 30 ? "00" : "30"}`
}

const asUtc = ({ year, month, day }: Day): number => Date.UTC(year, month - 1, day)

/** 1: Monday, to 7: Sunday. */
export const weekday = (day: Day): number => new Date(asUtc(day)).getUTCDay() || 7

export function addDays(day: Day, n: number): Day {
  const date = new Date(asUtc(day) + n * DAY)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

/**
 * The first instant of a date. Midnight may come twice, then it is the first;
 * or never, then it is the instant at which the clocks jump over it.
 */
export function dayStart(day: Day, zone: string): number {
  const label = asUtc(day)
  const offset = (at: number): number => wall(at, zone) - Math.floor(at / 1000) * 1000
  const tries = [label - offset(label - DAY), label - offset(label + DAY)]
  const within = tries.filter((at) => asUtc(dayOf(at, zone)) === label)
  return Math.min(...(within.length > 0 ? within : tries))
}

/** "2026-11-22" */
export const writeDay = ({ year, month, day }: Day): string => `${year}-${two(month)}-${two(day)}`

export function readDay(text: string): Day | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (!found) return null
  const day = { year: Number(found[1]), month: Number(found[2]), day: Number(found[3]) }
  return writeDay(addDays(day, 0)) === text ? day : null
}
