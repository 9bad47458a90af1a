import { on, parse, WHITE } from "./colour"
import type { ToPage, ToPanel } from "./frames"

/** Put in by build.mjs: launcher.css, and the accent of tokens.css. */
declare const LAUNCHER_CSS: string
declare const ACCENT: string

/** The frame that says nothing for so long has not come. */
const LATE_MS = 8000

const texts = {
  es: ["Abrir el chat", "Cerrar el chat", "mensajes sin leer", "El chat no responde ahora"],
  en: ["Open the chat", "Close the chat", "unread messages", "The chat does not answer now"],
} as const

function start(script: HTMLScriptElement): void {
  const { site = "", locale = "", color, position, label, offsetX, offsetY, hide, theme = "" } = script.dataset
  const origin = new URL(script.src).origin
  const wish = [locale, ...navigator.languages].find((one) => /^(es|en)\b/i.test(one)) ?? "en"
  const [openText, closeText, unreadText, failText] =
    texts[wish.toLowerCase().startsWith("es") ? "es" : "en"]
  const kept = `postigo.${site}`
  const events = new EventTarget()
  let storage: Storage | undefined
  try {
    storage = sessionStorage
  } catch {
    // The page has none.
  }
  let frame: HTMLIFrameElement | null = null
  let isOpen = false
  let ready = false
  let chatting = false
  let unread = 0

  const host = document.createElement("postigo-chat")
  const root = host.attachShadow({ mode: "open" })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(LAUNCHER_CSS)
  root.adoptedStyleSheets = [sheet]
  const own = parse(color)
  const px = (value = "20"): string => `${parseInt(value) || 0}px`
  for (const [name, value] of [
    ["brand", own ? color! : ACCENT],
    ["on", on(own ?? parse(ACCENT)!) === WHITE ? "white" : "black"],
    [position === "left" ? "l" : "r", px(offsetX)],
    ["y", px(offsetY)],
  ] as const)
    host.style.setProperty(`--${name}`, value)

  const make = <K extends keyof HTMLElementTagNameMap>(tag: K, parent: Node): HTMLElementTagNameMap[K] =>
    parent.appendChild(document.createElement(tag))
  const box = make("div", root)
  const note = make("p", box)
  const button = make("button", root)
  if (label) make("span", button).textContent = label
  const badge = make("b", button)
  note.setAttribute("role", "status")

  /** From the first line to the end: the next page of this tab goes on. */
  const remember = (): void => {
    if (chatting) storage?.setItem(kept, isOpen ? "open" : "closed")
    else storage?.removeItem(kept)
  }
  const emit = (name: "open" | "close" | "unread", detail?: number): boolean =>
    events.dispatchEvent(new CustomEvent(name, { detail }))
  const tell = (focus: boolean): void => {
    const message: ToPanel = { postigo: 1, t: "show", on: isOpen, focus, page: location.origin + location.pathname }
    if (ready) frame?.contentWindow?.postMessage(message, origin)
  }
  const paint = (): void => {
    const name = isOpen ? closeText : label || openText
    button.setAttribute("aria-label", unread ? `${name}, ${unread} ${unreadText}` : name)
    button.setAttribute("aria-expanded", `${isOpen}`)
    badge.textContent = unread ? `${unread}` : ""
    host.toggleAttribute("open", isOpen)
    host.toggleAttribute("ready", ready)
    host.style.display = hide === "true" && !isOpen ? "none" : ""
  }

  const load = (): void => {
    if (frame) return
    const asked = new URLSearchParams({ o: location.origin, l: locale, c: color ?? "", t: theme })
    frame = make("iframe", box)
    frame.title = "Chat"
    let address = `chat/panel?site=${site}`
    // Each time another address: the same one would be no new request.
    const attempt = (): void => {
      if (ready) return
      if (frame!.src) note.textContent = failText
      frame!.src = new URL(`${(address += "&")}#${asked}`, script.src).href
      setTimeout(attempt, LATE_MS)
    }
    attempt()
  }
  const show = (value: boolean, focus: boolean): void => {
    if (value === isOpen) return
    if (value) load()
    isOpen = value
    if (chatting) remember()
    paint()
    tell(value && focus)
    if (value && focus) frame?.focus()
    if (!value && focus) button.focus()
    emit(value ? "open" : "close")
  }

  addEventListener("message", (event: MessageEvent<ToPage>) => {
    const { data } = event
    if (!frame || event.source !== frame.contentWindow || event.origin !== origin || data?.postigo !== 1) return
    if (data.t === "ready") {
      ready = true
      note.textContent = ""
      tell(isOpen && root.activeElement !== null)
    } else if (data.t === "close") {
      show(false, true)
    } else if (data.t === "unread") {
      unread = data.n
      emit("unread", unread)
    } else if (data.t === "chat") {
      chatting = data.on
      remember()
    }
    paint()
  })
  button.addEventListener("click", () => show(!isOpen, true))
  root.addEventListener("keydown", (event) => {
    if ((event as KeyboardEvent).key === "Escape" && isOpen) show(false, true)
  })

  Object.assign(window, {
    Postigo: {
      open: () => show(true, true),
      close: () => show(false, true),
      toggle: () => show(!isOpen, true),
      on: events.addEventListener.bind(events),
      off: events.removeEventListener.bind(events),
    },
  })
  paint()
  document.body.append(host)
  const was = storage?.getItem(kept)
  if (was) load()
  if (was === "open" && innerWidth > 480) show(true, false)
  document.dispatchEvent(new Event("postigo:ready"))
}

const script = document.currentScript as HTMLScriptElement | null
if (script && !("Postigo" in window)) {
  if (document.body) start(script)
  else addEventListener("DOMContentLoaded", () => start(script))
}
