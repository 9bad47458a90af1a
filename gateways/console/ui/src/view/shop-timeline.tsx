import type { JSX } from "preact"
import { useEffect } from "preact/hooks"
import { useSignal } from "@preact/signals"
import type { TimelineItem } from "../../../../common/ui/wire"
import { href } from "../state/route"
import { dialog } from "../state/screen"
import { showOrder } from "../state/shop"
import { ot, oword } from "../state/shop-text"
import { amountOf, loadTimeline, type TimelinePage } from "../state/shop-timeline"
import { talk } from "../state/talk"
import { language, t, word } from "../state/text"
import { reason } from "../state/toasts"
import { Icon } from "./icons"
import { DialogBox, When } from "./parts"
import { customerName } from "./row"

/** What it was, in a few words: of a message who wrote and by what, of all
 * others the order. */
function headOf(one: TimelineItem): string {
  if (one.kind !== "message") return [oword("moment", one.kind), one.title].filter(Boolean).join(" ")
  return [oword("moment", one.detail || "message"), one.channel && word("channel", one.channel)].filter(Boolean).join(" · ")
}

/** What is said under it. */
function underOf(one: TimelineItem): string {
  if (one.kind === "message") return one.title ?? ""
  const status = one.kind === "return" && one.detail ? oword("return", one.detail) : ""
  return [status, amountOf(one, language.value)].filter(Boolean).join(" · ")
}

function Line({ one }: { one: TimelineItem }): JSX.Element {
  const message = one.kind === "message"
  const under = underOf(one)
  const open = (): void => {
    if (message) dialog.value = null
    else showOrder(one.title ?? "")
  }
  return (
    <li class="o-line">
      <Icon name={message ? (one.channel ?? "form") : "order"} />
      <span>
        {message && one.incident ? (
          <a href={href({ incident: one.incident, at: one.number ?? null })} onClick={open}>
            {headOf(one)}
          </a>
        ) : (
          <button type="button" class="as-link" onClick={open}>
            {headOf(one)}
          </button>
        )}
        {under && <small>{under}</small>}
      </span>
      <When at={one.at} />
    </li>
  )
}

/** Everything of a customer, over all channels and orders, newest first. */
export function TimelineDialog(): JSX.Element | null {
  const pages = useSignal<readonly TimelinePage[]>([])
  const problem = useSignal("")
  const incident = talk.value?.incident
  const customer = incident?.customer.id ?? 0
  const more = async (): Promise<void> => {
    const last = pages.peek()[pages.peek().length - 1]
    problem.value = ""
    try {
      const next = await loadTimeline(customer, last?.more ?? "")
      pages.value = [...pages.peek(), next]
    } catch (error) {
      problem.value = reason(error)
    }
  }
  useEffect(() => {
    pages.value = []
    if (customer > 0) void more()
  }, [customer])
  if (!incident) return null
  const list = pages.value.flatMap(({ items }) => items)
  const last = pages.value[pages.value.length - 1]
  return (
    <DialogBox
      wide
      title={ot("timeline.title", { who: customerName(incident) })}
      closeLabel={t("do.close")}
      close={() => (dialog.value = null)}
    >
      <div class="form" aria-busy={pages.value.length === 0 && problem.value === ""}>
        <ol class="o-timeline">
          {list.map((one, n) => (
            <Line key={n} one={one} />
          ))}
        </ol>
        {last && list.length === 0 && <p class="muted">{ot("timeline.none")}</p>}
        {problem.value && (
          <p class="form-error" role="alert">
            {ot("timeline.error")}. {problem.value}
          </p>
        )}
        {(last?.more || (problem.value && !last)) && (
          <button type="button" class="btn" onClick={() => void more()}>
            {last ? ot("timeline.more") : t("do.retry")}
          </button>
        )}
      </div>
    </DialogBox>
  )
}
