import type { JSX } from "preact"
import type { Message } from "../../../../common/ui/wire"
import { fallBack, sendAgain } from "../state/fallback"
import { href } from "../state/route"
import { t, word } from "../state/text"

/** Under a message that did not arrive, or may not have: what can be done, and
 * which message went in its place. */
export function OtherWay({ message }: { message: Message }): JSX.Element | null {
  const { delivery, fallback_of: of, fallback_by: by } = message
  const offered = delivery?.fallback
  if (!of && !by && !offered && !delivery?.again) return null
  return (
    <p class="way">
      {of && <a href={href({ at: of })}>{t("fallback.of")}</a>}
      {by && <a href={href({ at: by })}>{t("fallback.by")}</a>}
      {delivery?.again && (
        <button type="button" class="btn" onClick={() => void sendAgain(delivery.id)}>
          {t("again.do")}
        </button>
      )}
      {delivery && offered && (
        <button type="button" class="btn" onClick={() => void fallBack(delivery.id)}>
          {word("fallback", offered)}
        </button>
      )}
    </p>
  )
}
