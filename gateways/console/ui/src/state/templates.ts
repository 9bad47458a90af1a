import type { Template } from "../../../../common/ui/wire"

/** WhatsApp's templates, as the composer offers them: what is filled in, how
 * it will read, which ones fit a search. */

type Bag = Readonly<Record<string, unknown>>
const isBag = (value: unknown): value is Bag => typeof value === "object" && value !== null
const bags = (value: unknown): Bag[] => (Array.isArray(value) ? value.filter(isBag) : [])
const text = (value: unknown): string => (typeof value === "string" ? value : "")

/** A gap of a template's text: {{1}} or {{name}}. */
const GAP = /\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g

/** Names of the gaps in the order in which the desk wants what fills them. */
export function gapsOf(body: string): string[] {
  const names = [...new Set([...body.matchAll(GAP)].map((found) => found[1] ?? ""))]
  const numbers = names.every((name) => /^\d+$/.test(name))
  return numbers ? names.sort((a, b) => Number(a) - Number(b)) : names
}

/** A text with its gaps filled in their order; one that is not filled stays. */
export function filled(body: string, values: readonly string[]): string {
  const names = gapsOf(body)
  return body.replace(GAP, (gap: string, name: string) => values[names.indexOf(name)]?.trim() || gap)
}

/** A template taken apart. */
export interface Parts {
  header: string
  body: string
  footer: string
  buttons: string[]
}

export function partsOf({ components }: Pick<Template, "components">): Parts {
  const list = bags(components)
  const of = (type: string): Bag | undefined => list.find((one) => text(one["type"]).toUpperCase() === type)
  return {
    header: text(of("HEADER")?.["text"]),
    body: text(of("BODY")?.["text"]),
    footer: text(of("FOOTER")?.["text"]),
    buttons: bags(of("BUTTONS")?.["buttons"])
      .map((one) => text(one["text"]))
      .filter(Boolean),
  }
}

/** What an agent chose, and what fills its gaps. */
export interface Chosen {
  name: string
  language: string
  /** In the desk's order: those of the body, then those of buttons. */
  values: string[]
  /** What fills the gap of the header. */
  header: string
}

export const chosenOf = ({ name, language }: Template): Chosen => ({ name, language, values: [], header: "" })

export const isThat = (one: Template, chosen: Chosen): boolean =>
  one.name === chosen.name && one.language === chosen.language

/** A value that is asked for: of a gap of the body, or of a button. */
export type Asked = { of: "body"; name: string } | { of: "button"; name: string }

/** The values that a template takes, in the desk's order. */
export function askedOf(one: Template): Asked[] {
  const gaps = gapsOf(partsOf(one).body)
  const others = Math.max(0, one.parameters - gaps.length)
  return [
    ...gaps.map((name): Asked => ({ of: "body", name })),
    ...Array.from({ length: others }, (_, n): Asked => ({ of: "button", name: String(n + 1) })),
  ]
}

/** What is lacking before it can go: nothing, a value, or the file of its header. */
export function lackingOf(one: Template, chosen: Chosen, files: number): "" | "gap" | "file" {
  const values = askedOf(one).every((_, n) => (chosen.values[n] ?? "").trim() !== "")
  if (!values || (one.header && chosen.header.trim() === "")) return "gap"
  return one.file && files === 0 ? "file" : ""
}

/** As `incident.answer` takes it. */
export interface TemplateAnswer {
  name: string
  language: string
  parameters: string[]
  header?: string
}

/** A value is one line: WhatsApp refuses breaks and tabs inside it. */
const line = (value: string | undefined): string => (value ?? "").trim().replace(/\s+/g, " ")

export const answerOf = (one: Template, chosen: Chosen): TemplateAnswer => ({
  name: one.name,
  language: one.language,
  parameters: askedOf(one).map((_, n) => line(chosen.values[n])),
  ...(one.header ? { header: line(chosen.header) } : {}),
})

/** The body as the customer will read it. */
export const bodyOf = (one: Template, chosen: Chosen): string => filled(partsOf(one).body, chosen.values)
export const headerOf = (one: Template, chosen: Chosen): string => filled(partsOf(one).header, [chosen.header])

const plain = (words: string): string => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()

/** Those that hold all words: first what can go in the language, then what can, then the others. */
export function findTemplates(all: readonly Template[], wanted: string, language: string): Template[] {
  const words = plain(wanted).split(/\s+/).filter(Boolean)
  const hits = all.filter((one) => {
    const said = plain(`${one.name} ${one.name.replaceAll("_", " ")} ${one.language} ${partsOf(one).body}`)
    return words.every((word) => said.includes(word))
  })
  const rank = (one: Template): number => (!one.usable ? 2 : one.language.startsWith(language) ? 0 : 1)
  return hits.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name) || a.language.localeCompare(b.language))
}
