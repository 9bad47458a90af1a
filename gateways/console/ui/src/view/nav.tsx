import type { JSX } from "preact"
import { figure } from "../../../../common/ui/catalogue"
import { counts } from "../state/queue"
import { mayReport } from "../state/app"
import { listHref, reportHref, route, VIEWS, type View } from "../state/route"
import { language, t } from "../state/text"
import { Icon } from "./icons"

const count = (view: View): number | null => {
  const views = (counts.value?.views ?? {}) as Record<string, unknown>
  const n = views[view]
  return typeof n === "number" ? n : null
}

function Count({ n, hot }: { n: number | null; hot?: boolean }): JSX.Element | null {
  if (n === null) return null
  return <span class={hot ? "n hot" : "n"}>{figure(n, language.value)}</span>
}

/** Views, then queues. On a phone the first five are the bar below. */
export function Nav(): JSX.Element {
  const at = route.value
  const elsewhere = at.behind !== null || at.search !== null || at.book !== null || at.settings !== null || at.report !== null
  const plain = at.queue === null && at.customer === null && !elsewhere
  return (
    <nav aria-label={t("nav.label")}>
      <ul>
        {VIEWS.map((view) => (
          <li key={view} class={`nav-${view}`}>
            <a
              href={listHref({ view })}
              title={t(`view.${view}`)}
              aria-current={plain && at.view === view ? "page" : undefined}
            >
              <Icon name={view} />
              <span class="nav-text">{t(`view.${view}`)}</span>
              <Count
                n={count(view)}
                hot={view === "active" && (counts.value?.overdue ?? 0) > 0}
              />
            </a>
          </li>
        ))}
      </ul>
      <ul class="nav-book">
        {mayReport.value && (
          <li>
            <a
              href={reportHref()}
              title={t("report.title")}
              aria-current={at.report !== null ? "page" : undefined}
            >
              <Icon name="report" />
              <span class="nav-text">{t("report.title")}</span>
            </a>
          </li>
        )}
        <li>
          <a
            href={listHref({ book: "text" })}
            title={t("book.title")}
            aria-current={at.book !== null ? "page" : undefined}
          >
            <Icon name="saved" />
            <span class="nav-text">{t("book.title")}</span>
          </a>
        </li>
        <li>
          <a
            href={listHref({ settings: "own" })}
            title={t("settings.title")}
            aria-current={at.settings !== null ? "page" : undefined}
          >
            <Icon name="settings" />
            <span class="nav-text">{t("settings.title")}</span>
          </a>
        </li>
      </ul>
      <div class="nav-queues">
        <h2>{t("nav.queues")}</h2>
        <ul>
          {(counts.value?.queues ?? []).map((queue) => (
            <li key={queue.name}>
              <a
                href={listHref({ queue: queue.name })}
                aria-current={at.queue === queue.name ? "page" : undefined}
              >
                <span class="nav-text">{queue.title}</span>
                <Count n={queue.active} />
              </a>
            </li>
          ))}
        </ul>
      </div>
    </nav>
  )
}
