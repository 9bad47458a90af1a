import type { JSX } from "preact"
import { useSignal, type Signal } from "@preact/signals"
import type { PlanAddParams, ReportPlan } from "../../../../common/ui/wire"
import { agents, me } from "../state/app"
import { zone } from "../state/report"
import { kindOf, kinds } from "../state/report-catalogue"
import { PERIODS, savePlan } from "../state/report-plans"
import { readQuery } from "../state/report-query"
import type { ReportColumn } from "../state/report-shape"
import { figureName, rt, rword } from "../state/report-text"
import { isZone } from "../state/report-zone"
import { route } from "../state/route"
import { t } from "../state/text"
import { DialogBox } from "./parts"

const NAME_MAX = 200
const MORNING = "08:00"
const NO_MATTER = -1

interface Draft {
  name: string
  report: string
  params: Record<string, unknown>
  period: string
  time: string
  zone: string
  language: string
  agents: readonly number[]
  /** "", below or above. */
  only: string
  /** As typed, in per cent, minutes or plain. */
  bound: string
}

/** What one of the figure's unit is, of what people type: basis points of a
 * per cent, seconds of a minute. */
const SCALE: Readonly<Record<string, number>> = { share: 100, seconds: 60, count: 1 }

/** The figure that a threshold is about: the report's first. */
const figureOf = (report: string): ReportColumn =>
  kindOf(report)?.figures[0] ?? { name: "", unit: "count" }

const scaleOf = (report: string): number => SCALE[figureOf(report).unit] ?? 1

const two = (n: number): string => String(n).padStart(2, "0")

/** What a new plan begins with: the report that was on the screen. */
function fresh(): Draft {
  const text = route.peek().report?.query ?? ""
  const report = new URLSearchParams(text).get("new") || "promises"
  const { group, filters } = readQuery(text)
  // A report knows no cause: the ledger does.
  const { agent, cause: _, ...others } = filters
  const mine = me.peek()
  return {
    name: rword("reports", report),
    report,
    params: {
      ...(group === "" ? {} : { group }),
      ...others,
      ...(agent === undefined ? {} : { agent: Number(agent) }),
    },
    period: "week",
    time: MORNING,
    zone: zone.peek(),
    language: "",
    agents: mine ? [mine.id] : [],
    only: "",
    bound: "90",
  }
}

function draftOf(plan: ReportPlan): Draft {
  const bound = plan.below ?? plan.above ?? null
  return {
    name: plan.name,
    report: plan.report,
    params: (plan.params ?? {}) as Record<string, unknown>,
    period: plan.period,
    time: `${two(Math.floor(plan.minute / 60))}:${two(plan.minute % 60)}`,
    zone: plan.zone,
    language: plan.language,
    agents: plan.agents,
    only: typeof plan.below === "number" ? "below" : typeof plan.above === "number" ? "above" : "",
    bound: bound === null ? "90" : String(bound / scaleOf(plan.report)),
  }
}

/** As the daemon takes it; null: something is missing. */
function paramsOf(draft: Draft): PlanAddParams | null {
  const [hour, minute] = draft.time.split(":").map(Number)
  const bound = Math.round(Number(draft.bound.trim().replace(",", ".")) * scaleOf(draft.report))
  const bounded = draft.only !== ""
  if (draft.name.trim() === "" || draft.agents.length === 0 || !isZone(draft.zone)) return null
  if (hour === undefined || minute === undefined || Number.isNaN(hour + minute)) return null
  if (bounded && (draft.bound.trim() === "" || !(bound >= 0))) return null
  return {
    name: draft.name.trim(),
    report: draft.report,
    params: draft.params,
    period: draft.period,
    minute: hour * 60 + minute,
    zone: draft.zone,
    language: draft.language,
    agents: [...draft.agents],
    below: draft.only === "below" ? bound : NO_MATTER,
    above: draft.only === "above" ? bound : NO_MATTER,
  }
}

interface PartProps {
  draft: Signal<Draft>
  put(change: Partial<Draft>): void
}

