import type { JSX } from "preact"
import { signal, useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { myself } from "../state/app"
import type { Piece } from "../state/markdown"
import { t } from "../state/text"

/** The parser comes when somebody looks at the first preview. */
type Reader = (text: string) => Piece[]
const reader = signal<Reader | null>(null)

function Part({ piece }: { piece: Piece }): JSX.Element | string {
  if (typeof piece === "string") return piece
  const inner = piece.children.map((one, n) => <Part key={n} piece={one} />)
  if (piece.tag === "hr" || piece.tag === "br") return <piece.tag />
  if (piece.tag === "ol") return <ol start={piece.start ?? 1}>{inner}</ol>
  if (piece.tag !== "a" || piece.href === undefined) return <piece.tag>{inner}</piece.tag>
  return (
    <a href={piece.href} target="_blank" rel="noopener noreferrer">
      {inner}
    </a>
  )
}

interface PreviewProps {
  text: string
  /** The agent's own, when no other is said. */
  signature?: string
}

/** How the mail will look, with the agent's signature under it. */
export function Preview({ text, signature = myself.value?.signature ?? "" }: PreviewProps): JSX.Element {
  const failed = useSignal(false)
  useEffect(() => {
    if (reader.peek() !== null) return
    import("../state/markdown-piece").then(
      ({ readMarkdown }) => (reader.value = readMarkdown),
      () => (failed.value = true),
    )
  }, [])
  const read = reader.value
  return (
    <div class="preview" role="region" aria-label={t("preview.title")} tabIndex={0}>
      {failed.value && <p role="alert">{t("preview.not_loaded")}</p>}
      {read && text.trim() === "" && <p class="muted">{t("preview.nothing")}</p>}
      {read?.(text).map((one, n) => <Part key={n} piece={one} />)}
      {read && signature.trim() !== "" && (
        <div class="signature">
          --
          <br />
          {read(signature).map((one, n) => (
            <Part key={n} piece={one} />
          ))}
        </div>
      )}
    </div>
  )
}
