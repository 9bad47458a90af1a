/** A shop's one colour, and what reads on it. */
export type Rgb = readonly [number, number, number]

export const WHITE: Rgb = [255, 255, 255]
export const BLACK: Rgb = [0, 0, 0]

/** "#rrggbb", else null. */
export function parse(text: string | null | undefined): Rgb | null {
  if (!text || !/^#[\da-f]{6}$/i.test(text)) return null
  return [1, 3, 5].map((from) => parseInt(text.slice(from, from + 2), 16)) as unknown as Rgb
}

export function write(colour: Rgb): string {
  return `#${colour.map((n) => Math.round(n).toString(16).padStart(2, "0")).join("")}`
}

/** Relative luminance as WCAG 2 has it. */
function light(colour: Rgb): number {
  return [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
    const part = (colour[i] ?? 0) / 255
    return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  }, 0)
}

/** From 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [light(a), light(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

/** White where it has 4.5, else black, which then has more. */
export function on(colour: Rgb): Rgb {
  return 1.05 / (light(colour) + 0.05) >= 4.5 ? WHITE : BLACK
}

/** `share` of `a`, the rest of `b`. */
export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return a.map((n, i) => Math.round(n * share + (b[i] ?? 0) * (1 - share))) as unknown as Rgb
}

/** The colour, as far towards white or black as it takes to read on `ground`. */
export function readable(colour: Rgb, ground: Rgb, ratio: number): Rgb {
  const to = on(ground)
  for (let share = 1; share > 0; share -= 0.05) {
    const mixed = mix(colour, to, share)
    if (contrast(mixed, ground) >= ratio) return mixed
  }
  return to
}
