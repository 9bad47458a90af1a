import type { JSX } from "preact"
import { useSignal } from "@preact/signals"
import { safeLink } from "../state/report"
import type { Report, ReportColumn, ReportRow } from "../state/report-shape"
import { amount, figureName, longLabel, rt, rword } from "../state/report-text"

/** Rows that are shown at once. */
const PAGE = 100
/** Fewer cases than this say little of somebody. */
export const SAMPLE_MIN = 20

function Cells({ row, columns }: { row: ReportRow; columns: readonly ReportColumn[] }): JSX.Element {
  return (
    <>
      {columns.map((column, n) => (
        <td key={column.name} class="num">
          {amount(row.values[n], column.unit)}
        </td>
      ))}
    </>
  )
}

/** How many cases a row stands for, when it says so. */
function sample(row: ReportRow, columns: readonly ReportColumn[]): number | null {
  const place = columns.findIndex((one) => one.name === "answers")
  return place < 0 ? null : (row.values[place] ?? null)
}

/** Every figure behind a chart. */
export function ReportTable({ of, title }: { of: Report; title: string }): JSX.Element {
  const shown = useSignal(PAGE)
  const group = of.group
  const fair = group === "agent"
  return (
    <>
      <div class="scroll" tabIndex={0} role="group" aria-label={title}>
        <table class="figures">
          <thead>
            <tr>
              <th scope="col">{rword("group", group)}</th>
              {of.columns.map((column) => (
                <th key={column.name} scope="col" class="num">
                  {figureName(of.report, column.name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {of.rows.slice(0, shown.value).map((row) => {
              const link = safeLink(row.link)
              const text = longLabel(group, row.key, row.title)
              const n = sample(row, of.columns)
              const few = fair && n !== null && n < SAMPLE_MIN
              return (
                <tr key={row.key} class={few ? "few" : undefined}>
                  <th scope="row">
                    {link ? <a href={link}>{text}</a> : text}
                    {few && <span class="few-said">{` ${rt("report.few")}`}</span>}
                  </th>
                  <Cells row={row} columns={of.columns} />
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      {of.rows.length > shown.value && (
        <button type="button" class="btn more" onClick={() => (shown.value += PAGE)}>
          {rt("report.more_rows", { n: of.rows.length - shown.value })}
        </button>
      )}
      {of.cut && <p class="muted">{rt("report.cut")}</p>}
    </>
  )
}
