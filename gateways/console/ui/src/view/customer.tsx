import type { JSX } from "preact"
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { date } from "../../../../common/ui/duration"
import type { Identity, Incident } from "../../../../common/ui/wire"
import { addressShown, isOfWhatsApp } from "../state/identity"
import { now } from "../state/now"
import { href, listHref } from "../state/route"
import { panelOpen } from "../state/screen"
import { talk } from "../state/talk"
import { language, t, word } from "../state/text"
import { Icon } from "./icons"
import { IdentityAdd } from "./identity-add"
import { FailedFlag } from "./mail-notes"
import { Avatar } from "./parts"
import { customerName } from "./row"
import { shopPiece } from "./shop-load"
import { whatsappPiece } from "./whatsapp-load"

const EARLIER_FEW = 6

function IdentityLine({ one }: { one: Identity }): JSX.Element {
  const ours = isOfWhatsApp(one)
  const piece = ours ? whatsappPiece() : null
  return (
    <li>
      <Icon name={ours ? "whatsapp" : one.kind} />
      <span class="id-value">{addressShown(one)}</span>
      <span class={one.verified ? "verified" : "unverified"}>
        {one.verified && <Icon name="check" />}
        {t(one.verified ? "customer.verified" : "customer.unverified")}
      </span>
      <FailedFlag one={one} />
      {piece && one.kind === "whatsapp" && <piece.ConsentFlag one={one} />}
      {!piece && one.consent === "out" && <span class="failed">{t("customer.consent_out")}</span>}
    </li>
  )
}

function Earlier({ list }: { list: readonly Incident[] }): JSX.Element {
  const all = useSignal(false)
  const shown = all.value ? list : list.slice(0, EARLIER_FEW)
  return (
    <>
      <h3>{t("customer.earlier")}</h3>
      {list.length === 0 ? (
        <p class="muted">{t("customer.first_time")}</p>
      ) : (
        <div class="card">
          <ul class="tl">
            {shown.map((one) => (
              <li key={one.id}>
                <a href={href({ incident: one.id })}>
                  {one.subject || t("row.no_subject")}
                </a>
                <span>
                  {word("state", one.state)} ·{" "}
                  {date(Date.parse(one.created_at), now.value, language.value)}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {list.length > EARLIER_FEW && !all.value && (
        <button type="button" class="as-link" onClick={() => (all.value = true)}>
          {t("customer.more", { n: list.length - EARLIER_FEW })}
        </button>
      )}
    </>
  )
}

function About({ incident }: { incident: Incident }): JSX.Element {
  const rows: [string, string][] = [
    [t("details.reason"), word("reason", incident.reason)],
    [t("details.priority"), word("priority", incident.priority)],
    [t("details.queue"), incident.queue_title],
    [
      t("details.since"),
      date(Date.parse(incident.created_at), now.value, language.value),
    ],
  ]
  return (
    <>
      <h3>{t("customer.this")}</h3>
      <div class="card">
        <dl>
          {rows
            .filter(([, value]) => value)
            .map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
        </dl>
        {incident.tags.length > 0 && (
          <ul class="tags" aria-label={t("details.tags")}>
            {incident.tags.map((tag) => (
              <li key={tag} class="tag">
                {tag}
              </li>
            ))}
          </ul>
        )}
      </div>
    </>
  )
}

/** Who writes, and what they wrote before. */
export function CustomerPanel(): JSX.Element | null {
  const detail = talk.value
  useEffect(() => {
    panelOpen.value = false
  }, [detail?.incident.id])
  if (!detail) return null
  const { customer } = detail.incident
  const shop = shopPiece()
  const others = detail.earlier.filter((one) => one.id !== detail.incident.id)
  return (
    <aside class={panelOpen.value ? "open" : ""} aria-label={t("customer.title")}>
      <div class="who-card">
        <Avatar name={customerName(detail.incident)} />
        <h2>{customerName(detail.incident)}</h2>
        <button
          type="button"
          class="btn quiet square panel-close"
          aria-label={t("do.close")}
          onClick={() => (panelOpen.value = false)}
        >
          <Icon name="close" />
        </button>
      </div>
      <ul class="ids" aria-label={t("customer.identities")}>
        {customer.identities.map((one) => (
          <IdentityLine key={one.id} one={one} />
        ))}
      </ul>
      <IdentityAdd key={customer.id} customer={customer.id} />
      {shop && <shop.Purchases />}
      <About incident={detail.incident} />
      <Earlier list={others} />
      <p class="panel-foot">
        <a href={listHref({ customer: customer.id, view: "all", incident: detail.incident.id })}>
          {t("customer.all")}
        </a>
      </p>
    </aside>
  )
}
