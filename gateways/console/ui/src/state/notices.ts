import type { Event, EventData } from "../../../../common/ui/wire"
import { call, me, onEvent } from "./app"
import { t, word } from "./text"
import { done, say } from "./toasts"

/** A rule wants me to know of an incident: the note that it wrote says what. */
async function tell(event: Event): Promise<void> {
  const { agents, message } = (event.data ?? {}) as Partial<EventData["notice.added"]>
  const mine = Array.isArray(agents) && agents.includes(me.value?.id)
  if (!mine || message === undefined || event.incident === null) return
  const found = await call("message.get", { id: message })
  const text = `P-${event.incident}: ${found.message.text}`
  done(text, null)
  say(text)
}

/** A promise of an incident that I answer for is due soon. */
function warn(event: Event): void {
  const { agents, name } = (event.data ?? {}) as Partial<EventData["clock.warned"]>
  const mine = Array.isArray(agents) && agents.includes(me.value?.id)
  if (!mine || event.incident === null) return
  const clock = word("clock", name ?? "").toLowerCase()
  const text = `P-${event.incident}: ${t("event.warned", { clock })}`
  done(text, null)
  say(text)
}

export function startNotices(): void {
  onEvent((event) => {
    // What cannot be read now is in the incident all the same.
    if (event.kind === "notice.added") void tell(event).catch(() => {})
    if (event.kind === "clock.warned") warn(event)
  })
}
