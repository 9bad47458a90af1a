import type { JSX } from "preact"
import { amount, rt } from "../state/report-text"
import { dayWithin, gapsOf, halfWithin, levelOf, type Half, type Plan } from "../state/staffing"
import { language } from "../state/text"

/** What a plan of agents makes of the day, in words. */

/** A day as it is said; a shorter month has room in a select. */
export const dated = (date: string, month: "long" | "short" = "long"): string =>
  new Intl.DateTimeFormat(language.value, {
    weekday: "long",
    day: "numeric",
    month,
    timeZone: "UTC",
  }).format(Date.parse(`${date}T00:00:00Z`))

/** Hundredths of a contact, in tenths. */
export const tenths = (hundredths: number): string =>
  new Intl.NumberFormat(language.value, { maximumFractionDigits: 1 }).format(hundredths / 100)

export const percent = (points: number): string => amount(Math.round(points / 100) * 100, "share")

/** "You will answer 82 % of chats within 60 s, and 4 mails will be late." */
function sentence(plan: Plan, who: string, within: number | null, late: number | null): string {
  const values = {
    who,
    share: within === null ? "" : percent(within),
    seconds: plan.within_s,
    n: late === null ? 0 : Math.round(late / 100),
  }
  const none = values.n === 0
  if (within === null) return rt(none ? "staffing.say_mails_none" : "staffing.say_mails", values)
  if (late === null) return rt("staffing.say_chats", values)
  return rt(none ? "staffing.say_both_none" : "staffing.say_both", values)
}

export const agentsOf = (n: number): string => rt("staffing.agents", { n })

/** What the plan makes of the day, and where it falls short. */
export function Verdict({ plan, agents, late }: {
  plan: Plan
  agents: readonly number[]
  late: number | null | undefined
}): JSX.Element {
  const level = levelOf(plan, agents)
  const who = level === null ? rt("staffing.these") : agentsOf(level)
  const gaps = gapsOf(plan, agents)
  return (
    <div class="staff-say" role="status" aria-busy={late === undefined}>
      <p class="staff-main">{sentence(plan, who, dayWithin(plan, agents), late ?? null)}</p>
      {plan.past.weeks === 0 && <p>{rt("staffing.no_weeks")}</p>}
      {gaps.length === 0 ? (
        <p class="muted">{rt("staffing.enough")}</p>
      ) : (
        <ul>
          {gaps.map((gap) => (
            <li key={gap.from}>{rt("staffing.missing", { from: gap.from, to: gap.to, n: gap.missing })}</li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** A half hour in one sentence. */
export const said = (half: Half, agents: number): string => {
  const within = halfWithin(half, agents)
  return rt("staffing.half", {
    at: half.at,
    chats: tenths(half.chats.mean),
    mails: tenths(half.mails.mean),
    needed: half.needed,
    n: agents,
    share: within === null ? "–" : percent(within),
  })
}
