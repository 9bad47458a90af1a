import type { Address, Identity, IncidentDetail, Message } from "../../../../common/ui/wire"
import { call } from "./app"
import { reloadTalk } from "./talk"
import { done, failed } from "./toasts"
import { t } from "./text"

/** What is peculiar to mails: forwarded parts, addresses that mail comes back
 * from. */

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The text before the octet `at` of its UTF-8 form, and the text from there. */
export function cutAt(text: string, at: number): [string, string] {
  const octets = encoder.encode(text)
  const end = Math.max(0, Math.min(at, octets.length))
  return [decoder.decode(octets.subarray(0, end)), decoder.decode(octets.subarray(end))]
}

/** What a mail forwards: whose it was, and where in the text it begins. */
export interface Forward {
  from?: Address | null
  subject?: string | null
  at: number
}

export const forwardOf = ({ forward }: Message): Forward | null => (forward as Forward | null | undefined) ?? null

/** A mail's text as it is shown: each part folds by itself. */
export interface MailParts {
  /** What is new in it. */
  fresh: string
  /** The same with what it quotes; null: it quotes nothing. */
  whole: string | null
  /** What was forwarded with it; null: nothing. */
  forwarded: string | null
}

/** Takes a mail's text apart: nothing of it is left out. */
export function partsOf(message: Message): MailParts {
  const { text, reply_text } = message
  const forward = forwardOf(message)
  const [before, after] = forward ? cutAt(text, forward.at) : [text, null]
  const fresh = reply_text ?? null
  const own = before.trim()
  // Of a forward without words of its own everything is new.
  if (fresh === null || (after !== null && (own === "" || fresh.trim() === own)))
    return { fresh: after === null ? text : own, whole: null, forwarded: after }
  return { fresh, whole: after === null ? text : own, forwarded: after }
}

/** Has mail to that address come back for good? */
export const isFailed = (one: Identity): boolean => typeof one.failed_at === "string"

/** The address that an answer goes to, if mail to it came back for good. */
export function failedOf({ incident, messages }: IncidentDetail): Identity | null {
  const bad = incident.customer.identities.filter(isFailed)
  const theirs = messages.filter((one) => one.direction === "in" && one.author.kind === "customer" && !one.robot)
  const address = theirs[theirs.length - 1]?.author.address?.toLowerCase()
  // Nothing was written yet by them: an answer goes to what is known.
  if (address === undefined) return bad[0] ?? null
  return bad.find((one) => one.value.toLowerCase() === address) ?? null
}

/** Somebody knows that the address works again. */
export async function clearFailed(one: Identity): Promise<void> {
  try {
    await call("identity.retry", { id: one.id })
    done(t("failed.cleared", { address: one.value }), null)
    await reloadTalk()
  } catch (error) {
    failed(error)
  }
}