function When({ draft, put }: PartProps): JSX.Element {
  const now = draft.value
  return (
    <div class="pair">
      <label class="field">
        {rt("plan.period")}
        <select value={now.period} onChange={(event) => put({ period: event.currentTarget.value })}>
          {PERIODS.map((one) => (
            <option key={one} value={one}>
              {rword("period", one)}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        {rt("plan.time")}
        <input
          type="time"
          required
          value={now.time}
          onInput={(event) => put({ time: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        {rt("report.zone")}
        <input
          type="text"
          required
          autocomplete="off"
          spellcheck={false}
          aria-invalid={!isZone(now.zone)}
          value={now.zone}
          onInput={(event) => put({ zone: event.currentTarget.value.trim() })}
        />
      </label>
      <label class="field">
        {rt("plan.language")}
        <select value={now.language} onChange={(event) => put({ language: event.currentTarget.value })}>
          <option value="">{rt("plan.language_own")}</option>
          <option value="es">{t("language.es")}</option>
          <option value="en">{t("language.en")}</option>
        </select>
      </label>
    </div>
  )
}

function Who({ draft, put }: PartProps): JSX.Element {
  const chosen = draft.value.agents
  return (
    <fieldset class="field-set">
      <legend>{rt("plan.agents")}</legend>
      {agents.value
        .filter((one) => one.active)
        .map((one) => (
          <label key={one.id} class="check">
            <input
              type="checkbox"
              checked={chosen.includes(one.id)}
              onChange={(event) =>
                put({
                  agents: event.currentTarget.checked
                    ? [...chosen, one.id]
                    : chosen.filter((id) => id !== one.id),
                })
              }
            />
            {one.name}
          </label>
        ))}
    </fieldset>
  )
}

function Only({ draft, put }: PartProps): JSX.Element {
  const now = draft.value
  const figure = figureOf(now.report)
  return (
    <div class="pair">
      <label class="field">
        {rt("plan.only")}
        <select value={now.only} onChange={(event) => put({ only: event.currentTarget.value })}>
          <option value="">{rt("plan.always")}</option>
          <option value="below">{rt("plan.below")}</option>
          <option value="above">{rt("plan.above")}</option>
        </select>
      </label>
      {now.only !== "" && (
        <label class="field">
          {rt("plan.bound", { what: figureName(now.report, figure.name), unit: rword("unit", figure.unit) })}
          <input
            type="text"
            inputMode="decimal"
            required
            value={now.bound}
            onInput={(event) => put({ bound: event.currentTarget.value })}
          />
        </label>
      )}
    </div>
  )
}

/** A new plan, or one that is changed. */
export function PlanForm({ of, close }: { of: ReportPlan | null; close(): void }): JSX.Element {
  const draft = useSignal<Draft>(of ? draftOf(of) : fresh())
  const put = (change: Partial<Draft>): void => {
    draft.value = { ...draft.peek(), ...change }
  }
  const ready = paramsOf(draft.value)
  return (
    <DialogBox
      wide
      title={rt(of ? "plan.edit_title" : "plan.add_title")}
      closeLabel={t("do.close")}
      close={close}
    >
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          const plan = paramsOf(draft.peek())
          if (plan) void savePlan(of?.id ?? 0, plan).then((well) => well && close())
        }}
      >
        <label class="field">
          {rt("plan.name")}
          <input
            data-first
            type="text"
            required
            autocomplete="off"
            maxLength={NAME_MAX}
            value={draft.value.name}
            onInput={(event) => put({ name: event.currentTarget.value })}
          />
        </label>
        <label class="field">
          {rt("plan.report")}
          <select
            value={draft.value.report}
            onChange={(event) => put({ report: event.currentTarget.value, params: {} })}
          >
            {(kinds.value ?? []).map((one) => (
              <option key={one.report} value={one.report}>
                {rword("reports", one.report)}
              </option>
            ))}
          </select>
        </label>
        <When draft={draft} put={put} />
        <Who draft={draft} put={put} />
        <Only draft={draft} put={put} />
        <div class="form-do">
          <button type="button" class="btn" onClick={close}>
            {t("do.cancel")}
          </button>
          <button type="submit" class="btn p" aria-disabled={ready === null}>
            {rt("plan.save")}
          </button>
        </div>
      </form>
    </DialogBox>
  )
}
