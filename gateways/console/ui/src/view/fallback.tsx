import type { JSX } from "preact"
import type { Message } from "../../../../common/ui/wire"
import { fallBack } from "../state/fallback"
import { href } from "../state/route"
import { t, word } from "../state/text"

/** Under a message that went another way, or could: by which, and to which
 * message. */
export function OtherWay({ message }: { message: Message }): JSX.Element | null {
  const { delivery, fallback_of: of, fallback_by: by } = message
  const offered = delivery?.fallback
  if (!of && !by && !offered) return null
  return (
    <p class="way">
      {of && <a href={href({ at: of })}>{t("fallback.of")}</a>}
      {by && <a href={href({ at: by })}>{t("fallback.by")}</a>}
      {delivery && offered && (
        <button type="button" class="btn" onClick={() => void fallBack(delivery.id)}>
          {word("fallback", offered)}
        </button>
      )}
    </p>
  )
}
