import type { JSX } from "preact"
import { span } from "../../../../common/ui/duration"
import type { Incident } from "../../../../common/ui/wire"
import { me } from "../state/app"
import { hasDraft } from "../state/drafts"
import { now } from "../state/now"
import { href, route } from "../state/route"
import { t, word } from "../state/text"
import { windowOf } from "../state/window"
import { Deadline } from "./deadline"
import { Icon } from "./icons"

const ACTIVE: readonly string[] = ["new", "open"]

export function customerName(incident: Incident): string {
  const { name, identities } = incident.customer
  return name || identities[0]?.value || t("customer.unknown")
}

function waits(incident: Incident): string {
  const past = span(now.value - Date.parse(incident.last_at))
  if (!ACTIVE.includes(incident.state)) return word("state", incident.state)
  if (incident.last_direction === "note") return t("row.noted", { span: past })
  return incident.last_direction === "in"
    ? t("row.waits", { span: past })
    : t("row.answered", { span: past })
}

/** How long one may still write freely, where that ends. */
function windowWord(incident: Incident): string[] {
  const found = ACTIVE.includes(incident.state) ? windowOf(incident, now.value) : null
  if (!found || found.state === "no") return []
  if (found.state === "template") return [t("row.window_closed")]
  return found.left > 0 ? [t("row.window", { span: span(found.left) })] : []
}

export function assigneeWord(incident: Incident): string {
  if (!incident.assignee) return t("row.nobody")
  return incident.assignee.id === me.value?.id
    ? t("row.you")
    : incident.assignee.name
}

interface RowProps {
  incident: Incident
  current: boolean
  tabbable: boolean
  left: boolean
  flash: boolean
}

/** One incident of the list: a link, so that it opens in a tab as well. */
export function Row(props: RowProps): JSX.Element {
  const one = props.incident
  const unread = one.last_direction === "in" && ACTIVE.includes(one.state)
  const classes = ["row"]
  if (unread) classes.push("un")
  if (props.left) classes.push("left")
  if (props.flash) classes.push("flash")
  const meta = [word("channel", one.channel), ...windowWord(one), waits(one), assigneeWord(one)]
  if (!route.value.queue && one.queue_title) meta.push(one.queue_title)
  return (
    <a
      class={classes.join(" ")}
      href={href({ incident: one.id })}
      data-row={one.id}
      tabIndex={props.tabbable ? 0 : -1}
      aria-current={props.current ? "true" : undefined}
    >
      <span class="ch">
        <Icon name={one.channel} />
      </span>
      <span class="who">{customerName(one)}</span>
      <Deadline incident={one} />
      <span class="sub">{one.subject || t("row.no_subject")}</span>
      <span class="meta">
        {hasDraft(one.id) && <em class="draft-mark">{t("row.draft")}</em>}
        {props.left ? t("row.left") : meta.join(" · ")}
      </span>
    </a>
  )
}
