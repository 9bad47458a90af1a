import type { Line, SentFile, Up } from "./frames"

/** A line of the visitor's that the server has not acknowledged. */
export interface Draft {
  id: string
  text: string
  files: SentFile[]
  page: string
  /** When it was written, epoch ms. */
  at: number
  /** Refused for good, by this code; waits for the visitor. */
  refused?: string
}

/** The frame that sends it. */
export function frameOf({ id, text, page, files }: Draft): Up {
  return { t: "write", id, text, ...(page && { page }), ...(files.length > 0 && { files }) }
}

/** What the conversation shows: a line of the server's, or a draft. */
export interface Shown {
  /** The same before and after the acknowledgement. */
  key: string
  line?: Line
  draft?: Draft
}

/** Puts lines in by number; what is there already is kept once. */
export function merge(old: readonly Line[], more: readonly Line[]): Line[] {
  const all = new Map(old.map((one) => [one.number, one]))
  for (const one of more) all.set(one.number, one)
  return [...all.values()].sort((a, b) => a.number - b.number)
}

/** The line that a draft became. */
export function lineOf(draft: Draft, number: number, at: string): Line {
  const files = draft.files.map((one) => ({ ...one, message: 0 }))
  return { number, at, who: "customer", name: "", text: draft.text, id: draft.id, files }
}

/**
 * Lines by number, then drafts in the order in which they were written. A
 * draft that is among the lines already is shown once.
 */
export function shown(lines: readonly Line[], drafts: readonly Draft[]): Shown[] {
  const known = new Set(lines.map((one) => one.id))
  return [
    ...lines.map((line) => ({ key: line.id ?? `n${line.number}`, line })),
    ...drafts
      .filter((one) => !known.has(one.id))
      .map((draft) => ({ key: draft.id, draft })),
  ]
}

/** Lines of others with a number above `got`. */
export function unread(lines: readonly Line[], got: number): number {
  return lines.filter((one) => one.who !== "customer" && one.number > got).length
}
