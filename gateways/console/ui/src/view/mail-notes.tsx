import type { JSX } from "preact"
import type { Identity, IncidentDetail, Message } from "../../../../common/ui/wire"
import { addressShown } from "../state/identity"
import { clearFailed, failedOf, isFailed } from "../state/mail"
import { href } from "../state/route"
import { t, word } from "../state/text"
import { When } from "./parts"

/** What the desk knows of a mail besides its text: how it found its incident,
 * which program wrote it, that it came back. */

/** In a message's foot: the way by which it joined, and a program's reason. */
export function Origin({ message }: { message: Message }): JSX.Element | null {
  if (message.direction !== "in") return null
  const said = [
    ...(message.robot
      ? [message.automatic ? `${t("message.robot")}: ${word("robot", message.automatic)}` : t("message.robot")]
      : []),
    // That it went on where it was is nothing to tell.
    ...(message.matched && message.matched !== "conversation" ? [word("matched", message.matched)] : []),
  ]
  return said.length === 0 ? null : <>{` · ${said.join(" · ")}`}</>
}

/** States whose reason matters: it did not arrive, or not yet. */
const TOLD = ["failed", "unknown", "queued"]

/** Under a message that did not arrive, or not yet: what was said of it. */
export function Returned({ message }: { message: Message }): JSX.Element | null {
  const { delivery } = message
  if (!delivery || !TOLD.includes(delivery.state)) return null
  if (!delivery.detail && !delivery.bounced_at) return null
  return (
    <p class="warn returned">
      {delivery.bounced_at && (
        <>
          {t("delivery.came_back")} <When at={delivery.bounced_at} />
          {delivery.detail && ": "}
        </>
      )}
      {delivery.detail && <q>{delivery.detail}</q>}
    </p>
  )
}

/** A mail named another incident, and its sender takes no part there. */
export function ClaimLine({ detail }: { detail: IncidentDetail }): JSX.Element | null {
  const { claims } = detail
  if (!claims) return null
  return (
    <p class="ev claims">
      <span aria-hidden="true">▲ </span>
      {t("claims.says")} <a href={href({ incident: claims })}>{`P-${claims}`}</a>
      {`; ${t("claims.no_part")}`}
    </p>
  )
}

function Clear({ one }: { one: Identity }): JSX.Element {
  return (
    <button type="button" class="as-link" onClick={() => void clearFailed(one)}>
      {t("failed.clear")}
    </button>
  )
}

const flagOf = ({ kind }: Identity): "failed.flag" | "failed.flag_whatsapp" =>
  kind === "email" ? "failed.flag" : "failed.flag_whatsapp"

/** Beside an address: what was sent to it did not arrive. */
export function FailedFlag({ one }: { one: Identity }): JSX.Element | null {
  if (!isFailed(one)) return null
  return (
    <span class="failed">
      <span>
        <span aria-hidden="true">▲ </span>
        {t(flagOf(one))}
        {one.failed_at && (
          <>
            {" · "}
            <When at={one.failed_at} />
          </>
        )}
      </span>
      {one.failed_detail && <q>{one.failed_detail}</q>}
      <Clear one={one} />
    </span>
  )
}

/** Over the composer: what is written here may not arrive. */
export function FailedBand({ detail }: { detail: IncidentDetail }): JSX.Element | null {
  const one = failedOf(detail)
  if (!one) return null
  return (
    <div class="guard" role="note" aria-label={t(flagOf(one))}>
      <p>
        {t(one.kind === "email" ? "failed.band" : "failed.band_whatsapp", { address: addressShown(one) })} <Clear one={one} />
      </p>
      {one.failed_detail && <q title={one.failed_detail}>{one.failed_detail}</q>}
    </div>
  )
}
