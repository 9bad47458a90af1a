import type { JSX } from "preact"
import { useEffect, useMemo } from "preact/hooks"
import { askAgain, hearZone, page, params, query, turn, useAnswer } from "../state/report"
import { kindOf } from "../state/report-catalogue"
import { filtersOn } from "../state/report-filters"
import { asReport, type Report } from "../state/report-shape"
import { lookOf } from "../state/report-look"
import { figureName, moment, rt, rword } from "../state/report-text"
import { language } from "../state/text"
import { Chart } from "./chart"
import { Failure } from "./report"
import { Figures } from "./report-figures"
import { Filters } from "./report-filters"
import { ReportTable } from "./report-table"

/** A report as the page's filters ask for it. */
export function useReport(name: string, group = query.value.group, when = params.value): {
  report: Report | null
  error: unknown
  loading: boolean
} {
  const groups = kindOf(name)?.groups ?? []
  const shown = groups.includes(group) ? group : (groups[0] ?? "")
  const { result, error, loading } = useAnswer(
    "report.get",
    {
      report: name,
      ...when,
      ...(shown === "" ? {} : { group: shown }),
      compare: query.value.compare,
    },
    turn.value,
  )
  useEffect(() => {
    if (result) hearZone(result.zone)
  }, [result])
  const report = useMemo(() => (result ? asReport(result) : null), [result])
  return { report, error, loading }
}

interface AboutProps {
  since: number
  until: number
  zone: string
  made?: string
}

/** What the figures are of: the period with its zone, and how old they are. */
export function About({ since, until, zone, made }: AboutProps): JSX.Element {
  const at = (instant: number): string => moment(instant, zone)
  return (
    <p class="report-about">
      {rt("report.about", { since: at(since), until: at(until), zone })}
      {made && ` · ${rt("report.made", { at: at(Date.parse(made)) })}`}
      <span class="print-only">{filtersOn.value.map(({ what, text }) => ` · ${what}: ${text}`)}</span>
    </p>
  )
}

export const AboutReport = ({ of }: { of: Report }): JSX.Element => (
  <About since={Date.parse(of.since)} until={Date.parse(of.until)} zone={of.zone} made={of.made_at} />
)

/** The chart and its twin as a table. */
export function Drawing({ of, title, open = false }: {
  of: Report
  title: string
  open?: boolean
}): JSX.Element {
  if (of.rows.length === 0)
    return (
      <div class="empty">
        <p class="empty-title">{rt("report.empty")}</p>
        <p>{rt("report.empty_hint")}</p>
      </div>
    )
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <Chart of={of} title={title} />
      <details class="twin" open={open}>
        <summary>{rt("report.table")}</summary>
        <ReportTable of={of} title={title} />
      </details>
    </figure>
  )
}

const lower = (text: string): string => text.slice(0, 1).toLocaleLowerCase(language.value) + text.slice(1)

/** What is drawn, and how the rows are told apart. */
export function titleOf(of: Report): string {
  const names = lookOf(of).columns.map((n) => figureName(of.report, of.columns[n]?.name ?? ""))
  const what =
    names.length > 2
      ? rword("reports", of.report)
      : new Intl.ListFormat(language.value).format(names.map((name, n) => (n === 0 ? name : lower(name))))
  return rt("report.by", { what, group: rword("by", of.group) })
}

/** Any report: figures, chart, table. */
export function ReportPage({ name }: { name: string }): JSX.Element {
  const { report, error, loading } = useReport(name)
  return (
    <>
      <Filters name={name} />
      {error !== null && <Failure error={error} again={askAgain} />}
      {report && report.report === page.value && (
        <div class="report-out" aria-busy={loading}>
          <AboutReport of={report} />
          <Figures of={report} />
          <Drawing of={report} title={titleOf(report)} />
        </div>
      )}
      {!report && loading && <div class="book-wait" aria-busy="true" />}
    </>
  )
}
