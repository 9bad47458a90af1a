import type { JSX } from "preact"
import { askAgain, hrefOf, period, zone } from "../state/report"
import { kindOf } from "../state/report-catalogue"
import { Failure } from "./report"
import { Figure } from "./report-figures"
import { Filters } from "./report-filters"
import { About, Drawing, titleOf, useReport } from "./report-page"

/** The figures that matter, and where each leads. */

/** Reports in the order in which they are told: the first figure of each. */
const TOLD: readonly string[] = ["promises", "breaches", "times", "volume", "backlog", "kept"]
/** Of the backlog it is what is left that counts. */
const FIGURE: Readonly<Record<string, string>> = { backlog: "after" }

function Part({ name }: { name: string }): JSX.Element | null {
  const { report, error } = useReport(name, "")
  if (error !== null) return <li class="figure"><Failure error={error} again={askAgain} /></li>
  if (!report) return <li class="figure bone" aria-busy="true" />
  const figure = report.figures.find((one) => one.name === FIGURE[name]) ?? report.figures[0]
  if (!figure) return null
  return <Figure report={name} figure={figure} more={hrefOf(name, { group: "" })} />
}

function Picture({ name, group }: { name: string; group: string }): JSX.Element | null {
  const { report } = useReport(name, group)
  return report ? <Drawing of={report} title={titleOf(report)} /> : null
}

/** The first page: a few figures, why promises broke, how it went day by day. */
export function Overview(): JSX.Element {
  const has = (name: string, group: string): boolean =>
    kindOf(name)?.groups.includes(group) ?? false
  return (
    <>
      <Filters name="overview" />
      <div class="report-out">
        <About since={period.value.since} until={period.value.until} zone={zone.value} />
        <ul class="figure-row">
          {TOLD.filter(kindOf).map((name) => (
            <Part key={name} name={name} />
          ))}
        </ul>
        {has("breaches", "cause") && <Picture name="breaches" group="cause" />}
        {has("promises", "day") && <Picture name="promises" group="day" />}
      </div>
    </>
  )
}
