import { h, put } from "./dom"
import type { Keep } from "./keep"
import type { Talk } from "./state"
import type { Words } from "./words"

/** A small dialog inside the panel: Escape closes it and not the panel. */
function dialog(title: string, ...content: Node[]): HTMLDialogElement {
  const made = h("dialog", { "aria-label": title }, h("h2", {}, title), ...content)
  made.addEventListener("keydown", (event) => {
    if (event.key === "Escape") event.stopPropagation()
  })
  return made
}

/** "End the conversation?" */
export function endDialog({ say }: Words, talk: Talk): HTMLDialogElement {
  const close = (): void => made.close()
  const yes = (): void => {
    close()
    talk.end()
  }
  const made = dialog(
    say("end.ask"),
    h("p", {}, say("end.text")),
    h(
      "div",
      { class: "row" },
      h("button", { class: "plain", type: "button", onclick: close }, say("end.keep")),
      h("button", { class: "main", type: "button", onclick: yes }, say("end.button")),
    ),
  )
  return made
}

/** What is stored, where and for how long; and away with it. */
export function storedDialog(w: Words, talk: Talk, keep: Keep): HTMLDialogElement & { ask(): void } {
  const { say } = w
  const here = h("p")
  const shop = h("p", {}, say("stored.shop"))
  const close = (): void => made.close()
  const forget = h("button", { class: "plain", type: "button" }, say("stored.forget"))
  const made = dialog(
    say("stored.button"),
    h("p", {}, say("stored.before")),
    here,
    shop,
    h("p", {}, say("stored.site")),
    h(
      "div",
      { class: "row" },
      forget,
      h("button", { class: "main", type: "button", onclick: close }, say("stored.close")),
    ),
  )
  forget.addEventListener("click", () => {
    talk.forget()
    close()
  })
  const ask = (): void => {
    const any = talk.state.known || talk.state.drafts.length > 0
    forget.hidden = shop.hidden = !any
    const days = talk.state.site?.remember_days ?? 0
    put(
      here,
      !any
        ? say("stored.nothing")
        : keep.remembered()
          ? say("stored.device_days", { n: days })
          : say("stored.tab"),
    )
    made.showModal()
  }
  return Object.assign(made, { ask })
}
