import { h, icon, put } from "./dom"
import type { Talk } from "./state"
import type { Words } from "./words"

/** After the end: how it went, and another one. */
export function rateView({ say }: Words, talk: Talk, again: () => void) {
  const scores = [1, 2, 3, 4, 5] as const
  const choices = scores.map((n) => {
    const input = h("input", { type: "radio", name: "score", value: String(n) })
    return h("label", {}, input, h("span", {}, say(`rate.${n}`)))
  })
  const wrong = h("p", { class: "bad", id: "rate-bad", role: "alert", hidden: true })
  const comment = h("textarea", { id: "comment", rows: "2", maxlength: "2000" })
  const submit = (event: Event): void => {
    event.preventDefault()
    const score = Number(new FormData(form).get("score") ?? 0)
    if (score === 0) {
      put(wrong, say("rate.pick"))
      return form.querySelector("input")?.focus()
    }
    put(wrong, "")
    talk.rate(score, comment.value.trim())
  }
  const form = h(
    "form",
    { class: "rate", onsubmit: submit },
    h(
      "fieldset",
      { "aria-describedby": "rate-bad" },
      h("legend", {}, say("rate.ask")),
      h("div", { class: "choices" }, ...choices),
    ),
    wrong,
    h("label", { for: "comment" }, say("rate.comment")),
    comment,
    h("button", { class: "main" }, say("rate.send")),
  )
  const thanks = h("p", { class: "thanks", tabindex: "-1", hidden: true }, icon("check"), say("rate.thanks"))
  const over = h("h2", { tabindex: "-1" }, say("end.said"))
  let rated = false

  return {
    root: h(
      "section",
      { class: "end" },
      over,
      form,
      thanks,
      h("button", { class: "plain", type: "button", onclick: again }, say("again.button")),
    ),
    focus: () => over.focus(),
    render() {
      const { chat, refused } = talk.state
      const now = chat?.state === "ended" && chat.rated != null
      if (refused?.re === "rate") put(wrong, say("rate.failed"))
      if (now === rated) return
      rated = now
      form.hidden = now
      thanks.hidden = !now
      if (now) thanks.focus()
      else form.reset()
    },
  }
}
