/** A piece of a message: text, or an address that can be followed. */
export interface Part {
  text: string
  href?: string
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+|\bwww\.[^\s<>"'`]+\.[^\s<>"'`]+/gi
/** What ends a sentence and not an address. */
const TAIL = /[.,:;!?…'»”’*_]+$/

/** Takes off what follows an address: points, and brackets it never opened. */
function cut(address: string): string {
  for (;;) {
    const short = address.replace(TAIL, "")
    const count = (c: string): number => short.split(c).length
    const open =
      (short.endsWith(")") && count(")") > count("(")) ||
      (short.endsWith("]") && count("]") > count("["))
    const next = open ? short.slice(0, -1) : short
    if (next === address) return address
    address = next
  }
}

function parsed(address: string): URL | null {
  try {
    return new URL(address)
  } catch {
    return null
  }
}

/** The pieces of a text, in order; together they are the text. */
export function parts(text: string): Part[] {
  const all: Part[] = []
  let from = 0
  for (const found of text.matchAll(ADDRESS)) {
    const shown = cut(found[0])
    const address = /^www\./i.test(shown) ? `https://${shown}` : shown
    const href = parsed(address)
    if (!href || href.username || href.password) continue
    if (found.index > from) all.push({ text: text.slice(from, found.index) })
    all.push({ text: shown, href: href.href })
    from = found.index + shown.length
  }
  if (from < text.length) all.push({ text: text.slice(from) })
  return all
}
