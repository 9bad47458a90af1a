import type {
  ReportAbout,
  ReportColumn,
  ReportFigure,
  ReportGetResult,
  ReportRow as WireRow,
} from "../../../../common/ui/wire"

/** The one shape that all reports have. The wire says only that a row's values
 * are JSON: they are numbers in the order of the columns. */

export interface ReportRow extends Omit<WireRow, "values"> {
  values: readonly (number | null)[]
}

export interface Report extends Omit<ReportGetResult, "rows"> {
  rows: readonly ReportRow[]
}

export type { ReportAbout, ReportColumn, ReportFigure }

const number = (value: unknown): number | null => (typeof value === "number" ? value : null)

export const asReport = (answer: ReportGetResult): Report => ({
  ...answer,
  rows: answer.rows.map((row) => ({
    ...row,
    values: Array.isArray(row.values) ? row.values.map(number) : [],
  })),
})
