import type { JSX } from "preact"
import { absolute, span } from "../../../../common/ui/duration"
import type { ClockExplainResult, WorkingStep } from "../../../../common/ui/wire"
import { me } from "../state/app"
import { dialog } from "../state/screen"
import { receipt } from "../state/talk"
import { language, t, word, type Key } from "../state/text"
import { SayCause } from "./cause"
import { DialogBox } from "./parts"
import { Source } from "./receipt"

const said = (seconds: number): string => span(seconds * 1000)

function instant(text: string, zone: string): string {
  return new Intl.DateTimeFormat(language.value, {
    timeZone: zone || "UTC",
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(Date.parse(text))
}

function stepWord(step: WorkingStep): string {
  const kind = word("step", step.kind)
  return step.cause ? `${kind}: ${word("state", step.cause)}` : kind
}

function Steps({ explained }: { explained: ClockExplainResult }): JSX.Element {
  const zone = (step: WorkingStep): string =>
    explained.spans[step.span]?.zone ?? explained.zone
  const total = explained.steps.reduce((sum, step) => sum + step.counted_s, 0)
  return (
    <table class="steps">
      <thead>
        <tr>
          <th scope="col">{t("working.from")}</th>
          <th scope="col">{t("working.to")}</th>
          <th scope="col">{t("working.kind")}</th>
          <th scope="col" class="num">
            {t("working.counts")}
          </th>
        </tr>
      </thead>
      <tbody>
        {explained.steps.map((step) => (
          <tr key={step.from} class={step.kind}>
            <td>{instant(step.from, zone(step))}</td>
            <td>{instant(step.to, zone(step))}</td>
            <td>{stepWord(step)}</td>
            <td class="num">{step.counted_s > 0 ? said(step.counted_s) : "—"}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={3}>
            {t("working.total", { budget: said(explained.clock.budget_s) })}
          </th>
          <td class="num">{said(total)}</td>
        </tr>
      </tfoot>
    </table>
  )
}

/** What held from when on, where the promise was moved. */
function Spans({ explained }: { explained: ClockExplainResult }): JSX.Element | null {
  if (explained.spans.length < 2) return null
  return (
    <>
      <h3>{t("working.spans")}</h3>
      <ul class="facts">
        {explained.spans.map((one) => (
          <li key={one.from}>
            {t("working.span", {
              from: instant(one.from, one.zone),
              budget: one.days ? t("working.days", { n: one.days }) : said(one.budget_s),
              policy: one.policy,
              version: one.book_version,
            })}
          </li>
        ))}
      </ul>
    </>
  )
}

/** Warnings and escalations, done or to come. */
function Warnings({ explained }: { explained: ClockExplainResult }): JSX.Element | null {
  if (explained.warnings.length === 0) return null
  return (
    <>
      <h3>{t("working.warnings")}</h3>
      <ul class="facts">
        {explained.warnings.map((one) => (
          <li key={`${one.kind}${one.number}`}>
            {word("warning", one.kind)}: {instant(one.at, explained.zone)}
            {one.done_at && <span class="muted">{` · ${t("working.done")}`}</span>}
          </li>
        ))}
      </ul>
    </>
  )
}

/** That it was broken, and why. */
function Broken({ explained }: { explained: ClockExplainResult }): JSX.Element | null {
  const { breach } = explained
  if (!breach) return null
  const part = breach.cause_s ? ` (${said(breach.cause_s)})` : ""
  const manages = me.value?.role === "manager" || me.value?.role === "admin"
  return (
    <section class="broken">
      <p>
        <b>{t("working.broken")}</b>
        {breach.cause && ` ${word("cause", breach.cause)}${part}`}
        {breach.cause_agent && ` · ${breach.cause_agent.name}`}
      </p>
      {breach.said_by && (
        <p class="muted">
          {t("cause.said", {
            who: breach.said_by.name,
            found: breach.found_cause ? word("cause", breach.found_cause) : "—",
          })}
        </p>
      )}
      {breach.late_applied && <p class="muted">{t("working.late_applied")}</p>}
      {breach.late && <p class="muted">{t("working.found_late")}</p>}
      {manages && <SayCause breach={breach} />}
    </section>
  )
}

function dueKey({ clock, left_s: left }: ClockExplainResult): Key {
  if (clock.paused) return "working.due_paused"
  return left !== undefined && left !== null && left < 0 ? "working.was_due" : "working.due"
}

function Sum({ explained }: { explained: ClockExplainResult }): JSX.Element {
  const { left_s: left } = explained
  return (
    <p class="due-line">
      {explained.clock.due_at && (
        <>
          {t(dueKey(explained))}{" "}
          <b>
            {absolute(Date.parse(explained.clock.due_at), language.value, explained.zone || "UTC")}
          </b>
        </>
      )}
      {left !== undefined && left !== null && (
        <span class="muted">
          {" · "}
          {left < 0
            ? t("working.over", { time: said(-left) })
            : t("working.left", { time: said(left) })}
        </span>
      )}
    </p>
  )
}

/** The arithmetic of a deadline, step by step. */
export function WorkingDialog(): JSX.Element | null {
  const explained = receipt.value
  if (!explained) return null
  const { clock } = explained
  return (
    <DialogBox
      wide
      title={`${t("working.title")}: ${word("clock", clock.name).toLowerCase()}`}
      closeLabel={t("do.close")}
      close={() => (dialog.value = null)}
    >
      <p class="lead">
        {t("receipt.goal", { budget: said(clock.budget_s) })}
        {" · "}
        <Source clock={clock} rule={explained.rule} />
        {clock.calendar && ` · ${t("receipt.calendar", { calendar: clock.calendar })}`}
        {explained.zone && ` (${explained.zone}, ${explained.tzdata})`}
      </p>
      <Broken explained={explained} />
      <div class="scroll" tabIndex={0} role="group" aria-label={t("working.title")}>
        <Steps explained={explained} />
      </div>
      {explained.cut && <p class="lead">{t("working.cut")}</p>}
      <Sum explained={explained} />
      <Spans explained={explained} />
      <Warnings explained={explained} />
    </DialogBox>
  )
}
