import type { JSX } from "preact"
import type { OrderTotal } from "../../../../common/ui/wire"
import { dialog } from "../state/screen"
import { loadOlder, moreOrders, orders, panel, panelState, reloadPanel, showOrder } from "../state/shop"
import { isOver } from "../state/shop-days"
import { isNothing } from "../state/shop-money"
import type { Panel } from "../state/shop-panel"
import { amountText, ot } from "../state/shop-text"
import { t } from "../state/text"
import { CustomerNotes } from "./shop-note"
import { OrderView } from "./shop-order"
import { comparePeople, SamePeople } from "./shop-same"

function TotalLine({ one }: { one: OrderTotal }): JSX.Element {
  return (
    <div>
      <dt>{ot("total.orders", { n: one.orders })}</dt>
      <dd>
        {amountText(one.paid, one.currency)}
        {!isNothing(one.refunded) && (
          <small>{ot("total.refunded", { amount: amountText(one.refunded, one.currency) })}</small>
        )}
      </dd>
    </div>
  )
}

function Totals({ of }: { of: Panel }): JSX.Element | null {
  if (of.totals.length === 0) return null
  return (
    <div class="card">
      <dl>
        {of.totals.map((one) => (
          <TotalLine key={one.currency} one={one} />
        ))}
      </dl>
    </div>
  )
}

function Orders({ of }: { of: Panel }): JSX.Element {
  const list = orders.value
  const first = list.find(({ id }) => of.linked.has(id)) ?? list.find((one) => !isOver(one)) ?? list[0]
  if (list.length === 0) return <p class="muted">{ot("orders.none")}</p>
  return (
    <div class="o-orders">
      {list.map((one) => (
        <OrderView key={one.id} order={one} linked={of.linked.has(one.id)} open={one.id === first?.id} />
      ))}
      {moreOrders.value && (
        <button type="button" class="btn" onClick={() => void loadOlder()}>
          {ot("orders.older")}
        </button>
      )}
    </div>
  )
}

/** Numbers that the customer wrote, of orders that are not theirs as far as is
 * known: each leads to whose it is, and to linking it. */
function Named({ of }: { of: Panel }): JSX.Element | null {
  if (of.named.length === 0) return null
  return (
    <p class="o-do" role="note">
      {ot("named.one")}
      {of.named.map(({ id, number }) => (
        <button key={id} type="button" class="as-link" onClick={() => showOrder(number)}>
          {number}
        </button>
      ))}
    </p>
  )
}

function Failed(): JSX.Element {
  return (
    <p class="muted" role="alert">
      {ot("orders.failed")}{" "}
      <button type="button" class="as-link" onClick={() => void reloadPanel()}>
        {t("do.retry")}
      </button>
    </p>
  )
}

function Bought({ now }: { now: Panel | null }): JSX.Element {
  return (
    <section class="purchases" aria-label={ot("orders.title")} aria-busy={panelState.value === "loading"}>
      <div class="o-between">
        <h3>{ot("orders.title")}</h3>
        <button type="button" class="as-link" onClick={() => showOrder("")}>
          {ot("find.open")}
        </button>
      </div>
      {panelState.value === "failed" && <Failed />}
      {now && <Totals of={now} />}
      {now && <Orders of={now} />}
      {now && <Named of={now} />}
      <SamePeople />
      <p class="o-do">
        <button type="button" class="as-link" onClick={() => (dialog.value = "timeline")}>
          {ot("timeline.open")}
        </button>
        <button type="button" class="as-link" onClick={() => comparePeople(null)}>
          {ot("same.open")}
        </button>
      </p>
    </section>
  )
}

/** What is known of the customer, beside the conversation: what colleagues
 * wrote down, and what was bought. */
export function Purchases(): JSX.Element {
  const now = panel.value
  return (
    <>
      {now && <CustomerNotes key={now.customer} customer={now.customer} />}
      <Bought now={now} />
    </>
  )
}
