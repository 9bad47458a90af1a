import type { JSX } from "preact"
import type { Connection } from "../../../../common/ui/wire"
import { connections, mailboxes } from "../state/settings"
import { st, sword } from "../state/settings-text"
import { When } from "./parts"
import { ConnectionList, settingOf } from "./settings-list"

/** What was taken from each folder, and what was left there. */
function Taken({ one }: { one: Connection }): JSX.Element {
  const of = mailboxes.value.filter((box) => box.connection === one.name)
  return (
    <>
      {of.map((box) => (
        <p key={box.folder} class="muted">
          {st("mail.taken", { folder: box.folder, n: box.stored })}
          {box.refused > 0 && (
            <b class="left">
              {" · "}
              {st("mail.refused", { n: box.refused })}
            </b>
          )}
          {box.seen_at && (
            <>
              {" · "}
              {st("mail.seen")} <When at={box.seen_at} />
            </>
          )}
        </p>
      ))}
    </>
  )
}

/** The desk's mailboxes: how they are, and for admins their settings. */
export function MailSettings(): JSX.Element {
  return (
    <ConnectionList
      words={{ error: "mail.error", count: "mail.count", add: "mail.add" }}
      list={connections.value}
      kind="mailbox"
      about={(one) => `${sword("kind", one.kind)} · ${settingOf(one, "address")}`}
      above={(one) => <Taken one={one} />}
    />
  )
}
