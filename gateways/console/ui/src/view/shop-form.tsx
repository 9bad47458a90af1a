import type { JSX } from "preact"
import { useSignal, type Signal } from "@preact/signals"
import type { MailDraft } from "../state/settings"
import { st } from "../state/settings-text"
import { hasHook, isShopKind, madeSecret, newPath, newSecret, shopHook, TOPICS } from "../state/shop-fields"
import { Copy } from "./copy"

/** What is typed at the shop so that its deliveries come here: at the end of
 * its form. The path of a new one is made here, so that it can be copied at
 * once. */
export function ShopHookHelp({ draft }: { draft: Signal<MailDraft> }): JSX.Element | null {
  const secret = useSignal("")
  const { kind, settings } = draft.value
  if (!hasHook(kind)) return isShopKind(kind) ? <p class="hint">{st("shop.polled")}</p> : null
  const name = madeSecret(kind)
  const topics = isShopKind(kind) ? (TOPICS[kind] ?? []) : []
  const put = (change: Partial<MailDraft>): void => {
    draft.value = { ...draft.peek(), ...change }
  }
  const url = shopHook(location.origin, settings["path"])
  const make = (of: string): void => {
    secret.value = newSecret()
    put({ secrets: { ...draft.peek().secrets, [of]: secret.value } })
  }
  return (
    <fieldset class="mail-set">
      <legend>{st("section.shop_hook")}</legend>
      <p class="hint">{st("shop.hook")}</p>
      {url ? (
        <Copy label={st("shop.url")} text={url} />
      ) : (
        <button type="button" class="btn" onClick={() => put({ settings: { ...draft.peek().settings, path: newPath() } })}>
          {st("shop.make_url")}
        </button>
      )}
      {name !== null &&
        (secret.value === "" ? (
          <button type="button" class="btn" onClick={() => make(name)}>
            {st("shop.make_secret")}
          </button>
        ) : (
          <Copy label={st("shop.secret")} text={secret.value} />
        ))}
      {topics.length > 0 && <p class="hint">{st("shop.topics")}</p>}
      {topics.length > 0 && (
        <ul class="hook-fields">
          {topics.map((topic) => (
            <li key={topic}>
              <code>{topic}</code>
            </li>
          ))}
        </ul>
      )}
    </fieldset>
  )
}
