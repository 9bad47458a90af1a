import type { JSX } from "preact"
import { useSignal } from "@preact/signals"
import { st } from "../state/settings-text"

/** A text to take elsewhere, with the button that copies it. */
export function Copy({ label, text }: { label: string; text: string }): JSX.Element {
  const copied = useSignal(false)
  return (
    <div class="copy">
      <label class="field">
        <span>{label}</span>
        <input type="text" readOnly value={text} onFocus={(event) => event.currentTarget.select()} />
      </label>
      <button
        type="button"
        class="btn"
        onClick={() => void navigator.clipboard?.writeText(text).then(() => (copied.value = true))}
      >
        {st(copied.value ? "copy.done" : "copy.do")}
      </button>
    </div>
  )
}
