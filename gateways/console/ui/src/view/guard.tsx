import type { JSX } from "preact"
import type { Incident } from "../../../../common/ui/wire"
import { ago } from "../../../../common/ui/duration"
import { now } from "../state/now"
import { guard as current, sendAnswer, type Guard } from "../state/sending"
import { talk } from "../state/talk"
import { language, t } from "../state/text"

interface GuardProps {
  guard: Guard
  incident: Incident
}

/** Somebody wrote meanwhile: shows what, with the draft still whole. */
export function GuardBand({ guard, incident }: GuardProps): JSX.Element {
  const last = talk.value?.messages.find((one) => one.number === guard.last)
  const when = Date.parse(guard.at)
  const who = last?.author.name || t("guard.someone")
  return (
    <div class="guard" role="alert">
      <p>
        {t("guard.wrote", {
          who,
          when: Number.isNaN(when) ? "" : ago(when, now.value, language.value),
        })}
        {last && <q>{last.text.slice(0, 140)}</q>}
      </p>
      <div class="guard-do">
        <button
          type="button"
          class="btn"
          onClick={() => {
            current.value = null
            const log = document.getElementById("log")
            log?.scrollTo({ top: log.scrollHeight })
            log?.focus()
          }}
        >
          {t("guard.look")}
        </button>
        <button
          type="button"
          class="btn"
          onClick={() => sendAnswer(incident.id, true)}
        >
          {t("guard.send")}
        </button>
      </div>
    </div>
  )
}
