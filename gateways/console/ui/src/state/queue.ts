import { batch, computed, effect, signal } from "@preact/signals"
import type {
  Incident,
  IncidentCountsResult,
  IncidentListParams,
} from "../../../../common/ui/wire"
import { call, linkState, onEvent, onFresh } from "./app"
import { now } from "./now"
import { arrange, changed, urgency, type Arranged } from "./order"
import { listKey, route, type Route } from "./route"
import { say } from "./toasts"
import { t } from "./text"

const PAGE = 50
const PAGE_MAX = 200
/** So many pages are asked for, where a filter leaves them short. */
const SCAN_PAGES = 20
const GATHER_MS = 150
const GATHER_MAX_MS = 1000
const IDLE_MS = 10_000
const FLASH_MS = 700

const rows = signal<ReadonlyMap<number, Incident>>(new Map())
const nothing: Arranged = { order: [], left: new Set(), waiting: [] }

export const counts = signal<IncidentCountsResult | null>(null)
export const arranged = signal<Arranged>(nothing)
export const flashing = signal<ReadonlySet<number>>(new Set())
/** loading: nothing to show yet. */
export const listState = signal<"loading" | "ready" | "error">("loading")
export const listError = signal<unknown>(null)
export const more = signal(false)

let wanted = PAGE
let held = false
let fresh: Incident[] = []
let turn = 0

export const shown = computed(() =>
  arranged.value.order.flatMap((id) => {
    const one = rows.value.get(id)
    return one ? [one] : []
  }),
)

/** Those that are numbers among what tells which incidents a figure is of. */
const NUMBERS: readonly string[] = ["agent", "version"]

const behindParams = (behind: string): IncidentListParams =>
  Object.fromEntries(
    [...new URLSearchParams(behind)].map(([name, value]) => [
      name,
      NUMBERS.includes(name) ? Number(value) : value,
    ]),
  )

const viewParams = (at: Route): IncidentListParams => ({
  view: at.customer === null ? at.view : "all",
  ...(at.queue ? { queue: at.queue } : {}),
  ...(at.customer === null ? {} : { customer: at.customer }),
  ...(at.customer !== null || ["solved", "spam"].includes(at.view)
    ? { sort: "newest" }
    : {}),
})

const params = (at: Route): IncidentListParams =>
  at.behind === null ? viewParams(at) : behindParams(at.behind)

interface Load {
  list: Incident[]
  more: boolean
}

/** Rows of the list as far as they are wanted. */
async function load(at: Route, count: number): Promise<Load> {
  const list: Incident[] = []
  let after: string | undefined
  for (let page = 0; page < SCAN_PAGES; page++) {
    const limit = at.due ? PAGE_MAX : Math.min(PAGE_MAX, count - list.length)
    const answer = await call("incident.list", {
      ...params(at),
      limit,
      ...(after ? { after } : {}),
    })
    for (const one of answer.incidents) {
      const due = one.due_at ? urgency(one.due_at, now.peek()) : null
      if (!at.due || due === at.due) list.push(one)
    }
    after = answer.next ?? undefined
    if (!after || list.length >= count) break
  }
  return { list, more: after !== undefined }
}

function flash(ids: ReadonlySet<number>): void {
  if (ids.size === 0) return
  flashing.value = new Set([...flashing.peek(), ...ids])
  setTimeout(() => {
    flashing.value = new Set([...flashing.peek()].filter((id) => !ids.has(id)))
  }, FLASH_MS)
}

function settle(hold: boolean): void {
  const ids = fresh.map((one) => one.id)
  const next = arrange(arranged.peek().order, ids, hold)
  const kept = new Map<number, Incident>()
  for (const id of next.order) {
    const old = rows.peek().get(id)
    if (old) kept.set(id, old)
  }
  for (const one of fresh) kept.set(one.id, one)
  batch(() => {
    rows.value = kept
    arranged.value = next
  })
}

function announce(before: ReadonlyMap<number, Incident>): void {
  const added = fresh.filter((one) => !before.has(one.id))
  const [only] = added
  if (added.length === 0 || !only || before.size === 0) return
  say(
    added.length === 1
      ? t("queue.said_one", { who: only.customer.name, what: only.subject })
      : t("queue.said", { n: added.length }),
  )
}

/** Loads list and counters anew; the rows that are shown stay meanwhile. */
export async function reload(another = false): Promise<void> {
  const mine = ++turn
  const at = route.peek()
  if (another) wanted = PAGE
  try {
    const [answer, figures] = await Promise.all([
      load(at, wanted),
      call("incident.counts", {}),
    ])
    if (mine !== turn) return
    const before = another ? new Map<number, Incident>() : rows.peek()
    fresh = answer.list
    batch(() => {
      counts.value = figures
      more.value = answer.more
      listState.value = "ready"
      settle(held && !another)
    })
    flash(changed(before, fresh))
    announce(before)
  } catch (error) {
    if (mine !== turn) return
    listError.value = error
    listState.value = "error"
  }
}

export async function loadMore(): Promise<void> {
  wanted += PAGE
  held = false
  await reload()
}

let idle: ReturnType<typeof setTimeout> | undefined

/** A hand came to the list: nothing moves until it leaves or rests. */
export function holdList(): void {
  held = true
  clearTimeout(idle)
  idle = setTimeout(freeList, IDLE_MS)
}

/** The hand is gone: the list takes its order. */
export function freeList(): void {
  clearTimeout(idle)
  if (!held) return
  held = false
  settle(false)
}

/** Shows what waits, although the hand is there. */
export function takeWaiting(): void {
  settle(false)
}

/** What a write gave back is shown at once. */
export function put(one: Incident): void {
  if (!rows.peek().has(one.id)) return
  rows.value = new Map(rows.peek()).set(one.id, one)
}

export const rowOf = (id: number): Incident | undefined => rows.peek().get(id)

let gather: ReturnType<typeof setTimeout> | undefined
let since = 0

/** Many events in a row are one load. */
function soon(): void {
  clearTimeout(gather)
  const start = Date.now()
  since ||= start
  const pause = start - since > GATHER_MAX_MS ? 0 : GATHER_MS
  gather = setTimeout(() => {
    since = 0
    void reload()
  }, pause)
}

export function startQueue(): void {
  let ready = false
  onFresh(() => {
    ready = true
    void reload(true)
  })
  onEvent((event) => {
    if (event.incident || event.kind === "book.applied") soon()
  })
  effect(() => {
    void listKey.value
    if (!ready) return
    batch(() => {
      rows.value = new Map()
      arranged.value = nothing
      listState.value = "loading"
    })
    void reload(true)
  })
  effect(() => {
    if (linkState.value === "live" && listState.peek() === "error") soon()
  })
}
