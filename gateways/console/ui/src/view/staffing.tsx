import type { JSX } from "preact"
import { useEffect, useMemo } from "preact/hooks"
import { useSignal } from "@preact/signals"
import { askAgain, turn, useAnswer } from "../state/report"
import { rt } from "../state/report-text"
import { route } from "../state/route"
import { allDay, isOpen, levelOf, readAsk, type Plan } from "../state/staffing"
import { t } from "../state/text"
import { Failure } from "./report"
import { Fields } from "./staffing-ask"
import { StaffingChart } from "./staffing-chart"
import { agentsOf, dated, said, Verdict } from "./staffing-say"
import { Basis, HalvesTable } from "./staffing-table"

/** How many agents keep a day's promises. */

/** Mails of a plan by half hours are asked for when the hand rests. */
const REST_MS = 400

function Slider({ plan, agents, put }: {
  plan: Plan
  agents: readonly number[]
  put(n: number): void
}): JSX.Element {
  const most = Math.max(plan.with.length, ...agents)
  const level = levelOf(plan, agents)
  const value = level ?? Math.max(...agents)
  return (
    <label class="staff-slider">
      <span>{rt("staffing.all_day")}</span>
      <input
        type="range"
        min={1}
        max={most}
        value={value}
        aria-valuetext={level === null ? rt("staffing.these") : agentsOf(value)}
        onInput={(event) => put(event.currentTarget.valueAsNumber)}
      />
      <output>{level === null ? "–" : value}</output>
    </label>
  )
}

/** Mails late with a plan by half hours, which the daemon computes. */
function useLate(ask: Parameters<typeof useAnswer<"report.staffing">>[1], plan: Plan, agents: readonly number[]): number | null | undefined {
  const level = levelOf(plan, agents)
  const rested = useSignal("")
  const text = agents.join(",")
  useEffect(() => {
    const id = setTimeout(() => (rested.value = text), REST_MS)
    return () => clearTimeout(id)
  }, [text])
  const own = level === null || level > plan.with.length || level < 1
  const list = rested.value === text && own ? [...agents] : null
  const { result, loading } = useAnswer(
    "report.staffing",
    list === null || ask === null ? null : { ...ask, agents: list },
    turn.value,
  )
  if (!own) return plan.with[level - 1]?.late ?? null
  return list === null || loading ? undefined : (result?.given?.late ?? null)
}

function Day({ plan, ask }: { plan: Plan; ask: Parameters<typeof useLate>[0] }): JSX.Element {
  const first = Math.max(1, plan.needed ?? plan.with.length)
  const agents = useSignal<readonly number[]>(allDay(plan, first))
  const late = useLate(ask, plan, agents.value)
  const open = useMemo(() => plan.halves.map((half, n) => ({ half, n })).filter((one) => isOpen(one.half)), [plan])
  const title = rt("staffing.title", { date: dated(plan.date) })
  if (open.length === 0)
    return (
      <div class="empty">
        <p class="empty-title">{rt("staffing.closed", { date: dated(plan.date) })}</p>
      </div>
    )
  return (
    <>
      <Verdict plan={plan} agents={agents.value} late={late} />
      <Slider plan={plan} agents={agents.value} put={(n) => (agents.value = allDay(plan, n))} />
      <figure class="chart">
        <figcaption>{title}</figcaption>
        <StaffingChart
          title={title}
          halves={open.map((one) => one.half)}
          agents={open.map((one) => agents.value[one.n] ?? 0)}
          said={said}
        />
      </figure>
      <HalvesTable
        plan={plan}
        agents={agents.value}
        put={(half, n) => (agents.value = agents.value.map((one, at) => (at === half ? n : one)))}
      />
      <Basis plan={plan} />
    </>
  )
}

export function Staffing(): JSX.Element {
  const query = route.value.report?.query ?? ""
  const ask = useMemo(() => readAsk(query), [query])
  const params = useMemo(
    () => ({
      ...(ask.date === "" ? {} : { date: ask.date }),
      ...(ask.channel === "" ? {} : { channel: ask.channel }),
      ...(ask.queue === "" ? {} : { queue: ask.queue }),
      target: ask.target * 100,
      within: ask.within,
    }),
    [ask],
  )
  const { result, error, loading } = useAnswer("report.staffing", params, turn.value)
  return (
    <>
      <Fields ask={ask} plan={result} />
      {error !== null && <Failure error={error} again={askAgain} />}
      {result && (
        <div class="report-out" aria-busy={loading}>
          <Day key={`${result.date} ${result.made_at}`} plan={result} ask={params} />
        </div>
      )}
      {!result && loading && <div class="book-wait" aria-busy="true" aria-label={t("report.title")} />}
    </>
  )
}
