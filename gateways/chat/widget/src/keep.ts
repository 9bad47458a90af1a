import type { Draft } from "./order"

/** The part of Storage that is used. */
export type Box = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">

/** What is kept of a chat between two pages of the shop. */
export interface Keep {
  token(): string | null
  /** On this device for `remember`, else as long as the tab is open. */
  setToken(token: string, expires: string, remember: boolean): void
  /** The server keeps the token until then: it was used. */
  extend(expires: string): void
  /** Of the device, and not of this tab alone. */
  remembered(): boolean
  dropToken(): void
  /** In the order in which they were written. */
  drafts(): Draft[]
  /** Each under a key of its own: two tabs do not touch each other's. */
  setDraft(draft: Draft): void
  dropDraft(id: string): void
  /** Nothing of this chat is left. */
  forget(): void
}

/** A page whose storage is closed to frames keeps things while it lives. */
export function memoryBox(): Box {
  const all = new Map<string, string>()
  return {
    getItem: (key) => all.get(key) ?? null,
    setItem: (key, value) => void all.set(key, value),
    removeItem: (key) => void all.delete(key),
    key: (n) => [...all.keys()][n] ?? null,
    get length() {
      return all.size
    },
  }
}

/** Storage that may throw when it is touched, or an own one. */
export function boxOf(find: () => Box): Box {
  try {
    const box = find()
    box.getItem("")
    return box
  } catch {
    return memoryBox()
  }
}

const isDraft = (one: unknown): one is Draft => {
  const draft = one as Partial<Draft> | null
  return (
    typeof draft?.id === "string" &&
    typeof draft.text === "string" &&
    typeof draft.at === "number" &&
    Array.isArray(draft.files)
  )
}

export function keep(site: string, tab: Box, device: Box, now: () => number): Keep {
  const boxes = [tab, device]
  const tokenKey = `postigo.${site}.token`
  const draftKey = `postigo.${site}.draft.`
  const read = (box: Box, key: string): unknown => {
    try {
      return JSON.parse(box.getItem(key) ?? "null")
    } catch {
      return null
    }
  }
  const write = (box: Box, key: string, value: unknown): void => {
    try {
      box.setItem(key, JSON.stringify(value))
    } catch {
      // Full: it lives in this page alone.
    }
  }
  const valid = (box: Box): string | null => {
    const kept = read(box, tokenKey) as { token?: unknown; expires?: unknown } | null
    if (typeof kept?.token !== "string") return null
    return Date.parse(String(kept.expires)) < now() ? null : kept.token
  }
  const remembered = (): boolean => !valid(tab) && valid(device) !== null
  const draftKeys = (box: Box): string[] =>
    Array.from({ length: box.length }, (_, n) => box.key(n) ?? "").filter((key) =>
      key.startsWith(draftKey),
    )
  const dropToken = (): void => boxes.forEach((box) => box.removeItem(tokenKey))

  return {
    token: () => valid(tab) ?? valid(device),
    setToken(token, expires, remember) {
      dropToken()
      write(remember ? device : tab, tokenKey, { token, expires })
    },
    extend(expires) {
      const box = boxes.find(valid)
      if (box) write(box, tokenKey, { token: valid(box), expires })
    },
    remembered,
    dropToken,
    drafts() {
      const found = boxes.flatMap((box) => draftKeys(box).map((key) => read(box, key)))
      const all = new Map(found.filter(isDraft).map((one) => [one.id, one]))
      return [...all.values()].sort((a, b) => a.at - b.at)
    },
    setDraft: (draft) => write(remembered() ? device : tab, draftKey + draft.id, draft),
    dropDraft: (id) => boxes.forEach((box) => box.removeItem(draftKey + id)),
    forget() {
      dropToken()
      for (const box of boxes) draftKeys(box).forEach((key) => box.removeItem(key))
    },
  }
}
