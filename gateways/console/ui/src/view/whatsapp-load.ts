import { effect, signal } from "@preact/signals"
import type { Message } from "../../../../common/ui/wire"
import { talk } from "../state/talk"

/** WhatsApp's part of the conversation comes with the first one that has a
 * message of it; until then they are shown as plain texts. */
type Piece = typeof import("./whatsapp")
const piece = signal<Piece | null>(null)

const isOpen = (): boolean => talk.value?.incident.channel === "whatsapp"

/** The part, if the open conversation is of WhatsApp and it is loaded. */
export const whatsappPiece = (): Piece | null => (isOpen() ? piece.value : null)

/** The part for a message; null: it went or came by another channel, or is an
 * agent's note. */
export const pieceFor = ({ whatsapp }: Message): Piece | null => (whatsapp ? piece.value : null)

/** It was sent from the shop's own telephone. */
export const isEcho = ({ whatsapp }: Message): boolean => (whatsapp as { echo?: unknown } | null)?.echo === true

/** Loads the part with the first conversation that needs it. */
export function startWhatsApp(): void {
  effect(() => {
    const wanted = isOpen() || talk.value?.messages.some((one) => one.whatsapp)
    if (!wanted || piece.peek() !== null) return
    import("./whatsapp").then(
      (loaded) => (piece.value = loaded),
      () => undefined, // The next conversation asks again.
    )
  })
}
