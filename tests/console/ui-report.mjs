// The reports of ui-mock.mjs: the shapes of report.list, report.get,
// breach.list and plan.*, with figures that look alike on every run.

const share = (name) => ({ name, unit: "share" })
const count = (name) => ({ name, unit: "count" })
const time = (name) => ({ name, unit: "seconds" })
const SLICES = ["clock", "policy", "channel", "queue", "team", "agent", "reason", "hour", "day", "version"]

const business = ["business_p50", "business_p80", "business_p90", "business_p95"].map(time)
const KINDS = [
  { report: "today", groups: ["half_hour"], figures: ["active", "overdue", "risk", "due_hour", "unassigned", "contacts", "answers"].map(count),
    columns: ["contacts", "answers", "met", "breached"].map(count) },
  { report: "promises", groups: SLICES, figures: [share("compliance"), count("met"), count("breached"), count("late_applied")],
    columns: [count("met"), count("breached"), share("compliance"), count("late_applied")] },
  { report: "breaches", groups: ["cause", ...SLICES], figures: [count("breached"), time("cause_s")], columns: [count("breached"), share("share"), time("cause_s"), count("said")] },
  { report: "times", groups: ["clock", "channel", "day"], figures: business, columns: [count("answers"), ...business] },
  { report: "margins", groups: ["margin"], figures: ["margin_p20", "margin_p50", "margin_mean"].map(time), columns: [count("answers"), share("share")] },
  { report: "backlog", groups: ["day", "age"], figures: [...["before", "in", "out", "after"].map(count), time("oldest_s")], columns: ["in", "out", "after"].map(count) },
  { report: "volume", groups: ["hour", "day", "channel", "queue"], figures: ["contacts", "opened"].map(count), columns: ["contacts", "opened"].map(count) },
  { report: "agents", groups: ["agent"], figures: ["answers", "outs"].map(count), columns: [count("answers"), time("business_p50"), time("business_p80"), share("compliance"), time("away_s")] },
  { report: "kept", groups: ["channel", "day"], figures: [share("share"), count("told")], columns: [count("told"), count("kept"), share("share")] },
]

const CAUSES = [
  ["nobody_assigned", 27], ["arrived_near_closing", 14], ["waiting_on_note", 11], ["assignee_away", 7], ["unopened", 4],
]
const KEYS = {
  clock: ["first_response", "next_response", "resolution"],
  policy: ["correo estándar", "chat"],
  channel: ["email", "chat", "whatsapp"],
  queue: ["envios", "devoluciones", "general"],
  team: ["", "tienda"],
  agent: ["1", "2", "3"],
  reason: ["order_status", "exchange_request", "invoice"],
  version: ["2", "3"],
  margin: ["late_day", "late_4h", "late_1h", "late_15m", "late", "early", "early_15m", "early_1h", "early_4h", "early_day"],
  age: ["1h", "4h", "1d", "3d", "7d", "30d", "older"],
  cause: CAUSES.map(([name]) => name),
}
const DAY_MS = 86_400_000
const two = (n) => String(n).padStart(2, "0")

/** The keys of a group; days are those of the period, up to today. */
function keysOf(group, since, until) {
  if (group === "day") {
    const days = Math.min(60, Math.max(1, Math.round((Date.parse(until) - Date.parse(since)) / DAY_MS)))
    return Array.from({ length: days }, (_, n) => new Date(Date.parse(until) - 1 - (days - 1 - n) * DAY_MS).toISOString().slice(0, 10))
  }
  if (group === "hour")
    return Array.from({ length: 5 * 10 }, (_, n) => `${1 + Math.floor(n / 10)}-${two(9 + (n % 10))}`)
  if (group === "half_hour") return Array.from({ length: 20 }, (_, n) => `${two(9 + Math.floor(n / 2))}:${n % 2 ? "30" : "00"}`)
  return KEYS[group]
}

const VALUES = { share: (n) => 8200 + ((n * 377) % 1800), seconds: (n) => 900 + ((n * 1733) % 20_000), count: (n) => 3 + ((n * 7) % 40) }

