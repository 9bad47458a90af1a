import type { JSX } from "preact"
import { useEffect } from "preact/hooks"
import { useSignal } from "@preact/signals"
import type { Incident } from "../../../../common/ui/wire"
import { call } from "../state/app"
import { go, href } from "../state/route"
import { dialog } from "../state/screen"
import { talk } from "../state/talk"
import { t, word } from "../state/text"
import { done, reason } from "../state/toasts"
import { DialogBox } from "./parts"
import { customerName } from "./row"

const FIND_AFTER_MS = 200
const SHOWN = 8

/** P-42, 42, or words: what it may be merged into. */
async function find(text: string): Promise<Incident[]> {
  const found = await call("incident.search", { text, limit: SHOWN + 1 })
  return found.hits.map((one) => one.incident)
}

function Choice(props: { one: Incident; pick(one: Incident): void }): JSX.Element {
  const { one } = props
  return (
    <li>
      <button type="button" onClick={() => props.pick(one)}>
        <b>{`${one.ref} · ${one.subject || t("row.no_subject")}`}</b>
        <span>{`${customerName(one)} · ${word("state", one.state)}`}</span>
      </button>
    </li>
  )
}

/** One of two incidents about the same thing ends in the other. */
export function MergeDialog(): JSX.Element | null {
  const text = useSignal("")
  const found = useSignal<Incident[]>([])
  const into = useSignal<Incident | null>(null)
  const problem = useSignal("")
  const own = talk.value
  const id = own?.incident.id
  useEffect(() => {
    const asked = text.value.trim()
    if (asked.length < 1) return
    const timer = setTimeout(() => {
      find(asked).then(
        (list) => (found.value = list.filter((one) => one.id !== id).slice(0, SHOWN)),
        () => (found.value = []),
      )
    }, FIND_AFTER_MS)
    return () => clearTimeout(timer)
  }, [text.value, id])
  if (!own || id === undefined) return null
  const merge = async (to: Incident): Promise<void> => {
    try {
      await call("incident.merge", { id, into: to.id })
      dialog.value = null
      go(href({ incident: to.id }))
      done(t("merge.done", { from: own.incident.ref, to: to.ref }), null)
    } catch (error) {
      problem.value = reason(error)
    }
  }
  return (
    <DialogBox
      title={t("merge.title", { ref: own.incident.ref })}
      closeLabel={t("do.close")}
      close={() => (dialog.value = null)}
    >
      <div class="form">
        <p class="lead">{t("merge.lead")}</p>
        <label class="field">
          <span>{t("merge.into")}</span>
          <input
            data-first=""
            value={text.value}
            autocomplete="off"
            onInput={(event) => {
              text.value = event.currentTarget.value
              into.value = null
            }}
          />
        </label>
        {into.value === null && found.value.length > 0 && (
          <ul class="found" aria-label={t("merge.found")}>
            {found.value.map((one) => (
              <Choice key={one.id} one={one} pick={(it) => (into.value = it)} />
            ))}
          </ul>
        )}
        {into.value && (
          <p class="picked">
            <b>{`${into.value.ref} · ${into.value.subject || t("row.no_subject")}`}</b>
            <span>{customerName(into.value)}</span>
          </p>
        )}
        {into.value && into.value.customer?.id !== own.incident.customer?.id && (
          <p class="warn-line">{t("merge.other_customer")}</p>
        )}
        {problem.value && (
          <p class="form-error" role="alert">
            {problem.value}
          </p>
        )}
        <div class="form-do">
          <button type="button" class="btn" onClick={() => (dialog.value = null)}>
            {t("do.cancel")}
          </button>
          <button
            type="button"
            class="btn p"
            disabled={into.value === null}
            onClick={() => into.value && void merge(into.value)}
          >
            {t("merge.do")}
          </button>
        </div>
      </div>
    </DialogBox>
  )
}
