import type { JSX } from "preact"
import { useSignal } from "@preact/signals"
import type { Message, Quote, Reaction } from "../../../../common/ui/wire"
import { deskName } from "../state/app"
import { draft, editDraft, mode } from "../state/drafts"
import { href } from "../state/route"
import { composerCalled } from "../state/screen"
import { talk } from "../state/talk"
import { t } from "../state/text"
import {
  cardOf,
  changeOf,
  choicesOf,
  forwardedOf,
  isTap,
  oddOf,
  sentAs,
  systemOf,
  templateSent,
  ticksShown,
  tickOf,
  type Card,
} from "../state/whatsapp"
import { react } from "../state/wa-do"
import { explain, wt, wword } from "../state/whatsapp-text"
import { CardView, Coming, hasCard } from "./wa-card"
import { Media } from "./wa-media"
import { MarkedText } from "./wa-text"
import { isEcho } from "./whatsapp-load"

/** A message of WhatsApp: what it quotes, says and holds, how far it came, and
 * what can be done with it. */

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"]

function Quoted({ quote }: { quote: Quote }): JSX.Element {
  const here = quote.number !== null && quote.number !== undefined
  if (!here) return <p class="wa-quote">{wt("quote.away")}</p>
  const other = quote.incident !== talk.value?.incident.id && quote.incident
  const who = quote.who === "customer" ? (talk.value?.incident.customer.name ?? "") : deskName.value
  const text = quote.text || wt("quote.no_text")
  return (
    <blockquote class="wa-quote">
      <a href={href({ ...(other ? { incident: quote.incident ?? null } : {}), at: quote.number ?? null })}>
        {wt("quote.of", { who: who || t("customer.unknown") })}
      </a>
      <span>{text}</span>
    </blockquote>
  )
}

/** What stands for a message that has nothing to read. */
function Odd({ card }: { card: Card }): JSX.Element | null {
  const odd = oddOf(card)
  if (odd?.kind === "unsupported") {
    const unknown = odd.type === "" || odd.type === "unsupported" || odd.type === "unknown"
    const text = unknown ? wt("odd.other") : wword("odd", odd.type, wt("odd.type", { type: odd.type }))
    return <p class="wa-odd">{text}</p>
  }
  if (odd) {
    const { what, way } = explain(odd.code)
    return <p class="wa-odd">{`${wt("odd.failed")} ${what} ${way}`}</p>
  }
  const said = systemOf(card)
  return said === "" ? null : <p class="wa-odd">{wword("system", said)}</p>
}

/** What the customer may choose from, under a question. */
function Choices({ titles }: { titles: readonly string[] }): JSX.Element | null {
  if (titles.length === 0) return null
  return (
    <ul class="wa-chips" aria-label={wt("button.list")}>
      {titles.map((title, n) => (
        <li key={n} class="tag">
          {title}
        </li>
      ))}
    </ul>
  )
}

function Changed({ card }: { card: Card }): JSX.Element | null {
  const change = changeOf(card)
  if (!change) return null
  return (
    <>
      <p class="wa-odd">{wt(change.kind === "edited" ? "edit.edited" : "edit.deleted")}</p>
      {change.kind === "edited" && <MarkedText text={change.text} kind="whatsapp" />}
    </>
  )
}

/** Everything between a message's top and its foot. */
export function Content({ message, who }: { message: Message; who: string }): JSX.Element {
  const card = cardOf(message)
  // Agents write Markdown; templates and telephones have WhatsApp's marks.
  const markdown = card !== null && ["text", "media", "interactive"].includes(sentAs(card))
  const said = message.text.trim() !== "" && !(card && (hasCard(card) || changeOf(card) || systemOf(card)))
  return (
    <>
      {card && <Coming card={card} />}
      {message.quotes && <Quoted quote={message.quotes} />}
      <Media message={message} who={who} />
      {said && <MarkedText text={message.text} kind={markdown ? "markdown" : "whatsapp"} />}
      {card && <CardView card={card} />}
      {card && <Choices titles={choicesOf(card)} />}
      {card && <Changed card={card} />}
      {card && <Odd card={card} />}
    </>
  )
}

