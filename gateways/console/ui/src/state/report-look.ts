import { addDays, dayOf, halfOf, writeDay } from "./report-zone"
import { now } from "./now"
import { safeLink } from "./report"
import type { Report, ReportRow } from "./report-shape"
import { label, longLabel } from "./report-text"
import type { Mark } from "../view/chart-parts"

/** Which chart a report has. */

export type ChartKind = "bars" | "ranges" | "plot" | "heat"

export interface Look {
  kind: ChartKind
  /** Places of the columns that are drawn. */
  columns: readonly number[]
  /** Names of the columns that are drawn as lines. */
  lines?: RegExp
  /** Rows before it are on the late side. */
  divide?: number
}

const IN_TIME: readonly string[] = ["day", "half_hour"]
const SERIES_MAX = 4
const NONE = /^$/

/** The drawn columns: those that are named, else the first of one unit. */
function pick(of: Report, names: RegExp): number[] {
  const named = of.columns.flatMap((one, n) => (names.test(one.name) ? [n] : []))
  const first = named[0] ?? 0
  const unit = of.columns[first]?.unit
  return (named.length > 0 ? named : [0])
    .filter((n) => of.columns[n]?.unit === unit)
    .slice(0, SERIES_MAX)
}

/** The kind and what it draws, by what the report is about. */
export function lookOf(of: Report): Look {
  // Where many are late says more than where few are not.
  if (of.group === "hour")
    return { kind: "heat", columns: pick(of, /^(breached|contacts|told|answers)$/).slice(0, 1) }
  const inTime = IN_TIME.includes(of.group)
  switch (of.report) {
    case "margins": {
      const early = of.rows.findIndex((row) => row.key.startsWith("early"))
      return { kind: "plot", columns: pick(of, /^answers$/), divide: early < 0 ? of.rows.length : early }
    }
    case "times":
      return { kind: inTime ? "plot" : "ranges", columns: pick(of, /^business_p/), lines: /./ }
    case "today":
      return { kind: "plot", columns: pick(of, /^(contacts|answers)$/) }
    case "backlog":
      return { kind: "plot", columns: inTime ? pick(of, /^(in|out|after)$/) : pick(of, /^after$/), lines: inTime ? /^after$/ : NONE }
    case "promises":
    case "kept":
      return { kind: inTime ? "plot" : "bars", columns: pick(of, /^(compliance|share)$/), lines: /./ }
    default:
      return { kind: inTime ? "plot" : "bars", columns: pick(of, /^(breached|answers|contacts)$/).slice(0, 1) }
  }
}

/** Is the bucket of this key not over yet? */
export function isNow(of: Report, key: string): boolean {
  const at = now.peek()
  if (of.group === "day") return key === writeDay(dayOf(at, of.zone))
  return of.group === "half_hour" && key === halfOf(at, of.zone)
}

function markOf(of: Report, look: Look, row: ReportRow): Mark {
  return {
    key: row.key,
    label: label(of.group, row.key, row.title),
    long: longLabel(of.group, row.key, row.title),
    link: safeLink(row.link),
    values: look.columns.map((n) => row.values[n] ?? null),
    partial: false,
  }
}

const HOURS_OF_WEEK = 168

/** Every hour of the week, those without a row too. */
function weekOf(of: Report, look: Look): Mark[] {
  const rows = new Map(of.rows.map((row) => [row.key, row]))
  return Array.from({ length: HOURS_OF_WEEK }, (_, n) => {
    const [day, hour] = [Math.floor(n / 24) + 1, n % 24]
    const key = `${day}-${String(hour).padStart(2, "0")}`
    const row = rows.get(key)
    return {
      key,
      label: label("hour", key),
      long: longLabel("hour", key),
      link: safeLink(row?.link),
      values: [row?.values[look.columns[0] ?? 0] ?? 0],
      partial: false,
    }
  })
}

const DAYS_MAX = 400
const HALVES = Array.from(
  { length: 48 },
  (_, n) => `${String(Math.floor(n / 2)).padStart(2, "0")}:${n % 2 === 0 ? "00" : "30"}`,
)

/** Every day of the period that has begun. */
export function daysOf(of: Pick<Report, "since" | "until" | "zone">, at: number): string[] {
  const last = writeDay(dayOf(Math.min(Date.parse(of.until) - 1, at), of.zone))
  const days: string[] = []
  for (let day = dayOf(Date.parse(of.since), of.zone); days.length < DAYS_MAX; day = addDays(day, 1)) {
    const key = writeDay(day)
    if (key > last) break
    days.push(key)
  }
  return days
}

/** Every half hour from the first one with a row to the last, or to now. */
function halvesOf(of: Report): string[] {
  const keys = of.rows.map((row) => row.key)
  const last = [...keys, halfOf(now.peek(), of.zone)].sort().at(-1) ?? ""
  const first = [...keys].sort()[0] ?? ""
  return HALVES.filter((key) => key >= first && key <= last)
}

/** Buckets without a row are places too: nothing came, and of nothing there
 * is no share and no time. What is left at a day's end is not known there. */
function filled(of: Report, keys: readonly string[]): ReportRow[] {
  const rows = new Map(of.rows.map((row) => [row.key, row]))
  const empty = of.columns.map((one) => (one.unit === "count" && one.name !== "after" ? 0 : null))
  return keys.map((key) => rows.get(key) ?? { key, title: "", link: "", values: empty })
}

function rowsOf(of: Report): readonly ReportRow[] {
  if (of.group === "day") return filled(of, daysOf(of, now.peek()))
  return of.group === "half_hour" ? filled(of, halvesOf(of)) : of.rows
}

/** Of causes and the like the most counts; people are not ranked. */
const byMost = (a: Mark, b: Mark): number => (b.values[0] ?? 0) - (a.values[0] ?? 0)

export function marksOf(of: Report, look: Look): Mark[] {
  if (look.kind === "heat") return weekOf(of, look)
  const marks = rowsOf(of).map((row) => markOf(of, look, row))
  return look.kind === "bars" && of.report === "breaches" ? marks.sort(byMost) : marks
}
