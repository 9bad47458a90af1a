import type { JSX } from "preact"
import { agents } from "../state/app"
import { counts } from "../state/queue"
import { ask, params, period, query, zone } from "../state/report"
import { kindOf, mayPlan } from "../state/report-catalogue"
import { filtersOn } from "../state/report-filters"
import { COMPARES, RANGES, type Compare, type Filter, type ReportQuery } from "../state/report-query"
import { rt, rword } from "../state/report-text"
import { dayOf, isZone, writeDay } from "../state/report-zone"
import { word } from "../state/text"
import { Icon } from "./icons"

/** What a report is asked for. Everything stands in the address. */

const CHANNELS = ["email", "chat", "whatsapp", "phone", "form", "api", "order"] as const
const CLOCKS = ["first_response", "next_response", "resolution", "proactive", "claim"] as const
/** Those with a field of their own; others come by links and can be taken away. */
const FIELDS: readonly Filter[] = ["channel", "queue", "clock", "agent"]

interface Choice {
  value: string
  text: string
}

interface PickProps {
  name: string
  value: string
  choices: readonly Choice[]
  /** What no choice means; absent: there always is one. */
  any?: string
  pick(value: string): void
}

function Pick({ name, value, choices, any, pick }: PickProps): JSX.Element {
  const known = any !== undefined || choices.some((one) => one.value === value)
  return (
    <label class="pick">
      <span>{name}</span>
      <select value={value} onChange={(event) => pick(event.currentTarget.value)}>
        {any !== undefined && <option value="">{any}</option>}
        {!known && <option value={value}>{value}</option>}
        {choices.map((one) => (
          <option key={one.value} value={one.value}>
            {one.text}
          </option>
        ))}
      </select>
    </label>
  )
}

function choicesOf(filter: Filter): Choice[] {
  switch (filter) {
    case "channel":
      return CHANNELS.map((value) => ({ value, text: word("channel", value) }))
    case "clock":
      return CLOCKS.map((value) => ({ value, text: word("clock", value) }))
    case "queue":
      return (counts.value?.queues ?? []).map((one) => ({ value: one.name, text: one.title }))
    case "agent":
      return agents.value.map((one) => ({ value: String(one.id), text: one.name }))
    default:
      return []
  }
}

const set = (filter: Filter, value: string): void => {
  const filters = { ...query.peek().filters }
  if (value === "") delete filters[filter]
  else filters[filter] = value
  ask({ filters })
}

/** Own dates begin as those of the preset that was shown. */
function rangePicked(value: string): void {
  if (value !== "own") {
    ask({ range: value as ReportQuery["range"], since: null, until: null })
    return
  }
  const { since, until } = period.peek()
  const day = (at: number): string => writeDay(dayOf(at, zone.peek()))
  ask({ range: "own", since: day(since), until: day(until - 1) })
}

function Dates(): JSX.Element {
  const { since, until } = period.value
  const from = writeDay(dayOf(since, zone.value))
  const to = writeDay(dayOf(until - 1, zone.value))
  const put = (since: string, until: string): void => {
    if (since !== "" && until !== "" && since <= until) ask({ range: "own", since, until })
  }
  return (
    <>
      <label class="pick">
        <span>{rt("report.from")}</span>
        <input type="date" value={from} max={to} onChange={(event) => put(event.currentTarget.value, to)} />
      </label>
      <label class="pick">
        <span>{rt("report.to")}</span>
        <input type="date" value={to} min={from} onChange={(event) => put(from, event.currentTarget.value)} />
      </label>
    </>
  )
}

