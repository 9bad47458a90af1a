import type { JSX } from "preact"
import { useSignal } from "@preact/signals"
import type { BookVersion } from "../../../../common/ui/wire"
import { applied, applyBook, applying, mayEdit } from "../state/book"
import { go, listHref } from "../state/route"
import { dialog } from "../state/screen"
import { t } from "../state/text"
import {
  changesOf,
  moreOfLog,
  moreVersions,
  rollBack,
  showChanges,
  versions,
  versionsState,
} from "../state/trial"
import { Difference } from "./book-text"
import { DialogBox, When } from "./parts"

const NOTE_MAX = 500

/** The version that is asked about before it is rolled back to. */
let asked: BookVersion | null = null

function Version({ one }: { one: BookVersion }): JSX.Element {
  const lines = changesOf.value.get(one.version)
  const current = one.version === applied.value?.version
  return (
    <li>
      <div class="log-head">
        <b>{t("book.version", { version: one.version })}</b>
        {current && <span class="chip">{t("book.in_force")}</span>}
        <span class="muted">
          <When at={one.applied_at} />
          {one.agent_name && ` · ${one.agent_name}`}
          {one.same_as !== undefined &&
            one.same_as !== null &&
            ` · ${t("book.text_of", { version: one.same_as })}`}
        </span>
      </div>
      {one.note && <p>{one.note}</p>}
      <div class="log-do">
        {one.version > 1 && (
          <button
            type="button"
            class="as-link"
            aria-expanded={lines !== undefined}
            onClick={() => void showChanges(one.version)}
          >
            {t("book.what_changed")}
          </button>
        )}
        {mayEdit.value && !current && (
          <button
            type="button"
            class="as-link"
            onClick={() => {
              asked = one
              dialog.value = "rollback"
            }}
          >
            {t("book.roll_back")}
          </button>
        )}
      </div>
      {lines && <Difference lines={lines} />}
    </li>
  )
}

/** Every text that was ever in force. */
export function BookLog(): JSX.Element {
  if (versionsState.value === "error")
    return (
      <div class="empty" role="alert">
        <p class="empty-title">{t("book.error")}</p>
      </div>
    )
  return (
    <div class="book-log">
      <ul>
        {versions.value.map((one) => (
          <Version key={one.version} one={one} />
        ))}
      </ul>
      {moreVersions.value && (
        <button type="button" class="btn more" onClick={moreOfLog}>
          {t("queue.more")}
        </button>
      )}
    </div>
  )
}

interface AskProps {
  title: string
  lead: string
  deed: string
  act(note: string): Promise<boolean>
}

/** Asks for the reason, then does it. */
function Ask(props: AskProps): JSX.Element {
  const note = useSignal("")
  const close = (): void => void (dialog.value = null)
  return (
    <DialogBox title={props.title} closeLabel={t("do.close")} close={close}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          void props.act(note.value.trim()).then(close)
        }}
      >
        <p class="lead">{props.lead}</p>
        <label class="field">
          {t("book.note")}
          <input
            data-first
            type="text"
            autocomplete="off"
            maxLength={NOTE_MAX}
            value={note.value}
            onInput={(event) => (note.value = event.currentTarget.value)}
          />
        </label>
        <div class="form-do">
          <button type="button" class="btn" onClick={close}>
            {t("do.cancel")}
          </button>
          <button type="submit" class="btn p" aria-disabled={applying.value}>
            {props.deed}
          </button>
        </div>
      </form>
    </DialogBox>
  )
}

export function ApplyDialog(): JSX.Element {
  return (
    <Ask
      title={t("book.apply_title")}
      lead={t("book.apply_lead")}
      deed={t("book.apply")}
      act={applyBook}
    />
  )
}

export function RollBackDialog(): JSX.Element | null {
  const to = asked
  const base = applied.value?.version
  if (to === null || base === undefined) return null
  return (
    <Ask
      title={t("book.roll_back_title", { version: to.version })}
      lead={t("book.roll_back_lead")}
      deed={t("book.roll_back")}
      act={async (note) => {
        const well = await rollBack(to.version, base, note)
        if (well) go(listHref({ book: "log" }))
        return well
      }}
    />
  )
}
