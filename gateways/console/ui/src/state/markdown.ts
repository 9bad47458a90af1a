import { Parser, type Node } from "commonmark"
import { protect } from "./markdown-text"

/** Light Markdown as the mail's HTML will have it (gateways/mail/markdown.c):
 * read by the reference parser of CommonMark, whose twin in C makes the mail.
 * What comes out is plain data; nobody makes markup of text. Loaded when
 * somebody looks at a preview. */

export type Tag =
  | "p" | "strong" | "em" | "code" | "pre" | "blockquote" | "ul" | "ol" | "li" | "hr" | "br" | "a"

/** A text, or an element of the few that there are. */
export type Piece = string | { tag: Tag; href?: string; start?: number; children: Piece[] }

/** Deeper ones are drawn as "…": nobody nests so deep by hand. */
const DEPTH_MAX = 40
/** Beyond this many octets a text goes as it is, without marks. */
const MARKDOWN_MAX = 64 * 1024
const MAY_LINK = /^(?:https?:\/\/|mailto:)/i
const PAGE = /(?<![\p{L}\p{N}])https?:\/\/[^\s<>"`\\]+/giu
const parser = new Parser()
const octets = new TextEncoder()

/** Where we are in the tree. */
interface Place {
  depth: number
  inLink: boolean
}

const el = (tag: Tag, children: Piece[] = []): Piece => ({ tag, children })

/** Texts side by side are one text. */
function joined(list: readonly Piece[]): Piece[] {
  const out: Piece[] = []
  for (const one of list) {
    const last = out[out.length - 1]
    if (typeof one === "string" && typeof last === "string") out[out.length - 1] = last + one
    else out.push(one)
  }
  return out
}

/** An address without the signs that close a sentence or a bracket. */
function trimmed(address: string): string {
  let open = 0
  let end = 0
  for (; end < address.length; end++) {
    if (address[end] === "(") open++
    else if (address[end] === ")" && --open < 0) break
  }
  return address.slice(0, end).replace(/[.,;:!?'*_~]+$/, "")
}

/** Addresses of pages within a text are links. */
function linked(text: string): Piece[] {
  const out: Piece[] = []
  let done = 0
  for (const found of text.matchAll(PAGE)) {
    const href = trimmed(found[0])
    if (/\/\/$/.test(href)) continue
    out.push(text.slice(done, found.index), { tag: "a", href, children: [href] })
    done = found.index + href.length
  }
  return [...out, text.slice(done)].filter((one) => one !== "")
}

function children(node: Node, at: Place): Piece[] {
  if (at.depth === DEPTH_MAX) return ["…"]
  const inside = { ...at, depth: at.depth + 1 }
  const list: Piece[] = []
  for (let one = node.firstChild; one; one = one.next) list.push(...pieces(one, inside))
  const whole = joined(list)
  return at.inLink ? whole : whole.flatMap((one) => (typeof one === "string" ? linked(one) : [one]))
}

/** A tight list has its texts without paragraphs. */
function isTight(node: Node): boolean {
  const list = node.parent?.parent
  return list?.type === "list" && list.listTight
}

/** A link, or its words with the address beside them if we do not go there. A
 * picture is a link to it: mails fetch nothing. */
function link(node: Node, at: Place): Piece[] {
  const href = node.destination ?? ""
  const goes = MAY_LINK.test(href) && !(node.type === "image" && at.inLink)
  const words = children(node, { ...at, inLink: at.inLink || goes })
  const bare = words.length === 0
  if (goes) return [{ tag: "a", href, children: bare ? [href] : words }]
  return href === "" ? words : [...words, bare ? href : ` (${href})`]
}

function list(node: Node, at: Place): Piece {
  const items = children(node, at)
  return node.listType === "ordered" ? { tag: "ol", start: node.listStart, children: items } : el("ul", items)
}

/** "# words" is a bold line; what is underlined, a paragraph over a rule. */
function heading(node: Node, at: Place): Piece[] {
  const [[from], [to]] = node.sourcepos
  const words = children(node, at)
  return to > from ? [el("p", words), el("hr")] : [el("p", [el("strong", words)])]
}

const lines = (text: string): Piece[] =>
  text.split("\n").flatMap((line, n) => (n === 0 ? [line] : [el("br"), line]))

function pieces(node: Node, at: Place): Piece[] {
  const literal = node.literal ?? ""
  switch (node.type) {
    case "text":
    case "html_inline":
      return [literal]
    case "code":
      return [el("code", [literal])]
    case "code_block":
      return [el("pre", [el("code", [literal])])]
    case "html_block":
      return [el("p", lines(literal))]
    case "softbreak":
    case "linebreak":
      return [el("br")]
    case "thematic_break":
      return [el("hr")]
    case "emph":
      return [el("em", children(node, at))]
    case "strong":
      return [el("strong", children(node, at))]
    case "block_quote":
      return [el("blockquote", children(node, at))]
    case "item":
      return [el("li", children(node, at))]
    case "paragraph":
      return isTight(node) ? children(node, at) : [el("p", children(node, at))]
    case "heading":
      return heading(node, at)
    case "list":
      return [list(node, at)]
    case "link":
    case "image":
      return link(node, at)
    default:
      return children(node, at)
  }
}

/** What the mail will look like. */
export function readMarkdown(text: string): Piece[] {
  if (octets.encode(text).length > MARKDOWN_MAX) return [el("p", lines(text))]
  return children(parser.parse(protect(text)), { depth: 0, inLink: false })
}
