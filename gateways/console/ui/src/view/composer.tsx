import type { JSX } from "preact"
import { useEffect, useLayoutEffect, useRef } from "preact/hooks"
import { useSignal } from "@preact/signals"
import type { Incident, SavedReply } from "../../../../common/ui/wire"
import { linkState } from "../state/app"
import { draft, editDraft, mode, type Mode } from "../state/drafts"
import { attach, uploading } from "../state/files"
import { guard, sendAnswer, sendNote } from "../state/sending"
import { composerCalled, takeTypedAhead } from "../state/screen"
import { talk } from "../state/talk"
import { t } from "../state/text"
import { AfterSelect, ClaimCheck, FileList } from "./composer-parts"
import { GuardBand } from "./guard"
import { Icon } from "./icons"
import { FailedBand } from "./mail-notes"
import { Key } from "./parts"
import { Preview } from "./preview"
import { customerName } from "./row"
import { SavedList } from "./saved"
import { whatsappPiece } from "./whatsapp-load"

const MODES: readonly Mode[] = ["reply", "note"]

function Tabs(): JSX.Element {
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return
    event.preventDefault()
    mode.value = mode.value === "reply" ? "note" : "reply"
    document.getElementById(`tab-${mode.value}`)?.focus()
  }
  return (
    <div class="tabs" role="tablist" aria-label={t("composer.kind")} onKeyDown={onKey}>
      {MODES.map((one) => (
        <button
          key={one}
          id={`tab-${one}`}
          type="button"
          role="tab"
          aria-selected={mode.value === one}
          aria-controls="composer-panel"
          tabIndex={mode.value === one ? 0 : -1}
          onClick={() => (mode.value = one)}
        >
          {t(`composer.${one}`)}
        </button>
      ))}
    </div>
  )
}

function status(): string {
  if (linkState.value === "lost" || linkState.value === "down")
    return t("composer.offline")
  const text = mode.value === "reply" ? draft.value.reply : draft.value.note
  return text.trim() ? t("composer.saved") : ""
}

/** What the answer is written in: a mail has light Markdown. */
const goesByMail = ({ channel }: Incident): boolean =>
  channel !== "chat" && channel !== "whatsapp"

