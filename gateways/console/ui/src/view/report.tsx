// What the first load has stays one piece: every later one shares all of it.
import "../main"
import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { mayReport } from "../state/app"
import { askAgain, hrefOf, page, query } from "../state/report"
import { kinds, kindsError, loadKinds, pages } from "../state/report-catalogue"
import { rt, rword } from "../state/report-text"
import { t } from "../state/text"
import { reason } from "../state/toasts"
import { Breaches } from "./report-breaches"
import { Overview } from "./report-overview"
import { ReportPage } from "./report-page"
import { Plans } from "./report-plans"
import { Today } from "./report-today"
import { openForPrint } from "./report-print"
import { Staffing } from "./staffing"

const OWN: Readonly<Record<string, () => JSX.Element>> = {
  overview: Overview,
  today: Today,
  breaches: Breaches,
  plans: Plans,
  staffing: Staffing,
}

function Tabs(): JSX.Element {
  const at = page.value
  // The filters go along; the grouping is each report's own.
  const plain = { group: "", filters: { ...query.value.filters } }
  delete plain.filters.cause
  const list = useRef<HTMLUListElement>(null)
  // The pages come after the first of them is drawn.
  const count = pages.value.length
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" })
  }, [at, count])
  return (
    <ul class="book-pages report-pages" ref={list}>
      {pages.value.map((one) => (
        <li key={one}>
          <a href={hrefOf(one, plain)} aria-current={one === at ? "page" : undefined}>
            {rword("reports", one)}
          </a>
        </li>
      ))}
    </ul>
  )
}

export function Failure({ error, again }: { error: unknown; again(): void }): JSX.Element {
  return (
    <div class="empty" role="alert">
      <p class="empty-title">{rt("report.error")}</p>
      <p>{reason(error)}</p>
      <button type="button" class="btn" onClick={again}>
        {t("do.retry")}
      </button>
    </div>
  )
}

function Content(): JSX.Element {
  const at = page.value
  if (!mayReport.value)
    return (
      <div class="empty">
        <p class="empty-title">{t("error.not_allowed")}</p>
      </div>
    )
  if (kindsError.value !== null && kinds.value === null)
    return <Failure error={kindsError.value} again={() => void loadKinds()} />
  if (kinds.value === null) return <div class="book-wait" aria-busy="true" />
  if (!pages.value.includes(at))
    return (
      <div class="empty">
        <p class="empty-title">{rt("report.unknown")}</p>
      </div>
    )
  const Own = OWN[at]
  return Own ? <Own /> : <ReportPage key={at} name={at} />
}

/** The manager's pages. */
export function Reports(): JSX.Element {
  useEffect(() => {
    if (kinds.peek() === null && mayReport.peek()) void loadKinds()
    askAgain()
    return openForPrint()
  }, [])
  const name = rword("reports", page.value)
  useEffect(() => {
    document.title = `${name} · Postigo`
  })
  return (
    <main class={query.value.wall ? "report wall" : "report"} id="conv" tabIndex={-1}>
      <div class="book-head">
        <h1>
          {rt("report.title")}
          <span class="print-only">{`: ${name}`}</span>
        </h1>
        <Tabs />
      </div>
      <div class="report-body">
        <Content />
      </div>
    </main>
  )
}
