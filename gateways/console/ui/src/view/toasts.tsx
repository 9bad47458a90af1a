import type { JSX } from "preact"
import { t } from "../state/text"
import { dismiss, keepToast, spoken, toasts } from "../state/toasts"
import { Icon } from "./icons"
import { Key } from "./parts"

/** What was done with its way back, and what failed behind the scenes. */
export function Toasts(): JSX.Element {
  return (
    <>
      <div class="toasts" role="status">
        {toasts.value.map((toast) => (
          <div
            key={toast.id}
            class={toast.bad ? "toast bad" : "toast"}
            onPointerEnter={() => keepToast(toast.id, true)}
            onPointerLeave={() => keepToast(toast.id, false)}
          >
            <span>{toast.text}</span>
            {toast.undo && (
              <button
                type="button"
                class="toast-do"
                onClick={() => {
                  toast.undo?.()
                  dismiss(toast.id)
                }}
              >
                {t("do.undo")} <Key>z</Key>
              </button>
            )}
            <button
              type="button"
              class="toast-x"
              aria-label={t("do.close")}
              onClick={() => dismiss(toast.id)}
            >
              <Icon name="close" />
            </button>
          </div>
        ))}
      </div>
      <p class="sr" aria-live="polite">
        {spoken.value}
      </p>
    </>
  )
}
