import { neighbour } from "./state/order"
import { arranged } from "./state/queue"
import { go, href, incidentId, listHref, reportHref, route } from "./state/route"
import { foundIds, openSearch } from "./state/search"
import { mayReport } from "./state/app"
import { mode } from "./state/drafts"
import {
  callComposer,
  composerAwaited,
  dialog,
  keysOn,
  menu,
  panelOpen,
  typeAhead,
} from "./state/screen"
import { takeWaiting } from "./state/queue"
import { undoLast } from "./state/toasts"
import { assignToMe, resolve } from "./state/writes"

const FIELDS = "input, textarea, select, [contenteditable]"

/** The row that has the focus. */
function focusedRow(): number | null {
  const row = document.activeElement?.closest("[data-row]")
  const id = row instanceof HTMLElement ? Number(row.dataset["row"]) : 0
  return id || null
}

export function focusRow(id: number): void {
  const row = document.querySelector(`[data-row="${id}"]`)
  if (!(row instanceof HTMLElement)) return
  row.focus()
  row.scrollIntoView({ block: "nearest" })
}

function step(by: 1 | -1): void {
  const from = focusedRow() ?? incidentId.peek()
  const order = route.peek().search === null ? arranged.peek().order : foundIds()
  const to = neighbour(order, from, by)
  if (to !== null) focusRow(to)
}

/** What a key acts on: the row under the focus, else the open incident. */
const target = (): number | null => focusedRow() ?? incidentId.peek()

function write(as: "reply" | "note"): void {
  const id = target()
  if (id === null) return
  go(href({ incident: id }))
  mode.value = as
  callComposer()
}

function assignMenu(): void {
  const id = target()
  if (id === null) return
  go(href({ incident: id }))
  menu.value = "assign"
}

function leave(): void {
  const id = incidentId.peek()
  if (panelOpen.peek()) {
    panelOpen.value = false
  } else if (id !== null) {
    go(href({ incident: null }))
    focusRow(id)
  } else if (route.peek().search !== null) {
    go(listHref({}))
  }
}

const withTarget = (act: (id: number) => void) => (): void => {
  const id = target()
  if (id !== null) act(id)
}

/** One key each, by the character that it makes; only outside of fields. */
const single: Readonly<Record<string, () => void>> = {
  j: () => step(1),
  k: () => step(-1),
  o: withTarget((id) => go(href({ incident: id }))),
  r: () => write("reply"),
  n: () => write("note"),
  e: withTarget((id) => void resolve(id)),
  a: assignMenu,
  i: withTarget(assignToMe),
  c: () => (dialog.value = "new"),
  z: undoLast,
  ".": takeWaiting,
  "/": openSearch,
  "?": () => (dialog.value = "help"),
  Escape: leave,
}

const goTo: Readonly<Record<string, () => void>> = {
  q: () => go(listHref({})),
  m: () => go(listHref({ view: "mine" })),
  u: () => go(listHref({ view: "unassigned" })),
  p: () => go(listHref({ view: "pending" })),
  r: () => {
    if (mayReport.peek()) go(reportHref())
  },
}

const CHORD_MS = 1200

export function startKeys(): void {
  let chord = 0
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return
    const strong = event.ctrlKey || event.metaKey
    if (strong && event.key.toLowerCase() === "k") {
      event.preventDefault()
      dialog.value = dialog.value === "palette" ? null : "palette"
      return
    }
    if (strong || event.altKey || dialog.value || menu.value) return
    if (!keysOn.value && event.key !== "Escape") return
    const inField = event.target instanceof Element && event.target.closest(FIELDS)
    if (inField) {
      if (event.key === "Escape" && event.target instanceof HTMLElement)
        event.target.blur()
      return
    }
    if (composerAwaited()) {
      event.preventDefault()
      typeAhead(event.key)
      return
    }
    const second = Date.now() - chord < CHORD_MS ? goTo[event.key] : undefined
    chord = event.key === "g" ? Date.now() : 0
    const inList = focusedRow() !== null
    const arrow = inList && { ArrowDown: "j", ArrowUp: "k" }[event.key]
    const act = second ?? single[arrow || event.key]
    if (!act) return
    event.preventDefault()
    act()
  })
}