function valueOf(column, group, key, n, place) {
  if (group === "cause" && column.name === "breached") return CAUSES.find(([name]) => name === key)[1]
  if (/_p\d+$/.test(column.name)) return VALUES.seconds(n) * (1 + place)
  return VALUES[column.unit](n + place)
}

function made(kind, { since, until, zone, group = kind.groups[0], compare }, total) {
  const link = (more) => `/reports/breaches?list=1&since=${since}&until=${until}${more}`
  return {
    report: kind.report, since, until, zone: zone ?? "Europe/Madrid", group,
    figures: kind.figures.map((one, n) => {
      const value = one.name === "breached" ? total : valueOf(one, "", "", n + 3, n)
      return { ...one, value, before: compare === "none" ? null : Math.round(value * 0.9), n: 734, link: link("") }
    }),
    columns: kind.columns,
    rows: keysOf(group, since, until).map((key, n) => ({
      key, title: "", link: link(`&${group}=${encodeURIComponent(key)}`),
      values: kind.columns.map((column, place) => (group === "day" && n === 5 ? null : valueOf(column, group, key, n, place))),
    })),
    definitions: [...kind.figures, ...kind.columns].map((one) => one.name),
    made_at: new Date().toISOString(), cut: false,
  }
}

/** refuse: makes a refusal of a code and data; tell: makes an event. */
export function reportMethods(desk, { refuse, tell }) {
  const incidents = [...desk.incidents.values()]
  const breaches = CAUSES.flatMap(([cause, n]) => Array.from({ length: n }, () => cause)).map((cause, n) => {
    const incident = incidents[n % Math.max(1, incidents.length)]
    return {
      clock: 1000 - n, incident: incident?.id ?? 1, ref: incident?.ref ?? "P-1", name: "first_response", at: desk.at(-n * 60),
      over_s: 600 + n * 37, cause, cause_s: cause === "nobody_assigned" ? 11_400 : null, found_cause: cause, cause_agent: null, said_by: null,
      subject: incident?.subject ?? "", customer: incident?.customer.name ?? "", policy: "correo estándar", book_version: 3, rule: "", budget_s: 14_400,
      agent: n % 3 ? { id: 1, name: "Laura Marín" } : null, queue: "envios", team: "", channel: "email", reason: "other", late: false, late_applied: false,
    }
  })
  const plans = []
  let nextPlan = 1
  const find = (id) => plans.find((one) => one.id === id) ?? refuse("not_found")
  const put = (plan, { below, above, ...rest }) => {
    Object.assign(plan, rest)
    if (below !== undefined) plan.below = below < 0 ? null : below
    if (above !== undefined) plan.above = above < 0 ? null : above
    plan.next_at = desk.at(3 * 24 * 60)
    tell("plan.changed", { plan: plan.id })
    return { plan }
  }
  return {
    "report.list": () => ({ reports: KINDS }),
    "report.get": (params) => {
      const kind = KINDS.find((one) => one.report === params.report) ?? refuse("bad_params")
      if (params.group && !kind.groups.includes(params.group)) refuse("bad_params")
      return made(kind, params, breaches.length)
    },
    "breach.list": ({ cause, before, limit = 50 }) => {
      const found = breaches.filter((one) => !cause || one.cause === cause)
      const from = Number(before ?? 0)
      const next = from + limit < found.length ? { next: String(from + limit) } : {}
      return { breaches: found.slice(from, from + limit), ...next, causes: [], count: found.length, cut: false }
    },
    "breach.say": ({ clock, cause }) => {
      const one = breaches.find((row) => row.clock === clock) ?? refuse("not_found")
      Object.assign(one, { cause, said_by: { id: 1, name: "Laura Marín" } })
      return { breach: one }
    },
    "plan.list": () => ({ plans: [...plans].sort((a, b) => a.name.localeCompare(b.name)) }),
    "plan.add": (params) => {
      const plan = { id: nextPlan++, connection: "correo", active: true, last_at: null, below: null, above: null }
      plans.push(plan)
      return put(plan, params)
    },
    "plan.update": ({ id, ...set }) => put(find(id), set),
    "plan.remove": ({ id }) => {
      plans.splice(plans.indexOf(find(id)), 1)
      return { removed: true }
    },
    "plan.try": ({ id }) => ({ jobs: [find(id).id] }),
  }
}
