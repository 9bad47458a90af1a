import { fill, figure, type Sentence, type Values } from "../../../../common/ui/catalogue"
import { span } from "../../../../common/ui/duration"
import { reportsEn } from "../reports-en"
import { reportsEs } from "../reports-es"
import { agentName } from "./app"
import { counts } from "./queue"
import { language, word, type Language } from "./text"

/** The words of the reports, and figures as people read them. They have a
 * catalogue of their own, which comes with the reports. */

export type ReportKey = keyof typeof reportsEs

const catalogues: Record<Language, Record<ReportKey, Sentence>> = {
  es: reportsEs,
  en: reportsEn,
}
const isKey = (key: string): key is ReportKey => key in reportsEs

export const NOTHING = "—"

/** A sentence of the reports' catalogue. */
export function rt(key: ReportKey, values: Values = {}): string {
  return fill(catalogues[language.value][key], values, language.value)
}

/** The word for a code, as `cause.unopened`; the code when it is unknown. */
export function rword(group: string, code: string): string {
  const key = `${group}.${code}`
  return isKey(key) ? rt(key) : code.replaceAll("_", " ")
}

/** The name of a figure or column; some reports have a name of their own for it. */
export const figureName = (report: string, name: string): string =>
  knows("figure", `${report}_${name}`) ? rword("figure", `${report}_${name}`) : rword("figure", name)

/** What it means; empty: there are no words for it. */
export function definition(report: string, name: string): string {
  const key = knows("definition", `${report}_${name}`) ? `${report}_${name}` : name
  return knows("definition", key) ? rword("definition", key) : ""
}

/** Whether the catalogue has a word for the code. */
const knows = (group: string, code: string): boolean => isKey(`${group}.${code}`)

export type Unit = "count" | "share" | "seconds" | "minutes" | string

const shares = new Map<Language, Intl.NumberFormat>()

/** Basis points as a percentage, to the last digit. */
function share(points: number): string {
  let format = shares.get(language.value)
  if (!format) {
    format = new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: 2 })
    shares.set(language.value, format)
  }
  return format.format(points / 10_000)
}

const signed = (value: number, ms: number): string => (value < 0 ? `−${span(ms)}` : span(ms))

/** A value of a report in words; null: there is none. */
export function amount(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined) return NOTHING
  if (unit === "share") return share(value)
  if (unit === "seconds") return signed(value, value * 1000)
  if (unit === "minutes") return signed(value, value * 60_000)
  return figure(value, language.value)
}

/** How a value changed since before: with its sign. */
export function change(value: number, before: number, unit: Unit): string {
  const by = value - before
  const sign = by > 0 ? "+" : by < 0 ? "−" : ""
  if (unit === "share") {
    const points = new Intl.NumberFormat(language.value, { maximumFractionDigits: 2 })
    return rt("report.points", { by: `${sign}${points.format(Math.abs(by) / 100)}` })
  }
  return sign + amount(Math.abs(by), unit)
}

const day = (key: string, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(language.value, { timeZone: "UTC", ...options }).format(
    Date.parse(`${key}T00:00:00Z`),
  )

/** Monday is 1. */
export const weekdayName = (n: number, width: "short" | "long" = "short"): string =>
  new Intl.DateTimeFormat(language.value, { timeZone: "UTC", weekday: width }).format(
    Date.UTC(2024, 0, n),
  )

const DATE = /^\d{4}-\d\d-\d\d$/
/** Monday is 1: "1-09". */
export const HOUR_OF_WEEK = /^([1-7])-(\d\d)$/

const LABELS: Readonly<Record<string, (key: string) => string>> = {
  agent: (key) => (/^\d+$/.test(key) ? agentName(Number(key)) : key),
  cause: (key) => word("cause", key),
  channel: (key) => word("channel", key),
  clock: (key) => word("clock", key),
  day: (key) => (DATE.test(key) ? day(key, { day: "numeric", month: "short" }) : key),
  hour: (key) => {
    const found = HOUR_OF_WEEK.exec(key)
    return found ? `${weekdayName(Number(found[1]))} ${Number(found[2])} h` : key
  },
  queue: (key) => counts.value?.queues.find((one) => one.name === key)?.title ?? key,
  reason: (key) => word("reason", key),
  version: (key) => rt("report.version", { version: key }),
}

/** The name of a row: its title, else its key as people call it. */
export function label(group: string, key: string, title = ""): string {
  if (title !== "") return title
  if (key === "" || (group === "agent" && key === "0")) return rt("report.nobody_named")
  return LABELS[group]?.(key) ?? rword(knows("short", key) ? "short" : "row", key)
}

/** The same with room for more: a day with its weekday. */
export function longLabel(group: string, key: string, title = ""): string {
  if (title === "" && group === "day" && DATE.test(key))
    return day(key, { weekday: "long", day: "numeric", month: "long" })
  const hour = HOUR_OF_WEEK.exec(key)
  if (group === "hour" && hour) return `${weekdayName(Number(hour[1]), "long")} ${Number(hour[2])} h`
  return knows("row", key) && title === "" ? rword("row", key) : label(group, key, title)
}

/** An instant of a report: to the minute, in its zone. */
export const moment = (at: number, zone: string): string =>
  new Intl.DateTimeFormat(language.value, {
    timeZone: zone,
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(at)
