import type { JSX } from "preact"
import { safeLink } from "../state/report"
import type { Report, ReportFigure } from "../state/report-shape"
import { amount, change, definition, figureName, rt, rword } from "../state/report-text"

/** Figures: what they are, how they changed, what they mean, where they lead. */

/** Of these more is worse; of shares and the rest nothing is said. */
const BETTER_LESS = /^(breached|not_kept|overdue|risk|unassigned|waiting|due_hour|oldest|after|(business|calendar)_)/
const BETTER_MORE = /^(compliance|share|met|kept|margin_)/

function mood(figure: ReportFigure, by: number): string {
  if (by === 0) return "same"
  if (BETTER_LESS.test(figure.name)) return by < 0 ? "good" : "bad"
  if (BETTER_MORE.test(figure.name)) return by > 0 ? "good" : "bad"
  return "same"
}

function Change({ figure }: { figure: ReportFigure }): JSX.Element | null {
  const { value, before, unit } = figure
  if (value === null || value === undefined || before === null || before === undefined) return null
  const by = value - before
  return (
    <p class={`figure-change ${mood(figure, by)}`}>
      <span aria-hidden="true">{by > 0 ? "▲" : by < 0 ? "▼" : "＝"}</span>{" "}
      {by === 0 ? rt("report.unchanged") : change(value, before, unit)}{" "}
      <span class="muted">{rt("report.before", { before: amount(before, unit) })}</span>
    </p>
  )
}

/** What a figure means, behind a button beside it. */
function Definition({ what, text }: { what: string; text: string }): JSX.Element {
  return (
    <details class="definition">
      <summary aria-label={rt("report.definition_of", { what })}>?</summary>
      <p>{text}</p>
    </details>
  )
}

interface FigureProps {
  report: string
  figure: ReportFigure
  /** The address of the whole report, where the figure stands alone. */
  more?: string
}

export function Figure({ report, figure, more }: FigureProps): JSX.Element {
  const link = safeLink(figure.link)
  const value = amount(figure.value, figure.unit)
  const name = figureName(report, figure.name)
  const meaning = definition(report, figure.name)
  return (
    <li class="figure" data-figure={figure.name}>
      <div class="figure-head">
        <span class="figure-name">{name}</span>
        {meaning !== "" && <Definition what={name} text={meaning} />}
      </div>
      <p class="figure-value">{link ? <a href={link}>{value}</a> : value}</p>
      {figure.unit !== "count" && (
        <p class="figure-n">{rt("report.of_n", { n: figure.n })}</p>
      )}
      <Change figure={figure} />
      {more !== undefined && (
        <a class="figure-more" href={more}>
          {rword("reports", report)}
        </a>
      )}
    </li>
  )
}

export function Figures({ of }: { of: Report }): JSX.Element | null {
  if (of.figures.length === 0) return null
  return (
    <ul class="figure-row">
      {of.figures.map((figure) => (
        <Figure key={figure.name} report={of.report} figure={figure} />
      ))}
    </ul>
  )
}
