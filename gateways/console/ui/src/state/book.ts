import { batch, computed, effect, signal } from "@preact/signals"
import type { BookError } from "../../../../common/ui/wire"
import { call, CallError, me, newKey, onEvent, onFresh } from "./app"
import { route } from "./route"
import { t } from "./text"
import { done, failed } from "./toasts"

/** The desk book in the hands of a manager: its text, what is wrong in it,
 * what it changes. What past contacts say of it is in trial.ts. */

const DRAFT_STORE = "postigo.book"
/** Errors come while somebody types, but not at each key. */
const TYPED_MS = 400
/** What one message to the daemon holds, with room for what is round it. */
const TEXT_BYTES_MAX = 900_000
const MESSAGE_BYTES_MAX = 1_000_000

interface Applied {
  version: number
  text: string
}

/** A text that was begun, and the version that it was made from. */
interface Draft {
  base: number
  text: string
}

export const applied = signal<Applied | null>(null)
const draft = signal<Draft | null>(readDraft())
export const bookError = signal<unknown>(null)
export const errors = signal<readonly BookError[]>([])
/** unknown: it was changed since it was looked at. */
export const checked = signal<"unknown" | "right" | "wrong" | "large">("unknown")
export const ruleCount = signal(0)
/** What the text changes, as lines; null: not known. */
export const difference = signal<readonly string[] | null>(null)
export const applying = signal(false)
/** Somebody applied another version since this text was begun. */
export const newer = computed(() => {
  const at = draft.value
  return at !== null && applied.value !== null && applied.value.version !== at.base
    ? applied.value.version
    : null
})

export const bookText = computed(() => draft.value?.text ?? applied.value?.text ?? "")
export const changed = computed(() => draft.value !== null)
export const mayEdit = computed(
  () => me.value?.role === "manager" || me.value?.role === "admin",
)

function readDraft(): Draft | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(DRAFT_STORE) ?? "null")
    if (kept === null || typeof kept !== "object") return null
    const { base, text } = kept as Partial<Draft>
    return typeof base === "number" && typeof text === "string" ? { base, text } : null
  } catch {
    return null
  }
}

function keepDraft(next: Draft | null): void {
  draft.value = next
  try {
    if (next === null) localStorage.removeItem(DRAFT_STORE)
    else localStorage.setItem(DRAFT_STORE, JSON.stringify(next))
  } catch {
    // No room: the page alone has it.
  }
}

/** What the manager writes. The applied text again is no draft. */
export function writeBook(text: string): void {
  const now = applied.peek()
  if (now === null) return
  const base = draft.peek()?.base ?? now.version
  keepDraft(text === now.text && base === now.version ? null : { base, text })
}

/** Takes another version's text as a draft on the applied one. */
export function takeBook(text: string): void {
  const now = applied.peek()
  if (now !== null) keepDraft(text === now.text ? null : { base: now.version, text })
}

export const discardBook = (): void => keepDraft(null)

/** Goes on from the applied version with the text as it is. */
export function rebaseBook(): void {
  const now = applied.peek()
  const at = draft.peek()
  if (now !== null && at !== null) keepDraft({ ...at, base: now.version })
}

export async function loadBook(): Promise<void> {
  try {
    const { version, text } = await call("book.get", {})
    batch(() => {
      applied.value = { version, text }
      bookError.value = null
      if (draft.peek()?.text === text) keepDraft(null)
    })
  } catch (error) {
    bookError.value = error
  }
}

/** The errors that a refusal of the daemon carries. */
export function errorsOf(error: unknown): BookError[] {
  const list = error instanceof CallError ? error.data["errors"] : undefined
  return Array.isArray(list) ? (list as BookError[]) : []
}

const bytes = (text: string): number => new TextEncoder().encode(text).length

/** Is it more than the daemon takes? It would close the connection. */
export const tooLarge = (text: string): boolean =>
  bytes(text) > TEXT_BYTES_MAX || bytes(JSON.stringify(text)) > MESSAGE_BYTES_MAX

let turn = 0
let looking = false

/** One look at a time: a large book takes the daemon seconds. */
async function look(): Promise<void> {
  const text = draft.peek()?.text
  if (looking || text === undefined) return
  const mine = ++turn
  if (tooLarge(text)) {
    checked.value = "large"
    return
  }
  looking = true
  await ask(text, mine)
  looking = false
  if (mine !== turn) void look()
}

async function ask(text: string, mine: number): Promise<void> {
  try {
    const answer = await call("book.check", { text })
    const lines = answer.ok ? (await call("book.diff", { text })).lines : null
    if (mine !== turn) return
    batch(() => {
      errors.value = answer.errors
      ruleCount.value = answer.rules
      checked.value = answer.ok ? "right" : "wrong"
      difference.value = lines
    })
  } catch (error) {
    if (mine === turn) bookError.value = error
  }
}

/** Puts the text in force. True: it is. */
export async function applyBook(note: string): Promise<boolean> {
  const at = draft.peek()
  if (at === null || applying.peek()) return false
  applying.value = true
  try {
    const params = { text: at.text, base: at.base, ...(note === "" ? {} : { note }) }
    const { version } = await call("book.apply", params, newKey())
    batch(() => {
      applied.value = { version, text: at.text }
      keepDraft(null)
    })
    done(t("book.applied", { version }), null)
    return true
  } catch (error) {
    const list = errorsOf(error)
    if (list.length > 0) {
      errors.value = list
      checked.value = "wrong"
    } else {
      failed(error)
      await loadBook()
    }
    return false
  } finally {
    applying.value = false
  }
}

export function startBook(): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const shown = computed(() => route.value.book !== null)
  let ready = false
  onFresh(() => {
    ready = true
    if (shown.peek()) void loadBook()
  })
  onEvent((event) => {
    if (event.kind === "book.applied" && applied.peek() !== null) void loadBook()
  })
  effect(() => {
    if (shown.value && ready && applied.peek() === null) void loadBook()
  })
  effect(() => {
    const text = draft.value?.text
    const on = shown.value
    clearTimeout(timer)
    turn++
    batch(() => {
      checked.value = "unknown"
      difference.value = null
      if (text === undefined) errors.value = []
    })
    if (on && text !== undefined && mayEdit.peek())
      timer = setTimeout(() => void look(), TYPED_MS)
  })
}
