import type { JSX } from "preact"
import { t } from "../state/text"

const MOST = 5

/** A rating, drawn and said. */
export function Stars({ score }: { score: number }): JSX.Element {
  return (
    <span class="stars">
      <span aria-hidden="true">
        {"★".repeat(score)}
        <i>{"★".repeat(Math.max(0, MOST - score))}</i>
      </span>
      <span class="sr">{t("visitor.score", { n: score })}</span>
    </span>
  )
}
