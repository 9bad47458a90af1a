import type { JSX } from "preact"
import type { Identity } from "../../../../common/ui/wire"
import { setConsent } from "../state/wa-do"
import { wt } from "../state/whatsapp-text"

/** Beside an address of WhatsApp: whether its person may be written to. */
export function ConsentFlag({ one }: { one: Identity }): JSX.Element {
  const out = one.consent === "out"
  return (
    <span class={out ? "failed" : "wa-consent"}>
      {out && (
        <span>
          <span aria-hidden="true">▲ </span>
          {wt("consent.out")}
        </span>
      )}
      <button type="button" class="as-link" onClick={() => void setConsent(one, out ? "in" : "out")}>
        {wt(out ? "consent.give" : "consent.take")}
      </button>
    </span>
  )
}
