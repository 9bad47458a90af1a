import { fill, type Sentence, type Values } from "../../../../common/ui/catalogue"
import { whatsappEn } from "../whatsapp-en"
import { whatsappEs } from "../whatsapp-es"
import { refusalOf } from "./graph-errors"
import { language, type Language } from "./text"

/** The words of WhatsApp's conversations. They have a catalogue of their own,
 * which comes with the first of them. */

export type WhatsAppKey = keyof typeof whatsappEs

const catalogues: Record<Language, Record<WhatsAppKey, Sentence>> = { es: whatsappEs, en: whatsappEn }
const isKey = (key: string): key is WhatsAppKey => key in whatsappEs

/** A sentence of the catalogue. */
export const wt = (key: WhatsAppKey, values: Values = {}): string =>
  fill(catalogues[language.value][key], values, language.value)

/** The word for a code, as `tick.read`; `otherwise` when there is none. */
export function wword(group: string, code: string, otherwise = code): string {
  const key = `${group}.${code}`
  return isKey(key) ? wt(key) : otherwise
}

/** What an error of Graph means, and what can be done, as two sentences. */
export function explain(code: number): { what: string; way: string } {
  const { what, way } = refusalOf(code)
  return { what: wword("graph", what), way: wword("way", way) }
}
