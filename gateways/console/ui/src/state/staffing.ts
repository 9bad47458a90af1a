import type { Result } from "../../../../common/ui/wire"

/** A day's agents: what the address asks for, and what a plan of agents makes
 * of the answer. The answer has the results for each number of agents, so that
 * nothing of this asks the daemon again. Nothing here reads a clock. */

export type Plan = Result<"report.staffing">
export type Half = Plan["halves"][number]

export interface StaffingAsk {
  /** 2026-11-23; empty: the next day on which the team works. */
  date: string
  /** chat, email; empty: both. */
  channel: string
  queue: string
  /** Per cent of the answers in time. */
  target: number
  /** Seconds in which a chat is answered. */
  within: number
}

export const TARGET = 80
export const WITHIN = 60
/** As many are planned at most, as the daemon takes them. */
export const AGENTS_MAX = 40
const FULL = 10_000

const number = (text: string | null, least: number, most: number, otherwise: number): number => {
  const n = Number(text)
  return text !== null && text !== "" && Number.isInteger(n) && n >= least && n <= most ? n : otherwise
}

export function readAsk(query: string): StaffingAsk {
  const from = new URLSearchParams(query)
  const date = from.get("date") ?? ""
  const channel = from.get("channel") ?? ""
  return {
    date: /^\d{4}-\d\d-\d\d$/.test(date) ? date : "",
    channel: channel === "chat" || channel === "email" ? channel : "",
    queue: from.get("queue") ?? "",
    target: number(from.get("target"), 1, 99, TARGET),
    within: number(from.get("within"), 0, 3600, WITHIN),
  }
}

export function writeAsk(ask: StaffingAsk): string {
  const query = new URLSearchParams()
  if (ask.date !== "") query.set("date", ask.date)
  if (ask.channel !== "") query.set("channel", ask.channel)
  if (ask.queue !== "") query.set("queue", ask.queue)
  if (ask.target !== TARGET) query.set("target", String(ask.target))
  if (ask.within !== WITHIN) query.set("within", String(ask.within))
  return query.toString()
}

export const isOpen = (half: Half): boolean => half.open > 0

/** Basis points of chats in time in a half hour with so many agents; null: no
 * chats are asked about. More agents than were tried do no worse. */
export function halfWithin(half: Half, agents: number): number | null {
  if (half.within.length === 0) return null
  if (agents < 1) return half.chats.mean > 0 ? 0 : FULL
  return half.within[Math.min(agents, half.within.length) - 1] ?? null
}

/** The share of the day's chats that are answered in time, in basis points,
 * with so many agents in each half hour: those of each by what is expected. */
export function dayWithin(plan: Plan, agents: readonly number[]): number | null {
  let sum = 0
  let weight = 0
  let asked = false
  const made = Date.parse(plan.made_at)
  plan.halves.forEach((half, n) => {
    const within = halfWithin(half, agents[n] ?? 0)
    if (within === null) return
    asked = true
    if (Date.parse(half.from) + HALF_MS <= made) return
    const part = half.chats.mean * half.open
    sum += part * within
    weight += part
  })
  if (!asked) return null
  return weight > 0 ? Math.round(sum / weight) : FULL
}

const HALF_MS = 30 * 60_000

/** The same number all day; none while the team is away. */
export const allDay = (plan: Plan, agents: number): number[] =>
  plan.halves.map((half) => (isOpen(half) ? agents : 0))

/** Is it the same number in all open half hours? Else null. */
export function levelOf(plan: Plan, agents: readonly number[]): number | null {
  const open = plan.halves.flatMap((half, n) => (isOpen(half) ? [agents[n] ?? 0] : []))
  const [first] = open
  return first !== undefined && open.every((one) => one === first) ? first : null
}

export interface Gap {
  /** Hours on the wall: 09:00. */
  from: string
  to: string
  missing: number
}

const next = (at: string): string => {
  const [hour = 0, minute = 0] = at.split(":").map(Number)
  const then = hour * 60 + minute + 30
  return `${String(Math.floor(then / 60)).padStart(2, "0")}:${String(then % 60).padStart(2, "0")}`
}

/** Stretches in which more are needed than are planned. */
export function gapsOf(plan: Plan, agents: readonly number[]): Gap[] {
  const gaps: Gap[] = []
  plan.halves.forEach((half, n) => {
    const missing = half.needed - (agents[n] ?? 0)
    if (!isOpen(half) || missing <= 0) return
    const last = gaps[gaps.length - 1]
    if (last && last.to === half.at && last.missing === missing) last.to = next(half.at)
    else gaps.push({ from: half.at, to: next(half.at), missing })
  })
  return gaps
}
