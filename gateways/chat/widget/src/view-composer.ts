import { bytes } from "../../../common/ui/duration"
import { h, icon, put } from "./dom"
import { FILE_MAX, FILES_MAX, KINDS, kindGood, type Upload } from "./files"
import type { SentFile } from "./frames"
import type { Talk } from "./state"
import type { Words } from "./words"

/** Characters of a line: with four bytes each it still fits one frame. */
const TEXT_MAX = 4000
/** Nobody types for so long: it is over. */
const IDLE_MS = 4000

export interface ComposerOptions {
  talk: Talk
  words: Words
  /** Address of the shop's page. */
  page(): string
  upload(file: File, progress: (share: number) => void): Upload
  /** Everything where a file may be dropped. */
  zone: HTMLElement
  sent(): void
}

interface Chip {
  root: HTMLElement
  upload: Upload
  file?: SentFile
}

/** Where the visitor writes, with files by button, drop and paste. */
export function composerView(options: ComposerOptions) {
  const { talk, words: w, zone } = options
  const { say } = w
  let chips: Chip[] = []
  let idle = 0

  const text = h("textarea", { id: "text", rows: "1", maxlength: String(TEXT_MAX) })
  const told = h("p", { class: "bad", role: "alert", hidden: true })
  const list = h("ul", { class: "chips", hidden: true })
  const picker = h("input", { type: "file", multiple: true, hidden: true, accept: KINDS.join() })
  const attach = h("button", { class: "round", type: "button" }, icon("clip"))
  const send = h("button", { class: "round main", type: "submit" }, icon("send"))
  attach.setAttribute("aria-label", say("attach.button"))
  send.setAttribute("aria-label", say("composer.send"))

  const grow = (): void => {
    text.style.height = "auto"
    text.style.height = `${Math.min(text.scrollHeight + 2, 132)}px`
  }
  const stopTyping = (): void => {
    clearTimeout(idle)
    talk.typing(false)
  }
  const showChips = (): void => {
    list.replaceChildren(...chips.map((one) => one.root))
    list.hidden = chips.length === 0
  }

  const drop = (chip: Chip): void => {
    chips = chips.filter((one) => one !== chip)
    showChips()
  }

  const add = (file: File): void => {
    const name = file.name
    if (chips.length >= FILES_MAX) return put(told, say("attach.full", { n: FILES_MAX }))
    if (!kindGood(file.type)) return put(told, say("attach.kind", { name }))
    if (file.size > FILE_MAX)
      return put(told, say("attach.big", { name, size: bytes(FILE_MAX, w.language) }))
    put(told, "")
    const bar = h("progress", { max: "1", value: "0" })
    bar.setAttribute("aria-label", say("attach.progress", { name }))
    const remove = h("button", { class: "x", type: "button" }, icon("close", 16))
    remove.setAttribute("aria-label", say("attach.remove", { name }))
    const root = h("li", {}, h("span", { class: "file-name" }, name), bar, remove)
    const chip: Chip = { root, upload: options.upload(file, (share) => (bar.value = share)) }
    remove.addEventListener("click", () => {
      drop(chip)
      chip.upload.stop()
      text.focus()
    })
    chip.upload.done.then(
      (sent) => {
        chip.file = sent
        bar.replaceWith(h("span", { class: "file-size" }, bytes(sent.size, w.language)))
        put(told, "")
      },
      () => {
        if (chips.includes(chip)) put(told, say("attach.failed", { name }))
        drop(chip)
      },
    )
    chips.push(chip)
    showChips()
  }

  const addAll = (files: FileList | undefined | null): boolean => {
    for (const file of files ?? []) add(file)
    return (files?.length ?? 0) > 0
  }

  const submit = (event: Event): void => {
    event.preventDefault()
    const words = text.value.trim()
    const files = chips.flatMap((one) => one.file ?? [])
    if (files.length < chips.length) return put(told, say("attach.wait"))
    if (!words && files.length === 0) return text.focus()
    put(told, "")
    // A line needs words; of files alone their names.
    const line = words || files.map((one) => one.filename).join(", ")
    if (!talk.write(line, files, options.page())) return put(told, say("composer.full"))
    clearTimeout(idle)
    chips = []
    showChips()
    text.value = ""
    grow()
    text.focus()
    options.sent()
  }

  const form = h(
    "form",
    { class: "composer", onsubmit: submit },
    told,
    list,
    h(
      "p",
      { class: "composer-head" },
      h("label", { for: "text" }, say("composer.label")),
      h("span", { class: "hint" }, say("composer.hint")),
    ),
    h("div", { class: "composer-row" }, attach, picker, text, send),
  )

  text.addEventListener("input", () => {
    grow()
    clearTimeout(idle)
    if (!text.value.trim()) return stopTyping()
    talk.typing(true)
    idle = window.setTimeout(stopTyping, IDLE_MS)
  })
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return
    event.preventDefault()
    form.requestSubmit()
  })
  text.addEventListener("paste", (event) => {
    if (addAll(event.clipboardData?.files)) event.preventDefault()
  })
  attach.addEventListener("click", () => picker.click())
  picker.addEventListener("change", () => {
    addAll(picker.files)
    picker.value = ""
    text.focus()
  })
  const over = h("p", { class: "over", "aria-hidden": "true", hidden: true }, say("attach.drop"))
  zone.append(over)
  const dragging = (event: DragEvent, on: boolean): void => {
    if (!event.dataTransfer?.types.includes("Files")) return
    event.preventDefault()
    over.hidden = !on || form.closest("[hidden]") !== null
  }
  zone.addEventListener("dragover", (event) => dragging(event, true))
  zone.addEventListener("dragleave", (event) => {
    if (!zone.contains(event.relatedTarget as Node | null)) over.hidden = true
  })
  zone.addEventListener("drop", (event) => {
    const shown = form.closest("[hidden]") === null
    dragging(event, false)
    if (shown) addAll(event.dataTransfer?.files)
  })

  return { root: form, focus: () => text.focus() }
}
