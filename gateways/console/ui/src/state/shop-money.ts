/** Money as text: amounts are decimal texts and never become a double. */

const DECIMAL = /^-?\d{1,15}(?:\.\d{1,6})?$/
const CURRENCY = /^[A-Z]{3}$/

/** Is it an amount that can be shown as one? */
export const isAmount = (amount: string): boolean => DECIMAL.test(amount)

/** Is it nothing, or no money at all? */
export const isNothing = (amount: string): boolean => !/[1-9]/.test(amount)

/** A figure of the language for a decimal text: digits are grouped as text. */
function grouped(digits: string, language: string): string {
  return new Intl.NumberFormat(language, { useGrouping: true }).format(BigInt(digits))
}

/** How many decimals a currency has. */
const exponentOf = (currency: string, language: string): number =>
  new Intl.NumberFormat(language, { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2

/**
 * "1.234,50 €" as the language writes it; what is no amount, or no currency,
 * is shown as it stands. The decimals are those of the text, and as many as
 * the currency has at least.
 */
export function money(amount: string, currency: string, language: string): string {
  if (!isAmount(amount) || !CURRENCY.test(currency)) return [amount, currency].filter(Boolean).join(" ")
  const [whole = "0", said = ""] = amount.replace("-", "").split(".")
  const decimals = said.replace(/0+$/, "").padEnd(exponentOf(currency, language), "0")
  const { length } = decimals
  const format = new Intl.NumberFormat(language, {
    style: "currency",
    currency,
    minimumFractionDigits: length,
    maximumFractionDigits: length,
  })
  // The shape of a figure alone is asked for: sign, symbol and their places.
  return format
    .formatToParts(amount.startsWith("-") && !isNothing(amount) ? -1 : 1)
    .map(({ type, value }) => (type === "integer" ? grouped(whole, language) : type === "fraction" ? decimals : value))
    .join("")
}

/** Currencies whose minor unit is not a hundredth, as the daemon counts them
 * (daemon/base/money.c). */
const MINOR: Readonly<Record<string, number>> = {
  BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, UYI: 0,
  VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0, BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3, CLF: 4, UYW: 4,
}

/** Decimal text of so many minor units; "": it is no whole number. */
export function minorText(minor: unknown, currency: string): string {
  if (typeof minor !== "number" || !Number.isSafeInteger(minor)) return ""
  const exponent = MINOR[currency] ?? 2
  const digits = String(Math.abs(minor)).padStart(exponent + 1, "0")
  const whole = digits.slice(0, digits.length - exponent)
  const rest = exponent > 0 ? `.${digits.slice(-exponent)}` : ""
  return `${minor < 0 ? "-" : ""}${whole}${rest}`
}
