import type { JSX } from "preact"
import { bytes } from "../../../../common/ui/duration"
import type { HookRow } from "../../../../common/ui/wire"
import { st } from "../state/settings-text"
import { language } from "../state/text"
import { When } from "./parts"

/** Deliveries of another server that could not be understood: each can be
 * tried once more. */
export function DeadHooks({ list, again }: { list: readonly HookRow[]; again(one: HookRow): void }): JSX.Element {
  return (
    <section>
      <h3>{st("whatsapp.dead")}</h3>
      <p class="muted">{st(list.length === 0 ? "whatsapp.no_dead" : "whatsapp.dead_lead")}</p>
      <ul class="number-list">
        {list.map((one) => (
          <li key={one.id}>
            <span class="number-main">
              <When at={one.received_at} /> · {bytes(one.bytes, language.value)}
              {one.why && <q>{one.why}</q>}
            </span>
            <button type="button" class="as-link" onClick={() => again(one)}>
              {st("whatsapp.replay")}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
