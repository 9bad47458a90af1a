import type { JSX } from "preact"
import type { AccountEvent, Connection, Template } from "../../../../common/ui/wire"
import { loadNumber, numberNews, replay, syncTemplates } from "../state/numbers"
import { mayChange } from "../state/settings"
import { st, sword } from "../state/settings-text"
import { explain } from "../state/whatsapp-text"
import { DeadHooks } from "./dead-hooks"
import { When } from "./parts"

/** Under a number: its templates, what WhatsApp said of the account, and
 * deliveries that could not be understood. */

function TemplateLine({ one }: { one: Template }): JSX.Element {
  return (
    <li>
      <span class="number-main">
        <b>{one.name}</b> <span class="tag">{one.language}</span>
      </span>
      <span class={one.status.toUpperCase() === "APPROVED" ? "muted" : "left"}>
        {`${sword("category", one.category.toLowerCase())} · ${sword("approval", one.status.toLowerCase())}`}
      </span>
    </li>
  )
}

function Templates({ of, list }: { of: Connection; list: readonly Template[] }): JSX.Element {
  const [first] = list
  return (
    <section>
      <div class="number-head">
        <h3>{st("whatsapp.templates")}</h3>
        {mayChange.value && (
          <button type="button" class="as-link" onClick={() => void syncTemplates(of)}>
            {st("whatsapp.sync")}
          </button>
        )}
        {first && (
          <span class="muted">
            {st("whatsapp.seen")} <When at={first.synced_at} />
          </span>
        )}
      </div>
      {list.length === 0 && <p class="muted">{st("whatsapp.no_templates")}</p>}
      <ul class="number-list">
        {list.map((one) => (
          <TemplateLine key={`${one.name}/${one.language}`} one={one} />
        ))}
      </ul>
    </section>
  )
}

/** What a code says: one of Graph's errors, one of ours, or Meta's own word. */
const codeOf = ({ code }: AccountEvent): string =>
  /^\d+$/.test(code) ? explain(Number(code)).what : sword("account_code", code)

function EventRow({ one }: { one: AccountEvent }): JSX.Element {
  const code = codeOf(one)
  return (
    <li>
      <span class="number-main">
        {one.severity !== "info" && <span aria-hidden="true">▲ </span>}
        <b class={one.severity === "info" ? undefined : "left"}>{sword("account", one.field)}</b>
        {code && `: ${code}`}
        {one.detail && <q>{one.detail}</q>}
      </span>
      <When at={one.at} />
    </li>
  )
}

function Events({ list }: { list: readonly AccountEvent[] }): JSX.Element {
  return (
    <section>
      <h3>{st("whatsapp.events")}</h3>
      {list.length === 0 && <p class="muted">{st("whatsapp.no_events")}</p>}
      <ul class="number-list">
        {list.map((one) => (
          <EventRow key={one.id} one={one} />
        ))}
      </ul>
    </section>
  )
}

export function NumberNews({ of }: { of: Connection }): JSX.Element {
  const news = numberNews.value.get(of.name)
  return (
    <details
      class="number-news"
      onToggle={(event) => {
        if (event.currentTarget.open) void loadNumber(of)
      }}
    >
      <summary>{st("whatsapp.more")}</summary>
      {news && <Templates of={of} list={news.templates} />}
      {news && <Events list={news.events} />}
      {news?.dead && <DeadHooks list={news.dead} again={(hook) => void replay(of, hook)} />}
    </details>
  )
}
