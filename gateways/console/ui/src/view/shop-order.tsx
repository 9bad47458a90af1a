import type { JSX } from "preact"
import { useRef } from "preact/hooks"
import { useSignal } from "@preact/signals"
import { now } from "../state/now"
import { orderWhole } from "../state/shop"
import { daysBetween, daysToReturn } from "../state/shop-days"
import { isNothing } from "../state/shop-money"
import type { Checkpoint, Detail, Order, OrderLine, Parcel } from "../state/shop-shape"
import { amountText, ot, oword } from "../state/shop-text"
import { When } from "./parts"
import { OrderDo } from "./shop-do"
import { Day, OrderChips, ParcelState } from "./shop-parts"

function Line({ line, currency }: { line: OrderLine; currency: string }): JSX.Element {
  const left = daysToReturn(line.returnUntil, now.value)
  const about = [line.variant, line.sku, ...line.properties.map(({ name, value }) => `${name}: ${value}`)]
  return (
    <li>
      <span class="o-name">
        {ot("line.what", { n: line.quantity, name: line.name || line.sku })}
        <small>{about.filter(Boolean).join(" · ")}</small>
        {line.refunded > 0 && (
          <small class="o-warn">{ot("line.refunded", { n: line.refunded, all: line.quantity })}</small>
        )}
        {line.returned > 0 && (
          <small class="o-warn">{ot("line.returned", { n: line.returned, all: line.quantity })}</small>
        )}
        {left !== null && <small>{ot("line.to_return", { n: left })}</small>}
      </span>
      {line.total !== "" && <span class="o-money">{amountText(line.total, currency)}</span>}
    </li>
  )
}

function Step({ step }: { step: Checkpoint }): JSX.Element {
  return (
    <li>
      <span>{[step.text || oword("ship", step.status), step.place].filter(Boolean).join(" · ")}</span>
      {step.at && <When at={step.at} />}
    </li>
  )
}

/** The number of a parcel, and the carrier's page where it has one. */
function Tracking({ parcel }: { parcel: Parcel }): JSX.Element | null {
  const name = [parcel.carrier, parcel.tracking].filter(Boolean).join(" ")
  if (parcel.url === "") return name === "" ? null : <span class="o-track">{name}</span>
  return (
    <a class="o-track" href={parcel.url} target="_blank" rel="noreferrer noopener">
      {name || ot("ship.open")}
      <span class="sr">{` ${ot("ship.new_tab")}`}</span>
    </a>
  )
}

function ParcelView({ parcel }: { parcel: Parcel }): JSX.Element {
  return (
    <li class="o-parcel">
      <span class="o-between">
        <ParcelState parcel={parcel} />
        {parcel.at && <When at={parcel.at} />}
      </span>
      <Tracking parcel={parcel} />
      {parcel.estimated !== "" && parcel.delivered === "" && (
        <small>
          {ot(daysBetween(now.value, Date.parse(parcel.estimated)) < 0 ? "ship.overdue" : "ship.estimated")}{" "}
          <Day at={parcel.estimated} />
        </small>
      )}
      {parcel.steps.length > 0 && (
        <details>
          <summary>{ot("ship.steps", { n: parcel.steps.length })}</summary>
          <ul class="o-steps">
            {parcel.steps.map((step, n) => (
              <Step key={n} step={step} />
            ))}
          </ul>
        </details>
      )}
    </li>
  )
}

/** When and why it was, in small letters. */
function Under({ at, why }: { at: string; why: string }): JSX.Element {
  return (
    <small>
      <Day at={at} />
      {why && ` · ${why}`}
    </small>
  )
}

