import { batch, computed, effect, signal } from "@preact/signals"
import type { BookTestResult, BookVersion, Decision } from "../../../../common/ui/wire"
import { call, newKey, onEvent, onFresh } from "./app"
import { bookText, errors, errorsOf, loadBook, tooLarge } from "./book"
import { route } from "./route"
import { t } from "./text"
import { done, failed, warn } from "./toasts"

/** What past contacts and past versions say: the back-test, the log of
 * versions, and why an incident went where it did. */

const DAY_MS = 86_400_000
const PAGE = 50
/** Of one back-test: the link is closed when it hears nothing for 20 s. */
const LONGEST_MS = 12_000
export const SPANS = [1, 7, 30, 90] as const

export const days = signal<number>(30)
export const trial = signal<BookTestResult | null>(null)
export const trialState = signal<"none" | "running" | "ready" | "error">("none")
export const trialError = signal<unknown>(null)

let turn = 0

/** Runs the text over past contacts, without any effect. */
export async function tryBook(): Promise<void> {
  const mine = ++turn
  if (tooLarge(bookText.peek())) {
    warn(t("book.large"))
    return
  }
  trialState.value = "running"
  try {
    const since = new Date(Date.now() - days.peek() * DAY_MS).toISOString()
    const answer = await call("book.test", { text: bookText.peek(), since, max_ms: LONGEST_MS })
    if (mine !== turn) return
    batch(() => {
      trial.value = answer
      trialState.value = "ready"
    })
  } catch (error) {
    if (mine !== turn) return
    const list = errorsOf(error)
    batch(() => {
      if (list.length > 0) errors.value = list
      trialError.value = error
      trialState.value = "error"
    })
  }
}

export const versions = signal<readonly BookVersion[]>([])
export const versionsState = signal<"none" | "ready" | "error">("none")
export const moreVersions = signal(false)
/** By version: what it changed, as lines. */
export const changesOf = signal<ReadonlyMap<number, readonly string[]>>(new Map())

async function loadVersions(before?: number): Promise<void> {
  try {
    const answer = await call("book.list", {
      limit: PAGE,
      ...(before === undefined ? {} : { before }),
    })
    batch(() => {
      versions.value =
        before === undefined ? answer.versions : [...versions.peek(), ...answer.versions]
      moreVersions.value = answer.versions.length === PAGE
      versionsState.value = "ready"
    })
  } catch {
    versionsState.value = "error"
  }
}

export function moreOfLog(): void {
  const last = versions.peek().at(-1)
  if (last) void loadVersions(last.version)
}

/** What a version changed of the one before it. */
export async function showChanges(version: number): Promise<void> {
  const known = new Map(changesOf.peek())
  if (known.delete(version)) {
    changesOf.value = known
    return
  }
  try {
    const { lines } = await call("book.diff", { from: version - 1, to: version })
    changesOf.value = new Map(changesOf.peek()).set(version, lines)
  } catch (error) {
    failed(error)
  }
}

/** Applies an old text again. True: it is in force. */
export async function rollBack(version: number, base: number, note: string): Promise<boolean> {
  try {
    const params = { version, base, ...(note === "" ? {} : { note }) }
    const now = await call("book.rollback", params, newKey())
    done(t("book.applied", { version: now.version }), null)
    await loadBook()
    return true
  } catch (error) {
    failed(error)
    return false
  }
}

export interface Why {
  incident: number
  /** Of the event that is asked about; null: all. */
  event: number | null
  all: boolean
}

/** What the dialog "why" is about; null: it is not open. */
export const whyOf = signal<Why | null>(null)
export const decisions = signal<readonly Decision[] | null>(null)
export const whyError = signal<unknown>(null)

export function startTrial(): void {
  const logShown = computed(() => route.value.book === "log")
  let ready = false
  onFresh(() => {
    ready = true
    if (logShown.peek()) void loadVersions()
  })
  onEvent((event) => {
    if (event.kind === "book.applied" && versionsState.peek() !== "none") void loadVersions()
  })
  effect(() => {
    if (logShown.value && ready) void loadVersions()
  })
  effect(() => {
    // Another text: what was said of the old one is no longer true.
    void bookText.value
    turn++
    batch(() => {
      trial.value = null
      trialState.value = "none"
    })
  })
  effect(() => {
    const about = whyOf.value
    batch(() => {
      if (about === null || decisions.peek()?.[0]?.event !== about.event) decisions.value = null
      whyError.value = null
    })
    if (about === null) return
    call("incident.explain", {
      id: about.incident,
      all: about.all,
      ...(about.event === null ? {} : { event: about.event }),
    }).then(
      (answer) => {
        if (whyOf.peek() === about) decisions.value = answer.decisions
      },
      (error: unknown) => {
        if (whyOf.peek() === about) whyError.value = error
      },
    )
  })
}
