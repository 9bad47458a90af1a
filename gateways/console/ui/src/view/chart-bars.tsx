import type { JSX } from "preact"
import { amount, NOTHING } from "../state/report-text"
import { rt } from "../state/report-text"
import { Legend, telling, type Mark, type Series } from "./chart-parts"

/** Bars beside their names, from a zero baseline; the longest first or in the
 * order of the rows. Each opens what is behind it. */

const LONGEST = 1000
const THICK = 16
const BARS_MAX = 24

interface BarsProps {
  marks: readonly Mark[]
  series: readonly Series[]
  /** Read as a range from the first to the last value. */
  range?: boolean
}

const scaleOf = (marks: readonly Mark[], series: readonly Series[]): number =>
  series[0]?.unit === "share"
    ? 10_000
    : Math.max(1, ...marks.flatMap((mark) => mark.values.map((value) => value ?? 0)))

/** One bar from zero. */
function Bar({ value, most, tone }: { value: number; most: number; tone: number }): JSX.Element {
  return (
    <rect
      class={`column tone-${tone}`}
      y={2}
      width={Math.max(0, (value / most) * LONGEST)}
      height={THICK - 4}
    />
  )
}

/** A line from the least to the most, with a stroke at each value. */
function Span({ values, most }: { values: readonly (number | null)[]; most: number }): JSX.Element {
  const there = values.flatMap((value, n) => (value === null ? [] : [{ at: (value / most) * LONGEST, n }]))
  const at = there.map((one) => one.at)
  const from = Math.min(...at)
  return (
    <>
      {there.length > 1 && (
        <rect class="column tone-1 soft" x={from} y={6} width={Math.max(...at) - from} height={THICK - 12} />
      )}
      {there.map((one) => (
        <rect
          key={one.n}
          class={`column tone-${one.n + 1}`}
          x={Math.min(LONGEST - 6, one.at)}
          y={one.n === 0 ? 0 : 2}
          width={6}
          height={one.n === 0 ? THICK : THICK - 4}
        />
      ))}
    </>
  )
}

function Row({ mark, most, series, range }: {
  mark: Mark
  most: number
  series: readonly Series[]
  range: boolean
}): JSX.Element {
  const first = mark.values[0] ?? null
  const told = range
    ? mark.values.map((value, n) => amount(value, series[n]?.unit ?? "count")).join(" · ")
    : amount(first, series[0]?.unit ?? "count")
  const inside = (
    <>
      <span class="bar-name">{mark.label}</span>
      <svg viewBox={`0 0 ${LONGEST} ${THICK}`} preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" y={THICK - 1} width={LONGEST} height={1} />
        {range ? (
          <Span values={mark.values} most={most} />
        ) : (
          first !== null && <Bar value={first} most={most} tone={series[0]?.tone ?? 1} />
        )}
      </svg>
      <span class="bar-value">{told || NOTHING}</span>
    </>
  )
  return (
    <li>
      {mark.link ? (
        <a href={mark.link} title={telling(mark, series)}>
          {inside}
        </a>
      ) : (
        <span title={telling(mark, series)}>{inside}</span>
      )}
    </li>
  )
}

export function Bars({ marks, series, range = false }: BarsProps): JSX.Element {
  const most = scaleOf(marks, series)
  const rest = marks.length - BARS_MAX
  return (
    <>
      {range && <Legend series={series} />}
      <ol class={range ? "bars ranges" : "bars"}>
        {marks.slice(0, BARS_MAX).map((mark) => (
          <Row key={mark.key} mark={mark} most={most} series={series} range={range} />
        ))}
      </ol>
      {rest > 0 && <p class="chart-rest">{rt("chart.rest", { n: rest })}</p>}
    </>
  )
}
