import type { JSX } from "preact"
import { useSignal } from "@preact/signals"
import { bytes } from "../../../../common/ui/duration"
import type { Attachment, Message } from "../../../../common/ui/wire"
import { me } from "../state/app"
import { route } from "../state/route"
import type { Sending } from "../state/sending"
import { language, t, word } from "../state/text"
import { OtherWay } from "./fallback"
import { Icon } from "./icons"
import { Origin, Returned } from "./mail-notes"
import { Body, Text } from "./message-text"
import { When } from "./parts"
import { isEcho, pieceFor } from "./whatsapp-load"

interface FilesProps {
  message: number
  files: readonly Attachment[]
}

const NAMED: readonly string[] = ["audio", "image", "video"]

/** A file's name; of one without, what kind it is. */
function nameOf(file: Attachment): string {
  const [kind = ""] = file.content_type.split("/")
  return file.filename || (NAMED.includes(kind) ? word("file", kind) : t("message.no_name"))
}

function Files({ message, files }: FilesProps): JSX.Element | null {
  const shown = files.filter((file) => !file.inline)
  if (shown.length === 0) return null
  return (
    <ul class="files" aria-label={t("message.files")}>
      {shown.map((file) => (
        <li key={file.id}>
          <a
            class="file"
            href={`/attachment/${message}/${file.sha256}/${encodeURIComponent(file.filename || "file")}`}
            download={file.filename}
          >
            <Icon name="clip" />
            <span class="file-name">{nameOf(file)}</span>
            <span class="file-size">{bytes(file.size, language.value)}</span>
          </a>
        </li>
      ))}
    </ul>
  )
}

function DeliveryState({ message }: { message: Message }): JSX.Element | null {
  const delivery = message.delivery
  if (!delivery) return null
  const bad = delivery.state === "failed" || delivery.state === "unknown"
  // The server's answer was lost: it waits for another try.
  const again = delivery.state === "queued" && delivery.lost > 0
  return (
    <span class={bad ? "sent bad" : "sent"} title={delivery.detail || undefined}>
      {" · "}
      {bad ? <span aria-hidden="true">▲ </span> : null}
      {word("delivery", again ? "again" : delivery.state)}
    </span>
  )
}

function author(message: Message): string {
  // It joined the customer's incident, and is not theirs.
  if (message.matched === "bounce") return t("who.mail_server")
  if (message.direction === "in") return message.author.name || message.author.address || ""
  if (message.author.id && message.author.id === me.value?.id) return t("who.you")
  return message.author.name || "Postigo"
}

function kind(message: Message): string {
  if (message.direction === "note") return "m nt"
  return message.direction === "out" ? "m me" : "m"
}

/** One message of the conversation. */
export function MessageView({ message }: { message: Message }): JSX.Element | null {
  const html = useSignal(false)
  const piece = pieceFor(message)
  const note = message.direction === "note"
  // A note by the customer is what they added to a rating.
  const byCustomer = message.author.kind === "customer"
  if (piece?.isSilent(message)) return null
  return (
    <article
      class={message.number === route.value.at ? `${kind(message)} found` : kind(message)}
      data-number={message.number}
      aria-label={t("message.of", { who: author(message) })}
    >
      {html.value ? (
        <iframe
          class="html"
          src={`/html/${message.id}`}
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          referrerpolicy="no-referrer"
          title={t("message.html_title", { who: author(message) })}
        />
      ) : piece ? (
        <piece.Content message={message} who={author(message)} />
      ) : (
        <Body message={message} />
      )}
      <Files message={message.id} files={message.attachments} />
      <footer class="m-foot">
        <span>
          {note && !piece && `${t(byCustomer ? "message.comment" : "message.note")} · `}
          {author(message)}
          {message.author.kind === "bot" && !isEcho(message) && ` · ${t("message.automatic")}`}
          <Origin message={message} />
          {piece && <piece.Made message={message} />}
          {" · "}
          <When at={message.at} />
          {piece ? <piece.Ticks message={message} /> : <DeliveryState message={message} />}
        </span>
        {message.html_present && (
          <button
            type="button"
            class="as-link"
            aria-pressed={html.value}
            onClick={() => (html.value = !html.value)}
          >
            {t(html.value ? "message.as_text" : "message.as_html")}
          </button>
        )}
      </footer>
      {piece ? <piece.Under message={message} /> : <Returned message={message} />}
      <OtherWay message={message} />
      {message.warnings.map((code) => (
        <p key={code} class="warn">
          {word("warning", code)}
        </p>
      ))}
    </article>
  )
}

/** A message that the daemon does not have yet. */
export function SendingView({ sending }: { sending: Sending }): JSX.Element {
  return (
    <article
      class={sending.kind === "note" ? "m nt pending" : "m me pending"}
      aria-label={t("message.of", { who: t("who.you") })}
    >
      <Text text={sending.params.text} />
      <footer class="m-foot">
        <span>
          {t("who.you")} · {t("delivery.sending")}
        </span>
      </footer>
    </article>
  )
}
