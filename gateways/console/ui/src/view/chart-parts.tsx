import type { ComponentChildren, JSX, RefObject } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { useSignal } from "@preact/signals"
import { amount, rt, rword, type Unit } from "../state/report-text"

/** What all charts share. */

/** One place of a chart: a bar, a bucket of time, a cell. */
export interface Mark {
  key: string
  /** Short, for an axis. */
  label: string
  /** As it is told. */
  long: string
  link: string | null
  values: readonly (number | null)[]
  /** The bucket is not over yet. */
  partial: boolean
}

export interface Series {
  name: string
  unit: Unit
  as: "column" | "line"
  /** Place in the order of colours and patterns, from 1. */
  tone: number
}

export const seriesName = (name: string): string => rword("figure", name)

/** A mark in one sentence. */
export function telling(mark: Mark, series: readonly Series[]): string {
  const told = series.map((one, n) =>
    `${seriesName(one.name)} ${amount(mark.values[n] ?? null, one.unit)}`,
  )
  const text = `${mark.long}: ${told.join(", ")}`
  return mark.partial ? `${text} (${rt("chart.partial")})` : text
}

const STEPS = [1, 2, 2.5, 5, 10]
/** Of time a clock's steps, in seconds. */
const SPANS = [
  1, 5, 15, 30, 60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 172_800,
  432_000, 864_000, 2_592_000,
]

/** Values for the lines of a scale from zero to at least `max`. */
export function ticks(max: number, unit: Unit, wanted = 4): number[] {
  if (unit === "share") return [0, 2500, 5000, 7500, 10_000]
  const least = Math.max(max, 1) / wanted
  const scale = unit === "minutes" ? 60 : 1
  const power = 10 ** Math.floor(Math.log10(least))
  const round = STEPS.map((one) => one * power).find((one) => one >= least) ?? least
  const step =
    unit === "seconds" || unit === "minutes"
      ? (SPANS.find((one) => one / scale >= least) ?? round * scale) / scale
      : Math.max(1, Math.ceil(round))
  const count = Math.max(1, Math.ceil(max / step))
  return Array.from({ length: count + 1 }, (_, n) => n * step)
}

/** The width of an element as it is now, and after it changes. */
export function useWidth(first: number): [RefObject<HTMLDivElement | null>, number] {
  const box = useRef<HTMLDivElement>(null)
  const width = useSignal(first)
  useEffect(() => {
    const element = box.current
    if (!element) return
    const measure = (): void => {
      const now = Math.round(element.clientWidth)
      if (now > 0) width.value = now
    }
    measure()
    const watch = new ResizeObserver(measure)
    watch.observe(element)
    return () => watch.disconnect()
  }, [])
  return [box, width.value]
}

/** One stop for Tab; arrows go on from there. `across`: marks in a row. */
export function useRoving(count: number, across = 0): {
  tab(n: number): 0 | -1
  onKeyDown(event: KeyboardEvent): void
} {
  const at = useSignal(0)
  return {
    tab: (n) => (n === Math.min(at.value, count - 1) ? 0 : -1),
    onKeyDown(event) {
      const svg = event.currentTarget
      const by = {
        ArrowRight: 1,
        ArrowLeft: -1,
        ArrowDown: across || 1,
        ArrowUp: -(across || 1),
        Home: -at.peek(),
        End: count - 1 - at.peek(),
      }[event.key]
      if (by === undefined || count === 0 || !(svg instanceof SVGElement)) return
      const to = Math.max(0, Math.min(count - 1, at.peek() + by))
      at.value = to
      const mark = svg.querySelector(`[data-mark="${to}"]`)
      if (mark instanceof SVGElement) mark.focus()
      event.preventDefault()
    },
  }
}

interface MarkProps {
  n: number
  mark: Mark
  said: string
  tab: 0 | -1
  point(n: number | null): void
  children: ComponentChildren
}

/** What stands at one place: a link when there is a list behind it. */
export function MarkLink(props: MarkProps): JSX.Element {
  const { n, mark, said, tab, point } = props
  const common = {
    "data-mark": n,
    "aria-label": said,
    tabIndex: tab,
    class: "mark",
    onPointerEnter: () => point(n),
    onPointerLeave: () => point(null),
    onFocus: () => point(n),
    onBlur: () => point(null),
  }
  return mark.link ? (
    <a href={mark.link} {...common}>
      <title>{said}</title>
      {props.children}
    </a>
  ) : (
    <g role="img" {...common}>
      <title>{said}</title>
      {props.children}
    </g>
  )
}

/** What the pointed mark says, in a line of its own. */
export const Readout = ({ text }: { text: string | null }): JSX.Element => (
  <p class="chart-said" aria-hidden="true">
    {text ?? " "}
  </p>
)

/** Swatches with the names of the series, when there are several. */
export function Legend({ series }: { series: readonly Series[] }): JSX.Element | null {
  if (series.length < 2) return null
  return (
    <ul class="chart-legend">
      {series.map((one) => (
        <li key={one.name}>
          <svg class={`tone-${one.tone}`} width="20" height="12" aria-hidden="true">
            {one.as === "line" ? (
              <line class="line" x1="0" y1="6" x2="20" y2="6" />
            ) : (
              <rect class="column" width="20" height="12" />
            )}
          </svg>
          {seriesName(one.name)}
        </li>
      ))}
    </ul>
  )
}
