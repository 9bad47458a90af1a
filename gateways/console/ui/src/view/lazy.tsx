import type { JSX } from "preact"
import { useEffect } from "preact/hooks"
import { useSignal } from "@preact/signals"
import { t, type Key } from "../state/text"

type Page = () => JSX.Element

/** A page whose program comes when somebody opens it, and what stands there
 * while it comes or when it does not. */
export function lazily(load: () => Promise<Page>, title: Key, problem: Key): Page {
  let loaded: Page | null = null
  return function Lazy() {
    // A component in a signal's value is not called by it: it stands in a box.
    const page = useSignal<{ view: Page } | null>(loaded && { view: loaded })
    const failed = useSignal(false)
    const fetch = (): void => {
      failed.value = false
      load().then(
        (view) => {
          loaded = view
          page.value = { view }
        },
        () => (failed.value = true),
      )
    }
    useEffect(() => {
      if (page.peek() === null) fetch()
    }, [])
    const View = page.value?.view
    if (View) return <View />
    return (
      <main class="report" id="conv">
        <h1 class="sr">{t(title)}</h1>
        {failed.value ? (
          <div class="empty" role="alert">
            <p class="empty-title">{t(problem)}</p>
            <button type="button" class="btn" onClick={fetch}>
              {t("do.retry")}
            </button>
          </div>
        ) : (
          <div class="book-wait" aria-busy="true" />
        )}
      </main>
    )
  }
}

/** The desk book. */
export const BookPages = lazily(
  () => import("./book").then(({ Book }) => Book),
  "book.title",
  "book.error",
)

/** The reports. */
export const ReportPages = lazily(
  () => import("./report").then(({ Reports }) => Reports),
  "report.title",
  "report.not_loaded",
)

/** The settings. */
export const SettingsPages = lazily(
  () => import("./settings").then(({ Settings }) => Settings),
  "settings.title",
  "settings.not_loaded",
)