/** Where answers and notes are written. */
export function Composer({ incident }: { incident: Incident }): JSX.Element {
  const field = useRef<HTMLTextAreaElement>(null)
  const files = useRef<HTMLInputElement>(null)
  const saved = useSignal(false)
  const looked = useSignal(false)
  const note = mode.value === "note"
  const text = note ? draft.value.note : draft.value.reply
  const called = composerCalled.value
  // An answer by WhatsApp has its own rules; a note has none.
  const piece = note ? null : whatsappPiece()
  const templated = piece?.isTemplated(incident) ?? false
  const bar = piece?.barOf(incident) ?? ""

  useLayoutEffect(() => {
    if (!called) return
    composerCalled.value = false
    field.current?.focus()
    const ahead = takeTypedAhead()
    if (ahead) edit(text + ahead)
  }, [called])
  useEffect(() => {
    saved.value = false
  }, [incident.id, note])
  useEffect(() => {
    const area = field.current
    if (!area) return
    area.style.height = "auto"
    area.style.height = `${Math.min(area.scrollHeight, 260)}px`
  }, [text, incident.id])

  const edit = (next: string): void =>
    editDraft(incident.id, note ? { note: next } : { reply: next })
  const send = (): void => {
    if (bar !== "" || uploading(incident.id).length > 0) return
    if (note) sendNote(incident.id)
    else sendAnswer(incident.id)
    field.current?.focus()
  }
  const insert = (reply: SavedReply): void => {
    if (piece && templated) {
      piece.pickReply(incident, reply)
      saved.value = false
      return
    }
    const at = field.current?.selectionStart ?? text.length
    const before = text.slice(0, at).replace(/(^|\n)\/$/, "$1")
    edit(before + reply.text + text.slice(at))
    if (!note) editDraft(incident.id, { savedReply: reply.name })
    saved.value = false
    field.current?.focus()
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.isComposing) return
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      send()
      return
    }
    const at = field.current?.selectionStart ?? 0
    const lineStart = at === 0 || text[at - 1] === "\n"
    if (event.key === "/" && lineStart && !event.ctrlKey) {
      event.preventDefault()
      saved.value = true
    }
  }
  const busy = uploading(incident.id).length > 0
  const blocked = bar !== "" || (text.trim() === "" && !templated) || busy
  const why = busy ? t("composer.wait_files") : bar || t("composer.empty")

  return (
    <div
      class={note ? "co note" : "co"}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        if (!note) void attach(incident.id, event.dataTransfer?.files ?? [])
      }}
    >
      {!note && talk.value && <FailedBand detail={talk.value} />}
      {piece && <piece.Above incident={incident} />}
      {guard.value?.incident === incident.id && (
        <GuardBand guard={guard.value} incident={incident} />
      )}
      <div class="co-head">
        <Tabs />
        <span class="draft-state">{status()}</span>
      </div>
      {saved.value && (
        <SavedList
          incident={incident}
          pick={insert}
          close={() => {
            saved.value = false
            field.current?.focus()
          }}
        />
      )}
      <div id="composer-panel" role="tabpanel" aria-labelledby={`tab-${mode.value}`}>
        {templated && piece && <piece.TemplatePicker incident={incident} />}
        <textarea
          hidden={templated}
          ref={field}
          rows={3}
          value={text}
          maxLength={65536}
          aria-label={
            note
              ? t("composer.note_label")
              : t("composer.reply_label", { who: customerName(incident) })
          }
          placeholder={t(note ? "composer.note_hint" : "composer.reply_hint")}
          onInput={(event) => edit(event.currentTarget.value)}
          onKeyDown={onKey}
          onPaste={(event) => {
            const pasted = event.clipboardData?.files
            if (pasted && pasted.length > 0 && !note) {
              event.preventDefault()
              void attach(incident.id, pasted)
            }
          }}
        />
        {piece && !templated && <piece.Below incident={incident} />}
        {!note && <FileList incident={incident} />}
        {!note && looked.value && goesByMail(incident) && <Preview text={text} />}
      </div>
      <div class="cf">
        <button
          type="button"
          class="btn quiet"
          title={t("composer.saved_replies")}
          aria-label={t("composer.saved_replies")}
          aria-expanded={saved.value}
          onClick={() => (saved.value = !saved.value)}
        >
          <Icon name="saved" />
          <span class="btn-text">{t("composer.saved_replies")}</span> <Key>/</Key>
        </button>
        {!note && (
          <button
            type="button"
            class="btn quiet square"
            title={t("composer.attach")}
            aria-label={t("composer.attach")}
            onClick={() => files.current?.click()}
          >
            <Icon name="clip" />
          </button>
        )}
        {!note && goesByMail(incident) && (
          <button
            type="button"
            class="btn quiet square"
            title={t("preview.title")}
            aria-label={t("preview.title")}
            aria-pressed={looked.value}
            onClick={() => (looked.value = !looked.value)}
          >
            <Icon name="eye" />
          </button>
        )}
        {piece && <piece.Tools incident={incident} />}
        <input
          ref={files}
          type="file"
          multiple
          hidden
          onChange={(event) => {
            void attach(incident.id, [...(event.currentTarget.files ?? [])])
            event.currentTarget.value = ""
          }}
        />
        <span class="gap" />
        {!note && <ClaimCheck incident={incident} />}
        {!note && <AfterSelect incident={incident} />}
        <button
          type="button"
          class="btn p"
          aria-disabled={blocked}
          title={blocked ? why : undefined}
          onClick={() => {
            if (!blocked) send()
          }}
        >
          {t(note ? "composer.add_note" : "composer.send")} <Key>Ctrl ↵</Key>
        </button>
      </div>
    </div>
  )
}
