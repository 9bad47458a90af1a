import type { JSX } from "preact"
import { useId } from "preact/hooks"
import { useSignal } from "@preact/signals"
import { amount, rt } from "../state/report-text"
import {
  Legend,
  MarkLink,
  Readout,
  telling,
  ticks,
  useRoving,
  useWidth,
  type Mark,
  type Series,
} from "./chart-parts"

/** Columns and lines over buckets, from a zero baseline. */

const HEIGHT = 220
const TOP = 30
const BOTTOM = 26
const LEFT = 56
const RIGHT = 12
/** Of a label's character, and round it. */
const LETTER_PX = 6.8
const ROUND_PX = 10
/** Columns up to so many have their value on top. */
const NAMED_MAX = 14
const BAR_MAX = 48
const FIRST_WIDTH = 720

interface PlotProps {
  title: string
  marks: readonly Mark[]
  series: readonly Series[]
  /** Marks before this one are on the bad side of a line that is drawn. */
  divide?: number
}

interface Frame {
  width: number
  step: number
  top: number
  y(value: number): number
  x(n: number): number
}

function frameOf(width: number, count: number, top: number): Frame {
  const step = (width - LEFT - RIGHT) / Math.max(1, count)
  const high = HEIGHT - TOP - BOTTOM
  return {
    width,
    step,
    top,
    y: (value) => TOP + high * (1 - value / top),
    x: (n) => LEFT + step * n,
  }
}

function Axis({ frame, lines, marks, unit }: {
  frame: Frame
  lines: readonly number[]
  marks: readonly Mark[]
  unit: string
}): JSX.Element {
  const longest = Math.max(0, ...marks.map((mark) => mark.label.length))
  const every = Math.max(1, Math.ceil((longest * LETTER_PX + ROUND_PX) / frame.step))
  return (
    <g class="axis" aria-hidden="true">
      {lines.map((value) => (
        <g key={value}>
          <line
            class={value === 0 ? "base" : "grid"}
            x1={LEFT}
            x2={frame.width - RIGHT}
            y1={frame.y(value)}
            y2={frame.y(value)}
          />
          <text x={LEFT - 8} y={frame.y(value) + 4} text-anchor="end">
            {amount(value, unit)}
          </text>
        </g>
      ))}
      {marks.map((mark, n) =>
        n % every === 0 ? (
          <text key={mark.key} x={frame.x(n) + frame.step / 2} y={HEIGHT - 8} text-anchor="middle">
            {mark.label}
          </text>
        ) : null,
      )}
    </g>
  )
}

/** Parts of a line between which no value is missing. */
function paths(values: readonly (number | null)[], frame: Frame): string[] {
  const out: string[] = []
  let at = ""
  values.forEach((value, n) => {
    if (value === null) {
      if (at) out.push(at)
      at = ""
    } else {
      const x = (frame.x(n) + frame.step / 2).toFixed(1)
      at += `${at ? "L" : "M"}${x} ${frame.y(value).toFixed(1)}`
    }
  })
  if (at) out.push(at)
  return out
}

function Columns({ mark, n, frame, series, bad, hatch }: {
  mark: Mark
  n: number
  frame: Frame
  series: readonly Series[]
  bad: boolean
  hatch: string
}): JSX.Element {
  const columns = series.flatMap((one, s) => (one.as === "column" ? [{ one, s }] : []))
  const room = Math.min(frame.step * 0.76, BAR_MAX * columns.length)
  const wide = room / Math.max(1, columns.length)
  const from = frame.x(n) + (frame.step - room) / 2
  return (
    <>
      <rect class="hit" x={frame.x(n)} y={TOP} width={frame.step} height={HEIGHT - TOP - BOTTOM} />
      {columns.map(({ one, s }, place) => {
        const value = mark.values[s] ?? null
        if (value === null) return null
        const box = {
          x: from + wide * place,
          y: frame.y(value),
          width: Math.max(1, wide - 1),
          height: Math.max(0, frame.y(0) - frame.y(value)),
        }
        return (
          <g key={one.name} class={bad ? "tone-over" : `tone-${one.tone}`}>
            <rect class={mark.partial ? "column partial" : "column"} {...box} />
            {mark.partial && <rect fill={`url(#${hatch})`} {...box} />}
          </g>
        )
      })}
    </>
  )
}

