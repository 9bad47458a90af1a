import type { JSX } from "preact"
import { counts } from "../state/queue"
import { rt } from "../state/report-text"
import { addDays, dayOf, writeDay } from "../state/report-zone"
import { go, reportHref } from "../state/route"
import { writeAsk, type Plan, type StaffingAsk } from "../state/staffing"
import { word } from "../state/text"
import { dated } from "./staffing-say"

/** What a day's agents are asked for. Everything stands in the address. */

const DAYS_AHEAD = 7

const change = (ask: StaffingAsk, to: Partial<StaffingAsk>): void =>
  go(reportHref("staffing", writeAsk({ ...ask, ...to })))

interface NumberProps {
  name: string
  value: number
  least: number
  most: number
  put(value: number): void
}

function NumberField({ name, value, least, most, put }: NumberProps): JSX.Element {
  return (
    <label class="pick">
      <span>{name}</span>
      <input
        type="number"
        inputMode="numeric"
        min={least}
        max={most}
        value={value}
        onChange={(event) => {
          const n = event.currentTarget.valueAsNumber
          if (Number.isInteger(n) && n >= least && n <= most) put(n)
          else event.currentTarget.value = String(value)
        }}
      />
    </label>
  )
}

export function Fields({ ask, plan }: { ask: StaffingAsk; plan: Plan | null }): JSX.Element {
  const queues = counts.value?.queues ?? []
  const zone = plan?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  const today = plan ? dayOf(Date.parse(plan.made_at), zone) : null
  const dates = today
    ? Array.from({ length: DAYS_AHEAD + 1 }, (_, n) => writeDay(addDays(today, n)))
    : []
  const date = ask.date || (plan?.date ?? "")
  return (
    <div class="report-ask">
      <label class="pick">
        <span>{rt("staffing.date")}</span>
        <select value={date} onChange={(event) => change(ask, { date: event.currentTarget.value })}>
          {!dates.includes(date) && <option value={date}>{date}</option>}
          {dates.map((one) => (
            <option key={one} value={one}>
              {dated(one, "short")}
            </option>
          ))}
        </select>
      </label>
      <label class="pick">
        <span>{rt("staffing.channel")}</span>
        <select value={ask.channel} onChange={(event) => change(ask, { channel: event.currentTarget.value })}>
          <option value="">{rt("staffing.both")}</option>
          <option value="chat">{word("channel", "chat")}</option>
          <option value="email">{word("channel", "email")}</option>
        </select>
      </label>
      {queues.length > 1 && (
        <label class="pick">
          <span>{rt("staffing.queue")}</span>
          <select value={ask.queue} onChange={(event) => change(ask, { queue: event.currentTarget.value })}>
            <option value="">{rt("report.any")}</option>
            {queues.map((one) => (
              <option key={one.name} value={one.name}>
                {one.title}
              </option>
            ))}
          </select>
        </label>
      )}
      <NumberField name={rt("staffing.target")} value={ask.target} least={1} most={99} put={(target) => change(ask, { target })} />
      {ask.channel !== "email" && (
        <NumberField name={rt("staffing.within")} value={ask.within} least={0} most={3600} put={(within) => change(ask, { within })} />
      )}
    </div>
  )
}
