import type { JSX } from "preact"
import { agents, deskName, linkState, mayReport, me } from "../state/app"
import { AWAY, comeBack, goAway } from "../state/away"
import { go, listHref, reportHref } from "../state/route"
import { chooseTheme, dialog, theme, type Theme } from "../state/screen"
import { chooseLanguage, language, t, word } from "../state/text"
import { Icon } from "./icons"
import { Avatar, Item, Key, Menu } from "./parts"

const THEMES: readonly Theme[] = ["auto", "light", "dark"]

/** Here, or away and why: who distributes work looks at it. */
function AwayItems(): JSX.Element {
  const away = agents.value.find((one) => one.id === me.value?.id)?.away
  return (
    <>
      <p class="menu-title" role="presentation">
        {t("away.title")}
      </p>
      <Item checked={!away} act={() => void comeBack()}>
        {t("away.here")}
      </Item>
      {AWAY.map((one) => (
        <Item key={one} checked={away?.reason === one} act={() => void goAway(one)}>
          {word("away", one)}
        </Item>
      ))}
    </>
  )
}

/** Pages beside the incidents: a phone's bar has no room for them. */
function PageItems(): JSX.Element {
  const narrow = matchMedia("(max-width: 760px)").matches
  return (
    <>
      {narrow && mayReport.value && <Item act={() => go(reportHref())}>{t("report.title")}</Item>}
      {narrow && <Item act={() => go(listHref({ book: "text" }))}>{t("book.title")}</Item>}
      <Item act={() => go(listHref({ settings: "own" }))}>{t("settings.title")}</Item>
    </>
  )
}

function Account(): JSX.Element | null {
  const agent = me.value
  if (!agent) return null
  return (
    <Menu
      name="account"
      class="account"
      title={t("account.title", { who: agent.name })}
      label={<Avatar name={agent.name} />}
    >
      <p class="menu-head" role="presentation">
        <b>{agent.name}</b>
        <span>{`${word("role", agent.role)} · ${agent.email}`}</span>
      </p>
      <p class="menu-title" role="presentation">
        {t("account.theme")}
      </p>
      {THEMES.map((one) => (
        <Item key={one} checked={theme.value === one} act={() => chooseTheme(one)}>
          {t(`theme.${one}`)}
        </Item>
      ))}
      <p class="menu-title" role="presentation">
        {t("account.language")}
      </p>
      <Item checked={language.value === "es"} act={() => chooseLanguage("es")}>
        <span lang="es">{t("language.es")}</span>
      </Item>
      <Item checked={language.value === "en"} act={() => chooseLanguage("en")}>
        <span lang="en">{t("language.en")}</span>
      </Item>
      <AwayItems />
      <hr />
      <PageItems />
      <Item act={() => (dialog.value = "help")}>
        {t("help.title")} <Key>?</Key>
      </Item>
      <Item
        act={() => {
          const form = document.getElementById("logout")
          if (form instanceof HTMLFormElement) form.submit()
        }}
      >
        {t("account.logout")}
      </Item>
    </Menu>
  )
}

/** The bar over everything. */
export function Header(): JSX.Element {
  const live = linkState.value === "live"
  return (
    <header class="top">
      <a class="brand" href={listHref({})}>
        <i aria-hidden="true" />
        {t("app.name")}
        {deskName.value && <span class="desk">{deskName.value}</span>}
      </a>
      <button type="button" class="cmd" onClick={() => (dialog.value = "palette")}>
        <span class="cmd-text">
          <Icon name="search" />
          {t("palette.hint")}
        </span>
        <span class="cmd-keys">
          <Key>Ctrl</Key> <Key>K</Key>
        </span>
      </button>
      <div class="top-end">
        <span class={live ? "pres" : "pres away"}>
          <span class="dot" aria-hidden="true" />
          {t(live ? "link.live" : "link.away")}
        </span>
        <Account />
      </div>
      <form id="logout" method="post" action="/logout" hidden />
    </header>
  )
}
