import type { JSX } from "preact"
import { span } from "../../../../common/ui/duration"
import type { Identity, Incident, SavedReply } from "../../../../common/ui/wire"
import { draft, editDraft } from "../state/drafts"
import { failedOf } from "../state/mail"
import { now } from "../state/now"
import { talk } from "../state/talk"
import { language } from "../state/text"
import { warn } from "../state/toasts"
import { BUTTON_MAX, BUTTONS_MAX, buttonsSent, lengthOf, TEXT_MAX, tooLong } from "../state/whatsapp"
import { choosing, leaveTemplate, setConsent, takeReply } from "../state/wa-do"
import { wt } from "../state/whatsapp-text"
import { windowOf } from "../state/window"
import { Icon } from "./icons"

/** What stands round an answer by WhatsApp: until when one may write freely,
 * what is quoted, buttons, how long the text is. */

/** Of a text that is nearer to its end than this, the length is said. */
const COUNT_FROM = TEXT_MAX - 600

/** May nothing but a template go, or was one chosen? */
export const isTemplated = (incident: Incident): boolean =>
  choosing.value === incident.id || draft.value.template !== null || windowOf(incident, now.value)?.state === "template"

/** Why the answer cannot go as it is; "": it can. */
export function barOf(incident: Incident): string {
  const state = windowOf(incident, now.value)?.state
  if (state === "no") return wt("window.no")
  if (isTemplated(incident)) {
    const { template } = draft.value
    return template === null ? wt("template.needed") : template.ready ? "" : wt("template.lacking")
  }
  const over = tooLong(draft.value.reply, buttonsSent(draft.value.buttons))
  if (!over) return ""
  return wt(over.max === TEXT_MAX ? "count.long" : "button.long", { n: over.n, max: over.max })
}

/** A saved reply was chosen where a template alone may go. */
export function pickReply(incident: Incident, reply: SavedReply): void {
  if (takeReply(incident, reply, language.value)) editDraft(incident.id, { savedReply: reply.name })
  else warn(wt("template.no_reply"))
}

/** The minute is enough until the last one: what is read aloud must not tick. */
function WindowBand({ incident }: { incident: Incident }): JSX.Element | null {
  const found = windowOf(incident, now.value)
  if (!found) return null
  const { state, left } = found
  // Why it is so is said above it.
  if (state === "no" && talk.value && failedOf(talk.value)) return null
  if (state === "free")
    return (
      <p class="wa-window">
        <Icon name="clock" />
        {left > 0 ? wt("window.left", { span: span(left) }) : wt("window.open")}
      </p>
    )
  const key = state === "closing" ? "window.closing" : state === "no" ? "window.no" : "window.closed"
  return (
    <div class="wa-window near">
      <Icon name="clock" />
      <p>{wt(key, { span: span(left) })}</p>
      {/* Said once, when it changes: not each second. */}
      <p class="sr" role="status">
        {wt(state === "closing" ? "window.soon" : key)}
      </p>
    </div>
  )
}

/** Identities that asked to be left alone. */
export const refusedOf = (list: readonly Identity[]): Identity[] => list.filter((one) => one.consent === "out")

function ConsentBand({ incident }: { incident: Incident }): JSX.Element | null {
  const [one] = refusedOf(incident.customer.identities)
  if (!one) return null
  return (
    <p class="wa-window near">
      <span aria-hidden="true">▲ </span>
      <span>
        {wt("consent.band")}{" "}
        <button type="button" class="as-link" onClick={() => void setConsent(one, "in")}>
          {wt("consent.give")}
        </button>
      </span>
    </p>
  )
}

function QuoteBand({ incident }: { incident: Incident }): JSX.Element | null {
  const { quotes } = draft.value
  const one = quotes === null ? undefined : talk.value?.messages.find((message) => message.number === quotes)
  if (!one || isTemplated(incident)) return null
  const who = one.author.name || one.author.address || ""
  return (
    <div class="wa-quote wa-quoting">
      <span>
        <b>{wt("quote.will", { who })}</b> <span>{one.text.slice(0, 140)}</span>
      </span>
      <button
        type="button"
        class="btn quiet square"
        aria-label={wt("quote.remove")}
        onClick={() => editDraft(incident.id, { quotes: null })}
      >
        <Icon name="close" />
      </button>
    </div>
  )
}

/** Over the text. */
export function Above({ incident }: { incident: Incident }): JSX.Element {
  return (
    <>
      <WindowBand incident={incident} />
      <ConsentBand incident={incident} />
      <QuoteBand incident={incident} />
    </>
  )
}

function Buttons({ incident }: { incident: Incident }): JSX.Element | null {
  const { buttons } = draft.value
  if (buttons.length === 0) return null
  const put = (at: number, title: string | null): void =>
    editDraft(incident.id, {
      buttons: buttons.flatMap((old, n) => (n !== at ? [old] : title === null ? [] : [title])),
    })
  return (
    <ul class="wa-buttons" aria-label={wt("button.list")}>
      {buttons.map((title, n) => (
        <li key={n}>
          <input
            type="text"
            maxLength={BUTTON_MAX}
            autocomplete="off"
            aria-label={wt("button.label", { n: n + 1 })}
            value={title}
            onInput={(event) => put(n, event.currentTarget.value)}
          />
          <button
            type="button"
            class="btn quiet square"
            aria-label={wt("button.remove", { n: n + 1 })}
            onClick={() => put(n, null)}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  )
}

/** Below the text: buttons, and how long it is once that matters. */
export function Below({ incident }: { incident: Incident }): JSX.Element {
  const n = lengthOf(draft.value.reply)
  const over = barOf(incident)
  return (
    <>
      <Buttons incident={incident} />
      {n > COUNT_FROM && (
        <p class={n > TEXT_MAX ? "wa-count over" : "wa-count"}>
          {wt("count.left", { n, max: TEXT_MAX })}
        </p>
      )}
      {over !== "" && draft.value.reply.trim() !== "" && (
        <p class="wa-count over" role="status">
          {over}
        </p>
      )}
    </>
  )
}

/** Beside the button that sends. */
export function Tools({ incident }: { incident: Incident }): JSX.Element {
  const { buttons } = draft.value
  const templated = isTemplated(incident)
  const closed = windowOf(incident, now.value)?.state === "template"
  return (
    <>
      {!templated && buttons.length < BUTTONS_MAX && (
        <button
          type="button"
          class="btn quiet square"
          title={wt("button.add")}
          aria-label={wt("button.add")}
          onClick={() => editDraft(incident.id, { buttons: [...buttons, ""] })}
        >
          <Icon name="plus" />
        </button>
      )}
      {!closed && (
        <button
          type="button"
          class="btn quiet square"
          title={wt(templated ? "template.close" : "template.do")}
          aria-label={wt(templated ? "template.close" : "template.do")}
          aria-pressed={templated}
          onClick={() => {
            choosing.value = templated ? null : incident.id
            if (templated) leaveTemplate(incident.id)
          }}
        >
          <Icon name="form" />
        </button>
      )}
    </>
  )
}
