import type { JSX } from "preact"
import type { Signal } from "@preact/signals"
import { valueOf, withValue, type MailField } from "../state/mailbox-fields"
import { connections, replies, type MailDraft } from "../state/settings"
import { hint, st, sword } from "../state/settings-text"

interface FieldProps {
  field: MailField
  draft: Signal<MailDraft>
  /** Of a secret: there is one, which is never shown. */
  stored: boolean
  wrong: boolean
}

const groupOf = (name: string): string => (name.endsWith("_security") ? "security" : name)

/** The choices of a field, as its select lists them. */
function choices(field: MailField): [string, string][] {
  if (field.form === "reply")
    return [["", st("acknowledge_reply.own")], ...replies.value.map(({ name, title }): [string, string] => [name, title])]
  if (field.form === "mailbox")
    return [["", st("mail.none")], ...(connections.value ?? []).map(({ name }): [string, string] => [name, name])]
  return (field.of ?? []).map((code) => [code, sword(groupOf(field.name), code || "desk")])
}

interface InputProps extends FieldProps {
  described: string | undefined
  set(value: unknown): void
}

function Input({ field, draft, stored, wrong, described, set }: InputProps): JSX.Element {
  const value = valueOf(draft.value.settings, field.name)
  const text = typeof value === "string" || typeof value === "number" ? String(value) : ""
  const common = { "aria-invalid": wrong, "aria-describedby": described, required: field.needed ?? false }
  if (field.form === "lines")
    return <textarea {...common} rows={3} value={text} onInput={(event) => set(event.currentTarget.value)} />
  if (field.form === "choice" || field.form === "reply" || field.form === "mailbox")
    return (
      <select {...common} value={text || (field.of?.[0] ?? "")} onChange={(event) => set(event.currentTarget.value)}>
        {choices(field).map(([code, word]) => (
          <option key={code} value={code}>
            {word}
          </option>
        ))}
      </select>
    )
  if (field.form === "secret")
    return (
      <input
        {...common}
        type="password"
        autocomplete="new-password"
        placeholder={stored ? st("mail.stored") : ""}
        value={draft.value.secrets[field.name] ?? ""}
        onInput={(event) => {
          const secrets = { ...draft.peek().secrets, [field.name]: event.currentTarget.value }
          draft.value = { ...draft.peek(), secrets }
        }}
      />
    )
  if (field.form === "date")
    return <input {...common} type="date" value={text} onInput={(event) => set(event.currentTarget.value)} />
  const number = field.form === "number"
  return (
    <input
      {...common}
      type="text"
      inputMode={number ? "numeric" : "text"}
      autocomplete="off"
      spellcheck={false}
      value={text}
      onInput={(event) => {
        const typed = event.currentTarget.value
        set(number && /^\d{1,5}$/.test(typed) ? Number(typed) : typed)
      }}
    />
  )
}

/** One field of a mailbox's form, with its help and what is wrong with it. */
export function FieldView(props: FieldProps): JSX.Element {
  const { field, draft, wrong } = props
  const set = (value: unknown): void => {
    const now = draft.peek()
    draft.value = { ...now, settings: withValue(now.settings, field.name, value) }
  }
  const help = [...(wrong ? [st("mail.wrong")] : []), ...(hint(field.name) ? [hint(field.name)] : [])].join(" ")
  const described = help ? `hint-${field.name}` : undefined
  const under = help && (
    <p class={wrong ? "hint wrong" : "hint"} id={described}>
      {help}
    </p>
  )
  if (field.form === "check")
    return (
      <div>
        <label class="check">
          <input
            type="checkbox"
            aria-describedby={described}
            checked={Boolean(valueOf(draft.value.settings, field.name) ?? field.standard)}
            onChange={(event) => set(event.currentTarget.checked)}
          />
          {sword("setting", field.name)}
        </label>
        {under}
      </div>
    )
  return (
    <div>
      <label class="field">
        <span>{sword("setting", field.name)}</span>
        <Input {...props} described={described} set={set} />
      </label>
      {under}
    </div>
  )
}
