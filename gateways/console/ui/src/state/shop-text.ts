import { fill, type Sentence, type Values } from "../../../../common/ui/catalogue"
import { shopEn } from "../shop-en"
import { shopEs } from "../shop-es"
import { money } from "./shop-money"
import { language, type Language } from "./text"

/** The words of orders. They have a catalogue of their own, which comes with
 * the first conversation. */

export type ShopKey = keyof typeof shopEs

const catalogues: Record<Language, Record<ShopKey, Sentence>> = { es: shopEs, en: shopEn }
const isKey = (key: string): key is ShopKey => key in shopEs

/** A sentence of the catalogue. */
export const ot = (key: ShopKey, values: Values = {}): string =>
  fill(catalogues[language.value][key], values, language.value)

/** The word for a code, as `ship.delivered`; the code when it is unknown, as
 * the shop wrote it. */
export function oword(group: string, code: string): string {
  const key = `${group}.${code}`
  return isKey(key) ? ot(key) : code
}

/** An amount in the language of the page. */
export const amountText = (amount: string, currency: string): string => money(amount, currency, language.value)
