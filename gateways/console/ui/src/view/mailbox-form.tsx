import type { JSX } from "preact"
import { useRef } from "preact/hooks"
import { useSignal, type Signal } from "@preact/signals"
import type { Connection } from "../../../../common/ui/wire"
import { byLocalToken, lackingOf, SECTIONS, settledDraft, shownOf, type MailSection } from "../state/mailbox-fields"
import { isMailKind, MAIL_KINDS, saveMailbox, type FormKind, type MailDraft, type Refused } from "../state/settings"
import { st, sword } from "../state/settings-text"
import { isShopKind, SHOP_KINDS } from "../state/shop-fields"
import { t } from "../state/text"
import { FieldView } from "./mailbox-field"
import { HookHelp } from "./number-form"
import { DialogBox } from "./parts"
import { ShopHookHelp } from "./shop-form"

const NAME_MAX = 100

const draftOf = (of: Connection | null, kind: FormKind): MailDraft => ({
  name: of?.name ?? "",
  kind: of && (isMailKind(of.kind) || isShopKind(of.kind)) ? of.kind : kind,
  settings: { ...((of?.settings ?? {}) as Record<string, unknown>) },
  secrets: {},
})

interface FormState {
  draft: Signal<MailDraft>
  refused: Signal<Refused | null>
  stored: readonly string[]
}

function Name({ draft }: { draft: Signal<MailDraft> }): JSX.Element {
  const put = (change: Partial<MailDraft>): void => {
    draft.value = { ...draft.peek(), ...change }
  }
  const shop = isShopKind(draft.value.kind)
  const kinds: readonly string[] = shop ? SHOP_KINDS : isMailKind(draft.value.kind) ? MAIL_KINDS : []
  return (
    <div class="pair">
      <label class="field">
        <span>{st(isMailKind(draft.value.kind) ? "mail.name" : "whatsapp.name")}</span>
        <input
          data-first
          type="text"
          required
          autocomplete="off"
          maxLength={NAME_MAX}
          value={draft.value.name}
          onInput={(event) => put({ name: event.currentTarget.value })}
        />
      </label>
      {kinds.length > 0 && (
        <label class="field">
          <span>{st(shop ? "shop.kind" : "mail.kind")}</span>
          <select
            value={draft.value.kind}
            onChange={(event) => {
              const kind = event.currentTarget.value
              if (isMailKind(kind)) put({ kind })
              // What one shop is asked for, another one may not know.
              if (isShopKind(kind)) put({ kind, settings: {}, secrets: {} })
            }}
          >
            {kinds.map((kind) => (
              <option key={kind} value={kind}>
                {sword("kind", kind)}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  )
}

function Section({ section, state }: { section: MailSection; state: FormState }): JSX.Element | null {
  const shown = shownOf(section, state.draft.value.settings)
  if (shown.length === 0) return null
  return (
    <fieldset class="mail-set">
      <legend>{sword("section", section.name)}</legend>
      {section.name === "login" && byLocalToken(state.draft.value.settings) && (
        <p class="hint">{st("mail.local_token")}</p>
      )}
      {shown.map((field) => (
        <FieldView
          key={field.name}
          field={field}
          draft={state.draft}
          stored={state.stored.includes(field.name)}
          wrong={state.refused.value?.fields.has(field.name.split(".")[0] ?? "") ?? false}
        />
      ))}
    </fieldset>
  )
}

interface FormProps {
  of: Connection | null
  /** Of a new one. */
  kind?: FormKind
  close(): void
}

function titleOf(of: Connection | null, kind: FormKind): string {
  if (kind === "whatsapp") return of ? st("whatsapp.edit_title", { name: of.name }) : st("whatsapp.add_title")
  if (isShopKind(kind)) return of ? st("shop.edit_title", { name: of.name }) : st("shop.add_title")
  return of ? st("mail.edit_title", { name: of.name }) : st("mail.add_title")
}

/** A new mailbox, number or shop, or one that is changed. What is wrong stays, with
 * why. */
export function MailboxForm({ of, kind = "mailbox", close }: FormProps): JSX.Element {
  const box = useRef<HTMLFormElement>(null)
  const draft = useSignal(draftOf(of, kind))
  const refused = useSignal<Refused | null>(null)
  const busy = useSignal(false)
  const ready = lackingOf(draft.value).length === 0 && !busy.value
  const save = async (): Promise<void> => {
    if (busy.peek() || lackingOf(draft.peek()).length > 0) return
    busy.value = true
    refused.value = await saveMailbox(of, settledDraft(draft.peek()))
    busy.value = false
    if (refused.value === null) close()
    else requestAnimationFrame(() => box.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus())
  }
  return (
    <DialogBox wide title={titleOf(of, kind)} closeLabel={t("do.close")} close={close}>
      <form
        ref={box}
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        {!of && <Name draft={draft} />}
        {SECTIONS[draft.value.kind].map((section) => (
          <Section key={section.name} section={section} state={{ draft, refused, stored: of?.secret_names ?? [] }} />
        ))}
        {kind === "whatsapp" && <HookHelp draft={draft} />}
        <ShopHookHelp draft={draft} />
        {refused.value && (
          <p class="form-error" role="alert">
            {refused.value.text}
          </p>
        )}
        <div class="form-do">
          <button type="button" class="btn" onClick={close}>
            {t("do.cancel")}
          </button>
          <button type="submit" class="btn p" aria-disabled={!ready} title={ready ? undefined : st("mail.lacking")}>
            {st("mail.save")}
          </button>
        </div>
      </form>
    </DialogBox>
  )
}
