import type { JSX } from "preact"
import type { Report, ReportColumn } from "../state/report-shape"
import { isNow, lookOf, marksOf, type Look } from "../state/report-look"
import { Bars } from "./chart-bars"
import { Heat } from "./chart-heat"
import { Plot } from "./chart-plot"
import type { Mark, Series } from "./chart-parts"

/** The chart of a report: which kind it is follows from what it is about. */

function seriesOf(look: Look, columns: readonly ReportColumn[]): Series[] {
  return look.columns.flatMap((place, n) => {
    const column = columns[place]
    if (!column) return []
    return [{ ...column, as: look.lines?.test(column.name) ? ("line" as const) : ("column" as const), tone: n + 1 }]
  })
}

function Drawn({ look, title, marks, series }: {
  look: Look
  title: string
  marks: readonly Mark[]
  series: readonly Series[]
}): JSX.Element | null {
  const [first] = series
  if (!first || marks.length === 0) return null
  switch (look.kind) {
    case "heat":
      return <Heat title={title} marks={marks} series={first} />
    case "bars":
      return <Bars marks={marks} series={[first]} />
    case "ranges":
      return <Bars marks={marks} series={series} range />
    default:
      return (
        <Plot
          title={title}
          marks={marks}
          series={series}
          {...(look.divide === undefined ? {} : { divide: look.divide })}
        />
      )
  }
}

export function Chart({ of, title }: { of: Report; title: string }): JSX.Element | null {
  const look = lookOf(of)
  const marks = marksOf(of, look).map((mark) => ({ ...mark, partial: isNow(of, mark.key) }))
  return <Drawn look={look} title={title} marks={marks} series={seriesOf(look, of.columns)} />
}
