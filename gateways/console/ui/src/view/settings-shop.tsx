import type { JSX } from "preact"
import { useEffect } from "preact/hooks"
import { useSignal } from "@preact/signals"
import { figure } from "../../../../common/ui/catalogue"
import type { Connection } from "../../../../common/ui/wire"
import { loadMail, mailError, mayChange, shops } from "../state/settings"
import { st, sword } from "../state/settings-text"
import { hasHook, shopHook } from "../state/shop-fields"
import { loadShopDead, replayShop, shopDead } from "../state/shops"
import { language } from "../state/text"
import { Copy } from "./copy"
import { DeadHooks } from "./dead-hooks"
import { MailboxForm } from "./mailbox-form"
import { ConnectionDo, ConnectionState, LoadFailure } from "./settings-mail"

const settingOf = ({ settings }: Connection, name: string): string =>
  String((settings as Record<string, unknown> | null)?.[name] ?? "")

/** Where the shop delivers to, and what could not be understood. */
function Hooks({ one }: { one: Connection }): JSX.Element | null {
  const dead = shopDead.value.get(one.name)
  if (!mayChange.value || !hasHook(one.kind)) return null
  const url = shopHook(location.origin, settingOf(one, "path"))
  return (
    <details
      class="number-news"
      onToggle={(event) => {
        if (event.currentTarget.open) void loadShopDead(one)
      }}
    >
      <summary>{st("shop.more")}</summary>
      {url && <Copy label={st("shop.url")} text={url} />}
      {dead && <DeadHooks list={dead} again={(hook) => void replayShop(one, hook)} />}
    </details>
  )
}

function Line({ one, change }: { one: Connection; change(): void }): JSX.Element {
  const place = settingOf(one, "url") || settingOf(one, "shop_domain")
  return (
    <li class={one.active ? "plan" : "plan off"}>
      <div class="log-head">
        <b>{one.name}</b>
        <ConnectionState one={one} />
        <span class="muted">{[sword("kind", one.kind), place].filter(Boolean).join(" · ")}</span>
      </div>
      {one.active && one.state === "failing" && one.state_detail && <p class="form-error">{one.state_detail}</p>}
      <ConnectionDo one={one} change={change} />
      <Hooks one={one} />
    </li>
  )
}

/** Orders that are in no shop any more come from a file, by the command line. */
function ImportHint(): JSX.Element {
  return (
    <div class="hint">
      <p>{st("shop.import")}</p>
      <code>{st("shop.import_command")}</code>
    </div>
  )
}

/** The desk's shops: how they are, and for admins their settings. */
export function ShopSettings(): JSX.Element {
  // null: no form; "new" or the one that is changed.
  const open = useSignal<Connection | "new" | null>(null)
  useEffect(() => void loadMail(), [])
  const shown = shops.value
  if (mailError.value !== null) return <LoadFailure title={st("shop.error")} />
  if (shown === null) return <div class="book-wait" aria-busy="true" />
  return (
    <div class="settings">
      <div class="plans-head">
        <p>{st("shop.count", { n: shown.length, total: figure(shown.length, language.value) })}</p>
        {mayChange.value ? (
          <button type="button" class="btn p" onClick={() => (open.value = "new")}>
            {st("shop.add")}
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
      <ImportHint />
      {open.value !== null && (
        <MailboxForm of={open.value === "new" ? null : open.value} kind="woocommerce" close={() => (open.value = null)} />
      )}
    </div>
  )
}
