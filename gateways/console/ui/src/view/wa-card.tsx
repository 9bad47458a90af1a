import type { JSX } from "preact"
import { useSignal } from "@preact/signals"
import { language } from "../state/text"
import {
  mapOf,
  orderNote,
  orderOf,
  peopleOf,
  placeOf,
  productOf,
  referralOf,
  type Card,
  type OrderLine,
  type Person,
  type Place,
} from "../state/whatsapp"
import { wt, wword } from "../state/whatsapp-text"
import { MarkedText } from "./wa-text"

/** What a message holds besides text and files: a place, people, an order, and
 * where its writer comes from. Nothing of another server is fetched. */

function PlaceCard({ place }: { place: Place }): JSX.Element {
  const copied = useSignal(false)
  const copy = (): void => {
    void navigator.clipboard?.writeText(place.at).then(() => (copied.value = true))
  }
  return (
    <section class="wa-card" aria-label={wt("place.title")}>
      <p class="wa-head">{place.name || wt("place.title")}</p>
      {place.address && <p>{place.address}</p>}
      <p>
        <span class="wa-at">{place.at}</span>{" "}
        <button type="button" class="as-link" onClick={copy}>
          {wt("place.copy")}
        </button>
        <span role="status">{copied.value && ` ${wt("place.copied")}`}</span>
      </p>
      <p class="wa-map">
        {wt("place.map")} <span class="wa-at">{mapOf(place)}</span>
      </p>
    </section>
  )
}

function PersonLine({ one }: { one: Person }): JSX.Element {
  return (
    <li>
      <b>{one.name || wt("contact.nobody")}</b>
      {one.organisation && <span>{one.organisation}</span>}
      {[...one.phones, ...one.mails].map((address, n) => (
        <span key={n} class="wa-at">
          {address}
        </span>
      ))}
    </li>
  )
}

function PeopleCard({ people }: { people: readonly Person[] }): JSX.Element {
  const title = wt(people.length === 1 ? "contact.one" : "contact.many")
  return (
    <section class="wa-card" aria-label={title}>
      <p class="wa-head">{title}</p>
      <ul class="wa-people">
        {people.map((one, n) => (
          <PersonLine key={n} one={one} />
        ))}
      </ul>
    </section>
  )
}

/** A sum as the language writes it; without a currency, as a figure. */
function money(amount: number, currency: string): string {
  const style = currency ? { style: "currency" as const, currency } : {}
  return new Intl.NumberFormat(language.value, style).format(amount)
}

/** The sum of an order; null: a price is missing, or they are of two currencies. */
function totalOf(lines: readonly OrderLine[]): string | null {
  const [first] = lines
  if (!first?.currency) return null
  let sum = 0
  for (const one of lines) {
    if (one.price === null || one.quantity === null || one.currency !== first.currency) return null
    sum += one.price * one.quantity
  }
  return money(sum, first.currency)
}

function OrderCard({ lines, note }: { lines: readonly OrderLine[]; note: string }): JSX.Element {
  const total = totalOf(lines)
  return (
    <section class="wa-card" aria-label={wt("order.title")}>
      <p class="wa-head">{wt("order.title")}</p>
      <ul class="wa-order">
        {lines.map((one, n) => (
          <li key={n}>
            <span>{wt("order.line", { n: one.quantity ?? 1, product: one.product })}</span>
            {one.price !== null && <span>{money(one.price, one.currency)}</span>}
          </li>
        ))}
      </ul>
      {total !== null && <p>{wt("order.total", { total })}</p>}
      {note && <MarkedText text={note} kind="whatsapp" />}
    </section>
  )
}

/** The advertisement or the product that brought the person here. */
export function Coming({ card }: { card: Card }): JSX.Element | null {
  const from = referralOf(card)
  const product = productOf(card)
  if (!from && !product) return null
  return (
    <div class="wa-from">
      {from && (
        <p>
          <b>{wword("referral", from.kind, wt("referral.ad"))}</b>
          {[from.headline, from.body].filter(Boolean).map((part, n) => (
            <span key={n}>{` · ${part}`}</span>
          ))}
          {from.source && <span class="wa-at"> {from.source}</span>}
        </p>
      )}
      {product && (
        <p>
          {wt("product.about")} <span class="wa-at">{product}</span>
        </p>
      )}
    </div>
  )
}

/** Does a card say all that the message's text says? */
export const hasCard = (card: Card): boolean =>
  placeOf(card) !== null || peopleOf(card).length > 0 || orderOf(card).length > 0

/** The place, people or order of a message. */
export function CardView({ card }: { card: Card }): JSX.Element | null {
  const place = placeOf(card)
  if (place) return <PlaceCard place={place} />
  const people = peopleOf(card)
  if (people.length > 0) return <PeopleCard people={people} />
  const lines = orderOf(card)
  return lines.length > 0 ? <OrderCard lines={lines} note={orderNote(card)} /> : null
}
