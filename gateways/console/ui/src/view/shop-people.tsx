import type { JSX } from "preact"
import { useEffect } from "preact/hooks"
import { useSignal } from "@preact/signals"
import type { Customer } from "../../../../common/ui/wire"
import { call } from "../state/app"
import { addressShown } from "../state/identity"
import { dialog } from "../state/screen"
import { comparing, customerOf, joinCustomers } from "../state/shop-people"
import { ot } from "../state/shop-text"
import { talk } from "../state/talk"
import { t } from "../state/text"
import { reason } from "../state/toasts"
import { Icon } from "./icons"
import { DialogBox } from "./parts"

const FIND_AFTER_MS = 200
const SHOWN = 8

function nameOf({ name, identities }: Customer): string {
  const [first] = identities
  return name || (first ? addressShown(first) : t("customer.unknown"))
}

/** One of the two: the one whose name and number stay is chosen here. */
function Side({ one, kept, keep }: { one: Customer; kept: boolean; keep(): void }): JSX.Element {
  return (
    <label class={kept ? "o-side kept" : "o-side"}>
      <span class="o-pick">
        <input type="radio" name="keep" checked={kept} onChange={keep} />
        <b>{nameOf(one)}</b>
      </span>
      <ul>
        {one.identities.map((each) => (
          <li key={each.id}>
            {addressShown(each)}
            {each.verified && (
              <span class="verified">
                <Icon name="check" />
                <span class="sr">{t("customer.verified")}</span>
              </span>
            )}
          </li>
        ))}
      </ul>
      <small>{ot(kept ? "same.stays" : "same.goes")}</small>
    </label>
  )
}

/** Looks for the other one. */
function Search({ own, pick }: { own: number; pick(one: Customer): void }): JSX.Element {
  const text = useSignal("")
  const found = useSignal<Customer[]>([])
  const asked = text.value.trim()
  useEffect(() => {
    if (asked.length < 2) {
      found.value = []
      return
    }
    const timer = setTimeout(() => {
      call("customer.find", { text: asked }).then(
        ({ customers }) => (found.value = customers.filter(({ id }) => id !== own).slice(0, SHOWN)),
        () => (found.value = []),
      )
    }, FIND_AFTER_MS)
    return () => clearTimeout(timer)
  }, [asked, own])
  return (
    <>
      <label class="field">
        <span>{ot("same.find")}</span>
        <input
          data-first=""
          type="search"
          autocomplete="off"
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </label>
      {found.value.length > 0 && (
        <ul class="found" aria-label={ot("same.found")}>
          {found.value.map((one) => (
            <li key={one.id}>
              <button type="button" onClick={() => pick(one)}>
                <b>{nameOf(one)}</b>
                <span>{one.identities.map(addressShown).join(" · ")}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** Two customers beside each other: the agent says whether they are one, and
 * which of them stays. */
export function PeopleDialog(): JSX.Element | null {
  const asked = comparing.value
  const other = useSignal<Customer | null>(null)
  const keep = useSignal<number | null>(null)
  const problem = useSignal("")
  const busy = useSignal(false)
  const own = talk.value?.incident.customer
  useEffect(() => {
    if (asked === null) return
    customerOf(asked).then(
      (one) => (other.value = one),
      (error: unknown) => (problem.value = reason(error)),
    )
  }, [asked])
  if (!own) return null
  const kept = keep.value ?? own.id
  const join = async (): Promise<void> => {
    const to = other.peek()
    if (!to || busy.peek()) return
    busy.value = true
    if (await joinCustomers(kept, kept === own.id ? to.id : own.id)) dialog.value = null
    busy.value = false
  }
  return (
    <DialogBox wide title={ot("same.dialog")} closeLabel={t("do.close")} close={() => (dialog.value = null)}>
      <div class="form">
        <p class="lead">{ot("same.lead")}</p>
        {asked === null && !other.value && <Search own={own.id} pick={(one) => (other.value = one)} />}
        {other.value && (
          <fieldset class="o-sides">
            <legend>{ot("same.which")}</legend>
            {[own, other.value].map((one) => (
              <Side key={one.id} one={one} kept={kept === one.id} keep={() => (keep.value = one.id)} />
            ))}
          </fieldset>
        )}
        {problem.value && (
          <p class="form-error" role="alert">
            {problem.value}
          </p>
        )}
        <div class="form-do">
          <button type="button" class="btn" onClick={() => (dialog.value = null)}>
            {t("do.cancel")}
          </button>
          <button type="button" class="btn p" disabled={other.value === null || busy.value} onClick={() => void join()}>
            {ot("same.join")}
          </button>
        </div>
      </div>
    </DialogBox>
  )
}
