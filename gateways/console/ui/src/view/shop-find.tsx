import type { JSX } from "preact"
import { useEffect } from "preact/hooks"
import { useSignal } from "@preact/signals"
import { listHref } from "../state/route"
import { dialog } from "../state/screen"
import { findOrders, orderAsked, panel } from "../state/shop"
import type { Order } from "../state/shop-shape"
import { ot } from "../state/shop-text"
import { talk } from "../state/talk"
import { t } from "../state/text"
import { reason } from "../state/toasts"
import { DialogBox } from "./parts"
import { OrderView } from "./shop-order"

const FIND_AFTER_MS = 200
const LEAST = 2

function Found({ one, alone }: { one: Order; alone: boolean }): JSX.Element {
  const linked = panel.value?.linked.has(one.id) ?? false
  return (
    <li>
      <p class="o-between">
        <b>{one.buyer || ot("find.no_buyer")}</b>
        {one.customer > 0 && (
          <a
            href={listHref({ customer: one.customer, view: "all" })}
            onClick={() => {
              dialog.value = null
            }}
          >
            {ot("find.customer")}
          </a>
        )}
      </p>
      <OrderView order={one} linked={linked} open={alone} doing={talk.value !== null} />
    </li>
  )
}

/** Looks for an order by what a customer may quote. */
export function OrderDialog(): JSX.Element {
  const text = useSignal(orderAsked.peek())
  const found = useSignal<readonly Order[] | null>(null)
  const problem = useSignal("")
  const asked = text.value.trim()
  useEffect(() => {
    problem.value = ""
    if (asked.length < LEAST) {
      found.value = null
      return
    }
    const timer = setTimeout(() => {
      findOrders(asked).then(
        (list) => (found.value = list),
        (error: unknown) => (problem.value = reason(error)),
      )
    }, FIND_AFTER_MS)
    return () => clearTimeout(timer)
  }, [asked])
  const list = found.value
  return (
    <DialogBox wide title={ot("find.title")} closeLabel={t("do.close")} close={() => (dialog.value = null)}>
      <div class="form">
        <label class="field">
          <span>{ot("find.by")}</span>
          <input
            data-first=""
            type="search"
            autocomplete="off"
            spellcheck={false}
            maxLength={200}
            value={text.value}
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
        </label>
        <p role="status" class="muted">
          {list !== null && ot("find.count", { n: list.length })}
        </p>
        {problem.value && (
          <p class="form-error" role="alert">
            {problem.value}
          </p>
        )}
        {list !== null && list.length > 0 && (
          <ul class="o-found" aria-label={ot("find.found")}>
            {list.map((one) => (
              <Found key={one.id} one={one} alone={list.length === 1} />
            ))}
          </ul>
        )}
      </div>
    </DialogBox>
  )
}
