import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { useSignal } from "@preact/signals"
import { addIdentity, ADDABLE, type Addable } from "../state/identity"
import { t, word } from "../state/text"

const ADDRESS_MAX = 254

/** Another address of the customer's: by it goes what does not arrive by the
 * one that they wrote from. */
export function IdentityAdd({ customer }: { customer: number }): JSX.Element {
  const open = useSignal(false)
  const kind = useSignal<Addable>("email")
  const value = useSignal("")
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [open.value])
  const add = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (value.peek().trim() === "" || !(await addIdentity(customer, kind.peek(), value.peek()))) return
    value.value = ""
    open.value = false
  }
  if (!open.value)
    return (
      <button type="button" class="as-link" onClick={() => (open.value = true)}>
        {t("identity.add")}
      </button>
    )
  return (
    <form class="id-add" onSubmit={(event) => void add(event)}>
      <select
        aria-label={t("identity.kind")}
        value={kind.value}
        onChange={(event) => (kind.value = event.currentTarget.value === "whatsapp" ? "whatsapp" : "email")}
      >
        {ADDABLE.map((one) => (
          <option key={one} value={one}>
            {word("channel", one)}
          </option>
        ))}
      </select>
      <input
        ref={field}
        type="text"
        inputMode={kind.value === "email" ? "email" : "tel"}
        aria-label={t(kind.value === "email" ? "identity.email" : "identity.number")}
        required
        maxLength={ADDRESS_MAX}
        autocomplete="off"
        value={value.value}
        onInput={(event) => (value.value = event.currentTarget.value)}
      />
      <button type="submit" class="btn">
        {t("identity.save")}
      </button>
      <button type="button" class="btn quiet" onClick={() => (open.value = false)}>
        {t("do.cancel")}
      </button>
    </form>
  )
}
