import type { JSX } from "preact"
import { useSignal } from "@preact/signals"
import type { Breach } from "../../../../common/ui/wire"
import { CAUSES, sayCause, saidOf } from "../state/report-breaches"
import { rt } from "../state/report-text"
import { t, word } from "../state/text"
import { DialogBox } from "./parts"

const REASON_MAX = 1000

/** A manager says why a promise was broken, and why they say so. */
export function SayCause({ of }: { of: Breach }): JSX.Element {
  const cause = useSignal(of.cause || CAUSES[0])
  const reason = useSignal("")
  const close = (): void => void (saidOf.value = null)
  return (
    <DialogBox
      title={rt("breach.say_title", { ref: of.ref })}
      closeLabel={t("do.close")}
      close={close}
    >
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          const text = reason.value.trim()
          if (text === "") return
          void sayCause(of.clock, cause.value, text).then((well) => {
            if (well) close()
          })
        }}
      >
        <p class="lead">{rt("breach.say_lead")}</p>
        <label class="field">
          {rt("breach.cause")}
          <select data-first value={cause.value} onChange={(event) => (cause.value = event.currentTarget.value)}>
            {CAUSES.map((one) => (
              <option key={one} value={one}>
                {word("cause", one)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          {rt("breach.reason")}
          <textarea
            rows={3}
            required
            maxLength={REASON_MAX}
            value={reason.value}
            onInput={(event) => (reason.value = event.currentTarget.value)}
          />
        </label>
        <div class="form-do">
          <button type="button" class="btn" onClick={close}>
            {t("do.cancel")}
          </button>
          <button type="submit" class="btn p" aria-disabled={reason.value.trim() === ""}>
            {rt("breach.say_do")}
          </button>
        </div>
      </form>
    </DialogBox>
  )
}