interface LinesProps {
  marks: readonly Mark[]
  series: readonly Series[]
  frame: Frame
}

/** Lines over the columns; a bucket that is not over has a hollow dot. */
function Lines({ marks, series, frame }: LinesProps): JSX.Element {
  const r = Math.min(4, Math.max(2, frame.step / 4))
  return (
    <g class="lines" aria-hidden="true">
      {series.map((one, s) =>
        one.as === "line" ? (
          <g key={one.name} class={`tone-${one.tone}`}>
            {paths(marks.map((mark) => mark.values[s] ?? null), frame).map((d) => (
              <path key={d} class="line" d={d} />
            ))}
            {marks.map((mark, n) => {
              const value = mark.values[s] ?? null
              return value === null ? null : (
                <circle
                  key={mark.key}
                  class={mark.partial ? "dot partial" : "dot"}
                  cx={frame.x(n) + frame.step / 2}
                  cy={frame.y(value)}
                  r={r}
                />
              )
            })}
          </g>
        ) : null,
      )}
    </g>
  )
}

/** The values on top, where there is room for them. */
function Named({ marks, series, frame }: LinesProps): JSX.Element | null {
  const [only] = series
  if (series.length !== 1 || !only || marks.length > NAMED_MAX || frame.step < 34) return null
  return (
    <g class="named" aria-hidden="true">
      {marks.map((mark, n) => {
        const value = mark.values[0] ?? null
        return value === null ? null : (
          <text key={mark.key} x={frame.x(n) + frame.step / 2} y={frame.y(value) - 6} text-anchor="middle">
            {amount(value, only.unit)}
          </text>
        )
      })}
    </g>
  )
}

/** The deadline: late to its left, early to its right. */
const Divide = ({ at }: { at: number }): JSX.Element => (
  <g class="divide" aria-hidden="true">
    <line x1={at} x2={at} y1={2} y2={HEIGHT - BOTTOM} />
    <text x={at - 8} y={12} text-anchor="end">
      {rt("chart.late")}
    </text>
    <text x={at + 8} y={12}>
      {rt("chart.early")}
    </text>
  </g>
)

export function Plot({ title, marks, series, divide }: PlotProps): JSX.Element {
  const [box, width] = useWidth(FIRST_WIDTH)
  const pointed = useSignal<number | null>(null)
  const hatch = useId()
  const unit = series[0]?.unit ?? "count"
  const most = Math.max(0, ...marks.flatMap((mark) => mark.values.map((value) => value ?? 0)))
  const lines = ticks(most, unit)
  const frame = frameOf(width, marks.length, lines[lines.length - 1] ?? 1)
  const roving = useRoving(marks.length)
  const shown = pointed.value === null ? undefined : marks[pointed.value]
  return (
    <div class="plot" ref={box}>
      <Legend series={series} />
      <svg
        role="group"
        aria-label={title}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        width={width}
        height={HEIGHT}
        onKeyDown={roving.onKeyDown}
      >
        <defs>
          <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect class="hatch" width="3" height="6" />
          </pattern>
        </defs>
        <Axis frame={frame} lines={lines} marks={marks} unit={unit} />
        {marks.map((mark, n) => (
          <MarkLink
            key={mark.key}
            n={n}
            mark={mark}
            said={telling(mark, series)}
            tab={roving.tab(n)}
            point={(at) => (pointed.value = at)}
          >
            <Columns
              mark={mark}
              n={n}
              frame={frame}
              series={series}
              bad={divide !== undefined && n < divide}
              hatch={hatch}
            />
          </MarkLink>
        ))}
        <Lines marks={marks} series={series} frame={frame} />
        <Named marks={marks} series={series} frame={frame} />
        {divide !== undefined && <Divide at={frame.x(divide)} />}
      </svg>
      <Readout text={shown ? telling(shown, series) : null} />
    </div>
  )
}
