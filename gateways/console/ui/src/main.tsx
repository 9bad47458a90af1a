import { render } from "preact"
import { startKeys } from "./keys"
import { startLink } from "./state/app"
import { startBook } from "./state/book"
import { startDrafts } from "./state/drafts"
import { startNotices } from "./state/notices"
import { startClock } from "./state/now"
import { startQueue } from "./state/queue"
import { startRoute } from "./state/route"
import { startTheme } from "./state/screen"
import { onFresh } from "./state/app"
import { startSearch } from "./state/search"
import { startSending } from "./state/sending"
import { startTalk } from "./state/talk"
import { startTrial } from "./state/trial"
import { startVisitor } from "./state/visitor"
import { App } from "./view/app"
import { startShopLoad } from "./view/shop-load"
import { startWhatsApp } from "./view/whatsapp-load"

startTheme()
startClock()
startRoute()
startDrafts()
startQueue()
startSearch()
startTalk()
startBook()
startTrial()
startNotices()
startVisitor()
startWhatsApp()
startShopLoad()
startKeys()

let first = true
onFresh(() => {
  if (first) startSending()
  first = false
})
startLink()

const root = document.getElementById("app")
if (root) render(<App />, root)
