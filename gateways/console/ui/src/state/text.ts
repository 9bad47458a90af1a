import { signal } from "@preact/signals"
import { fill, type Sentence, type Values } from "../../../../common/ui/catalogue"
import { en } from "../text-en"
import { es } from "../text-es"

export type Key = keyof typeof es
export type Language = "es" | "en"

const catalogues: Record<Language, Record<Key, Sentence>> = { es, en }
const LANGUAGE_STORE = "postigo.language"

/** The language of the page. */
export const language = signal<Language>("es")

/** A sentence of the catalogue in the page's language. */
export function t(key: Key, values: Values = {}): string {
  return fill(catalogues[language.value][key], values, language.value)
}

const isKey = (key: string): key is Key => key in es

/** The word for a code, as `state.open`; the code itself when it is unknown. */
export function word(group: string, code: string): string {
  const key = `${group}.${code}`
  return isKey(key) ? t(key) : code
}

/** What the person chose, else the agent's language, else the desk's. */
export function settleLanguage(agent: string, desk: string): void {
  const wished = localStorage.getItem(LANGUAGE_STORE) ?? (agent || desk)
  language.value = wished === "en" ? "en" : "es"
  document.documentElement.lang = language.value
}

export function chooseLanguage(next: Language): void {
  localStorage.setItem(LANGUAGE_STORE, next)
  language.value = next
  document.documentElement.lang = next
}
