import type { JSX } from "preact"
import { useEffect } from "preact/hooks"
import { ask, askAgain, paramsOf, query } from "../state/report"
import { rt } from "../state/report-text"
import { Failure } from "./report"
import { Figures } from "./report-figures"
import { AboutReport, Drawing, titleOf, useReport } from "./report-page"

/** The day as it goes: for the wall and for the phone. */

const EVERY_MS = 60_000

export function Today(): JSX.Element {
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) askAgain()
    }, EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  // Today is today, whatever the other pages look at.
  const { report, error } = useReport("today", "", paramsOf({ ...query.value, range: "today" }))
  const wall = query.value.wall
  return (
    <>
      <div class="report-ask">
        <button type="button" class="btn" aria-pressed={wall} onClick={() => ask({ wall: !wall })}>
          {rt(wall ? "report.wall_off" : "report.wall_on")}
        </button>
      </div>
      {error !== null && <Failure error={error} again={askAgain} />}
      {report && (
        <div class="report-out">
          <AboutReport of={report} />
          <Figures of={report} />
          <Drawing of={report} title={titleOf(report)} />
        </div>
      )}
    </>
  )
}
