import { signal } from "@preact/signals"

/**
 * The desk's clock. A wrong clock of this computer is corrected by the
 * instants that the server tells: the largest difference seen is the one with
 * the least delay on its way.
 */
export const now = signal(Date.now())

const TICK_MS = 1000
let offset = 0
let known = false
let timer: ReturnType<typeof setInterval> | undefined

const tick = (): void => {
  now.value = Date.now() + offset
}

/** The server said that it is `at`. */
export function hearTime(at: string): void {
  const difference = Date.parse(at) - Date.now()
  if (!Number.isFinite(difference)) return
  if (known && difference <= offset) return
  known = true
  offset = difference
  tick()
}

/** One timer for the whole page; it rests while the page is hidden. */
export function startClock(): void {
  const follow = (): void => {
    clearInterval(timer)
    if (document.hidden) return
    tick()
    timer = setInterval(tick, TICK_MS)
  }
  document.addEventListener("visibilitychange", follow)
  follow()
}
