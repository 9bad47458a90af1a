import type { ComponentChildren, JSX } from "preact"
import { useEffect } from "preact/hooks"
import { useSignal } from "@preact/signals"
import { figure } from "../../../../common/ui/catalogue"
import type { Connection } from "../../../../common/ui/wire"
import { loadMail, mailError, mayChange, switchMailbox, testing, testMailbox, type FormKind } from "../state/settings"
import { st, sword, type SettingsKey } from "../state/settings-text"
import { language, t } from "../state/text"
import { reason } from "../state/toasts"
import { MailboxForm } from "./mailbox-form"

/** What one kind of connection's page says besides what all of them say. */
export interface ConnectionPage {
  words: {
    error: SettingsKey
    count: SettingsKey
    add: SettingsKey
  }
  /** The desk's; null: they are not loaded yet. */
  list: readonly Connection[] | null
  /** Of a new one. */
  kind: FormKind
  /** What stands beside the name of one: its address, or its kind. */
  about(one: Connection): string
  /** What stands under one. */
  above?(one: Connection): ComponentChildren
  below?(one: Connection): ComponentChildren
  /** After all of them. */
  foot?: ComponentChildren
}

/** A text of a connection's settings; "": it has none. */
export const settingOf = ({ settings }: Connection, name: string): string =>
  String((settings as Record<string, unknown> | null)?.[name] ?? "")

/** How a connection is, as a chip. */
function ConnectionState({ one }: { one: Connection }): JSX.Element {
  if (!one.active) return <span class="chip paused">{st("mail.off")}</span>
  return <span class={`chip ${one.state}`}>{sword("state", one.state)}</span>
}

/** What an admin does with a connection. */
function ConnectionDo({ one, change }: { one: Connection; change(): void }): JSX.Element | null {
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

function Line({ one, page, change }: { one: Connection; page: ConnectionPage; change(): void }): JSX.Element {
  return (
    <li class={one.active ? "plan" : "plan off"}>
      <div class="log-head">
        <b>{one.name}</b>
        <ConnectionState one={one} />
        <span class="muted">{page.about(one)}</span>
      </div>
      {one.active && one.state === "failing" && one.state_detail && <p class="form-error">{one.state_detail}</p>}
      {page.above?.(one)}
      <ConnectionDo one={one} change={change} />
      {page.below?.(one)}
    </li>
  )
}

/** Instead of a page whose connections could not be loaded. */
function LoadFailure({ title }: { title: string }): JSX.Element {
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

/** Connections of one kind: how they are, and for admins their settings. */
export function ConnectionList(page: ConnectionPage): JSX.Element {
  // null: no form; "new" or the one that is changed.
  const open = useSignal<Connection | "new" | null>(null)
  useEffect(() => void loadMail(), [])
  const { words, list } = page
  if (mailError.value !== null) return <LoadFailure title={st(words.error)} />
  if (list === null) return <div class="book-wait" aria-busy="true" />
  return (
    <div class="settings">
      <div class="plans-head">
        <p>{st(words.count, { n: list.length, total: figure(list.length, language.value) })}</p>
        {mayChange.value ? (
          <button type="button" class="btn p" onClick={() => (open.value = "new")}>
            {st(words.add)}
          </button>
        ) : (
          <p class="muted">{st("mail.read_only")}</p>
        )}
      </div>
      <ul>
        {list.map((one) => (
          <Line key={one.id} one={one} page={page} change={() => (open.value = one)} />
        ))}
      </ul>
      {page.foot}
      {open.value !== null && (
        <MailboxForm of={open.value === "new" ? null : open.value} kind={page.kind} close={() => (open.value = null)} />
      )}
    </div>
  )
}
