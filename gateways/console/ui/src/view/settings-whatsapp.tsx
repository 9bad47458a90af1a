import type { JSX } from "preact"
import { useEffect } from "preact/hooks"
import { useSignal } from "@preact/signals"
import { figure } from "../../../../common/ui/catalogue"
import type { Connection } from "../../../../common/ui/wire"
import { loadMail, mailError, mayChange, numbers } from "../state/settings"
import { st } from "../state/settings-text"
import { language } from "../state/text"
import { MailboxForm } from "./mailbox-form"
import { NumberNews } from "./number-news"
import { ConnectionDo, ConnectionState, LoadFailure } from "./settings-mail"

const settingOf = ({ settings }: Connection, name: string): string =>
  String((settings as Record<string, unknown> | null)?.[name] ?? "")

function Line({ one, change }: { one: Connection; change(): void }): JSX.Element {
  return (
    <li class={one.active ? "plan" : "plan off"}>
      <div class="log-head">
        <b>{one.name}</b>
        <ConnectionState one={one} />
        <span class="muted">{settingOf(one, "display_number") || settingOf(one, "phone_number_id")}</span>
      </div>
      {one.active && one.state === "failing" && one.state_detail && <p class="form-error">{one.state_detail}</p>}
      <ConnectionDo one={one} change={change} />
      <NumberNews of={one} />
    </li>
  )
}

/** The desk's numbers of WhatsApp: how they are, and for admins their settings. */
export function WhatsAppSettings(): JSX.Element {
  // null: no form; "new" or the one that is changed.
  const open = useSignal<Connection | "new" | null>(null)
  useEffect(() => void loadMail(), [])
  const shown = numbers.value
  if (mailError.value !== null) return <LoadFailure title={st("whatsapp.error")} />
  if (shown === null) return <div class="book-wait" aria-busy="true" />
  return (
    <div class="settings">
      <div class="plans-head">
        <p>{st("whatsapp.count", { n: shown.length, total: figure(shown.length, language.value) })}</p>
        {mayChange.value ? (
          <button type="button" class="btn p" onClick={() => (open.value = "new")}>
            {st("whatsapp.add")}
          </button>
        ) : (
          <p class="muted">{st("mail.read_only")}</p>
        )}
      </div>
      <ul>
        {shown.map((one) => (
          <Line key={one.id} one={one} change={() => (open.value = one)} />
        ))}
      </ul>
      {open.value !== null && (
        <MailboxForm
          of={open.value === "new" ? null : open.value}
          kind="whatsapp"
          close={() => (open.value = null)}
        />
      )}
    </div>
  )
}
