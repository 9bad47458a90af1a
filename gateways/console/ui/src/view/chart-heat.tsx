import type { JSX } from "preact"
import { useSignal } from "@preact/signals"
import { amount, rt, weekdayName } from "../state/report-text"
import { MarkLink, Readout, telling, useRoving, useWidth, type Mark, type Series } from "./chart-parts"

/** Hours by days of the week; the more, the deeper. */

const DAYS = 7
const HOURS = 24
const LEFT = 44
const TOP = 20
const ROW = 26
const LEVELS = 5
const NUMBER_PX = 24
const FIRST_WIDTH = 720

interface HeatProps {
  title: string
  /** 168 marks from Monday 0 h; a value each. */
  marks: readonly Mark[]
  series: Series
}

/** 0: nothing, to LEVELS: the most. */
const level = (value: number, most: number): number =>
  value <= 0 ? 0 : Math.max(1, Math.ceil((value / most) * LEVELS))

function Names({ cell }: { cell: number }): JSX.Element {
  const every = cell < 16 ? 6 : cell < 24 ? 3 : 1
  return (
    <g class="axis" aria-hidden="true">
      {Array.from({ length: DAYS }, (_, day) => (
        <text key={`d${day}`} x={LEFT - 8} y={TOP + ROW * day + ROW / 2 + 4} text-anchor="end">
          {weekdayName(day + 1)}
        </text>
      ))}
      {Array.from({ length: HOURS }, (_, hour) =>
        hour % every === 0 ? (
          <text key={`h${hour}`} x={LEFT + cell * hour + cell / 2} y={13} text-anchor="middle">
            {hour}
          </text>
        ) : null,
      )}
    </g>
  )
}

export function Heat({ title, marks, series }: HeatProps): JSX.Element {
  const [box, width] = useWidth(FIRST_WIDTH)
  const pointed = useSignal<number | null>(null)
  const roving = useRoving(marks.length, HOURS)
  const cell = (width - LEFT) / HOURS
  const most = Math.max(1, ...marks.map((mark) => mark.values[0] ?? 0))
  const shown = pointed.value === null ? undefined : marks[pointed.value]
  const high = TOP + ROW * DAYS
  return (
    <div class="plot" ref={box}>
      <svg
        role="group"
        aria-label={title}
        viewBox={`0 0 ${width} ${high}`}
        width={width}
        height={high}
        onKeyDown={roving.onKeyDown}
      >
        <Names cell={cell} />
        {marks.map((mark, n) => {
          const value = mark.values[0] ?? 0
          const at = { x: LEFT + cell * (n % HOURS), y: TOP + ROW * Math.floor(n / HOURS) }
          return (
            <MarkLink
              key={mark.key}
              n={n}
              mark={mark}
              said={telling(mark, [series])}
              tab={roving.tab(n)}
              point={(to) => (pointed.value = to)}
            >
              <g class={`heat-${level(value, most)}`}>
                <rect {...at} width={Math.max(1, cell - 2)} height={ROW - 2} rx={2} />
                {cell >= NUMBER_PX && value > 0 && value < 1000 && (
                  <text x={at.x + cell / 2 - 1} y={at.y + ROW / 2 + 3} text-anchor="middle">
                    {amount(value, series.unit)}
                  </text>
                )}
              </g>
            </MarkLink>
          )
        })}
      </svg>
      <p class="heat-key">
        {rt("chart.less")}
        <svg width={(LEVELS + 1) * 18} height="12" aria-hidden="true">
          {Array.from({ length: LEVELS + 1 }, (_, n) => (
            <g key={n} class={`heat-${n}`}>
              <rect x={n * 18} width="16" height="12" rx="2" />
            </g>
          ))}
        </svg>
        {rt("chart.more")}
      </p>
      <Readout text={shown ? telling(shown, [series]) : null} />
    </div>
  )
}
