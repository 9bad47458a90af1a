import { signal } from "@preact/signals"
import type { AccountEvent, Connection, HookRow, Template } from "../../../../common/ui/wire"
import { call, me } from "./app"
import { endOf } from "./settings"
import { st } from "./settings-text"
import { done, failed, warn } from "./toasts"

/** What is known of a number of WhatsApp besides its settings: templates, what
 * WhatsApp said of the account, deliveries that could not be understood. */

export interface NumberNews {
  templates: Template[]
  events: AccountEvent[]
  /** null: only admins may see them. */
  dead: HookRow[] | null
}

/** By connection, of those that were opened. */
export const numberNews = signal<ReadonlyMap<string, NumberNews>>(new Map())

const TEMPLATES_MAX = 500

export async function loadNumber({ name: connection }: Connection): Promise<void> {
  try {
    const [templates, events, hooks] = await Promise.all([
      call("template.list", { connection, limit: TEMPLATES_MAX }),
      call("account.list", { connection }),
      me.peek()?.role === "admin" ? call("hook.list", { connection, state: "dead" }) : null,
    ])
    const news = { templates: templates.templates, events: events.events, dead: hooks?.hooks ?? null }
    numberNews.value = new Map(numberNews.peek()).set(connection, news)
  } catch (error) {
    failed(error)
  }
}

/** Has the templates read anew, and waits for it. */
export async function syncTemplates(one: Connection): Promise<void> {
  try {
    const { job } = await call("template.sync", { connection: one.name })
    const end = typeof job === "number" ? await endOf(job) : null
    if (end && !end.well) warn(st("whatsapp.sync_bad", { why: end.words }))
    else done(st(end ? "whatsapp.synced" : "whatsapp.sync_later"), null)
    await loadNumber(one)
  } catch (error) {
    failed(error)
  }
}

/** A delivery that could not be understood is tried once more. */
export async function replay(one: Connection, { id }: HookRow): Promise<void> {
  try {
    await call("hook.again", { id })
    done(st("whatsapp.replayed"), null)
    await loadNumber(one)
  } catch (error) {
    failed(error)
  }
}
