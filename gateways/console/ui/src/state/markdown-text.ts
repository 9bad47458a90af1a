/** What CommonMark would swallow of a text gets a backslash, so that nothing
 * that was written disappears: the first step of gateways/mail/markdown.c. */

const LABEL_MAX = 1000
const FENCE_MIN = 3
const SCHEME = /https?:\/\//iy
const MARK = /[ >\t]*\d*[-*+.)] /y
const SPACE = /[ >\t]+(?!\d)/y
/** "==" or "--" under a line: people write it before their names. */
const UNDERLINE = /^([ >]*)(?:=+|--?)[ \t\r]*$/
const LABEL = /^\[((?:\\[^]|[^[\]\\])*)\]:/

function follows(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0].length ?? 0
}

/** Past what may stand before a block: quotes, marks of lists, spaces. */
function skipMarks(line: string): number {
  let at = 0
  for (;;) {
    const n = follows(MARK, line, at) || follows(SPACE, line, at)
    if (n === 0) return at
    at += n
  }
}

/** Where the address of a page ends that begins there. */
function addressEnd(line: string, from: number): number {
  let open = 0
  let at = from
  for (; at < line.length && !/[\s<>"`\\]/.test(line.charAt(at)); at++) {
    if (line[at] === "(") open++
    else if (line[at] === ")" && --open < 0) break
  }
  while (at > from && ".,;:!?'*_~".includes(line.charAt(at - 1))) at--
  return at
}

/** "[label]:" would define a link, and not be shown. */
function definesLink(rest: string): boolean {
  const label = LABEL.exec(rest.slice(0, LABEL_MAX + 3))?.[1]
  return label !== undefined && !label.includes("\n\n")
}

/** One line, outside of code; `rest` is the text from its beginning on. */
function protectLine(line: string, rest: string): string {
  const under = UNDERLINE.exec(line)?.[1]?.length
  let at = under ?? skipMarks(line)
  let out = line.slice(0, at)
  if (under !== undefined || definesLink(rest.slice(at, at + LABEL_MAX + 3))) out += "\\"
  let before = " "
  while (at < line.length) {
    const begins = !/[<`A-Za-z0-9]/.test(before) && follows(SCHEME, line, at) > 0
    const end = begins ? addressEnd(line, at) : at + 1
    const part = line.slice(at, end)
    out += begins ? part.replace(/[*_]/g, "\\$&") : part
    before = line.charAt(end - 1)
    at = end
  }
  return out
}

/** The sign and length of ``` or ~~~ that begins the line; "": none does. */
function fenceOf(line: string): string {
  const rest = line.slice(skipMarks(line))
  const fence = /^(`+|~+)/.exec(rest)?.[0] ?? ""
  if (fence.length < FENCE_MIN) return ""
  return fence.startsWith("`") && rest.slice(fence.length).includes("`") ? "" : fence
}

/** The text with what would be swallowed made plain; code stays as it is. */
export function protect(text: string): string {
  let fence = ""
  let from = 0
  const out: string[] = []
  for (const line of text.split("\n")) {
    const found = fenceOf(line)
    if (fence !== "") {
      if (found.startsWith(fence)) fence = ""
      out.push(line)
    } else if (found !== "") {
      fence = found
      out.push(line)
    } else {
      out.push(protectLine(line, text.slice(from)))
    }
    from += line.length + 1
  }
  return out.join("\n")
}
