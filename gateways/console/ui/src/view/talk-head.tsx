import type { JSX } from "preact"
import type { Incident, IncidentDetail } from "../../../../common/ui/wire"
import { agents, me } from "../state/app"
import { href } from "../state/route"
import { panelOpen } from "../state/screen"
import { t, word } from "../state/text"
import { assign, resolve, setState } from "../state/writes"
import { Details } from "./details"
import { Icon } from "./icons"
import { Item, Key, Menu } from "./parts"
import { assigneeWord, customerName } from "./row"
import { Presence } from "./visitor"

const STATES = ["open", "pending_customer", "on_hold", "solved", "spam"]

function AssignMenu({ incident }: { incident: Incident }): JSX.Element {
  const now = incident.assignee?.id ?? null
  const mine = me.value?.id
  const others = agents.value.filter((one) => one.active && one.id !== mine)
  return (
    <Menu
      name="assign"
      title={`${t("assign.title")}: ${assigneeWord(incident)}`}
      label={
        <>
          <Icon name="mine" />
          <span class="btn-text">{assigneeWord(incident)}</span>
          <Icon name="down" />
        </>
      }
    >
      {mine !== undefined && (
        <Item checked={now === mine} act={() => void assign(incident.id, mine)}>
          {t("assign.me")} <Key>i</Key>
        </Item>
      )}
      {others.map((one) => (
        <Item
          key={one.id}
          checked={now === one.id}
          act={() => void assign(incident.id, one.id)}
        >
          {one.name}
        </Item>
      ))}
      <Item checked={now === null} act={() => void assign(incident.id, null)}>
        {t("assign.nobody")}
      </Item>
    </Menu>
  )
}

function StateMenu({ incident }: { incident: Incident }): JSX.Element {
  return (
    <Menu
      name="state"
      title={`${t("state.title")}: ${word("state", incident.state)}`}
      label={
        <>
          <span class="btn-text">{word("state", incident.state)}</span>
          <Icon name="down" />
        </>
      }
    >
      {STATES.map((state) => (
        <Item
          key={state}
          checked={incident.state === state}
          act={() => void setState(incident.id, state)}
        >
          {word("state", state)}
        </Item>
      ))}
    </Menu>
  )
}

/** What it is about, whose it is, and what can be done with it. */
export function TalkHead({ detail }: { detail: IncidentDetail }): JSX.Element {
  const { incident } = detail
  const ended = ["solved", "closed", "merged"].includes(incident.state)
  return (
    <div class="ct">
      <a class="btn quiet square back" href={href({ incident: null })} title={t("do.back")}>
        <Icon name="back" />
        <span class="sr">{t("do.back")}</span>
      </a>
      <div class="ct-title">
        <h2>{incident.subject || t("row.no_subject")}</h2>
        <p class="ct-meta">
          <Presence detail={detail} />
          <span class="ref">{incident.ref}</span>
          {[
            customerName(incident),
            word("channel", incident.channel),
            incident.queue_title,
          ]
            .filter((part) => part)
            .join(" · ")}
        </p>
      </div>
      <div class="ct-do">
        <button
          type="button"
          class="btn quiet square panel-button"
          title={t("customer.title")}
          aria-label={t("customer.title")}
          aria-expanded={panelOpen.value}
          onClick={() => (panelOpen.value = !panelOpen.value)}
        >
          <Icon name="form" />
        </button>
        <Details incident={incident} />
        <AssignMenu incident={incident} />
        <StateMenu incident={incident} />
        {!ended && (
          <button
            type="button"
            class="btn p"
            onClick={() => void resolve(incident.id)}
          >
            {t("do.resolve")} <Key>e</Key>
          </button>
        )}
      </div>
    </div>
  )
}
