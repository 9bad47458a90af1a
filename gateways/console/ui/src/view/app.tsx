import type { JSX } from "preact"
import { linkState, me } from "../state/app"
import { incidentId, route } from "../state/route"
import { dialog } from "../state/screen"
import { t } from "../state/text"
import { Banner } from "./banner"
import { CustomerPanel } from "./customer"
import { Found } from "./found"
import { Header } from "./header"
import { Help } from "./help"
import { Nav } from "./nav"
import { NewIncident } from "./new-incident"
import { Palette } from "./palette"
import { listTitle, Queue } from "./queue"
import { Talk } from "./talk"
import { Toasts } from "./toasts"
import { WorkingDialog } from "./receipt"

function Dialogs(): JSX.Element | null {
  switch (dialog.value) {
    case "help":
      return <Help />
    case "palette":
      return <Palette />
    case "new":
      return <NewIncident />
    case "working":
      return <WorkingDialog />
    default:
      return null
  }
}

export function App(): JSX.Element {
  if (!me.value)
    return (
      <main class="wait">
        <h1 class="brand">
          <i aria-hidden="true" />
          {t("app.name")}
        </h1>
        {linkState.value === "lost" && <p>{t("link.lost")}</p>}
      </main>
    )
  const open = incidentId.value !== null
  return (
    <>
      <a class="skip" href="#conv">
        {t("app.skip")}
      </a>
      <div class={open ? "app talking" : "app"}>
        <Header />
        <Banner />
        <Nav />
        <main class="wrap">
          <h1 class="sr">{route.value.search === null ? listTitle() : t("search.title")}</h1>
          {route.value.search === null ? <Queue /> : <Found />}
          <Talk />
        </main>
        <CustomerPanel />
      </div>
      <Toasts />
      <Dialogs />
    </>
  )
}
