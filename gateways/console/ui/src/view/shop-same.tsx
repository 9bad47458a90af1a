import type { JSX } from "preact"
import type { CustomerMerge, Suggestion } from "../../../../common/ui/wire"
import { dialog } from "../state/screen"
import { comparing, merges, otherOf, refuseSuggestion, suggestions, takeApart } from "../state/shop-people"
import { ot, oword } from "../state/shop-text"
import { talk } from "../state/talk"
import { t } from "../state/text"
import { When } from "./parts"

/** Opens the dialog of two customers. other: null: the agent looks for them. */
export function comparePeople(other: number | null): void {
  comparing.value = other
  dialog.value = "people"
}

/** Somebody who may be the same person: why, and what can be done. */
function SuggestionLine({ one, customer }: { one: Suggestion; customer: number }): JSX.Element {
  const other = otherOf(one, customer)
  return (
    <li class="o-suggestion">
      <p>
        {ot("same.may_be", { who: other.name || t("customer.unknown") })} <small>{oword("basis", one.basis)}</small>
      </p>
      <div class="o-do">
        <button type="button" class="as-link" onClick={() => comparePeople(other.id)}>
          {ot("same.compare")}
        </button>
        <button type="button" class="as-link" onClick={() => void refuseSuggestion(one)}>
          {ot("same.no")}
        </button>
      </div>
    </li>
  )
}

function MergeLine({ one }: { one: CustomerMerge }): JSX.Element {
  return (
    <li>
      {ot(one.agent ? "same.was" : "same.was_itself", { who: one.gone_name || t("customer.unknown") })} <When at={one.at} />{" "}
      <button type="button" class="as-link" onClick={() => void takeApart(one.id)}>
        {ot("same.apart")}
      </button>
    </li>
  )
}

/** Who may be the customer too, and who was made a part of them. */
export function SamePeople(): JSX.Element | null {
  const customer = talk.value?.incident.customer.id
  if (customer === undefined) return null
  return (
    <>
      {suggestions.value.length > 0 && (
        <ul class="o-people" aria-label={ot("same.title")}>
          {suggestions.value.map((one) => (
            <SuggestionLine key={one.id} one={one} customer={customer} />
          ))}
        </ul>
      )}
      {merges.value.length > 0 && (
        <ul class="o-people muted">
          {merges.value.map((one) => (
            <MergeLine key={one.id} one={one} />
          ))}
        </ul>
      )}
    </>
  )
}
