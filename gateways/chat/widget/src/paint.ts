import { contrast, mix, on, parse, readable, type Rgb, write } from "./colour"

/** Where the colours of tokens.css are put in by build.mjs. */
declare const TOKENS: Record<"accent" | "light" | "dark" | "lightText" | "darkText", string>

const GREY: Rgb = [128, 128, 128]

/** The panel's colours from a shop's one; every text keeps 4.5. */
export function palette(brand: Rgb, dark: boolean): Record<string, string> {
  const ground = parse(dark ? TOKENS.dark : TOKENS.light) ?? GREY
  const text = parse(dark ? TOKENS.darkText : TOKENS.lightText) ?? GREY
  let share = dark ? 0.32 : 0.14
  while (share > 0.04 && contrast(mix(brand, ground, share), text) < 9) share -= 0.04
  const soft = mix(brand, ground, share)
  return {
    "--brand": write(brand),
    "--on-brand": write(on(brand)),
    // Links, ticks and focus; on the bubbles as well as on the ground.
    "--accent": write(readable(readable(brand, ground, 4.5), soft, 4.5)),
    "--accent-soft": write(soft),
  }
}

/** Paints now, and again when the system turns light or dark. */
export function painter(theme: string): (colour: string | null | undefined) => void {
  const root = document.documentElement
  const system = matchMedia("(prefers-color-scheme: dark)")
  let brand = parse(TOKENS.accent) ?? GREY
  if (theme === "light" || theme === "dark") root.dataset["theme"] = theme
  const paint = (): void => {
    const dark = theme === "dark" || (theme !== "light" && system.matches)
    for (const [name, value] of Object.entries(palette(brand, dark)))
      root.style.setProperty(name, value)
  }
  system.addEventListener("change", paint)
  paint()
  return (colour) => {
    brand = parse(colour) ?? brand
    paint()
  }
}
