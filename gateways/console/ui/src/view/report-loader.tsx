import type { JSX } from "preact"
import { useEffect } from "preact/hooks"
import { useSignal } from "@preact/signals"
import { t } from "../state/text"

/** What the reports are made of comes when somebody opens them. */
let loaded: (() => JSX.Element) | null = null

/** The reports, or what stands there while they come. */
export function ReportLoader(): JSX.Element {
  const page = useSignal(loaded)
  const failed = useSignal(false)
  const load = (): void => {
    failed.value = false
    import("./report").then(
      ({ Reports }) => {
        loaded = Reports
        page.value = Reports
      },
      () => (failed.value = true),
    )
  }
  useEffect(() => {
    if (page.peek() === null) load()
  }, [])
  const Page = page.value
  if (Page) return <Page />
  return (
    <main class="report" id="conv">
      <h1 class="sr">{t("report.title")}</h1>
      {failed.value ? (
        <div class="empty" role="alert">
          <p class="empty-title">{t("report.not_loaded")}</p>
          <button type="button" class="btn" onClick={load}>
            {t("do.retry")}
          </button>
        </div>
      ) : (
        <div class="book-wait" aria-busy="true" />
      )}
    </main>
  )
}
