import type { JSX } from "preact"
import { useSignal } from "@preact/signals"
import { rt } from "../state/report-text"
import type { Half } from "../state/staffing"
import { Readout, ticks, useRoving, useWidth } from "./chart-parts"

/** What is expected in each half hour with its band, and agents over it. */

const HEIGHT = 200
const TOP = 12
const BOTTOM = 26
const LEFT = 40
const RIGHT = 12
const LABEL_PX = 44
const FIRST_WIDTH = 720

interface Props {
  title: string
  halves: readonly Half[]
  agents: readonly number[]
  said(half: Half, agents: number): string
}

interface Point {
  mean: number
  low: number
  high: number
}

/** Contacts of both kinds; the bands of the two are added, which is wider. */
const sum = ({ chats, mails }: Half): Point => ({
  mean: (chats.mean + mails.mean) / 100,
  low: (chats.low + mails.low) / 100,
  high: (chats.high + mails.high) / 100,
})

/** A line of steps, one for each half hour. */
const steps = (values: readonly number[], x: (n: number) => number, y: (v: number) => number): string =>
  values.map((value, n) => `${n === 0 ? "M" : "L"}${x(n)} ${y(value)}H${x(n + 1)}`).join("")

export function StaffingChart({ title, halves, agents, said }: Props): JSX.Element {
  const [box, width] = useWidth(FIRST_WIDTH)
  const pointed = useSignal<number | null>(null)
  const points = halves.map(sum)
  const most = Math.max(1, ...points.map((one) => one.high), ...halves.map((one) => one.needed), ...agents)
  const lines = ticks(most, "count")
  const top = lines[lines.length - 1] ?? 1
  const step = (width - LEFT - RIGHT) / Math.max(1, halves.length)
  const x = (n: number): number => Math.round((LEFT + step * n) * 10) / 10
  const y = (value: number): number =>
    Math.round((TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)) * 10) / 10
  const mid = (n: number): number => x(n + 0.5)
  const every = Math.max(1, Math.ceil(LABEL_PX / step))
  const band =
    points.map((one, n) => `${n === 0 ? "M" : "L"}${mid(n)} ${y(one.high)}`).join("") +
    points.map((one, n) => [one, n] as const).reverse().map(([one, n]) => `L${mid(n)} ${y(one.low)}`).join("") +
    "Z"
  const roving = useRoving(halves.length)
  const at = pointed.value
  const told = (n: number): string => (halves[n] ? said(halves[n], agents[n] ?? 0) : "")
  return (
    <div class="plot" ref={box}>
      <ul class="chart-legend">
        <li>
          <svg class="tone-2" width="20" height="12" aria-hidden="true">
            <rect class="staff-band" width="20" height="12" />
            <line class="line" x1="0" y1="6" x2="20" y2="6" />
          </svg>
          {rt("staffing.expected_band")}
        </li>
        <li>
          <svg class="tone-3" width="20" height="12" aria-hidden="true">
            <line class="line" x1="0" y1="6" x2="20" y2="6" />
          </svg>
          {rt("staffing.needed")}
        </li>
        <li>
          <svg class="tone-1" width="20" height="12" aria-hidden="true">
            <line class="line" x1="0" y1="6" x2="20" y2="6" />
          </svg>
          {rt("staffing.given")}
        </li>
      </ul>
      <svg
        role="group"
        aria-label={title}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        width={width}
        height={HEIGHT}
        onKeyDown={roving.onKeyDown}
      >
        <g class="axis" aria-hidden="true">
          {lines.map((value) => (
            <g key={value}>
              <line class={value === 0 ? "base" : "grid"} x1={LEFT} x2={width - RIGHT} y1={y(value)} y2={y(value)} />
              <text x={LEFT - 8} y={y(value) + 4} text-anchor="end">
                {value}
              </text>
            </g>
          ))}
          {halves.map((half, n) =>
            n % every === 0 ? (
              <text key={half.from} x={mid(n)} y={HEIGHT - 8} text-anchor="middle">
                {half.at}
              </text>
            ) : null,
          )}
        </g>
        <g class="tone-2" aria-hidden="true">
          <path class="staff-band" d={band} />
          <path class="line" d={points.map((one, n) => `${n === 0 ? "M" : "L"}${mid(n)} ${y(one.mean)}`).join("")} />
        </g>
        <g class="tone-3" aria-hidden="true">
          <path class="line" d={steps(halves.map((one) => one.needed), x, y)} />
        </g>
        <g class="tone-1" aria-hidden="true">
          <path class="line" d={steps(halves.map((_, n) => agents[n] ?? 0), x, y)} />
        </g>
        {halves.map((half, n) => (
          <g
            key={half.from}
            role="img"
            class="mark"
            data-mark={n}
            aria-label={told(n)}
            tabIndex={roving.tab(n)}
            onPointerEnter={() => (pointed.value = n)}
            onPointerLeave={() => (pointed.value = null)}
            onFocus={() => (pointed.value = n)}
            onBlur={() => (pointed.value = null)}
          >
            <rect class="hit" x={x(n)} y={TOP} width={step} height={HEIGHT - TOP - BOTTOM} />
          </g>
        ))}
      </svg>
      <Readout text={at === null ? null : told(at)} />
    </div>
  )
}
