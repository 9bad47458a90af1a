import { signal } from "@preact/signals"
import type { CustomerNote } from "../../../../common/ui/wire"
import { call, CallError } from "./app"
import { ot } from "./shop-text"
import { failed, warn } from "./toasts"

/** What the desk wrote down of the open conversation's customer. */

/** Their own first, then those of who is part of them. */
export const notes = signal<readonly CustomerNote[]>([])

/** A customer's own note; null: there is none. */
export const ownNote = (list: readonly CustomerNote[], customer: number): CustomerNote | null =>
  list.find((one) => one.customer === customer) ?? null

/** Writes the note instead of the one that was read; "" takes it away. What was
 * refused is said. */
export async function writeNote(
  customer: number,
  text: string,
  read: CustomerNote | null,
): Promise<"done" | "conflict" | "refused"> {
  try {
    const answer = await call("customer.note", { customer, text, ...(read ? { seen: read.at } : {}) })
    notes.value = answer.notes
    return "done"
  } catch (error) {
    const met = error instanceof CallError && error.code === "conflict"
    if (met) warn(ot("note.conflict"))
    else failed(error)
    return met ? "conflict" : "refused"
  }
}
