// Errors of a desk book in the language of the screen. The daemon says them in
// English, as the command line does; here they are put into Spanish.
import { spanish } from "../errors-es"

const PART = /%(\d)/

interface Form {
  readonly english: RegExp
  /** Which part of the text each group is. */
  readonly parts: readonly string[]
  readonly spanish: string
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
}

function formOf([english, put]: readonly [string, string]): Form {
  const pieces = english.split(PART)
  const parts = pieces.filter((_, n) => n % 2 === 1)
  const source = pieces.map((piece, n) => (n % 2 === 1 ? "(.*?)" : literal(piece))).join("")
  return { english: new RegExp(`^${source}$`, "su"), parts, spanish: put }
}

let forms: readonly Form[] | undefined

/** What the language expected: "'is', a word or 'contains' and others" */
function expected(text: string): string | undefined {
  const found = /^expected (.*?)( and others)?$/su.exec(text)
  if (!found) return undefined
  const list = (found[1] ?? "").split(/, (?![^(]*\))| or /u)
  const said = list.map((one) => inSpanish(one) ?? one)
  const last = found[2] ? "otra cosa" : (said.pop() ?? "")
  const or = /^'?h?o/iu.test(last) ? "u" : "o"
  return `se esperaba ${said.length > 0 ? `${said.join(", ")} ${or} ${last}` : last}`
}

/** A text of the daemon's in Spanish; undefined: nobody has put it so. */
export function inSpanish(text: string): string | undefined {
  const list = expected(text)
  if (list !== undefined) return list
  forms ??= spanish.map(formOf)
  for (const form of forms) {
    const found = form.english.exec(text)
    if (!found) continue
    const said = (part: string): string => found[form.parts.indexOf(part) + 1] ?? ""
    return form.spanish.replace(new RegExp(PART, "g"), (_, part: string) => said(part))
  }
  return undefined
}
