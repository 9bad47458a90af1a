import { h, put } from "./dom"
import type { Talk } from "./state"
import type { Words } from "./words"

/** What the shop's own forms take as an address, at the least. */
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/

export interface View {
  root: HTMLElement
  render(): void
  focus(): void
}

/** Name, address, and whether this device is to remember. */
export function startView(w: Words, talk: Talk): View {
  const { say } = w
  const title = h("h2", { tabindex: "-1" })
  const note = h("p", { class: "soft" })
  const field = (id: string, input: HTMLInputElement, label: string, help: string) => {
    const wrong = h("p", { id: `${id}-bad`, class: "bad", hidden: true })
    const about = h("p", { id: `${id}-help`, class: "help", hidden: !help }, help)
    input.id = id
    input.setAttribute("aria-describedby", `${id}-bad${help ? ` ${id}-help` : ""}`)
    const root = h("div", { class: "field" }, h("label", { for: id }, label), input, wrong, about)
    return { root, input, wrong }
  }
  const name = field(
    "name",
    h("input", { autocomplete: "name", maxlength: "200", required: true }),
    say("start.name"),
    "",
  )
  const email = field(
    "email",
    h("input", { type: "email", autocomplete: "email", maxlength: "254" }),
    say("start.email"),
    say("start.email_help"),
  )
  const tick = h("input", { type: "checkbox", id: "remember" })
  const tickLabel = h("label", { for: "remember" })
  const remember = h("div", { class: "tick", hidden: true }, tick, tickLabel)
  const failed = h("p", { class: "bad", role: "alert", hidden: true })
  const button = h("button", { class: "main" }, say("start.button"))

  const mark = (which: typeof name, text: string): boolean => {
    put(which.wrong, text)
    if (text) which.input.setAttribute("aria-invalid", "true")
    else which.input.removeAttribute("aria-invalid")
    return text === ""
  }
  const nameGood = (): boolean => mark(name, name.input.value.trim() ? "" : say("start.name_bad"))
  const emailGood = (): boolean => {
    const text = email.input.value.trim()
    return mark(email, text === "" || ADDRESS.test(text) ? "" : say("start.email_bad"))
  }
  const submit = (event: Event): void => {
    event.preventDefault()
    if (talk.state.starting) return
    const good = [nameGood(), emailGood()]
    const first = [name, email][good.indexOf(false)]
    if (first) return first.input.focus()
    const address = email.input.value.trim()
    talk.start({
      name: name.input.value.trim(),
      ...(address && { email: address }),
      ...(tick.checked && { remember: true }),
      language: w.language,
    })
  }
  for (const [one, good] of [[name, nameGood], [email, emailGood]] as const)
    one.input.addEventListener("input", () => one.wrong.hidden || good())

  const form = h(
    "form",
    { novalidate: true, onsubmit: submit },
    title,
    note,
    name.root,
    email.root,
    remember,
    failed,
    button,
  )
  return {
    root: h("div", { class: "start" }, form),
    focus: () => name.input.focus(),
    render() {
      const { site, starting, refused, gone, drafts } = talk.state
      const greeting = site?.greeting?.[w.language]
      put(title, greeting || say("greeting"))
      const notes = [
        ...(gone ? [say("start.gone")] : []),
        ...(drafts.length > 0 ? [say("start.kept", { n: drafts.length })] : []),
      ]
      put(note, notes.join(" "))
      const days = site?.remember_days ?? 0
      remember.hidden = days === 0
      tickLabel.textContent = say("start.remember", { n: days })
      put(button, say(starting ? "start.busy" : "start.button"))
      button.setAttribute("aria-disabled", String(starting))
      const why = refused?.re === "start" ? refused.code : ""
      put(failed, why && say(why.startsWith("too_many") ? "start.too_many" : "start.failed"))
    },
  }
}
