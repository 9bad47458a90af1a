import type { JSX } from "preact"
import { useLayoutEffect, useRef } from "preact/hooks"
import { useComputed, useSignal } from "@preact/signals"
import type { Incident, SavedReply } from "../../../../common/ui/wire"
import { call } from "../state/app"
import { t } from "../state/text"
import { reason } from "../state/toasts"

interface SavedProps {
  incident: Incident
  pick(reply: SavedReply): void
  close(): void
}

const plain = (text: string): string =>
  text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()

/** The suggested one first, the others as the book orders them. */
export function arrangeReplies(
  replies: readonly SavedReply[],
  suggested: string,
  wanted: string,
): SavedReply[] {
  const sought = plain(wanted.trim())
  const found = replies.filter((one) =>
    plain(`${one.title} ${one.name} ${one.text}`).includes(sought),
  )
  return [
    ...found.filter((one) => one.name === suggested),
    ...found.filter((one) => one.name !== suggested),
  ]
}

/** Saved replies: filtered by typing, chosen by arrows and Enter. */
export function SavedList({ incident, pick, close }: SavedProps): JSX.Element {
  const field = useRef<HTMLInputElement>(null)
  const replies = useSignal<SavedReply[] | null>(null)
  const problem = useSignal<unknown>(null)
  const wanted = useSignal("")
  const at = useSignal(0)
  const list = useComputed(() =>
    arrangeReplies(replies.value ?? [], incident.saved_reply, wanted.value),
  )

  useLayoutEffect(() => {
    field.current?.focus()
    call("reply.list", { incident: incident.id }).then(
      (answer) => (replies.value = answer.replies),
      (error: unknown) => (problem.value = error),
    )
  }, [incident.id])

  const onKey = (event: KeyboardEvent): void => {
    const count = list.value.length
    const chosen = list.value[at.value]
    if (event.key === "ArrowDown") at.value = Math.min(count - 1, at.value + 1)
    else if (event.key === "ArrowUp") at.value = Math.max(0, at.value - 1)
    else if (event.key === "Enter" && chosen) pick(chosen)
    else if (event.key === "Escape") close()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  const preview = list.value[at.value]
  return (
    <div class="saved">
      <input
        ref={field}
        type="text"
        role="combobox"
        autocomplete="off"
        aria-expanded="true"
        aria-controls="saved-list"
        aria-activedescendant={preview ? `saved-${at.value}` : undefined}
        aria-label={t("saved.search")}
        placeholder={t("saved.search")}
        value={wanted.value}
        onInput={(event) => {
          wanted.value = event.currentTarget.value
          at.value = 0
        }}
        onKeyDown={onKey}
      />
      <div class="saved-body">
        <ul id="saved-list" role="listbox" aria-label={t("composer.saved_replies")}>
          {list.value.map((one, n) => (
            <li
              key={one.name}
              id={`saved-${n}`}
              role="option"
              aria-selected={n === at.value}
              onPointerEnter={() => (at.value = n)}
              onClick={() => pick(one)}
            >
              {one.title}
              {one.name === incident.saved_reply && (
                <span class="tag">{t("saved.suggested")}</span>
              )}
            </li>
          ))}
        </ul>
        {preview && <p class="saved-text">{preview.text}</p>}
      </div>
      {problem.value !== null && <p class="empty-line">{reason(problem.value)}</p>}
      {replies.value !== null && list.value.length === 0 && (
        <p class="empty-line">{t("saved.none")}</p>
      )}
    </div>
  )
}
