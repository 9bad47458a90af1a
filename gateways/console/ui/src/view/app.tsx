import type { JSX } from "preact"
import { useEffect } from "preact/hooks"
import { linkState, me } from "../state/app"
import { incidentId, route } from "../state/route"
import { dialog } from "../state/screen"
import { t } from "../state/text"
import { Banner } from "./banner"
import { ClaimDialog } from "./claim"
import { CustomerPanel } from "./customer"
import { Found } from "./found"
import { Header } from "./header"
import { Help } from "./help"
import { BookPages, ReportPages, SettingsPages } from "./lazy"
import { Nav } from "./nav"
import { MergeDialog } from "./merge"
import { NewIncident } from "./new-incident"
import { Palette } from "./palette"
import { listTitle, Queue } from "./queue"
import { loadShop, shopPiece } from "./shop-load"
import { Talk } from "./talk"
import { Toasts } from "./toasts"
import { WhyDialog } from "./why"
import { WorkingDialog } from "./working"

/** Dialogs of orders and of who bought them come with their piece. */
function ShopDialog(): JSX.Element | null {
  const piece = shopPiece()
  useEffect(() => void loadShop(), [])
  if (!piece) return null
  if (dialog.value === "order") return <piece.OrderDialog />
  return dialog.value === "people" ? <piece.PeopleDialog /> : <piece.TimelineDialog />
}

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
    case "why":
      return <WhyDialog />
    case "claim":
      return <ClaimDialog />
    case "merge":
      return <MergeDialog />
    case "order":
    case "people":
    case "timeline":
      return <ShopDialog />
    default:
      return null
  }
}

function DeskPage(): JSX.Element {
  const found = route.value.search !== null
  return (
    <>
      <main class="wrap">
        <h1 class="sr">{found ? t("search.title") : listTitle()}</h1>
        {found ? <Found /> : <Queue />}
        <Talk />
      </main>
      <CustomerPanel />
    </>
  )
}

/** What the address asks for, and how the grid is laid for it. */
function pageOf(): [string, () => JSX.Element] {
  const at = route.value
  if (at.report !== null) return ["app reporting", ReportPages]
  if (at.settings !== null) return ["app booking", SettingsPages]
  if (at.book !== null) return ["app booking", BookPages]
  return [incidentId.value === null ? "app" : "app talking", DeskPage]
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
  const [kind, Page] = pageOf()
  return (
    <>
      <a class="skip" href="#conv">
        {t("app.skip")}
      </a>
      <div class={kind}>
        <Header />
        <Banner />
        <Nav />
        <Page />
      </div>
      <Toasts />
      <Dialogs />
    </>
  )
}