/** In a message's foot: how it was made, in words. */
export function Made({ message }: { message: Message }): JSX.Element | null {
  const card = cardOf(message)
  if (!card) return null
  const forwarded = forwardedOf(card)
  const said = [
    ...(isEcho(message) ? [wt("echo.said")] : []),
    ...(forwarded === "" ? [] : [wword("forwarded", forwarded)]),
    ...(templateSent(card) ? [wt("template.sent", { name: templateSent(card) })] : []),
    ...(isTap(card) ? [wt("button.tapped")] : []),
  ]
  return said.length === 0 ? null : <>{` · ${said.join(" · ")}`}</>
}

/** In a message's foot: how far it came. */
export function Ticks({ message }: { message: Message }): JSX.Element | null {
  const tick = tickOf(message)
  if (!tick) return null
  const bad = tick === "failed" || tick === "unknown"
  const seen = tick === "read" || tick === "played"
  const marks = ticksShown(tick)
  return (
    <span class={bad ? "sent bad" : seen ? "sent seen" : "sent"}>
      {" · "}
      {bad && <span aria-hidden="true">▲ </span>}
      {marks > 0 && (
        <span class="ticks" aria-hidden="true">
          {"✓".repeat(marks)}
        </span>
      )}{" "}
      {wword("tick", tick)}
    </span>
  )
}

/** Under a message that did not arrive, or may not have: why, and the ways out. */
function Trouble({ message }: { message: Message }): JSX.Element | null {
  const { delivery } = message
  const tick = tickOf(message)
  if (!delivery || (tick !== "failed" && tick !== "unknown")) return null
  const code = delivery.error_code
  const reason = typeof code === "number" ? explain(code) : null
  return (
    <div class="warn wa-trouble">
      {reason ? <p>{`${reason.what} ${reason.way}`}</p> : tick === "unknown" && <p>{wt("again.may")}</p>}
      {delivery.detail && <q>{delivery.detail}</q>}
    </div>
  )
}

function Reactions({ list }: { list: readonly Reaction[] }): JSX.Element | null {
  if (list.length === 0) return null
  return (
    <ul class="wa-reactions" aria-label={wt("react.list")}>
      {list.map((one, n) => (
        <li key={n} title={wt("react.by", { emoji: one.emoji, who: one.name })}>
          <span aria-hidden="true">{one.emoji}</span>
          <span class="sr">{wt("react.by", { emoji: one.emoji, who: one.name })}</span>
        </li>
      ))}
    </ul>
  )
}

/** A quote and a reaction, of what the customer wrote. */
function Doings({ message, incident }: { message: Message; incident: number }): JSX.Element {
  const open = useSignal(false)
  const reacted = (message.reactions ?? []).some((one) => one.who === "agent")
  const quote = (): void => {
    mode.value = "reply"
    editDraft(incident, { quotes: message.number })
    composerCalled.value = true
  }
  const choose = (emoji: string | null): void => {
    open.value = false
    void react(incident, message, emoji)
  }
  return (
    <div class="wa-do">
      <button type="button" class="as-link" aria-pressed={draft.value.quotes === message.number} onClick={quote}>
        {wt("quote.do")}
      </button>
      <button
        type="button"
        class="as-link"
        aria-expanded={open.value}
        onClick={() => (open.value = !open.value)}
      >
        {wt("react.do")}
      </button>
      {open.value && (
        <span class="wa-emoji">
          {EMOJI.map((emoji) => (
            <button
              key={emoji}
              type="button"
              class="btn quiet square"
              aria-label={wt("react.with", { emoji })}
              onClick={() => choose(emoji)}
            >
              {emoji}
            </button>
          ))}
        </span>
      )}
      {reacted && (
        <button type="button" class="as-link" onClick={() => choose(null)}>
          {wt("react.remove")}
        </button>
      )}
    </div>
  )
}

/** Under a message's foot. */
export function Under({ message }: { message: Message }): JSX.Element {
  const incident = talk.value?.incident
  const open = incident !== undefined && !["closed", "merged"].includes(incident.state)
  const theirs = message.direction === "in" && Boolean(message.external_id)
  return (
    <>
      <Reactions list={message.reactions ?? []} />
      <Trouble message={message} />
      {open && theirs && <Doings message={message} incident={incident.id} />}
    </>
  )
}
