import type { JSX } from "preact"
import type { IncidentDetail, Message } from "../../../../common/ui/wire"
import { me } from "../state/app"
import { t } from "../state/text"
import { news, typing } from "../state/visitor"
import { Stars } from "./stars"

/** Whether the visitor has the chat open now; null: it is no chat. */
function online(detail: IncidentDetail): boolean | null {
  if (!detail.visitor) return null
  return news.value?.online ?? detail.visitor.online
}

/** In the head of a chat: is somebody there who reads? */
export function Presence({ detail }: { detail: IncidentDetail }): JSX.Element | null {
  const here = online(detail)
  if (here === null) return null
  return (
    <span class={here ? "here" : "here away"}>
      {t(here ? "visitor.online" : "visitor.away")}
    </span>
  )
}

/** The last answer of a chat; null: it is no chat, or has none. */
export const lastAnswer = (detail: IncidentDetail): Message | null =>
  detail.visitor
    ? (detail.messages.filter((one) => one.direction === "out").pop() ?? null)
    : null

/** Under the last answer of a chat: was it seen? */
export function Got({ detail, number }: { detail: IncidentDetail; number: number }): JSX.Element {
  const got = Math.max(news.value?.got ?? 0, detail.visitor?.got ?? 0)
  return <p class="got">{t(got >= number ? "visitor.got" : "visitor.not_got")}</p>
}

function Typing(): JSX.Element {
  const now = typing.value
  const mine = now?.agent !== undefined && now.agent === me.value?.id
  return (
    <p class="typing" aria-live="polite">
      {now && !mine && (
        <>
          {t("visitor.typing", { who: now.name || t("customer.unknown") })}
          <span class="dots" aria-hidden="true" />
        </>
      )}
    </p>
  )
}

/** The end of a chat's log. */
export function VisitorFoot({ detail }: { detail: IncidentDetail }): JSX.Element | null {
  if (detail.incident.channel !== "chat") return null
  return (
    <>
      {detail.rating && (
        <p class="rated">
          {t("visitor.rated")} <Stars score={detail.rating.score} />
        </p>
      )}
      <Typing />
    </>
  )
}
