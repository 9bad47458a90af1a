import { endDialog, storedDialog } from "./ask"
import { h, icon, put } from "./dom"
import { download, uploads } from "./files"
import type { ToPage, ToPanel } from "./frames"
import { boxOf, keep as keepOf } from "./keep"
import { painter } from "./paint"
import { talk as talkOf } from "./talk"
import { composerView } from "./view-composer"
import { logView } from "./view-log"
import { rateView } from "./view-rate"
import { startView } from "./view-start"
import { statusView } from "./view-status"
import { hoursWords, languageFor, words } from "./words"

/** What the loader says in the address of the frame: #o=ORIGIN&l=&c=&t= */
const asked = new URLSearchParams(location.hash.slice(1))
const site = new URLSearchParams(location.search).get("site") ?? ""
const page = asked.get("o") ?? ""
const framed = window.parent !== window

const w = words(
  languageFor(asked.get("l") ?? "", navigator.languages, ""),
  navigator.languages,
)
const { say } = w
const paint = painter(asked.get("t") ?? "")
paint(asked.get("c"))
document.documentElement.lang = w.language

const keep = keepOf(
  site,
  boxOf(() => sessionStorage),
  boxOf(() => localStorage),
  Date.now,
)
const socketAddress = new URL("ws", location.href)
socketAddress.protocol = location.protocol === "https:" ? "wss:" : "ws:"
socketAddress.searchParams.set("site", site)
const fileAddress = new URL("file", location.href)
fileAddress.search = socketAddress.search

const up = uploads(fileAddress.href, () => keep.token() ?? "")
let queued = false
const talk = talkOf({
  keep,
  now: Date.now,
  random: Math.random,
  putAgain: up.putAgain,
  newId: () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("-"),
  open: () => new WebSocket(socketAddress, "postigo-chat.1"),
  after(ms, then) {
    const id = setTimeout(then, ms)
    return () => clearTimeout(id)
  },
  changed() {
    if (queued) return
    queued = true
    queueMicrotask(() => {
      queued = false
      render()
    })
  },
})

/** Never to anybody but the page that the loader named. */
function tell(message: ToPage): void {
  if (framed && page) window.parent.postMessage(message, page)
}

let open = !framed
let address = ""
/** The field that is to have the focus, once it is there. */
let wantFocus = false

const stored = storedDialog(w, talk, keep)
const ending = endDialog(w, talk)
const title = h("h1")
const hours = h("p", { class: "hours" })
const endButton = h("button", { class: "end-button", type: "button", hidden: true }, say("end.button"))
endButton.addEventListener("click", () => ending.showModal())
const closeButton = h("button", { class: "round", type: "button" }, icon("close"))
closeButton.setAttribute("aria-label", say("close"))
closeButton.addEventListener("click", () => tell({ postigo: 1, t: "close" }))
closeButton.hidden = !framed
const hint = h("button", { class: "link", type: "button", onclick: () => stored.ask() }, say("stored.button"))
const foot = h("footer", {}, hint)
const main = h("main")
const status = statusView(w, talk)
const log = logView({
  talk,
  words: w,
  now: Date.now,
  download: (file) => download(fileAddress, keep.token() ?? "", file),
})
const start = startView(w, talk)
const composer = composerView({
  talk,
  words: w,
  zone: main,
  page: () => address,
  upload: up.put,
  sent: () => log.toEnd(),
})
const rate = rateView(w, talk, () => {
  talk.again()
  wantFocus = true
})
main.prepend(status.banner, start.root, log.root, rate.root, status.line, composer.root)
document.body.append(
  h("header", {}, h("div", { class: "head" }, title, hours), endButton, closeButton),
  main,
  foot,
  stored,
  ending,
)

let shownView = ""
let told = ""

function tellPage(): void {
  const { chat, known } = talk.state
  const on = known && (chat?.state === "waiting" || chat?.state === "talking")
  const n = talk.unread()
  if (told === `${on} ${n}`) return
  told = `${on} ${n}`
  tell({ postigo: 1, t: "unread", n })
  tell({ postigo: 1, t: "chat", on })
}

function render(): void {
  const { site: shop, chat, known, drafts } = talk.state
  const agent = chat?.state === "talking" ? talk.state.lines.findLast((one) => one.who === "agent")?.name : ""
  const view = !known ? (shop ? "start" : "wait") : chat?.state === "ended" ? "end" : "talk"
  put(title, shop?.title ?? "")
  // Who waits was told an hour: how things are by now would be another one.
  const about = shop && chat?.state === "waiting" ? { ...shop, expected: null } : shop
  put(hours, !about ? "" : agent ? say("talking.to", { name: agent }) : hoursWords(w, about, Date.now()))
  hours.classList.toggle("open", shop?.open === true)
  if (shop) document.title = say("title", { name: shop.title })
  if (shop?.color && !asked.get("c")) paint(shop.color)
  const hadFocus = document.activeElement !== document.body && document.hasFocus()
  start.root.hidden = view !== "start"
  log.root.hidden = view !== "talk" && view !== "end"
  rate.root.hidden = view !== "end"
  composer.root.hidden = view !== "talk"
  const going = view === "talk" && (chat?.state === "waiting" || chat?.state === "talking")
  endButton.hidden = !going || drafts.length > 0
  status.render()
  if (view === "start") start.render()
  else log.render()
  if (view === "end") rate.render()
  if (view !== shownView) {
    if (shownView !== "" && shownView !== "wait" && hadFocus) wantFocus = true
    shownView = view
    log.toEnd()
  }
  const target = { start, talk: composer, end: rate, wait: null }[view]
  if (wantFocus && target && open) {
    wantFocus = false
    target.focus()
  }
  tellPage()
}

const sight = (): void => talk.visible(open && document.visibilityState === "visible")

addEventListener("message", (event: MessageEvent<ToPanel>) => {
  if (event.source !== window.parent || event.origin !== page) return
  const { data } = event
  if (data?.postigo !== 1 || data.t !== "show") return
  open = data.on
  address = String(data.page)
  if (data.focus) wantFocus = true
  sight()
  if (open) log.toEnd()
})
document.addEventListener("visibilitychange", sight)
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing) tell({ postigo: 1, t: "close" })
})
addEventListener("online", () => talk.hurry())
setInterval(render, 60_000)
sight()
render()
tell({ postigo: 1, t: "ready" })
