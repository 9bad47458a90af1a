import type { JSX } from "preact"
import { useSignal } from "@preact/signals"
import { absolute } from "../../../../common/ui/duration"
import type { ClaimRegisterResult } from "../../../../common/ui/wire"
import { call } from "../state/app"
import { dialog } from "../state/screen"
import { reloadTalk, talk } from "../state/talk"
import { language, t } from "../state/text"
import { reason } from "../state/toasts"
import { DialogBox } from "./parts"

function Registered({ claim }: { claim: ClaimRegisterResult }): JSX.Element {
  return (
    <div class="claim-done">
      <p>{t("claim.code")}</p>
      <p class="claim-code">{claim.code}</p>
      {claim.due_at && (
        <p class="lead">
          {t("claim.due", { at: absolute(Date.parse(claim.due_at), language.value) })}
        </p>
      )}
      <p class="lead">{t("claim.tell")}</p>
    </div>
  )
}

/** Makes a claim of the incident: the clock of the law, and a code. */
export function ClaimDialog(): JSX.Element | null {
  const claim = useSignal<ClaimRegisterResult | null>(null)
  const problem = useSignal("")
  const busy = useSignal(false)
  const id = talk.value?.incident.id
  if (id === undefined) return null
  const register = async (): Promise<void> => {
    if (busy.value) return
    busy.value = true
    problem.value = ""
    try {
      claim.value = await call("claim.register", { id })
      void reloadTalk()
    } catch (error) {
      problem.value = reason(error)
    }
    busy.value = false
  }
  return (
    <DialogBox
      title={t("claim.title")}
      closeLabel={t("do.close")}
      close={() => (dialog.value = null)}
    >
      {claim.value ? (
        <Registered claim={claim.value} />
      ) : (
        <>
          <p class="lead">{t("claim.lead")}</p>
          {problem.value && (
            <p class="form-error" role="alert">
              {problem.value}
            </p>
          )}
          <div class="form-do">
            <button
              type="button"
              class="btn p"
              data-first=""
              disabled={busy.value}
              onClick={() => void register()}
            >
              {t("claim.do")}
            </button>
          </div>
        </>
      )}
    </DialogBox>
  )
}