/** Payments, money that went back, goods that come back. */
function Money({ of, order }: { of: Detail | null; order: Order }): JSX.Element | null {
  const { payments, refunds, returns } = of ?? { payments: [], refunds: [], returns: [] }
  const { currency, refunded } = order
  if (payments.length + refunds.length + returns.length === 0 && isNothing(refunded)) return null
  return (
    <ul class="o-list">
      {payments.map((one) => (
        <li key={`p${one.number}`}>
          <span class="o-name">{[one.title, one.status && oword("pay", one.status)].filter(Boolean).join(" · ")}</span>
          {one.amount !== "" && <span class="o-money">{amountText(one.amount, currency)}</span>}
        </li>
      ))}
      {refunds.map((one) => (
        <li key={`r${one.id}`}>
          <span class="o-name">
            {ot("refund.went")}
            <Under at={one.at} why={one.reason} />
          </span>
          <span class="o-money">{amountText(one.amount, one.currency || currency)}</span>
        </li>
      ))}
      {returns.map((one) => (
        <li key={`d${one.id}`}>
          <span class="o-name">
            {oword("return", one.status)}
            <Under at={one.at} why={one.reason} />
          </span>
          {one.quantity > 0 && <span class="o-pieces">{ot("return.pieces", { n: one.quantity })}</span>}
        </li>
      ))}
      {!isNothing(refunded) && (
        <li>
          <span class="o-name">{ot("order.refunded")}</span>
          <span class="o-money">{amountText(refunded, currency)}</span>
        </li>
      )}
    </ul>
  )
}

/** What stands in an order when it is opened. */
function Inside({ of, order }: { of: Detail; order: Order }): JSX.Element {
  return (
    <>
      {of.cancelReason && <p class="o-note">{ot("order.cancelled_for", { why: of.cancelReason })}</p>}
      {of.lines.length > 0 && (
        <ul class="o-list">
          {of.lines.map((line) => (
            <Line key={line.number} line={line} currency={order.currency} />
          ))}
        </ul>
      )}
      {of.parcels.length > 0 && (
        <ul class="o-parcels">
          {of.parcels.map((parcel, n) => (
            <ParcelView key={parcel.id || n} parcel={parcel} />
          ))}
        </ul>
      )}
      <Money of={of} order={order} />
      {of.note && <p class="o-note">{ot("order.note", { text: of.note })}</p>}
      {of.tags.length > 0 && (
        <ul class="tags" aria-label={ot("order.tags")}>
          {of.tags.map((tag) => (
            <li key={tag} class="tag">
              {tag}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function Foot({ order }: { order: Order }): JSX.Element {
  return (
    <p class="o-foot">
      {ot("order.from", { shop: order.connection })}
      {order.told && (
        <>
          {" · "}
          {ot("order.as_of")} <When at={order.told} />
        </>
      )}
      {order.basis && ` · ${oword("basis", order.basis)}`}
    </p>
  )
}

interface OrderProps {
  order: Order
  linked: boolean
  /** Unfolded at first. */
  open: boolean
  /** Is there a conversation that it may belong to? */
  doing?: boolean
}

/** The line that says how an order is. */
function Head({ order, linked }: { order: Order; linked: boolean }): JSX.Element {
  return (
    <summary>
      <span class="o-between">
        <span>
          <b class="o-number">{order.number}</b>{" "}
          <small>
            <Day at={order.placed} />
          </small>
        </span>
        {order.total !== "" && <span class="o-money">{amountText(order.total, order.currency)}</span>}
      </span>
      <OrderChips order={order} />
      {linked && <small class="o-linked">{ot("link.is")}</small>}
    </summary>
  )
}

/** An order: how it is, and all of it when it is opened. */
export function OrderView({ order: given, linked, open, doing = true }: OrderProps): JSX.Element {
  const own = useSignal<Order | null>(null)
  // What a person reads stays unfolded whatever the shop says meanwhile.
  const first = useRef(open).current
  // News of the list count more than what was asked for before them.
  const order = given.detail === null && own.value?.id === given.id ? { ...given, detail: own.value.detail } : given
  const load = async (): Promise<void> => {
    if (given.detail === null) own.value = await orderWhole(given)
  }
  return (
    <details
      class={linked ? "card o-card linked" : "card o-card"}
      open={first}
      data-order={order.id}
      onToggle={(event) => {
        if (event.currentTarget.open) void load()
      }}
    >
      <Head order={order} linked={linked} />
      {order.promised && (
        <p class="o-promised">
          {ot("order.promised")} <Day at={order.promised} />
        </p>
      )}
      {order.detail ? <Inside of={order.detail} order={order} /> : <Money of={null} order={order} />}
      <Foot order={order} />
      {doing && <OrderDo order={order} linked={linked} />}
    </details>
  )
}
