import type { JSX } from "preact"
import { signal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { linkState } from "../state/app"
import { sending } from "../state/sending"
import { t } from "../state/text"

/** A short break is not worth a word. */
const PATIENCE_MS = 1500
const late = signal(false)

/** Says that the connection is away, and that nothing is lost by it. */
export function Banner(): JSX.Element | null {
  const state = linkState.value
  const away = state === "lost" || state === "down" || state === "connecting"
  useEffect(() => {
    late.value = false
    if (!away) return
    const timer = setTimeout(() => (late.value = true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [away])
  if (!away || !late.value) return null
  const n = sending.value.length
  return (
    <p class="banner" role="status">
      <b>{t(state === "down" ? "link.down" : "link.lost")}</b>
      <span>{n > 0 ? t("link.outbox", { n }) : t("link.goes_on")}</span>
    </p>
  )
}
