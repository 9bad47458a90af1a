/** The frames of schema/CHAT.md. */

/** By when an answer may be expected. */
export interface Expected {
  /** 15m, 1h, ..., today, tomorrow, ... */
  words: string
  by_at?: string | null
}

export interface Site {
  name: string
  title: string
  language: string
  color?: string | null
  greeting?: { es?: string; en?: string } | null
  open: boolean
  opens_at?: string | null
  closes_at?: string | null
  promise_s?: number | null
  expected?: Expected | null
  desk: string
  remember_days: number
}

export interface Chat {
  incident: number | null
  ref: string | null
  state: "start" | "waiting" | "talking" | "ended"
  ahead?: number | null
  last: number
  got: number
  name: string
  email: string | null
  rated: number | null
  /** Waiting: what was told when the first line came. */
  expected?: Expected | null
}

export interface LineFile {
  filename: string
  content_type: string
  size: number
  sha256: string
  message: number
}

export interface Line {
  number: number
  who: "customer" | "agent" | "bot"
  name: string
  at: string
  text: string
  /** Of the visitor's own lines: what the widget called it. */
  id?: string | null
  files?: LineFile[]
}

/** A file of the visitor's that the server has. */
export interface SentFile {
  sha256: string
  filename: string
  content_type: string
  size: number
}

export interface Start {
  name: string
  email?: string
  remember?: boolean
  language?: string
}

export type Up =
  | { t: "open"; token?: string; from?: number; incident?: number }
  | ({ t: "start" } & Start)
  | { t: "write"; id: string; text: string; page?: string; files?: SentFile[] }
  | { t: "typing"; on: boolean }
  | { t: "got"; number: number }
  | { t: "end" }
  | { t: "rate"; score: number; comment?: string }
  | { t: "ping" }

export type Down =
  | { t: "hello"; site: Site; chat?: Chat | null; expires_at?: string; gone?: boolean }
  | { t: "started"; token: string; expires_at: string; chat: Chat }
  | { t: "lines"; lines: Line[]; chat: Chat; more: boolean }
  | { t: "chat" | "rated" | "ended"; chat: Chat }
  | { t: "ack"; id: string; number: number; at: string }
  | { t: "typing"; name: string; on: boolean }
  | { t: "site"; site: Site }
  | { t: "daemon"; up: boolean }
  | { t: "refused"; re: string; id?: string; code: string; text?: string; retry_ms?: number }
  | { t: "pong" }

/** Closed by the server. */
export const CLOSED_TOKEN_ENDED = 4001
export const CLOSED_TOO_MANY = 4029

/** Between the loader and the frame. */
export type ToPanel = { postigo: 1; t: "show"; on: boolean; focus: boolean; page: string }
export type ToPage =
  | { postigo: 1; t: "ready" }
  | { postigo: 1; t: "close" }
  | { postigo: 1; t: "unread"; n: number }
  | { postigo: 1; t: "chat"; on: boolean }
