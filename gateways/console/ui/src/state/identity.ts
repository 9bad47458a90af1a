import type { Identity } from "../../../../common/ui/wire"

/** Kinds of addresses of WhatsApp. */
const OF_WHATSAPP: readonly string[] = ["whatsapp", "bsuid", "parent_bsuid"]

export const isOfWhatsApp = ({ kind }: Identity): boolean => OF_WHATSAPP.includes(kind)

/** An address as people write it: a number with its plus, a name with its at.
 * The id of a person who hides both is what is left of them. */
export function addressShown(one: Identity): string {
  const { kind, value, username } = one
  if (!isOfWhatsApp(one)) return value
  const number = kind === "whatsapp" && /^\d+$/.test(value) ? `+${value}` : value
  if (!username) return number
  return kind === "whatsapp" ? `@${username} · ${number}` : `@${username}`
}
