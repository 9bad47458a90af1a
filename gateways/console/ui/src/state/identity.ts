import type { Identity } from "../../../../common/ui/wire"
import { call } from "./app"
import { reloadTalk } from "./talk"
import { t } from "./text"
import { failed } from "./toasts"

/** Kinds of addresses of WhatsApp. */
const OF_WHATSAPP: readonly string[] = ["whatsapp", "bsuid", "parent_bsuid"]

export const isOfWhatsApp = ({ kind }: Identity): boolean => OF_WHATSAPP.includes(kind)

/** An address as people write it: a number with its plus, a name with its at;
 * the number of an account with its shop. The id of a person who hides both is
 * what is left of them. */
export function addressShown(one: Identity): string {
  const { kind, value, username, shop } = one
  if (shop) return t("customer.account", { number: value, shop })
  if (!isOfWhatsApp(one)) return value
  const number = kind === "whatsapp" && /^\d+$/.test(value) ? `+${value}` : value
  if (!username) return number
  return kind === "whatsapp" ? `@${username} · ${number}` : `@${username}`
}

/** Kinds of addresses that an agent may note. */
export const ADDABLE = ["email", "whatsapp"] as const
export type Addable = (typeof ADDABLE)[number]

/** Notes another address of a customer. False: it was refused, and said. */
export async function addIdentity(customer: number, kind: Addable, value: string): Promise<boolean> {
  try {
    await call("identity.add", { customer, kind, value: value.trim() })
  } catch (error) {
    failed(error)
    return false
  }
  await reloadTalk()
  return true
}
