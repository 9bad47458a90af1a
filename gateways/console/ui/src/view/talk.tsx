import { Fragment, type JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { signal } from "@preact/signals"
import type {
  Event as DeskEvent,
  Incident,
  IncidentDetail,
  Message,
} from "../../../../common/ui/wire"
import { sending } from "../state/sending"
import { href, incidentId, route } from "../state/route"
import { loadEarlier, reloadTalk, talk, talkError, talkState } from "../state/talk"
import { t } from "../state/text"
import { failed, reason } from "../state/toasts"
import { Clocks } from "./clocks"
import { Composer } from "./composer"
import { EventLine, tells } from "./event-line"
import { ClaimLine } from "./mail-notes"
import { MessageView, SendingView } from "./message"
import { Receipt } from "./receipt"
import { TalkHead } from "./talk-head"
import { Got, lastAnswer, VisitorFoot } from "./visitor"

const QUIET_MS = 150
/** So near to the end, the log stays at its end. */
const NEAR_PX = 40
const slow = signal(false)

type Entry =
  | { at: number; message: Message; event?: never }
  | { at: number; event: DeskEvent; message?: never }

/** Messages and what happened, by time. */
function entries(detail: IncidentDetail): Entry[] {
  let last = 0
  // their order is the desk's: a channel may tell whole seconds alone
  const list: Entry[] = detail.messages.map((message) => {
    last = Math.max(last, Date.parse(message.at))
    return { at: last, message }
  })
  const first = list[0]?.at ?? 0
  const complete = !detail.more_before
  for (const event of detail.events) {
    const at = Date.parse(event.at)
    if (tells(event) && (complete || at >= first)) list.push({ at, event })
  }
  return list.sort((a, b) => a.at - b.at)
}

function Log({ detail }: { detail: IncidentDetail }): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const id = detail.incident.id
  const last = detail.messages[detail.messages.length - 1]?.number ?? 0
  const answer = lastAnswer(detail)
  const own = sending.value.filter((one) => one.params.id === id)
  useEffect(() => {
    const log = box.current
    if (log) log.scrollTop = log.scrollHeight
  }, [id, last, own.length])
  const { at } = route.value
  const first = detail.messages[0]?.number ?? 0
  useEffect(() => {
    const one = at === null ? null : box.current?.querySelector(`[data-number="${at}"]`)
    one?.scrollIntoView({ block: "center" })
  }, [id, at, first])
  useEffect(() => {
    const log = box.current
    if (!log) return
    let atEnd = true
    const look = (): void => {
      atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX
    }
    const size = new ResizeObserver(() => {
      if (atEnd) log.scrollTop = log.scrollHeight
    })
    log.addEventListener("scroll", look)
    size.observe(log)
    return () => {
      log.removeEventListener("scroll", look)
      size.disconnect()
    }
  }, [])
  return (
    <div
      class="log"
      role="log"
      aria-label={t("talk.log")}
      tabIndex={0}
      ref={box}
      id="log"
    >
      {detail.follows && (
        <p class="ev">
          {t("talk.follows")}{" "}
          <a href={href({ incident: detail.follows })}>{`P-${detail.follows}`}</a>
        </p>
      )}
      <ClaimLine detail={detail} />
      {detail.merged_into && (
        <p class="ev">
          {t("merge.went_to")}{" "}
          <a href={href({ incident: detail.merged_into })}>{`P-${detail.merged_into}`}</a>
        </p>
      )}
      {(detail.merged ?? []).map((id) => (
        <p class="ev" key={id}>
          {t("merge.came_from")} <a href={href({ incident: id })}>{`P-${id}`}</a>
        </p>
      ))}
      {detail.more_before && (
        <button
          type="button"
          class="btn earlier"
          onClick={() => void loadEarlier().catch(failed)}
        >
          {t("talk.earlier")}
        </button>
      )}
      {entries(detail).map((one) =>
        one.message ? (
          <Fragment key={`m${one.message.id}`}>
            <MessageView message={one.message} />
            {one.message === answer && <Got detail={detail} number={answer.number} />}
          </Fragment>
        ) : (
          <EventLine key={`e${one.event.number}`} event={one.event} />
        ),
      )}
      {own.map((one) => (
        <SendingView key={one.key} sending={one} />
      ))}
      <VisitorFoot detail={detail} />
    </div>
  )
}

function Loading(): JSX.Element {
  useEffect(() => {
    slow.value = false
    const timer = setTimeout(() => (slow.value = true), QUIET_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div class="talk-bones" aria-busy="true">
      {slow.value && <p class="sr">{t("state.loading")}</p>}
      {slow.value && (
        <>
          <b class="bone-line" />
          <i class="bone-block" />
          <i class="bone-block right" />
        </>
      )}
    </div>
  )
}

function None(): JSX.Element {
  return (
    <div class="empty middle">
      <p class="empty-title">{t("talk.none")}</p>
      <p>{t("talk.none_hint")}</p>
      <dl class="hint-keys">
        <dt>
          <kbd>j</kbd> <kbd>k</kbd>
        </dt>
        <dd>{t("key.move")}</dd>
        <dt>
          <kbd>Enter</kbd>
        </dt>
        <dd>{t("key.open")}</dd>
        <dt>
          <kbd>?</kbd>
        </dt>
        <dd>{t("key.help")}</dd>
      </dl>
    </div>
  )
}

function Failed(): JSX.Element {
  return (
    <div class="empty middle" role="alert">
      <p class="empty-title">{t("talk.error")}</p>
      <p>{reason(talkError.value)}</p>
      <p class="empty-do">
        <button type="button" class="btn" onClick={() => void reloadTalk()}>
          {t("do.retry")}
        </button>
        <a class="btn" href={href({ incident: null })}>
          {t("do.back")}
        </a>
      </p>
    </div>
  )
}

const isEnded = (one: Incident): boolean =>
  one.state === "merged" || one.state === "closed"

export function Talk(): JSX.Element {
  const detail = talk.value
  return (
    <section class="c" id="conv" tabIndex={-1} aria-label={t("talk.label")}>
      {incidentId.value === null && <None />}
      {talkState.value === "error" && <Failed />}
      {talkState.value === "loading" && <Loading />}
      {detail && talkState.value !== "error" && (
        <>
          <TalkHead detail={detail} />
          <Receipt incident={detail.incident} />
          <Clocks detail={detail} />
          <Log detail={detail} />
          {isEnded(detail.incident) ? (
            <p class="read-only">
              {t(detail.merged_into ? "talk.merged" : "talk.ended")}
            </p>
          ) : (
            <Composer incident={detail.incident} />
          )}
        </>
      )}
    </section>
  )
}
