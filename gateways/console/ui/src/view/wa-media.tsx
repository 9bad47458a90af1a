import type { JSX } from "preact"
import { useSignal } from "@preact/signals"
import type { Attachment, Message, MessageMedia } from "../../../../common/ui/wire"
import { t } from "../state/text"
import { isPicture, isSound, isVideo, kindOf } from "../state/whatsapp"
import { wt, wword } from "../state/whatsapp-text"
import { DialogBox } from "./parts"

/** Files of a message that are seen or heard where they stand. They come from
 * our own path, which never says that they are pages or programs. */

interface FileProps {
  file: Attachment
  address: string
  who: string
}

function Picture({ file, address, who }: FileProps): JSX.Element {
  const big = useSignal(false)
  const name = file.filename || t("message.no_name")
  return (
    <>
      <button
        type="button"
        class="wa-picture"
        aria-label={wt("image.big", { name })}
        onClick={() => (big.value = true)}
      >
        <img src={address} alt={wt("image.alt", { who })} loading="lazy" />
      </button>
      {big.value && (
        <DialogBox wide title={name} closeLabel={t("do.close")} close={() => (big.value = false)}>
          <img class="wa-big" src={address} alt={wt("image.alt", { who })} />
        </DialogBox>
      )}
    </>
  )
}

function Played({ file, address, who, voice }: FileProps & { voice: boolean }): JSX.Element | null {
  const type = file.content_type
  if (isSound(type))
    return (
      <div class="wa-sound">
        {voice && <span>{wt("voice.note")}</span>}
        <audio controls preload="metadata" src={address} aria-label={wt("voice.play", { who })} />
      </div>
    )
  if (isVideo(type))
    return <video class="wa-video" controls preload="metadata" src={address} aria-label={wt("video.play", { who })} />
  return isPicture(type) ? <Picture file={file} address={address} who={who} /> : null
}

/** A file that is not here: it comes, or will not. */
function Missing({ one }: { one: MessageMedia }): JSX.Element | null {
  if (one.state === "pending")
    return (
      <p class="wa-wait" role="status">
        {wt("media.pending")} {one.filename && <span class="wa-at">{one.filename}</span>}
      </p>
    )
  if (one.state === "gone") return <p class="warn">{wword("media", `gone_${one.why}`, wt("media.gone"))}</p>
  return one.why === "hash_differs" ? <p class="warn">{wt("media.hash_differs")}</p> : null
}

export const addressOf = (message: number, file: Attachment): string =>
  `/attachment/${message}/${file.sha256}/${encodeURIComponent(file.filename || "file")}`

export function Media({ message, who }: { message: Message; who: string }): JSX.Element {
  const voice = kindOf(message) === "voice"
  return (
    <>
      {message.attachments
        .filter((file) => !file.inline)
        .map((file) => (
          <Played key={file.id} file={file} address={addressOf(message.id, file)} who={who} voice={voice} />
        ))}
      {(message.media ?? []).map((one) => (
        <Missing key={one.position} one={one} />
      ))}
    </>
  )
}
