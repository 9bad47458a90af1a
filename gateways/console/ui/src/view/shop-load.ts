import { effect, signal } from "@preact/signals"
import { talk } from "../state/talk"

/** What is shown of purchases comes with the first conversation, or when
 * somebody looks for an order. */
type Piece = typeof import("./shop")
const piece = signal<Piece | null>(null)

/** The part, once it is loaded. */
export const shopPiece = (): Piece | null => piece.value

/** Loads the part; a failure is tried again by the next one that wants it. */
export async function loadShop(): Promise<Piece | null> {
  if (piece.peek() !== null) return piece.peek()
  try {
    piece.value = await import("./shop")
  } catch {
    return null
  }
  piece.value.startShop()
  return piece.value
}

/** Loads the part with the first conversation. */
export function startShopLoad(): void {
  effect(() => {
    if (talk.value !== null) void loadShop()
  })
}
