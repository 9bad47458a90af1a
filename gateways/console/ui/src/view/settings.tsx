// What the first load has stays one piece: every later one shares all of it.
import "../main"
import type { JSX } from "preact"
import { useEffect } from "preact/hooks"
import { listHref, route, SETTINGS_PAGES, type SettingsPage } from "../state/route"
import { maySee } from "../state/settings"
import { st } from "../state/settings-text"
import { t } from "../state/text"
import { MailSettings } from "./settings-mail"
import { OwnSettings } from "./settings-own"
import { ShopSettings } from "./settings-shop"
import { WhatsAppSettings } from "./settings-whatsapp"

const pages: Readonly<Record<SettingsPage, () => JSX.Element>> = {
  own: OwnSettings,
  mail: MailSettings,
  whatsapp: WhatsAppSettings,
  shop: ShopSettings,
}

/** What one says of oneself; for managers, the desk's connections. */
export function Settings(): JSX.Element {
  const shown = SETTINGS_PAGES.filter((one) => one === "own" || maySee.value)
  const asked = route.value.settings ?? "own"
  const page = shown.includes(asked) ? asked : "own"
  const Page = pages[page]
  useEffect(() => {
    document.title = `${t("settings.title")} · Postigo`
  })
  return (
    <main class="wrap">
      <h1 class="sr">{t("settings.title")}</h1>
      <section class="book" aria-labelledby="sh" id="conv">
        <div class="book-head">
          <h2 id="sh">{t("settings.title")}</h2>
          <ul class="book-pages">
            {shown.map((one) => (
              <li key={one}>
                <a href={listHref({ settings: one })} aria-current={one === page ? "page" : undefined}>
                  {st(`settings.${one}`)}
                </a>
              </li>
            ))}
          </ul>
        </div>
        <Page />
      </section>
    </main>
  )
}
