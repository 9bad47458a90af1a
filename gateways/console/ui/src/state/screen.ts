import { signal } from "@preact/signals"

/** Which dialog is open. */
export type Dialog =
  | "help"
  | "palette"
  | "new"
  | "working"
  | "apply"
  | "rollback"
  | "why"
  | "claim"
  | "merge"
  | "order"
  | "people"
  | "timeline"
  | null
export const dialog = signal<Dialog>(null)

/** Which menu is open, by its name. */
export const menu = signal<string | null>(null)
/** The customer panel where it does not stand by itself. */
export const panelOpen = signal(false)
/** Something asked for the composer: the text field takes the focus. */
export const composerCalled = signal(false)

const AWAIT_MS = 3000
const AHEAD_MAX = 500
let calledAt = 0
let ahead = ""

/** Ask for the composer, which may have to load first. */
export function callComposer(): void {
  composerCalled.value = true
  calledAt = Date.now()
  ahead = ""
}

/** Was it asked for, and has it not taken the focus yet? */
export const composerAwaited = (): boolean =>
  composerCalled.peek() && Date.now() - calledAt < AWAIT_MS

/** Whoever types at once means the text: a key that came before the focus. */
export function typeAhead(key: string): void {
  if (key === "Escape") composerCalled.value = false
  else if (key === "Enter") ahead += "\n"
  else if (key.length === 1 && ahead.length < AHEAD_MAX) ahead += key
}

/** What was typed ahead, once. */
export function takeTypedAhead(): string {
  const taken = ahead
  ahead = ""
  return taken
}

export type Theme = "auto" | "light" | "dark"
const THEME_STORE = "postigo.theme"

const isTheme = (text: string | null): text is Theme =>
  text === "auto" || text === "light" || text === "dark"

export const theme = signal<Theme>("auto")

function apply(): void {
  if (theme.value === "auto") delete document.documentElement.dataset["theme"]
  else document.documentElement.dataset["theme"] = theme.value
}

export function chooseTheme(next: Theme): void {
  theme.value = next
  localStorage.setItem(THEME_STORE, next)
  apply()
}

export function startTheme(): void {
  const kept = localStorage.getItem(THEME_STORE)
  if (!isTheme(kept)) return
  theme.value = kept
  apply()
}

const KEYS_STORE = "postigo.keys"
/** Single keys act; whoever dictates or is in their way turns them off. */
export const keysOn = signal(localStorage.getItem(KEYS_STORE) !== "off")

export function setKeysOn(on: boolean): void {
  keysOn.value = on
  if (on) localStorage.removeItem(KEYS_STORE)
  else localStorage.setItem(KEYS_STORE, "off")
}
