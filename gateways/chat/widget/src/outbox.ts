import type { Keep } from "./keep"
import type { Draft } from "./order"

/** Lines that wait; more are not taken. */
export const DRAFTS_MAX = 50

/** Lines that the server has not acknowledged, in storage and in order. */
export interface Outbox {
  all(): readonly Draft[]
  /** False: there are too many. */
  add(draft: Draft): boolean
  drop(known: (id: string) => boolean): void
  /** Refused for good by a code; without one it may go again. */
  mark(id: string, code?: string): void
  /** The oldest that may go. */
  next(): Draft | undefined
  /** Stores all of them again: where they are stored has changed. */
  store(): void
  clear(): void
}

export function outbox(keep: Keep, changed: () => void): Outbox {
  let drafts: Draft[] = keep.drafts()
  return {
    all: () => drafts,
    add(draft) {
      if (drafts.length >= DRAFTS_MAX) return false
      keep.setDraft(draft)
      drafts = [...drafts, draft]
      changed()
      return true
    },
    drop(known) {
      for (const one of drafts) if (known(one.id)) keep.dropDraft(one.id)
      drafts = drafts.filter((one) => !known(one.id))
      changed()
    },
    mark(id, code) {
      drafts = drafts.map((one) => {
        if (one.id !== id) return one
        const { refused: _, ...rest } = one
        const marked = code === undefined ? rest : { ...rest, refused: code }
        keep.setDraft(marked)
        return marked
      })
      changed()
    },
    next: () => drafts.find((one) => !one.refused),
    store: () => drafts.forEach(keep.setDraft),
    clear() {
      drafts = []
      changed()
    },
  }
}
