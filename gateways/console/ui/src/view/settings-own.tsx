import type { JSX } from "preact"
import { useSignal } from "@preact/signals"
import { myself } from "../state/app"
import { saveOwn } from "../state/settings"
import { st } from "../state/settings-text"
import { Preview } from "./preview"

const SIGNATURE_MAX = 2000

/** One's own signature and how one is told of things. */
export function OwnSettings(): JSX.Element {
  const agent = myself.value
  const kept = agent?.signature ?? ""
  // null: nothing was typed.
  const typed = useSignal<string | null>(null)
  const signature = typed.value ?? kept
  const busy = useSignal(false)
  const same = signature.trim() === kept
  const save = async (): Promise<void> => {
    if (same || busy.value) return
    busy.value = true
    if (await saveOwn({ signature: signature.trim() })) typed.value = null
    busy.value = false
  }
  return (
    <div class="settings">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <label class="field">
          <span>{st("own.signature")}</span>
          <textarea
            rows={4}
            maxLength={SIGNATURE_MAX}
            value={signature}
            aria-describedby="own-hint"
            onInput={(event) => (typed.value = event.currentTarget.value)}
          />
        </label>
        <p class="hint" id="own-hint">
          {st("own.signature_hint")}
        </p>
        <div class="own-look">
          <Preview text={st("own.sample")} signature={signature} />
        </div>
        <div class="form-do">
          <button type="submit" class="btn p" aria-disabled={same || busy.value}>
            {st("own.save")}
          </button>
        </div>
      </form>
      <label class="check">
        <input
          type="checkbox"
          checked={agent?.mail_notices ?? false}
          onChange={(event) => void saveOwn({ mail_notices: event.currentTarget.checked })}
        />
        {st("own.mail_notices")}
      </label>
    </div>
  )
}
