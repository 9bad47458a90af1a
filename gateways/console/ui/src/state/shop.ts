import { batch, computed, effect, signal } from "@preact/signals"
import { call, onEvent } from "./app"
import { dialog } from "./screen"
import { notes } from "./shop-note"
import { linkedElsewhere, panelOf, type Panel } from "./shop-panel"
import { forgetPeople, loadPeople } from "./shop-people"
import { orderOf, ordersOf, type Order } from "./shop-shape"
import { ot } from "./shop-text"
import { talk } from "./talk"
import { done, failed } from "./toasts"

/** What the customer of the open conversation bought, and what an agent does
 * with it. */

const GATHER_MS = 300
const PAGE = 20
const FOUND_MAX = 20
const LINKED_MAX = 10

export const panel = signal<Panel | null>(null)
/** failed: the rest of the page works without it. */
export const panelState = signal<"none" | "loading" | "ready" | "failed">("none")
/** Linked orders that the panel has not. */
const elsewhere = signal<readonly Order[]>([])
/** Orders that were loaded besides those of the panel. */
const older = signal<readonly Order[]>([])
const olderEnd = signal(false)

/** What the dialog that looks for an order begins with. */
export const orderAsked = signal("")

/** Opens the dialog that looks for an order, with what is looked for. */
export function showOrder(text: string): void {
  orderAsked.value = text
  dialog.value = "order"
}

/** Every order that is known here, each once: first what the conversation is
 * about, then the others as the daemon has them. */
export const orders = computed((): Order[] => {
  const linked = panel.value?.linked ?? new Set<number>()
  const all = [...elsewhere.value, ...(panel.value?.orders ?? []), ...older.value]
  const once = [...new Map(all.map((one) => [one.id, one] as const).reverse()).values()].reverse()
  return [...once.filter(({ id }) => linked.has(id)), ...once.filter(({ id }) => !linked.has(id))]
})
export const moreOrders = computed(() => !olderEnd.value && (panel.value?.more ?? false))

let turn = 0

async function load(customer: number, incident: number): Promise<void> {
  const mine = ++turn
  try {
    const answer = await call("customer.panel", { customer, incident })
    const next = panelOf(answer)
    const found = await Promise.all(
      linkedElsewhere(next)
        .slice(0, LINKED_MAX)
        .map((id) => call("order.get", { id }).then(({ order }) => orderOf(order))),
    )
    if (mine !== turn) return
    batch(() => {
      panel.value = next
      notes.value = answer.notes
      elsewhere.value = found
      panelState.value = "ready"
    })
  } catch {
    if (mine === turn) panelState.value = "failed"
  }
}

export async function reloadPanel(): Promise<void> {
  const one = talk.peek()?.incident
  if (!one) return
  await Promise.all([load(one.customer.id, one.id), loadPeople(one.customer.id)])
}

/** Loads older orders of the customer: those of the list that are not shown. */
export async function loadOlder(): Promise<void> {
  const of = panel.peek()?.customer
  const last = older.peek()[older.peek().length - 1]?.id
  if (!of) return
  try {
    const answer = await call("order.list", { customer: of, limit: PAGE, ...(last ? { before: last } : {}) })
    if (panel.peek()?.customer !== of) return
    batch(() => {
      older.value = [...older.peek(), ...ordersOf(answer.orders)]
      olderEnd.value = !answer.more
    })
  } catch (error) {
    failed(error)
  }
}

/** An order with all that is known of it; null: it was refused, and said. */
export async function orderWhole({ id }: Order): Promise<Order | null> {
  try {
    return orderOf((await call("order.get", { id })).order)
  } catch (error) {
    failed(error)
    return null
  }
}

/** Orders by number, e-mail, phone or tracking number. */
export async function findOrders(q: string): Promise<Order[]> {
  return ordersOf((await call("order.find", { q, limit: FOUND_MAX })).orders)
}

/** The order belongs to the open conversation, or does no more. */
export async function linkOrder(order: Order, on: boolean): Promise<void> {
  const incident = talk.peek()?.incident.id
  if (incident === undefined) return
  try {
    await call(on ? "order.link" : "order.unlink", { incident, order: order.id })
    done(ot(on ? "link.done" : "link.undone", { number: order.number }), () => void linkOrder(order, !on))
    if (talk.peek()?.incident.id === incident) await reloadPanel()
  } catch (error) {
    failed(error)
  }
}

/** What changes what the panel shows. */
const OF_ORDERS = /^(?:order|shipment|return|refund|customer)\./

let started = false

/** Follows the open conversation; once. */
export function startShop(): void {
  if (started) return
  started = true
  let gather: ReturnType<typeof setTimeout> | undefined
  onEvent(({ kind, data }) => {
    const of = (data as { customer?: unknown } | null)?.customer
    if (!OF_ORDERS.test(kind) || (typeof of === "number" && of !== panel.peek()?.customer)) return
    clearTimeout(gather)
    gather = setTimeout(() => void reloadPanel(), GATHER_MS)
  })
  const open = computed(() => {
    const one = talk.value?.incident
    return one ? `${one.customer.id} ${one.id}` : ""
  })
  effect(() => {
    const [customer, incident] = open.value.split(" ").map(Number)
    turn++
    batch(() => {
      panel.value = null
      notes.value = []
      elsewhere.value = []
      older.value = []
      olderEnd.value = false
      panelState.value = customer && incident ? "loading" : "none"
      forgetPeople()
    })
    if (!customer || !incident) return
    void load(customer, incident)
    void loadPeople(customer)
  })
}
