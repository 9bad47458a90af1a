/** Light marks of a text, as plain data: nothing here makes markup. Customers
 * write WhatsApp's (*bold*, _italic_, ~struck~, ```code```), agents light
 * Markdown, which the gateway turns into those. Addresses of pages are links,
 * and marks inside them are part of the address. */

export type Mark = string | MarkNode

export interface MarkNode {
  tag: "strong" | "em" | "s" | "code" | "pre" | "a"
  children: Mark[]
  /** Of a link: http or https alone. */
  href?: string
}

export type MarkKind = "whatsapp" | "markdown"

/** So deep marks may stand in marks; below, their signs are text. */
const DEPTH_MAX = 4
/** Longer texts are shown as they are: reading marks costs time. */
const LENGTH_MAX = 20_000

const LINK = /https?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:!?*_~`]/y
const WORD = /[\p{L}\p{N}]/u

interface Sign {
  sign: string
  tag: MarkNode["tag"]
}

/** Longer signs first: "**" is not "*" twice. */
const SIGNS: Readonly<Record<MarkKind, readonly Sign[]>> = {
  whatsapp: [
    { sign: "*", tag: "strong" },
    { sign: "_", tag: "em" },
    { sign: "~", tag: "s" },
  ],
  markdown: [
    { sign: "**", tag: "strong" },
    { sign: "__", tag: "strong" },
    { sign: "~~", tag: "s" },
    { sign: "*", tag: "em" },
    { sign: "_", tag: "em" },
  ],
}

const isSpace = (char: string | undefined): boolean => char === undefined || /\s/.test(char)
const isWord = (char: string | undefined): boolean => char !== undefined && WORD.test(char)

/** Where the sign that was opened at `at` is closed, on the same line; -1: nowhere. */
function closing(text: string, at: number, sign: string): number {
  const from = at + sign.length
  const line = text.indexOf("\n", from)
  const end = line < 0 ? text.length : line
  for (let n = text.indexOf(sign, from + 1); n >= 0 && n < end; n = text.indexOf(sign, n + 1)) {
    const longer = text[n + sign.length] === sign[0]
    if (!longer && !isSpace(text[n - 1]) && !isWord(text[n + sign.length])) return n
  }
  return -1
}

/** A sign opens before a character, after what is no letter. */
const opens = (text: string, at: number, sign: string): boolean =>
  text.startsWith(sign, at) &&
  !isSpace(text[at + sign.length]) &&
  text[at + sign.length] !== sign[0] &&
  !isWord(text[at - 1])

interface Found {
  node: MarkNode
  end: number
}

function code(text: string, at: number): Found | null {
  const fence = text.startsWith("```", at) ? "```" : "`"
  const from = at + fence.length
  const to = text.indexOf(fence, from)
  const inner = to < 0 ? "" : text.slice(from, to)
  if (inner.trim() === "" || (fence === "`" && inner.includes("\n"))) return null
  const tag = fence === "`" ? "code" : "pre"
  const plain = tag === "pre" ? inner.replace(/^\n|\n$/g, "") : inner
  return { node: { tag, children: [plain] }, end: to + fence.length }
}

function link(text: string, at: number): Found | null {
  LINK.lastIndex = at
  const href = LINK.exec(text)?.[0]
  return href === undefined ? null : { node: { tag: "a", href, children: [href] }, end: at + href.length }
}

/** A text that is being read. */
interface Reading {
  text: string
  kind: MarkKind
  depth: number
  /** By sign: up to here nothing closes it, whoever asks. */
  open: Map<string, number>
}

function signed(now: Reading, at: number): Found | null {
  const { text, kind, depth, open } = now
  if (depth >= DEPTH_MAX) return null
  for (const { sign, tag } of SIGNS[kind]) {
    if (at < (open.get(sign) ?? 0) || !opens(text, at, sign)) continue
    const to = closing(text, at, sign)
    if (to < 0) {
      const line = text.indexOf("\n", at)
      open.set(sign, line < 0 ? text.length : line)
      continue
    }
    const children = read(text.slice(at + sign.length, to), kind, depth + 1)
    return { node: { tag, children }, end: to + sign.length }
  }
  return null
}

function find(now: Reading, at: number): Found | null {
  const { text } = now
  const char = text[at]
  if (char === "`") return code(text, at)
  if (char === "h" && !isWord(text[at - 1])) return link(text, at)
  return char === "*" || char === "_" || char === "~" ? signed(now, at) : null
}

function read(text: string, kind: MarkKind, depth: number): Mark[] {
  const now: Reading = { text, kind, depth, open: new Map() }
  const out: Mark[] = []
  let from = 0
  for (let at = 0; at < text.length; ) {
    const found = find(now, at)
    if (!found) {
      at++
      continue
    }
    if (at > from) out.push(text.slice(from, at))
    out.push(found.node)
    from = at = found.end
  }
  if (from < text.length) out.push(text.slice(from))
  return out
}

/** The marks of a text; its letters are those of the text, without the signs. */
export function readMarks(text: string, kind: MarkKind): Mark[] {
  if (text === "") return []
  return text.length > LENGTH_MAX ? [text] : read(text, kind, 0)
}
