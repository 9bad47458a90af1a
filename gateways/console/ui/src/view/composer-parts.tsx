import type { JSX } from "preact"
import { bytes } from "../../../../common/ui/duration"
import type { Incident } from "../../../../common/ui/wire"
import { draft, editDraft } from "../state/drafts"
import { detach, uploading } from "../state/files"
import { talk } from "../state/talk"
import { language, t, word } from "../state/text"
import { Icon } from "./icons"

/** What stands round the text of an answer: files, the claim, what comes after. */

const AFTER = ["pending_customer", "open", "solved"]

/** What goes with the answer, or is on its way up. */
export function FileList({ incident }: { incident: Incident }): JSX.Element | null {
  const files = draft.value.files
  const coming = uploading(incident.id)
  if (files.length + coming.length === 0) return null
  return (
    <ul class="files" aria-label={t("message.files")}>
      {files.map((file, n) => (
        <li key={`${file.sha256}${n}`} class="file">
          <Icon name="clip" />
          <span class="file-name">{file.filename}</span>
          <span class="file-size">{bytes(file.size, language.value)}</span>
          <button
            type="button"
            class="file-x"
            aria-label={t("composer.detach", { name: file.filename })}
            onClick={() => detach(incident.id, n)}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
      {coming.map((name) => (
        <li key={name} class="file">
          {name} · {t("composer.uploading")}
        </li>
      ))}
    </ul>
  )
}

/** Whoever answers a claim says so: another answer does not end its clock. */
export function ClaimCheck({ incident }: { incident: Incident }): JSX.Element | null {
  const claimed = talk.value?.clocks.some(
    (one) => one.name === "claim" && one.state === "running",
  )
  if (!claimed) return null
  return (
    <label class="claim-check">
      <input
        type="checkbox"
        checked={draft.value.claim}
        onChange={(event) => editDraft(incident.id, { claim: event.currentTarget.checked })}
      />
      {t("composer.claim")}
    </label>
  )
}

export function AfterSelect({ incident }: { incident: Incident }): JSX.Element {
  return (
    <label class="after">
      <span>{t("composer.after")}</span>
      <select
        aria-label={t("composer.after")}
        value={draft.value.after}
        onChange={(event) =>
          editDraft(incident.id, { after: event.currentTarget.value })
        }
      >
        {AFTER.map((state) => (
          <option key={state} value={state}>
            {word("state", state)}
          </option>
        ))}
      </select>
    </label>
  )
}
