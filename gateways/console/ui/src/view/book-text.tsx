import type { JSX } from "preact"
import { useRef } from "preact/hooks"
import { useComputed } from "@preact/signals"
import type { BookError } from "../../../../common/ui/wire"
import {
  bookText,
  changed,
  checked,
  difference,
  discardBook,
  errors,
  mayEdit,
  newer,
  rebaseBook,
  ruleCount,
  writeBook,
} from "../state/book"
import { inSpanish } from "../state/book-errors"
import { listHref } from "../state/route"
import { dialog } from "../state/screen"
import { language, t } from "../state/text"

/** The place of a line and column in a text. */
export function offsetOf(text: string, line: number, column: number): number {
  let at = 0
  for (let n = 1; n < line; n++) {
    const next = text.indexOf("\n", at)
    if (next < 0) return text.length
    at = next + 1
  }
  // Columns are counted in characters, places in UTF-16 units.
  for (const one of text.slice(at)) {
    if (column-- <= 1 || one === "\n") break
    at += one.length
  }
  return at
}

function goToPlace(field: HTMLTextAreaElement | null, error: BookError): void {
  if (!field) return
  const at = offsetOf(field.value, error.line, error.column)
  const end = field.value.indexOf("\n", at)
  field.focus()
  field.setSelectionRange(at, end < 0 ? field.value.length : end)
  const high = parseFloat(getComputedStyle(field).lineHeight)
  field.scrollTop = Math.max(0, (error.line - 4) * high)
}

interface ErrorsProps {
  show(error: BookError): void
}

/** What the daemon said, in the language of the page if it is known there. */
function Said({ text, class: name }: { text: string; class?: string }): JSX.Element {
  const other = language.value === "es" ? inSpanish(text) : undefined
  return (
    <span class={name} lang={other === undefined ? "en" : language.value}>
      {other ?? text}
    </span>
  )
}

function Errors({ show }: ErrorsProps): JSX.Element {
  return (
    <ul class="book-errors">
      {errors.value.map((one) => (
        <li key={`${one.line}:${one.column}:${one.text}`}>
          <button type="button" onClick={() => show(one)}>
            <span class="where">{t("book.where", { line: one.line, column: one.column })}</span>
            <Said text={one.text} />
            {one.hint && <Said text={one.hint} class="hint" />}
          </button>
        </li>
      ))}
    </ul>
  )
}

/** Lines of "+ rule", "- queue", "~ policy". */
export function Difference({ lines }: { lines: readonly string[] }): JSX.Element {
  if (lines.length === 0) return <p class="muted">{t("book.same")}</p>
  const kinds: Readonly<Record<string, string>> = { "+": "more", "-": "less", "~": "other" }
  return (
    <ul class="book-diff" lang="en">
      {lines.map((line) => (
        <li key={line} class={kinds[line.charAt(0)] ?? ""}>
          {line}
        </li>
      ))}
    </ul>
  )
}

function Findings({ show }: ErrorsProps): JSX.Element {
  if (!changed.value)
    return <p class="muted">{t(mayEdit.value ? "book.begin" : "book.read_only")}</p>
  if (checked.value === "wrong")
    return (
      <>
        <h3>{t("book.errors", { n: errors.value.length })}</h3>
        <Errors show={show} />
      </>
    )
  if (checked.value === "large") return <p role="alert">{t("book.large")}</p>
  if (checked.value === "unknown") return <p class="muted">{t("book.looking")}</p>
  return (
    <>
      <h3>{t("book.difference")}</h3>
      <p class="muted">{t("book.right", { n: ruleCount.value })}</p>
      {difference.value && <Difference lines={difference.value} />}
    </>
  )
}

function Newer(): JSX.Element | null {
  if (newer.value === null) return null
  return (
    <div class="guard" role="alert">
      <p>{t("book.newer", { version: newer.value })}</p>
      <div class="guard-do">
        <button type="button" class="btn" onClick={discardBook}>
          {t("book.take_theirs")}
        </button>
        <button type="button" class="btn" onClick={rebaseBook}>
          {t("book.keep_mine")}
        </button>
      </div>
    </div>
  )
}

function Deeds(): JSX.Element {
  const ready = changed.value && checked.value === "right" && newer.value === null
  return (
    <div class="book-do">
      <button type="button" class="btn quiet" disabled={!changed.value} onClick={discardBook}>
        {t("book.discard")}
      </button>
      <a class="btn" href={listHref({ book: "past" })}>
        {t("book.try")}
      </a>
      <button
        type="button"
        class="btn p"
        aria-disabled={!ready}
        onClick={() => {
          if (ready) dialog.value = "apply"
        }}
      >
        {t("book.apply")}
      </button>
    </div>
  )
}

/** The text with its lines numbered, and what is found in it. */
export function BookText(): JSX.Element {
  const field = useRef<HTMLTextAreaElement>(null)
  const gutter = useRef<HTMLDivElement>(null)
  const numbers = useComputed(() => {
    const n = bookText.value.split("\n").length
    return Array.from({ length: n }, (_, i) => i + 1).join("\n")
  })
  const follow = (): void => {
    if (gutter.current && field.current) gutter.current.scrollTop = field.current.scrollTop
  }
  return (
    <div class="book-text">
      <div class="book-edit">
        <div class="book-lines" aria-hidden="true" ref={gutter}>
          {numbers.value}
        </div>
        <textarea
          ref={field}
          aria-label={t("book.text")}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          wrap="off"
          readOnly={!mayEdit.value}
          value={bookText.value}
          onScroll={follow}
          onInput={(event) => writeBook(event.currentTarget.value)}
        />
      </div>
      <div class="book-side" aria-live="polite">
        <Newer />
        <div class="book-found">
          <Findings show={(one) => goToPlace(field.current, one)} />
        </div>
        {mayEdit.value && <Deeds />}
      </div>
    </div>
  )
}
