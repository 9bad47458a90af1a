import type { JSX } from "preact"
import { figure } from "../../../../common/ui/catalogue"
import type { BookTestResult, TestRow, TestSide } from "../../../../common/ui/wire"
import { changed, errors } from "../state/book"
import { listHref } from "../state/route"
import { language, t, word } from "../state/text"
import { reason } from "../state/toasts"
import { days, SPANS, trial, trialError, trialState, tryBook } from "../state/trial"
import { fieldValue } from "./event-line"
import { When } from "./parts"

const NOTHING = "—"

function Ask(): JSX.Element {
  return (
    <form
      class="trial-ask"
      onSubmit={(event) => {
        event.preventDefault()
        void tryBook()
      }}
    >
      <label>
        {t("trial.since")}
        <select
          value={days.value}
          onChange={(event) => (days.value = Number(event.currentTarget.value))}
        >
          {SPANS.map((one) => (
            <option key={one} value={one}>
              {t("trial.days", { n: one })}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="btn p" aria-disabled={trialState.value === "running"}>
        {t("trial.run")}
      </button>
      <p class="muted">{t(changed.value ? "trial.of_draft" : "trial.of_applied")}</p>
    </form>
  )
}

function Sum({ of }: { of: BookTestResult }): JSX.Element {
  const say = (n: number): string => figure(n, language.value)
  const parts: [string, number][] = [
    [t("trial.contacts"), of.contacts],
    [t("trial.matched"), of.matched],
    [t("trial.differ"), of.differ],
    [t("trial.undecided"), of.undecided],
  ]
  return (
    <>
      <dl class="trial-sum">
        {parts.map(([name, n]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{say(n)}</dd>
          </div>
        ))}
      </dl>
      {of.cut && <p class="muted">{t("trial.cut")}</p>}
    </>
  )
}

function Rules({ of }: { of: BookTestResult }): JSX.Element | null {
  const moved = of.rules.filter((one) => one.now !== one.before)
  if (moved.length === 0) return null
  return (
    <div class="scroll">
      <table class="steps">
        <caption>{t("trial.rules")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("trial.rule")}</th>
            <th scope="col" class="num">
              {t("trial.before")}
            </th>
            <th scope="col" class="num">
              {t("trial.now")}
            </th>
          </tr>
        </thead>
        <tbody>
          {moved.map((one) => (
            <tr key={one.rule}>
              <th scope="row">{one.rule}</th>
              <td class="num">{figure(one.before, language.value)}</td>
              <td class="num">{figure(one.now, language.value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Changes({ of }: { of: BookTestResult }): JSX.Element | null {
  if (of.changes.length === 0) return null
  return (
    <>
      <h3>{t("trial.changes")}</h3>
      <ul class="trial-changes">
        {of.changes.map((one) => (
          <li key={`${one.kind} ${one.from} ${one.to}`}>
            <span>{word("field", one.kind)}</span>{" "}
            <del>{fieldValue(one.kind, one.from) || NOTHING}</del>
            {" → "}
            <ins>{fieldValue(one.kind, one.to) || NOTHING}</ins>{" "}
            <b>{figure(one.n, language.value)}</b>
          </li>
        ))}
      </ul>
    </>
  )
}

const SIDES = ["queue", "priority", "reason", "policy", "reply", "tags", "other"] as const

function Sides({ was, would }: { was: TestSide; would: TestSide }): JSX.Element {
  const differ = SIDES.filter((one) => String(was[one]) !== String(would[one]))
  return (
    <span class="trial-sides">
      {differ.map((one) => (
        <span key={one}>
          {`${word("field", one)}: `}
          <del>{fieldValue(one, was[one])}</del>
          {" → "}
          <ins>{fieldValue(one, would[one])}</ins>
        </span>
      ))}
    </span>
  )
}

function Row({ row }: { row: TestRow }): JSX.Element {
  return (
    <li>
      <a href={listHref({ view: "all", incident: row.incident })}>
        <span class="trial-ref">{row.ref}</span>
        <span class="trial-subject">{row.subject || t("row.no_subject")}</span>
        <When at={row.at} />
      </a>
      <Sides was={row.was} would={row.would} />
    </li>
  )
}

function Outcome(): JSX.Element {
  const of = trial.value
  if (trialState.value === "running")
    return (
      <p class="muted" aria-busy="true">
        {t("trial.running")}
      </p>
    )
  if (trialState.value === "error")
    return (
      <div role="alert">
        <p class="empty-title">{t("trial.error")}</p>
        <p>{errors.value.length > 0 ? t("book.wrong") : reason(trialError.value)}</p>
      </div>
    )
  if (of === null) return <p class="muted">{t("trial.begin")}</p>
  return (
    <>
      <Sum of={of} />
      {of.differ === 0 && <p class="muted">{t("trial.same")}</p>}
      <Changes of={of} />
      <Rules of={of} />
      {of.rows.length > 0 && (
        <>
          <h3>{t("trial.rows", { n: of.rows.length })}</h3>
          <ul class="trial-rows">
            {of.rows.map((one) => (
              <Row key={one.message} row={one} />
            ))}
          </ul>
        </>
      )}
    </>
  )
}

/** What the text would have done with past contacts. */
export function BookTrial(): JSX.Element {
  return (
    <div class="book-trial">
      <Ask />
      <div class="trial-out" aria-live="polite">
        <Outcome />
      </div>
    </div>
  )
}
