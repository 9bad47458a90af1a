import { fill, type Sentence, type Values } from "../../../../common/ui/catalogue"
import { settingsEn } from "../settings-en"
import { settingsEs } from "../settings-es"
import { language, type Language } from "./text"

/** The words of the settings. They have a catalogue of their own, which comes
 * with the settings. */

export type SettingsKey = keyof typeof settingsEs

const catalogues: Record<Language, Record<SettingsKey, Sentence>> = {
  es: settingsEs,
  en: settingsEn,
}
const isKey = (key: string): key is SettingsKey => key in settingsEs

/** A sentence of the settings' catalogue. */
export function st(key: SettingsKey, values: Values = {}): string {
  return fill(catalogues[language.value][key], values, language.value)
}

/** The word for a code, as `handled.flag`; the code when it is unknown. */
export function sword(group: string, code: string): string {
  const key = `${group}.${code}`
  return isKey(key) ? st(key) : code
}

/** What is said under a field; empty: nothing. */
export const hint = (name: string): string => (isKey(`hint.${name}`) ? sword("hint", name) : "")
