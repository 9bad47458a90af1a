import {
  addDays,
  dayOf,
  dayStart,
  isZone,
  readDay,
  weekday,
  type Day,
} from "./report-zone"

/** What filters a report, as its address says it. Nothing here reads a clock. */

export const RANGES = [
  "today",
  "yesterday",
  "week",
  "last_week",
  "7d",
  "28d",
  "90d",
  "month",
  "last_month",
  "year",
] as const
export type Range = (typeof RANGES)[number]

/** Filters that go to the daemon as they are. */
export const FILTERS = [
  "clock",
  "policy",
  "channel",
  "queue",
  "team",
  "agent",
  "reason",
  "cause",
] as const
export type Filter = (typeof FILTERS)[number]

export const COMPARES = ["previous", "year", "none"] as const
export type Compare = (typeof COMPARES)[number]

export interface ReportQuery {
  /** A preset; "own": since and until. */
  range: Range | "own"
  /** Dates, or instants as links of the daemon have them. */
  since: string | null
  until: string | null
  /** Empty: the desk's. */
  zone: string
  /** Empty: the report's first. */
  group: string
  compare: Compare
  filters: Partial<Record<Filter, string>>
  /** Seen from the other end of the room. */
  wall: boolean
}

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const DEFAULT_RANGE: Range = "28d"
const WORD = /^[\p{L}\p{N}][\p{L}\p{N} _./+-]{0,99}$/u

const isRange = (text: string | null): text is Range =>
  (RANGES as readonly (string | null)[]).includes(text)
const isCompare = (text: string | null): text is Compare =>
  (COMPARES as readonly (string | null)[]).includes(text)

/** A date of the form's, or an instant of a link. */
const isMoment = (text: string | null): text is string =>
  text !== null &&
  (readDay(text) !== null || (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) && !Number.isNaN(Date.parse(text))))

export function readQuery(text: string): ReportQuery {
  const query = new URLSearchParams(text)
  const [range, compare, zone] = [query.get("range"), query.get("compare"), query.get("zone") ?? ""]
  const [since, until] = [query.get("since"), query.get("until")]
  const own = isMoment(since) && isMoment(until)
  const filters: Partial<Record<Filter, string>> = {}
  for (const name of FILTERS) {
    const value = query.get(name)
    if (value !== null && WORD.test(value)) filters[name] = value
  }
  const group = query.get("group") ?? ""
  return {
    range: own ? "own" : isRange(range) ? range : DEFAULT_RANGE,
    since: own ? since : null,
    until: own ? until : null,
    zone: isZone(zone) ? zone : "",
    group: /^[a-z_]{0,40}$/.test(group) ? group : "",
    compare: isCompare(compare) ? compare : "previous",
    filters,
    wall: query.get("wall") === "1",
  }
}

export function writeQuery(to: ReportQuery): string {
  const query = new URLSearchParams()
  if (to.range === "own") {
    if (to.since) query.set("since", to.since)
    if (to.until) query.set("until", to.until)
  } else if (to.range !== DEFAULT_RANGE) {
    query.set("range", to.range)
  }
  if (to.zone !== "") query.set("zone", to.zone)
  if (to.group !== "") query.set("group", to.group)
  if (to.compare !== "previous") query.set("compare", to.compare)
  for (const name of FILTERS) {
    const value = to.filters[name]
    if (value !== undefined && value !== "") query.set(name, value)
  }
  if (to.wall) query.set("wall", "1")
  return query.toString()
}

export interface Period {
  since: number
  /** Excluded. */
  until: number
}

/** First days of a preset and of what comes after it; null: up to now. */
function daysOf(range: Range, today: Day): [Day, Day | null] {
  const monday = addDays(today, 1 - weekday(today))
  const first = { ...today, day: 1 }
  switch (range) {
    case "today":
      return [today, addDays(today, 1)]
    case "yesterday":
      return [addDays(today, -1), today]
    case "week":
      return [monday, null]
    case "last_week":
      return [addDays(monday, -7), monday]
    case "month":
      return [first, null]
    case "last_month":
      return [{ ...addDays(first, -1), day: 1 }, first]
    case "year":
      return [{ ...first, month: 1 }, null]
    default:
      return [addDays(today, 1 - Number.parseInt(range, 10)), null]
  }
}

/** The instants of a query, in whole minutes. */
export function periodOf(query: ReportQuery, now: number, zone: string): Period {
  const moment = (text: string, after: number): number => {
    const day = readDay(text)
    return day ? dayStart(addDays(day, after), zone) : Date.parse(text)
  }
  const minute = Math.ceil(now / MINUTE_MS) * MINUTE_MS
  if (query.range === "own" && query.since && query.until) {
    const since = moment(query.since, 0)
    // The last date is part of what was asked for.
    return { since, until: Math.max(moment(query.until, 1), since + MINUTE_MS) }
  }
  const range = query.range === "own" ? DEFAULT_RANGE : query.range
  const [from, to] = daysOf(range, dayOf(now, zone))
  return { since: dayStart(from, zone), until: to ? dayStart(to, zone) : minute }
}

export const daysIn = ({ since, until }: Period): number => (until - since) / DAY_MS
