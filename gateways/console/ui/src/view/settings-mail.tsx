import type { JSX } from "preact"
import { useEffect } from "preact/hooks"
import { useSignal } from "@preact/signals"
import { figure } from "../../../../common/ui/catalogue"
import type { Connection } from "../../../../common/ui/wire"
import {
  connections,
  loadMail,
  mailboxes,
  mailError,
  mayChange,
  switchMailbox,
  testing,
  testMailbox,
} from "../state/settings"
import { st, sword } from "../state/settings-text"
import { language, t } from "../state/text"
import { reason } from "../state/toasts"
import { MailboxForm } from "./mailbox-form"
import { When } from "./parts"

const addressOf = ({ settings }: Connection): string =>
  String((settings as Record<string, unknown> | null)?.["address"] ?? "")

/** How a connection is, as a chip. */
export function ConnectionState({ one }: { one: Connection }): JSX.Element {
  if (!one.active) return <span class="chip paused">{st("mail.off")}</span>
  return <span class={`chip ${one.state}`}>{sword("state", one.state)}</span>
}

/** What was taken from each folder, and what was left there. */
function Taken({ one }: { one: Connection }): JSX.Element {
  const of = mailboxes.value.filter((box) => box.connection === one.name)
  return (
    <>
      {of.map((box) => (
        <p key={box.folder} class="muted">
          {st("mail.taken", { folder: box.folder, n: box.stored })}
          {box.refused > 0 && (
            <b class="left">
              {" · "}
              {st("mail.refused", { n: box.refused })}
            </b>
          )}
          {box.seen_at && (
            <>
              {" · "}
              {st("mail.seen")} <When at={box.seen_at} />
            </>
          )}
        </p>
      ))}
    </>
  )
}

/** What an admin does with a connection. */
export function ConnectionDo({ one, change }: { one: Connection; change(): void }): JSX.Element | null {
  const busy = testing.value.has(one.name)
  if (!mayChange.value) return null
  return (
    <div class="log-do">
      <button type="button" class="as-link" onClick={change}>
        {st("mail.change")}
      </button>
      {one.active && (
        <button type="button" class="as-link" disabled={busy} onClick={() => void testMailbox(one)}>
          {st(busy ? "mail.testing" : "mail.test")}
        </button>
      )}
      <button type="button" class="as-link" onClick={() => void switchMailbox(one, !one.active)}>
        {st(one.active ? "mail.rest" : "mail.go")}
      </button>
    </div>
  )
}

function Line({ one, change }: { one: Connection; change(): void }): JSX.Element {
  return (
    <li class={one.active ? "plan" : "plan off"}>
      <div class="log-head">
        <b>{one.name}</b>
        <ConnectionState one={one} />
        <span class="muted">{`${sword("kind", one.kind)} · ${addressOf(one)}`}</span>
      </div>
      {one.active && one.state === "failing" && one.state_detail && <p class="form-error">{one.state_detail}</p>}
      <Taken one={one} />
      <ConnectionDo one={one} change={change} />
    </li>
  )
}

/** Instead of a page whose connections could not be loaded. */
export function LoadFailure({ title }: { title: string }): JSX.Element {
  return (
    <div class="empty" role="alert">
      <p class="empty-title">{title}</p>
      <p>{reason(mailError.value)}</p>
      <button type="button" class="btn" onClick={() => void loadMail()}>
        {t("do.retry")}
      </button>
    </div>
  )
}

/** The desk's mailboxes: how they are, and for admins their settings. */
export function MailSettings(): JSX.Element {
  // null: no form; "new" or the one that is changed.
  const open = useSignal<Connection | "new" | null>(null)
  useEffect(() => void loadMail(), [])
  const shown = connections.value
  if (mailError.value !== null) return <LoadFailure title={st("mail.error")} />
  if (shown === null) return <div class="book-wait" aria-busy="true" />
  return (
    <div class="settings">
      <div class="plans-head">
        <p>{st("mail.count", { n: shown.length, total: figure(shown.length, language.value) })}</p>
        {mayChange.value ? (
          <button type="button" class="btn p" onClick={() => (open.value = "new")}>
            {st("mail.add")}
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
        <MailboxForm of={open.value === "new" ? null : open.value} close={() => (open.value = null)} />
      )}
    </div>
  )
}
