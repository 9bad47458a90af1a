import { batch, computed, effect, signal } from "@preact/signals"
import type { SearchHit } from "../../../../common/ui/wire"
import { call, linkState, onFresh } from "./app"
import { go, listHref, route } from "./route"

const PAGE = 30
/** Results come while somebody types, but not at each key. */
const TYPED_MS = 150
/** An index that is behind is mostly a moment late; only then is it said. */
const SOON_MS = 400
const BEHIND_MS = 2000

export const hits = signal<readonly SearchHit[]>([])
/** none: nothing was asked for. */
export const searchState = signal<"none" | "loading" | "ready" | "error">("none")
export const searchError = signal<unknown>(null)
/** Its time was over before all was looked through. */
export const searchCut = signal(false)
/** How far the index is, in hundredths. */
export const searchable = signal(100)
const next = signal<string | null>(null)
export const moreHits = computed(() => next.value !== null)
/** Counts up when the field is to have the focus. */
export const searchCalled = signal(0)

const wanted = computed(() => route.value.search?.trim() ?? "")

export const foundIds = (): number[] => hits.peek().map((one) => one.incident.id)

/** Goes to the search, or back to its field. */
export function openSearch(): void {
  if (route.peek().search === null) go(listHref({ search: "" }))
  searchCalled.value++
}

let turn = 0
let behind = 0
let again: ReturnType<typeof setTimeout> | undefined

function share(indexed: number, last: number): number {
  return last <= indexed ? 100 : Math.floor((100 * indexed) / last)
}

async function search(text: string, after: string | null): Promise<void> {
  const mine = ++turn
  clearTimeout(again)
  try {
    const answer = await call("incident.search", {
      text,
      limit: PAGE,
      ...(after === null ? {} : { after }),
    })
    if (mine !== turn) return
    batch(() => {
      hits.value = after === null ? answer.hits : [...hits.peek(), ...answer.hits]
      next.value = answer.next ?? null
      searchCut.value = answer.cut
      const part = share(answer.indexed, answer.last)
      behind = part < 100 ? behind + 1 : 0
      searchable.value = behind > 1 ? part : 100
      searchState.value = "ready"
    })
    if (after === null && behind > 0)
      again = setTimeout(() => void search(text, null), behind > 1 ? BEHIND_MS : SOON_MS)
  } catch (error) {
    if (mine !== turn) return
    batch(() => {
      searchError.value = error
      searchState.value = "error"
    })
  }
}

export function searchAgain(): void {
  if (wanted.peek() !== "") void search(wanted.peek(), null)
}

export function searchMore(): void {
  if (next.peek() !== null) void search(wanted.peek(), next.peek())
}

function forget(): void {
  turn++
  clearTimeout(again)
  batch(() => {
    hits.value = []
    next.value = null
    searchState.value = "none"
  })
}

export function startSearch(): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let ready = false
  onFresh(() => {
    ready = true
    searchAgain()
  })
  effect(() => {
    const text = wanted.value
    clearTimeout(timer)
    if (text === "") return forget()
    if (searchState.peek() !== "ready") searchState.value = "loading"
    if (ready) timer = setTimeout(() => void search(text, null), TYPED_MS)
  })
  effect(() => {
    if (linkState.value === "live" && searchState.peek() === "error") searchAgain()
  })
}
