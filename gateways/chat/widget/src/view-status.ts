import { h, put } from "./dom"
import type { Talk } from "./state"
import { hoursWords, waitWords, type Words } from "./words"

/** A connection that takes no longer is not spoken of. */
const QUIET_MS = 400
const LATE_MS = 8000

/** The band above, for the connection; the line below, for who does what. */
export function statusView(w: Words, talk: Talk) {
  const { say } = w
  const banner = h("p", { class: "banner", role: "status", hidden: true })
  const place = h("p", { class: "place", role: "status" })
  const typing = h("p", { class: "typing", role: "status" })
  const since = Date.now()
  const again = [QUIET_MS, LATE_MS]

  const bannerWords = (): string => {
    const { link, filling } = talk.state
    const passed = Date.now() - since
    if (link === "lost" || link === "down") return say(`link.${link}`)
    if (link === "connecting") {
      if (passed >= LATE_MS) return say("link.late")
      return passed >= QUIET_MS ? say("link.connecting") : ""
    }
    return filling && talk.state.lines.length === 0 ? say("log.older") : ""
  }

  const placeWords = (): string => {
    const { chat, site, known, lines } = talk.state
    if (!known || !site) return ""
    if (chat?.state === "start" && lines.length === 0) {
      const greeting = site.greeting?.[w.language] || say("greeting")
      return site.open ? greeting : `${greeting} ${hoursWords(w, site, Date.now())}`
    }
    if (chat?.state !== "waiting") return ""
    const told = waitWords(w, chat, Date.now())
    const ahead = chat.ahead ?? 0
    if (!site.open) return told ? `${say("queue.got")} ${told}` : say("queue.closed")
    if (ahead > 0) return `${say("queue.ahead", { n: ahead })} ${told}`.trim()
    return told ? `${say("queue.got")} ${told}` : say("queue.next")
  }

  const view = {
    banner,
    line: h("div", { class: "status" }, place, typing),
    render() {
      const { known, chat, typing: who } = talk.state
      put(banner, bannerWords())
      const on = known && chat?.state !== "ended"
      put(place, on ? placeWords() : "")
      put(typing, on && who ? say("typing", { name: who }) : "")
    },
  }
  for (const ms of again) setTimeout(view.render, ms)
  return view
}
