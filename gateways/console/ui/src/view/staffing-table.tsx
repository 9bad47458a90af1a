import type { JSX } from "preact"
import { amount, rt, type ReportKey } from "../state/report-text"
import { AGENTS_MAX, halfWithin, isOpen, type Half, type Plan } from "../state/staffing"
import { percent, tenths } from "./staffing-say"

/** The half hours as a table, and what all of it is computed from. */

const HEADS: readonly ReportKey[] = [
  "staffing.from",
  "staffing.chats",
  "staffing.mails",
  "staffing.needed",
  "staffing.given",
  "staffing.in_time",
]

interface TableProps {
  plan: Plan
  agents: readonly number[]
  put(half: number, agents: number): void
}

/** The chart's twin, in which each half hour can be planned. */
export function HalvesTable({ plan, agents, put }: TableProps): JSX.Element {
  const range = (one: Half["chats"]): string => `${tenths(one.mean)} (${tenths(one.low)}–${tenths(one.high)})`
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={rt("staffing.by_half")}>
      <table class="figures staff-table">
        <thead>
          <tr>
            {HEADS.map((head) => (
              <th key={head} scope="col">
                {rt(head)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {plan.halves.map((half, n) => {
            if (!isOpen(half)) return null
            const within = halfWithin(half, agents[n] ?? 0)
            const short = half.needed > (agents[n] ?? 0)
            return (
              <tr key={half.from} class={short ? "short" : undefined}>
                <th scope="row">{half.at}</th>
                <td>{range(half.chats)}</td>
                <td>{range(half.mails)}</td>
                <td>{half.needed}</td>
                <td>
                  <input
                    type="number"
                    inputMode="numeric"
                    min={0}
                    max={AGENTS_MAX}
                    value={agents[n] ?? 0}
                    aria-label={rt("staffing.agents_at", { at: half.at })}
                    onInput={(event) => {
                      const value = event.currentTarget.valueAsNumber
                      if (Number.isInteger(value) && value >= 0 && value <= AGENTS_MAX) put(n, value)
                    }}
                  />
                </td>
                <td>{within === null ? "–" : percent(within)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

/** What it is computed from: nothing of it is hidden. */
export function Basis({ plan }: { plan: Plan }): JSX.Element {
  const { past } = plan
  const usual = (one: { measured: boolean; n: number }): string =>
    one.measured ? rt("report.of_n", { n: one.n }) : rt("staffing.usual")
  const facts: [ReportKey, string][] = [
    ["staffing.weeks", String(past.weeks)],
    [
      "staffing.error",
      past.error === null || past.error === undefined
        ? rt("staffing.no_error")
        : rt("staffing.error_is", { halves: percent(past.error), days: percent(past.error_days ?? 0) }),
    ],
    ["staffing.chat_s", `${amount(past.chat_s.value, "seconds")} · ${usual(past.chat_s)}`],
    ["staffing.parallel", `${tenths(past.parallel.value)} · ${usual(past.parallel)}`],
    [
      "staffing.patience",
      past.patience_s
        ? `${amount(past.patience_s, "seconds")} · ${rt("staffing.left_n", { n: past.left })}`
        : rt("staffing.nobody_leaves"),
    ],
    ["staffing.mail_s", `${amount(past.mail_s.value, "seconds")} · ${usual(past.mail_s)}`],
    ["staffing.waiting", rt("staffing.waiting_n", { n: plan.waiting, overdue: plan.overdue })],
  ]
  return (
    <details class="staff-basis">
      <summary>{rt("staffing.basis")}</summary>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{rt(name)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p>{rt("staffing.how")}</p>
    </details>
  )
}
