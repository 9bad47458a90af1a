import { computed, signal } from "@preact/signals"
import type { Connection, Mailbox, SavedReply } from "../../../../common/ui/wire"
import { agents, call, CallError, me } from "./app"
import { st } from "./settings-text"
import { isShopKind, type ShopKind } from "./shop-fields"
import { done, failed, reason, warn } from "./toasts"

/** Mailboxes, numbers of WhatsApp, shops, and what one says of oneself. */

const TEST_STEP_MS = 1000
const TEST_STEPS_MAX = 60
/** Kinds of connections that mail comes and goes by. */
export const MAIL_KINDS = ["mailbox", "maildir", "pipe"] as const
export type MailKind = (typeof MAIL_KINDS)[number]
/** Kinds of connections that have a form. */
export type FormKind = MailKind | "whatsapp" | ShopKind

export const isMailKind = (kind: string): kind is MailKind => MAIL_KINDS.some((one) => one === kind)

export const connections = signal<Connection[] | null>(null)
export const numbers = signal<Connection[] | null>(null)
export const shops = signal<Connection[] | null>(null)
export const mailboxes = signal<Mailbox[]>([])
export const replies = signal<SavedReply[]>([])
export const mailError = signal<unknown>(null)
/** Names of those that are tried now. */
export const testing = signal<ReadonlySet<string>>(new Set())

/** May the person see mailboxes; may they change them? */
export const maySee = computed(() => ["manager", "admin"].includes(me.value?.role ?? ""))
export const mayChange = computed(() => me.value?.role === "admin")

/** Loads everything that the pages of mailboxes, numbers and shops show. */
export async function loadMail(): Promise<void> {
  try {
    const [lines, boxes, saved] = await Promise.all([
      call("connection.list", {}),
      call("mailbox.list", {}),
      call("reply.list", {}),
    ])
    mailError.value = null
    mailboxes.value = boxes.mailboxes
    replies.value = saved.replies
    connections.value = lines.connections.filter((one) => isMailKind(one.kind))
    numbers.value = lines.connections.filter((one) => one.kind === "whatsapp")
    shops.value = lines.connections.filter((one) => isShopKind(one.kind))
  } catch (error) {
    mailError.value = error
  }
}

const OF_MAILBOX = {
  saved: "mail.saved",
  on: "mail.switched_on",
  off: "mail.switched_off",
  well: "mail.test_well",
  bad: "mail.test_bad",
} as const
const OF_NUMBER = {
  saved: "whatsapp.saved",
  on: "whatsapp.on",
  off: "whatsapp.off",
  well: "whatsapp.test_well",
  bad: "whatsapp.test_bad",
} as const
const OF_SHOP = {
  saved: "shop.saved",
  on: "shop.on",
  off: "shop.off",
  well: "shop.test_well",
  bad: "shop.test_bad",
} as const

/** What is said of a connection of that kind. */
function wordsOf(kind: string): typeof OF_MAILBOX | typeof OF_NUMBER | typeof OF_SHOP {
  if (kind === "whatsapp") return OF_NUMBER
  return isShopKind(kind) ? OF_SHOP : OF_MAILBOX
}

export interface MailDraft {
  name: string
  kind: FormKind
  settings: Record<string, unknown>
  secrets: Record<string, string>
}

/** Why it was not saved: a sentence, and the fields that are meant. */
export interface Refused {
  text: string
  fields: ReadonlySet<string>
}

function refused(error: unknown): Refused {
  const said = error instanceof CallError && error.code === "bad_params" ? error.message : ""
  const fields = [...said.matchAll(/(?:settings|secrets)\.([a-z_]+)/g)].map((found) => found[1] ?? "")
  return { text: reason(error), fields: new Set(fields) }
}

/** Adds a mailbox or changes one; null: it is saved. */
export async function saveMailbox(of: Connection | null, draft: MailDraft): Promise<Refused | null> {
  const { name, kind, settings, secrets } = draft
  try {
    if (of) await call("connection.update", { name: of.name, settings, secrets })
    else await call("connection.add", { name, kind, settings, secrets })
  } catch (error) {
    return refused(error)
  }
  done(st(wordsOf(kind).saved, { name }), null)
  await loadMail()
  return null
}

/** Takes a mailbox out of use, or into it again. */
export async function switchMailbox(one: Connection, active: boolean): Promise<void> {
  try {
    await call("connection.update", { name: one.name, active })
    const said = wordsOf(one.kind)
    done(st(active ? said.on : said.off, { name: one.name }), () => {
      void switchMailbox(one, !active)
    })
    await loadMail()
  } catch (error) {
    failed(error)
  }
}

function test(name: string, on: boolean): void {
  const next = new Set(testing.peek())
  if (on) next.add(name)
  else next.delete(name)
  testing.value = next
}

const pause = (): Promise<void> => new Promise((then) => setTimeout(then, TEST_STEP_MS))

/** Waits for the end of a job; null: there was none within a minute. */
export async function endOf(job: number): Promise<{ well: boolean; words: string } | null> {
  for (let n = 0; n < TEST_STEPS_MAX; n++) {
    const { state, result } = await call("job.get", { id: job })
    const words = (result as { detail?: string } | null)?.detail ?? ""
    if (state === "done" || state === "failed") return { well: state === "done", words }
    await pause()
  }
  return null
}

/** Tries a connection now and says how it went. */
export async function testMailbox({ name, kind }: Connection): Promise<void> {
  if (testing.peek().has(name)) return
  const words = wordsOf(kind)
  test(name, true)
  try {
    const { job } = await call("connection.test", { name })
    const end = await endOf(job)
    if (end?.well) done(st(words.well, { name }), null)
    else warn(end ? st(words.bad, { name, why: end.words }) : st("mail.test_late", { name }))
    await loadMail()
  } catch (error) {
    failed(error)
  }
  test(name, false)
}

/** What one says of oneself: saved as it was typed. */
export async function saveOwn(set: { signature?: string; mail_notices?: boolean }): Promise<boolean> {
  try {
    const { agent } = await call("agent.prefer", set)
    me.value = agent
    agents.value = agents.peek().map((one) => (one.id === agent.id ? agent : one))
    done(st("own.saved"), null)
    return true
  } catch (error) {
    failed(error)
    return false
  }
}
