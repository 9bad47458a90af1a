/** A sentence, or its plural forms by the categories of Intl.PluralRules. */
export type Sentence =
  | string
  | { one: string; other: string; many?: string; few?: string; two?: string }

export type Values = Readonly<Record<string, string | number>>

const rules = new Map<string, Intl.PluralRules>()
const figures = new Map<string, Intl.NumberFormat>()

function kept<T>(where: Map<string, T>, language: string, make: () => T): T {
  const old = where.get(language)
  if (old) return old
  const made = make()
  where.set(language, made)
  return made
}

/** A figure as the language writes it. */
export function figure(n: number, language: string): string {
  return kept(figures, language, () => new Intl.NumberFormat(language)).format(n)
}

/** Puts values into {names}; the plural form follows the value {n}. */
export function fill(
  sentence: Sentence,
  values: Values,
  language: string,
): string {
  let form: string
  if (typeof sentence === "string") {
    form = sentence
  } else {
    const plural = kept(rules, language, () => new Intl.PluralRules(language))
    const category = plural.select(Number(values["n"] ?? 0))
    form = (category !== "zero" && sentence[category]) || sentence.other
  }
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name]
    if (value === undefined) return whole
    return typeof value === "number" ? figure(value, language) : value
  })
}
