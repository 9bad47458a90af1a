// What the first load has stays one piece: every later one shares all of it.
import "../main"
import type { JSX } from "preact"
import { useEffect } from "preact/hooks"
import { applied, bookError, changed, checked, loadBook, mayEdit } from "../state/book"
import { BOOK_PAGES, listHref, route, type BookPage } from "../state/route"
import { dialog } from "../state/screen"
import { t } from "../state/text"
import { reason } from "../state/toasts"
import { ApplyDialog, BookLog, RollBackDialog } from "./book-log"
import { BookText } from "./book-text"
import { BookTrial } from "./book-trial"

const pages: Readonly<Record<BookPage, () => JSX.Element>> = {
  text: BookText,
  past: BookTrial,
  log: BookLog,
}

function State(): JSX.Element | null {
  const now = applied.value
  if (!now) return null
  return (
    <p class="book-state" role="status">
      {t("book.version", { version: now.version })}
      {changed.value && ` · ${t("book.changed")}`}
      {changed.value && checked.value === "wrong" && ` · ${t("book.wrong")}`}
    </p>
  )
}

function Content({ page }: { page: BookPage }): JSX.Element {
  if (bookError.value !== null && applied.value === null)
    return (
      <div class="empty" role="alert">
        <p class="empty-title">{t("book.error")}</p>
        <p>{reason(bookError.value)}</p>
        <button type="button" class="btn" onClick={() => void loadBook()}>
          {t("do.retry")}
        </button>
      </div>
    )
  if (applied.value === null) return <div class="book-wait" aria-busy="true" />
  const Page = pages[page]
  return <Page />
}

function Pages(): JSX.Element {
  const page = route.value.book ?? "text"
  useEffect(() => {
    document.title = `${t("book.title")} · Postigo`
  })
  const shown = BOOK_PAGES.filter((one) => one !== "past" || mayEdit.value)
  return (
    <section class="book" aria-labelledby="bh" id="conv">
      <div class="book-head">
        <h2 id="bh">{t("book.title")}</h2>
        <State />
        <ul class="book-pages">
          {shown.map((one) => (
            <li key={one}>
              <a href={listHref({ book: one })} aria-current={one === page ? "page" : undefined}>
                {t(`book.page_${one}`)}
              </a>
            </li>
          ))}
        </ul>
      </div>
      <Content page={page} />
    </section>
  )
}

/** The desk book: its text, what it would have done, its versions; and what
 * asks before one is put in force. */
export function Book(): JSX.Element {
  return (
    <>
      <main class="wrap">
        <h1 class="sr">{t("book.title")}</h1>
        <Pages />
      </main>
      {dialog.value === "apply" && <ApplyDialog />}
      {dialog.value === "rollback" && <RollBackDialog />}
    </>
  )
}
