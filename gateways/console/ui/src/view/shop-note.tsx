import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { useSignal } from "@preact/signals"
import type { CustomerNote } from "../../../../common/ui/wire"
import { reloadPanel } from "../state/shop"
import { notes, ownNote, writeNote } from "../state/shop-note"
import { ot } from "../state/shop-text"
import { t } from "../state/text"
import { When } from "./parts"

const NOTE_MAX = 4000
const ROWS = 4

function NoteText({ one, part }: { one: CustomerNote; part: boolean }): JSX.Element {
  return (
    <div class="o-remark">
      <p>{one.text}</p>
      <small>
        {part && one.name !== "" && `${ot("note.of", { who: one.name })} · `}
        {one.agent && `${one.agent.name} · `}
        <When at={one.at} />
      </small>
    </div>
  )
}

interface FormProps {
  customer: number
  close(): void
}

/** The note while it is written. What a colleague wrote meanwhile is shown
 * before it is written over. */
function NoteForm({ customer, close }: FormProps): JSX.Element {
  const read = useSignal(ownNote(notes.peek(), customer))
  const text = useSignal(read.peek()?.text ?? "")
  const met = useSignal(false)
  const busy = useSignal(false)
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => field.current?.focus(), [])
  const save = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (busy.peek()) return
    busy.value = true
    const answer = await writeNote(customer, text.peek().trim(), read.peek())
    if (answer === "conflict") {
      await reloadPanel()
      read.value = ownNote(notes.peek(), customer)
      met.value = true
    }
    busy.value = false
    if (answer === "done") close()
  }
  return (
    <form class="o-write" onSubmit={(event) => void save(event)}>
      {met.value && read.value && <NoteText one={read.value} part={false} />}
      <textarea
        ref={field}
        aria-label={ot("note.title")}
        rows={ROWS}
        maxLength={NOTE_MAX}
        value={text.value}
        onInput={(event) => (text.value = event.currentTarget.value)}
      />
      <div class="o-do">
        <button type="submit" class="btn" disabled={busy.value}>
          {ot("note.save")}
        </button>
        <button type="button" class="btn quiet" onClick={close}>
          {t("do.cancel")}
        </button>
      </div>
    </form>
  )
}

/** What colleagues should know of a customer. */
export function CustomerNotes({ customer }: { customer: number }): JSX.Element {
  const open = useSignal(false)
  const list = notes.value
  const own = ownNote(list, customer)
  return (
    <section class="o-notes" aria-label={ot("note.title")}>
      <div class="o-between">
        <h3>{ot("note.title")}</h3>
        {!open.value && (
          <button type="button" class="as-link" onClick={() => (open.value = true)}>
            {ot(own ? "note.change" : "note.add")}
          </button>
        )}
      </div>
      {open.value && <NoteForm customer={customer} close={() => (open.value = false)} />}
      {list
        .filter((one) => !open.value || one !== own)
        .map((one) => (
          <NoteText key={one.customer} one={one} part={one.customer !== customer} />
        ))}
    </section>
  )
}
