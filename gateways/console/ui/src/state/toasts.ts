import { signal } from "@preact/signals"
import { CallError } from "./app"
import { t, word } from "./text"

export interface Toast {
  id: number
  text: string
  bad: boolean
  undo: (() => void) | null
}

const STAY_MS = 8000
const TOASTS_MAX = 4
let nextId = 1
const timers = new Map<number, ReturnType<typeof setTimeout>>()

export const toasts = signal<Toast[]>([])
/** What a screen reader is told politely. */
export const spoken = signal("")

export function dismiss(id: number): void {
  clearTimeout(timers.get(id))
  timers.delete(id)
  toasts.value = toasts.value.filter((toast) => toast.id !== id)
}

/** Starts or stops the time after which a toast goes. */
export function keepToast(id: number, keep: boolean): void {
  clearTimeout(timers.get(id))
  if (!keep) timers.set(id, setTimeout(() => dismiss(id), STAY_MS))
}

function show(text: string, bad: boolean, undo: (() => void) | null): void {
  const id = nextId++
  toasts.value = [...toasts.value.slice(1 - TOASTS_MAX), { id, text, bad, undo }]
  keepToast(id, false)
}

/** Says what was done, with the way back. */
export const done = (text: string, undo: (() => void) | null): void =>
  show(text, false, undo)

/** Says what went wrong. */
export const warn = (text: string): void => show(text, true, null)

/** Says in words why something failed. */
export const failed = (error: unknown): void => warn(reason(error))

/** An error as a sentence. */
export function reason(error: unknown): string {
  const code = error instanceof CallError ? error.code : "error"
  const text = word("error", code)
  return text === code ? t("error.error") : text
}

export const say = (text: string): void => {
  spoken.value = text
}

/** The last thing done that can be taken back, for the key z. */
export function undoLast(): void {
  const toast = [...toasts.value].reverse().find((one) => one.undo)
  if (!toast) return
  toast.undo?.()
  dismiss(toast.id)
}