function Zone(): JSX.Element {
  return (
    <label class="pick">
      <span>{rt("report.zone")}</span>
      <input
        type="text"
        list="zones"
        autocomplete="off"
        spellcheck={false}
        placeholder={zone.value}
        value={query.value.zone}
        onChange={(event) => {
          const name = event.currentTarget.value.trim()
          if (name === "" || isZone(name)) ask({ zone: name })
          else event.currentTarget.value = query.peek().zone
        }}
      />
      <datalist id="zones">
        {Intl.supportedValuesOf("timeZone").map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </label>
  )
}

/** Filters that a link brought, each with a way to be rid of it. */
function Chips(): JSX.Element | null {
  if (filtersOn.value.length === 0) return null
  return (
    <ul class="chips" aria-label={rt("report.filters_on")}>
      {filtersOn.value.map(({ filter, what, text }) => (
        <li key={filter}>
          <button
            type="button"
            class="chip-off"
            aria-label={rt("report.without", { what: `${what} ${text}` })}
            onClick={() => set(filter, "")}
          >
            <span class="muted">{what}</span> {text} <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  )
}

function csvHref(name: string, semicolon: boolean): string {
  const query_ = new URLSearchParams()
  for (const [key, value] of Object.entries(params.value)) query_.set(key, String(value))
  const group = query.value.group
  if (group !== "" && kindOf(name)?.groups.includes(group)) query_.set("group", group)
  if (semicolon) {
    query_.set("semicolon", "1")
    query_.set("bom", "1")
  }
  return `/api/v1/reports/${name}.csv?${query_.toString()}`
}

function Out({ name }: { name: string }): JSX.Element {
  return (
    <div class="report-do">
      {kindOf(name) && (
        <>
          <a class="btn" href={csvHref(name, false)} download={`${name}.csv`}>
            {rt("report.csv")}
          </a>
          <a class="btn" href={csvHref(name, true)} download={`${name}.csv`} title={rt("report.csv_excel_hint")}>
            {rt("report.csv_excel")}
          </a>
        </>
      )}
      <button type="button" class="btn" onClick={() => window.print()}>
        <Icon name="print" />
        {rt("report.print")}
      </button>
      {mayPlan.value && kindOf(name) && (
        <a class="btn" href={planHref(name)}>
          {rt("report.plan_it")}
        </a>
      )}
    </div>
  )
}

/** The form of a new plan for what is on the screen. */
function planHref(name: string): string {
  const more = new URLSearchParams({ new: name })
  const { group, filters } = query.value
  if (group !== "") more.set("group", group)
  for (const [key, value] of Object.entries(filters)) more.set(key, value)
  return `/reports/plans?${more.toString()}`
}

/** Those that are asked for less often. */
function More(): JSX.Element {
  const { filters, zone: own } = query.value
  const open = own !== "" || FIELDS.some((one) => filters[one] !== undefined)
  return (
    <details class="report-more" open={open}>
      <summary>{rt("report.more_filters")}</summary>
      <div class="report-fields">
        {FIELDS.map((filter) => (
          <Pick
            key={filter}
            name={rword("group", filter)}
            value={filters[filter] ?? ""}
            any={rt("report.any")}
            choices={choicesOf(filter)}
            pick={(value) => set(filter, value)}
          />
        ))}
        <Zone />
      </div>
    </details>
  )
}

export function Filters({ name }: { name: string }): JSX.Element {
  const now = query.value
  const groups = kindOf(name)?.groups ?? []
  const ranges = RANGES.map((value) => ({ value, text: rword("range", value) }))
  return (
    <div class="report-ask" role="search" aria-label={rt("report.filters")}>
      <Pick
        name={rt("report.range")}
        value={now.range}
        choices={[...ranges, { value: "own", text: rt("range.own") }]}
        pick={rangePicked}
      />
      {now.range === "own" && <Dates />}
      <Pick
        name={rt("report.compare")}
        value={now.compare}
        choices={COMPARES.map((value) => ({ value, text: rword("compare", value) }))}
        pick={(value) => ask({ compare: value as Compare })}
      />
      {groups.length > 1 && (
        <Pick
          name={rt("report.group")}
          value={groups.includes(now.group) ? now.group : (groups[0] ?? "")}
          choices={groups.map((value) => ({ value, text: rword("by", value) }))}
          pick={(group) => ask({ group: group === groups[0] ? "" : group })}
        />
      )}
      <More />
      <Out name={name} />
      <Chips />
    </div>
  )
}
