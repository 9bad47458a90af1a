import type { JSX } from "preact"
import { useSignal, type Signal } from "@preact/signals"
import type { MailDraft } from "../state/settings"
import { st } from "../state/settings-text"
import { HOOK_FIELDS, hookOf, newToken } from "../state/whatsapp-fields"
import { Copy } from "./copy"

/** What is typed at WhatsApp's side so that its deliveries come here: at the
 * end of a number's form. */
export function HookHelp({ draft }: { draft: Signal<MailDraft> }): JSX.Element {
  const token = useSignal("")
  const make = (): void => {
    token.value = newToken()
    const now = draft.peek()
    draft.value = { ...now, secrets: { ...now.secrets, verify_token: token.value } }
  }
  return (
    <fieldset class="mail-set">
      <legend>{st("section.hook")}</legend>
      <p class="hint">{st("whatsapp.hook")}</p>
      <Copy label={st("whatsapp.url")} text={hookOf(location.origin, draft.value.settings["phone_number_id"])} />
      {token.value === "" ? (
        <button type="button" class="btn" onClick={make}>
          {st("whatsapp.make_token")}
        </button>
      ) : (
        <Copy label={st("whatsapp.token")} text={token.value} />
      )}
      <p class="hint">{st("whatsapp.subscribe")}</p>
      <ul class="hook-fields">
        {HOOK_FIELDS.map((name, n) => (
          <li key={name}>
            <code>{name}</code>
            {n === 0 && ` ${st("whatsapp.needed")}`}
          </li>
        ))}
      </ul>
    </fieldset>
  )
}
