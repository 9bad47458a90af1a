import type { PipeOptions } from "./pipe"

/** Somebody's typing is over by itself. */
const OVER_MS = 6000
/** How often "I am typing" is said again. */
const AGAIN_MS = 3000

export interface Typing {
  /** The visitor types, or stopped. */
  own(on: boolean): void
  /** The line went: typing begins anew. */
  sent(): void
  heard(name: string, on: boolean): void
}

/** `say` tells the server, `show` the visitor; "" is nobody. */
export function typing(
  now: () => number,
  after: PipeOptions["after"],
  say: (on: boolean) => void,
  show: (name: string) => void,
): Typing {
  let saidAt = 0
  let stop = (): void => {}
  return {
    own(on) {
      if (on ? saidAt > 0 && now() - saidAt < AGAIN_MS : saidAt === 0) return
      saidAt = on ? now() : 0
      say(on)
    },
    sent() {
      saidAt = 0
    },
    heard(name, on) {
      stop()
      if (on) stop = after(OVER_MS, () => show(""))
      show(on ? name : "")
    },
  }
}
