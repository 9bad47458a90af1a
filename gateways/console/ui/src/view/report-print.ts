/** On paper nothing can be opened: what is folded is shown there. */

const FOLDED = ".report details:not([open]):not(.report-more)"

/** Gives what undoes it. */
export function openForPrint(): () => void {
  let opened: HTMLDetailsElement[] = []
  const before = (): void => {
    opened = [...document.querySelectorAll<HTMLDetailsElement>(FOLDED)]
    for (const one of opened) one.open = true
  }
  const after = (): void => {
    for (const one of opened) one.open = false
    opened = []
  }
  addEventListener("beforeprint", before)
  addEventListener("afterprint", after)
  return () => {
    removeEventListener("beforeprint", before)
    removeEventListener("afterprint", after)
  }
}
