import type { JSX } from "preact"
import { useSignal, type Signal } from "@preact/signals"
import type { Message } from "../../../../common/ui/wire"
import { forwardOf, partsOf } from "../state/mail"
import { t } from "../state/text"

const LINK = /(https?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:!?])/

/** Text as it came; addresses of pages become links. */
export function Text({ text }: { text: string }): JSX.Element {
  return (
    <p class="m-text">
      {text.split(LINK).map((part, n) =>
        n % 2 === 1 ? (
          <a key={n} href={part} target="_blank" rel="noopener noreferrer">
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </p>
  )
}

function Fold({ open, label }: { open: Signal<boolean>; label: string }): JSX.Element {
  return (
    <button
      type="button"
      class="as-link fold"
      aria-expanded={open.value}
      onClick={() => (open.value = !open.value)}
    >
      {label}
    </button>
  )
}

/** Whose the forwarded mail was, and what about, as far as it is known. */
function forwardTitle(message: Message): string {
  const forward = forwardOf(message)
  const who = forward?.from?.name || forward?.from?.address
  const title = who ? t("forward.of", { who }) : t("forward.title")
  return forward?.subject ? `${title}: ${forward.subject}` : title
}

/** What is new in a message; what it quotes and what it forwards is folded. */
export function Body({ message }: { message: Message }): JSX.Element {
  const { fresh, whole, forwarded } = partsOf(message)
  const quoted = useSignal(false)
  // Who only forwards says it with the forwarded mail.
  const opened = useSignal(fresh === "")
  return (
    <>
      {fresh !== "" && <Text text={whole !== null && quoted.value ? whole : fresh} />}
      {whole !== null && (
        <Fold open={quoted} label={t(quoted.value ? "message.hide_quoted" : "message.show_quoted")} />
      )}
      {forwarded !== null && (
        <section class="forward" aria-label={forwardTitle(message)}>
          <Fold open={opened} label={forwardTitle(message)} />
          {opened.value && <Text text={forwarded.trim()} />}
        </section>
      )}
    </>
  )
}
