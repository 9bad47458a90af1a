import { batch, signal } from "@preact/signals"
import type { Customer, CustomerMerge, Suggestion } from "../../../../common/ui/wire"
import { call } from "./app"
import { reload } from "./queue"
import { ot } from "./shop-text"
import { reloadTalk, talk } from "./talk"
import { done, failed } from "./toasts"

/** Two customers who are one, and one who is two again. */

/** Whom the dialog compares the open conversation's customer with; null:
 * somebody is looked for. */
export const comparing = signal<number | null>(null)
/** Of the open conversation's customer. */
export const suggestions = signal<readonly Suggestion[]>([])
export const merges = signal<readonly CustomerMerge[]>([])

let turn = 0

/** Loads who may be the customer too, and who was made a part of them. */
export async function loadPeople(customer: number): Promise<void> {
  const mine = ++turn
  const empty = { suggestions: [], merges: [] }
  // What is only suggested is missed by nobody: the next conversation asks again.
  const found = await call("customer.suggestions", { customer }).catch(() => empty)
  if (mine !== turn) return
  batch(() => {
    suggestions.value = found.suggestions
    merges.value = found.merges.filter(({ kept, undone_at }) => kept === customer && !undone_at)
  })
}

export function forgetPeople(): void {
  turn++
  suggestions.value = []
  merges.value = []
}

/** The one of a suggestion who is not the customer. */
export const otherOf = ({ one, other }: Suggestion, customer: number): Suggestion["one"] =>
  one.id === customer ? other : one

export const customerOf = async (id: number): Promise<Customer> => (await call("customer.get", { id })).customer

async function shownAnew(): Promise<void> {
  await Promise.all([reloadTalk(), reload()])
  const customer = talk.peek()?.incident.customer.id
  if (customer) await loadPeople(customer)
}

/** One customer goes on as another one; with the way back. */
export async function joinCustomers(customer: number, gone: number): Promise<boolean> {
  try {
    const { merge } = await call("customer.merge", { customer, gone })
    done(ot("same.done"), () => void takeApart(merge))
    await shownAnew()
    return true
  } catch (error) {
    failed(error)
    return false
  }
}

/** Takes a merge back: everything is where it was, and what came since goes to
 * whose address it came from. */
export async function takeApart(merge: number): Promise<void> {
  try {
    await call("customer.unmerge", { merge })
    done(ot("same.undone"), null)
    await shownAnew()
  } catch (error) {
    failed(error)
  }
}

/** The two are not one: it is not suggested again. */
export async function refuseSuggestion({ id }: Suggestion): Promise<void> {
  try {
    await call("suggestion.refuse", { id })
    suggestions.value = suggestions.peek().filter((one) => one.id !== id)
  } catch (error) {
    failed(error)
  }
}
