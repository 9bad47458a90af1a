import { computed, signal } from "@preact/signals"
import type { Urgency } from "./order"

export const VIEWS = [
  "active",
  "mine",
  "unassigned",
  "pending",
  "solved",
  "spam",
] as const
export type View = (typeof VIEWS)[number] | "all"

export const BOOK_PAGES = ["text", "past", "log"] as const
/** A page of the desk book. */
export type BookPage = (typeof BOOK_PAGES)[number]

export const SETTINGS_PAGES = ["own", "mail", "whatsapp", "shop"] as const
/** A page of the settings. */
export type SettingsPage = (typeof SETTINGS_PAGES)[number]

/** A page of the reports, and what its address asks for. */
export interface ReportPlace {
  page: string
  /** The query without its "?". */
  query: string
}

/** What the address of the page says. */
export interface Route {
  view: View
  queue: string | null
  due: Urgency | null
  customer: number | null
  /** The incidents behind a figure of a report: its query; null: a view. */
  behind: string | null
  /** What is looked for; null: a list, not a search. */
  search: string | null
  /** The desk book is shown, not incidents. */
  book: BookPage | null
  /** The settings are shown, not incidents. */
  settings: SettingsPage | null
  /** A report is shown, not incidents. */
  report: ReportPlace | null
  incident: number | null
  /** Number of the message that is shown of the incident. */
  at: number | null
  /** The clock of the incident whose receipt is shown. */
  clock: number | null
}

const views: readonly string[] = [...VIEWS, "all"]
const isView = (text: string | null): text is View =>
  text !== null && views.includes(text)
const isBookPage = (text: string | null): text is BookPage =>
  text === "text" || text === "past" || text === "log"
const settingsPages: readonly string[] = SETTINGS_PAGES
const isSettings = (text: string | null): text is SettingsPage =>
  text !== null && settingsPages.includes(text)
const isUrgency = (text: string | null): text is Urgency =>
  text === "over" || text === "risk" || text === "ontime"

const row = (text: string | null): number | null => {
  const n = Number(text)
  return text !== null && Number.isSafeInteger(n) && n > 0 ? n : null
}

/** The first page of the reports has no name in its address. */
export const OVERVIEW = "overview"
const REPORTS = /^\/reports(?:\/([a-z]{0,40}))?$/

function readReport(path: string, search: string): ReportPlace | null {
  const found = REPORTS.exec(path)
  if (!found) return null
  return { page: found[1] || OVERVIEW, query: search.replace(/^\?/, "") }
}

function writeReport({ page, query }: ReportPlace): string {
  const path = page === OVERVIEW ? "/reports" : `/reports/${page}`
  return query === "" ? path : `${path}?${query}`
}

/** "/incidents" is another name of "/", for links that say what they open. */
const isOurs = (path: string): boolean =>
  path === "/" || path === "/incidents" || REPORTS.test(path)

/** What tells which incidents a figure is made of, as incident.list takes it. */
const BEHIND = [
  "fact",
  "since",
  "until",
  "clock",
  "policy",
  "channel",
  "queue",
  "team",
  "agent",
  "reason",
  "version",
  "hour",
  "zone",
] as const

function readBehind(query: URLSearchParams): string | null {
  if (!query.has("fact")) return null
  const kept = new URLSearchParams()
  for (const name of BEHIND) {
    const value = query.get(name)
    if (value !== null && value !== "") kept.set(name, value)
  }
  return kept.toString()
}

/** Behind a figure "clock" is the name of one, of all that are listed. */
const receiptName = (behind: string | null): string => (behind === null ? "clock" : "receipt")

export function readRoute(search: string, path = "/"): Route {
  const report = readReport(path, search)
  // What filters a report says nothing of the list.
  const query = new URLSearchParams(report ? "" : search)
  const view = query.get("view")
  const due = query.get("due")
  const book = query.get("book")
  const settings = query.get("settings")
  const behind = readBehind(query)
  return {
    view: behind !== null ? "all" : isView(view) ? view : "active",
    queue: behind !== null ? null : query.get("queue"),
    behind,
    due: isUrgency(due) ? due : null,
    customer: row(query.get("customer")),
    search: query.get("search"),
    book: isBookPage(book) ? book : null,
    settings: isSettings(settings) ? settings : null,
    report,
    incident: row(query.get("incident")),
    at: row(query.get("at")),
    clock: row(query.get(receiptName(behind))),
  }
}

export function writeRoute(to: Route): string {
  if (to.report !== null) return writeReport(to.report)
  const query = new URLSearchParams(to.behind ?? "")
  if (to.behind === null && to.view !== "active") query.set("view", to.view)
  if (to.queue) query.set("queue", to.queue)
  if (to.due) query.set("due", to.due)
  if (to.customer !== null) query.set("customer", String(to.customer))
  if (to.search !== null) query.set("search", to.search)
  if (to.book !== null) query.set("book", to.book)
  if (to.settings !== null) query.set("settings", to.settings)
  if (to.incident !== null) query.set("incident", String(to.incident))
  if (to.incident !== null && to.at !== null) query.set("at", String(to.at))
  if (to.incident !== null && to.clock !== null)
    query.set(receiptName(to.behind), String(to.clock))
  const text = query.toString()
  const path = to.behind === null ? "/" : "/incidents"
  return text === "" ? path : `${path}?${text}`
}

export const route = signal<Route>(readRoute(location.search, location.pathname))

/** What is listed; changes only when the list does, not with the incident. */
export const listKey = computed(() =>
  writeRoute({ ...route.value, search: null, book: null, settings: null, report: null, incident: null }),
)

export const incidentId = computed(() => route.value.incident)

/** The address for a change of the route. */
export const href = (change: Partial<Route>): string =>
  writeRoute({ ...route.value, report: null, at: null, clock: null, ...change })

/** A list of its own: every filter that is not named falls away. */
export const listHref = (change: Partial<Route>): string =>
  writeRoute({
    view: "active",
    queue: null,
    behind: null,
    due: null,
    customer: null,
    search: null,
    book: null,
    settings: null,
    report: null,
    incident: null,
    at: null,
    clock: null,
    ...change,
  })

/** The address of a page of the reports. */
export const reportHref = (page = OVERVIEW, query = ""): string =>
  listHref({ report: { page, query } })

/** Goes there; `replace` leaves no step for Back. */
export function go(to: string, replace = false): void {
  if (to === location.pathname + location.search) return
  if (replace) history.replaceState(null, "", to)
  else history.pushState(null, "", to)
  route.value = readRoute(location.search, location.pathname)
}

/** Follows Back, Forward and plain clicks on links of this page. */
export function startRoute(): void {
  addEventListener("popstate", () => {
    route.value = readRoute(location.search, location.pathname)
  })
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const target = event.target
    const link = target instanceof Element ? target.closest("a") : null
    if (!link || link.target !== "" || link.origin !== location.origin) return
    if (!isOurs(link.pathname) || link.hash !== "") return
    event.preventDefault()
    go(link.pathname + link.search)
  })
}
