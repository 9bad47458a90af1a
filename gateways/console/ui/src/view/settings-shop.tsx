import type { JSX } from "preact"
import type { Connection } from "../../../../common/ui/wire"
import { mayChange, shops } from "../state/settings"
import { st, sword } from "../state/settings-text"
import { hasHook, shopHook } from "../state/shop-fields"
import { loadShopDead, replayShop, shopDead } from "../state/shops"
import { Copy } from "./copy"
import { DeadHooks } from "./dead-hooks"
import { ConnectionList, settingOf } from "./settings-list"

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

/** Orders that are in no shop any more come from a file, by the command line. */
function ImportHint(): JSX.Element {
  return (
    <div class="hint settings-foot">
      <p>{st("shop.import")}</p>
      <code>{st("shop.import_command")}</code>
    </div>
  )
}

/** The desk's shops: how they are, and for admins their settings. */
export function ShopSettings(): JSX.Element {
  const place = (one: Connection): string => settingOf(one, "url") || settingOf(one, "shop_domain")
  return (
    <ConnectionList
      words={{ error: "shop.error", count: "shop.count", add: "shop.add" }}
      list={shops.value}
      kind="woocommerce"
      about={(one) => [sword("kind", one.kind), place(one)].filter(Boolean).join(" · ")}
      below={(one) => <Hooks one={one} />}
      foot={<ImportHint />}
    />
  )
}
