import type {
  Incident,
  IncidentSetParams,
  IncidentSetResult,
} from "../../../../common/ui/wire"
import { agentName, call, CallError, me } from "./app"
import { neighbour } from "./order"
import { arranged, reload, rowOf } from "./queue"
import { go, href, incidentId } from "./route"
import { arrived } from "./sending"
import { putIncident, reloadTalk, talk } from "./talk"
import { done, failed } from "./toasts"
import { t, word } from "./text"

/** The incident as it is on the screen. */
export function known(id: number): Incident | undefined {
  const open = talk.peek()?.incident
  return open?.id === id ? open : rowOf(id)
}

function back(error: unknown): void {
  failed(error)
  void reload()
  void reloadTalk()
}

/** Gives an incident to a colleague, or to nobody. */
export async function assign(id: number, to: number | null): Promise<void> {
  const before = known(id)
  if (!before || (before.assignee?.id ?? null) === to) return
  const was = before.assignee?.id ?? null
  putIncident({
    ...before,
    assignee: to === null ? null : { id: to, name: agentName(to) },
  })
  try {
    const answer = await call("incident.assign", {
      id,
      agent: to,
      expect: was ?? 0,
    })
    putIncident(answer.incident)
    const text =
      to === null
        ? t("done.unassigned", { ref: before.ref })
        : t("done.assigned", { ref: before.ref, who: agentName(to) })
    done(text, () => void assign(id, was))
  } catch (error) {
    back(error)
  }
}

export function assignToMe(id: number): void {
  const agent = me.peek()
  if (agent) void assign(id, agent.id)
}

/** Changes fields; what is on the screen changes at once. Null: it failed. */
export async function change(
  id: number,
  set: Omit<IncidentSetParams, "id">,
): Promise<IncidentSetResult | null> {
  const before = known(id)
  if (before) {
    const tags = new Set(before.tags)
    for (const tag of set.add_tags ?? []) tags.add(tag)
    for (const tag of set.remove_tags ?? []) tags.delete(tag)
    putIncident({
      ...before,
      state: set.state ?? before.state,
      priority: set.priority ?? before.priority,
      reason: set.reason ?? before.reason,
      tags: [...tags].sort(),
    })
  }
  try {
    const answer = await call("incident.set", { id, ...set })
    putIncident(answer.incident)
    return answer
  } catch (error) {
    back(error)
    return null
  }
}

/**
 * Changes the state, with the way back to the one that the desk had: the page
 * may have seen an older one. A message on its way goes first; if it is
 * refused, the incident stays as it is.
 */
export async function setState(
  id: number,
  state: string,
  before = known(id),
): Promise<void> {
  if (!before || before.state === state) return
  if (!(await arrived(id))) return
  const answer = await change(id, { state })
  if (!answer) return
  const had = answer.state_before
  const was = had === "new" ? "open" : had
  done(
    t("done.state", { ref: before.ref, state: word("state", state) }),
    was ? () => void change(id, { state: was }).then(() => reload()) : null,
  )
}

/** Resolves and goes on to the next one. */
export async function resolve(id: number): Promise<void> {
  const before = known(id)
  if (!before || ["solved", "closed"].includes(before.state)) return
  const order = arranged.peek().order
  const next = neighbour(order, id, 1)
  if (incidentId.peek() === id) {
    const wide = matchMedia("(min-width: 761px)").matches
    go(href({ incident: wide && next !== id ? next : null }), !wide)
  }
  await setState(id, "solved", before)
}

/** An incident by what people call it: 42 or P-42. */
export async function openRef(text: string): Promise<boolean> {
  const id = Number(/^\s*#?(?:p-)?(\d{1,15})\s*$/i.exec(text)?.[1] ?? 0)
  if (id === 0) return false
  try {
    await call("incident.get", { id })
    go(href({ incident: id }))
    return true
  } catch (error) {
    if (!(error instanceof CallError) || error.code !== "not_found") failed(error)
    return false
  }
}
