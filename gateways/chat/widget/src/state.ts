import type { Chat, Line, SentFile, Site, Start } from "./frames"
import type { Keep } from "./keep"
import type { Draft } from "./order"
import type { PipeOptions } from "./pipe"

/** Everything that the panel shows. */
export interface State {
  site: Site | null
  chat: Chat | null
  lines: readonly Line[]
  /** Not acknowledged, in order. */
  drafts: readonly Draft[]
  /** There is a token: no form is needed. */
  known: boolean
  /** connecting: never there yet; lost: will come back; down: no desk behind. */
  link: "connecting" | "live" | "lost" | "down"
  /** Lines are still coming after a connection was made. */
  filling: boolean
  /** The form was sent and is not answered. */
  starting: boolean
  /** Who writes at the moment, or "". */
  typing: string
  /** What was refused last: "start" or "rate" and so on, with its code. */
  refused: { re: string; code: string } | null
  /** The session was there once and is not any more. */
  gone: boolean
}

export interface Talk {
  readonly state: State
  start(start: Start): void
  /** False: too many lines wait, and this one was not taken. */
  write(text: string, files: SentFile[], page: string): boolean
  /** A draft that was refused: once more, or away with it. */
  retry(id: string): void
  discard(id: string): void
  typing(on: boolean): void
  /** The newest line is in sight, or is not. */
  visible(on: boolean): void
  unread(): number
  end(): void
  rate(score: number, comment: string): void
  /** Another conversation of the same visitor. */
  again(): void
  forget(): void
  hurry(): void
}

export interface TalkOptions extends Omit<PipeOptions, "onOpen" | "onFrame" | "onLost"> {
  keep: Keep
  now(): number
  newId(): string
  changed(): void
  /** Sends files up that were there before; null: they are not at hand. */
  putAgain(files: readonly SentFile[]): Promise<unknown> | null
}
