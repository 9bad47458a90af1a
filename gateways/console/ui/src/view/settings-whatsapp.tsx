import type { JSX } from "preact"
import { numbers } from "../state/settings"
import { NumberNews } from "./number-news"
import { ConnectionList, settingOf } from "./settings-list"

/** The desk's numbers of WhatsApp: how they are, and for admins their settings. */
export function WhatsAppSettings(): JSX.Element {
  return (
    <ConnectionList
      words={{ error: "whatsapp.error", count: "whatsapp.count", add: "whatsapp.add" }}
      list={numbers.value}
      kind="whatsapp"
      about={(one) => settingOf(one, "display_number") || settingOf(one, "phone_number_id")}
      below={(one) => <NumberNews of={one} />}
    />
  )
}
