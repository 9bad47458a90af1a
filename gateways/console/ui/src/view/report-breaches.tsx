import type { JSX } from "preact"
import { useEffect } from "preact/hooks"
import { absolute, span } from "../../../../common/ui/duration"
import type { Breach } from "../../../../common/ui/wire"
import { askAgain, hrefOf, params, query, turn, zone } from "../state/report"
import {
  breachError,
  breaches,
  loadBreaches,
  maySay,
  nextBreaches,
  moreOfBreaches,
  saidOf,
} from "../state/report-breaches"
import { label, moment, NOTHING, rt, rword } from "../state/report-text"
import { listHref } from "../state/route"
import { language, t, word } from "../state/text"
import { Failure } from "./report"
import { SayCause } from "./report-say"
import { Figures } from "./report-figures"
import { Filters } from "./report-filters"
import { AboutReport, Drawing, titleOf, useReport } from "./report-page"

/** From a number to a cause, to a list, to one incident. */

function Cause({ one }: { one: Breach }): JSX.Element {
  const said = one.said_by !== null && one.said_by !== undefined
  const time = one.cause_s && !said ? ` ${span(one.cause_s * 1000)}` : ""
  const who = one.cause_agent && !said ? ` · ${one.cause_agent.name}` : ""
  return (
    <>
      {one.cause === "" ? word("cause", "unknown") : word("cause", one.cause) + time + who}
      {said && <span class="muted"> {rt("breach.said_by", { who: one.said_by?.name ?? "" })}</span>}
    </>
  )
}

function Row({ one }: { one: Breach }): JSX.Element {
  const due = Date.parse(one.at)
  return (
    <tr>
      <th scope="row">
        <a href={listHref({ view: "all", incident: one.incident })}>{one.ref}</a>
        <span class="breach-what">{one.subject || one.customer}</span>
      </th>
      <td>
        <a href={listHref({ view: "all", incident: one.incident, clock: one.clock })} title={t("receipt.working")}>
          {word("clock", one.name)}
        </a>
      </td>
      <td>
        <time dateTime={one.at} title={absolute(due, language.value, zone.value)}>
          {moment(due, zone.value)}
        </time>
      </td>
      <td class="num">{one.over_s === null || one.over_s === undefined ? NOTHING : span(one.over_s * 1000)}</td>
      <td>
        <Cause one={one} />
      </td>
      <td>{one.agent ? one.agent.name : t("row.nobody")}</td>
      <td>{label("queue", one.queue)}</td>
      {maySay() && (
        <td class="no-print">
          <button type="button" class="as-link" onClick={() => (saidOf.value = one)}>
            {rt("breach.say")}
            <span class="sr"> {one.ref}</span>
          </button>
        </td>
      )}
    </tr>
  )
}

const HEADS = ["incident", "clock", "due", "over", "cause", "agent", "queue"] as const

function List(): JSX.Element {
  const shown = breaches.value
  if (breachError.value !== null) return <Failure error={breachError.value} again={loadBreaches} />
  if (shown === null) return <div class="book-wait" aria-busy="true" />
  if (shown.length === 0)
    return (
      <div class="empty">
        <p class="empty-title">{rt("breach.none")}</p>
      </div>
    )
  return (
    <>
      <div class="scroll" tabIndex={0} role="group" aria-label={rt("breach.list")}>
        <table class="figures breaches">
          <thead>
            <tr>
              {HEADS.map((one) => (
                <th key={one} scope="col" class={one === "over" ? "num" : undefined}>
                  {rword("breach_head", one)}
                </th>
              ))}
              {maySay() && (
                <th scope="col" class="no-print">
                  <span class="sr">{rt("breach.say")}</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {shown.map((one) => (
              <Row key={one.clock} one={one} />
            ))}
          </tbody>
        </table>
      </div>
      {nextBreaches.value !== null && (
        <button type="button" class="btn more" onClick={moreOfBreaches}>
          {t("queue.more")}
        </button>
      )}
    </>
  )
}

export function Breaches(): JSX.Element {
  const { report, error, loading } = useReport("breaches")
  const { cause } = query.value.filters
  const key = JSON.stringify([params.value, cause ?? ""])
  useEffect(loadBreaches, [key, turn.value])
  return (
    <>
      <Filters name="breaches" />
      {error !== null && <Failure error={error} again={askAgain} />}
      {report && (
        <div class="report-out" aria-busy={loading}>
          <AboutReport of={report} />
          <Figures of={report} />
          <Drawing of={report} title={titleOf(report)} />
        </div>
      )}
      <section class="report-out" aria-labelledby="breach-list">
        <h2 id="breach-list">
          {cause === undefined ? rt("breach.list") : rt("breach.list_of", { cause: word("cause", cause) })}
        </h2>
        {cause !== undefined && (
          <p>
            <a href={hrefOf("breaches", { filters: { ...query.value.filters, cause: "" } })}>{rt("breach.all")}</a>
          </p>
        )}
        <List />
      </section>
      {saidOf.value && <SayCause of={saidOf.value} />}
    </>
  )
}
