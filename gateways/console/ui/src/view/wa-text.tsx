import type { JSX } from "preact"
import { readMarks, type Mark, type MarkKind } from "../state/marks"

function Part({ mark }: { mark: Mark }): JSX.Element | string {
  if (typeof mark === "string") return mark
  const inner = mark.children.map((one, n) => <Part key={n} mark={one} />)
  if (mark.tag !== "a" || mark.href === undefined) return <mark.tag>{inner}</mark.tag>
  return (
    <a href={mark.href} target="_blank" rel="noopener noreferrer">
      {inner}
    </a>
  )
}

/** A text with its marks, as its reader sees it. */
export function MarkedText({ text, kind }: { text: string; kind: MarkKind }): JSX.Element {
  return (
    <div class="m-text">
      {readMarks(text, kind).map((one, n) => (
        <Part key={n} mark={one} />
      ))}
    </div>
  )
}
