import type { Event, EventData } from "../../../../common/ui/wire"
import { call, me, onEvent } from "./app"
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

export function startNotices(): void {
  onEvent((event) => {
    // What cannot be read now is in the incident all the same.
    if (event.kind === "notice.added") void tell(event).catch(() => {})
  })
}
