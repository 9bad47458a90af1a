import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { useComputed, useSignal } from "@preact/signals"
import type { Incident, Template } from "../../../../common/ui/wire"
import { draft } from "../state/drafts"
import { language, t } from "../state/text"
import {
  askedOf,
  bodyOf,
  findTemplates,
  headerOf,
  lackingOf,
  partsOf,
  type Asked,
  type Chosen,
} from "../state/templates"
import { reason } from "../state/toasts"
import { choose, leaveTemplate, loadTemplates, templateOf, templates, templatesError } from "../state/wa-do"
import { wt } from "../state/whatsapp-text"
import { MarkedText } from "./wa-text"

/** The way to write outside of the window: an approved template is looked for,
 * chosen, filled in, and seen as the customer will. */

const VALUE_MAX = 1024

interface PickerProps {
  incident: Incident
  all: readonly Template[]
}

function Choice({ one, at, chosen }: { one: Template; at: number; chosen: boolean }): JSX.Element {
  return (
    <li id={`template-${at}`} role="option" aria-selected={chosen} aria-disabled={!one.usable}>
      <b>{one.name.replaceAll("_", " ")}</b> <span class="tag">{one.language}</span>
      <span class="wa-body">{one.usable ? partsOf(one).body : wt("template.unusable")}</span>
    </li>
  )
}

/** Found by typing, chosen by arrows and Enter, or by a click. */
function Search({ incident, all }: PickerProps): JSX.Element {
  const field = useRef<HTMLInputElement>(null)
  const wanted = useSignal("")
  const at = useSignal(0)
  const list = useComputed(() => findTemplates(all, wanted.value, language.value))
  const pick = (one: Template | undefined): void => {
    if (one?.usable) choose(incident.id, one)
  }
  const onKey = (event: KeyboardEvent): void => {
    const last = list.value.length - 1
    if (event.key === "ArrowDown") at.value = Math.min(last, at.value + 1)
    else if (event.key === "ArrowUp") at.value = Math.max(0, at.value - 1)
    else if (event.key === "Enter") pick(list.value[at.value])
    else return
    event.preventDefault()
    event.stopPropagation()
    document.getElementById(`template-${at.value}`)?.scrollIntoView({ block: "nearest" })
  }
  return (
    <>
      <input
        ref={field}
        type="text"
        role="combobox"
        autocomplete="off"
        aria-expanded="true"
        aria-controls="template-list"
        aria-activedescendant={list.value.length > 0 ? `template-${at.value}` : undefined}
        aria-label={wt("template.search")}
        placeholder={wt("template.search")}
        value={wanted.value}
        onInput={(event) => {
          wanted.value = event.currentTarget.value
          at.value = 0
        }}
        onKeyDown={onKey}
      />
      <ul
        id="template-list"
        role="listbox"
        tabIndex={0}
        aria-label={wt("template.list")}
        onClick={(event) => {
          const row = event.target instanceof Element ? event.target.closest("li") : null
          if (row) pick(list.value[Number(row.id.slice("template-".length))])
        }}
      >
        {list.value.map((one, n) => (
          <Choice key={`${one.name}/${one.language}`} one={one} at={n} chosen={n === at.value} />
        ))}
      </ul>
      {list.value.length === 0 && (
        <p class="empty-line">{wt(all.length === 0 ? "template.nothing" : "template.none")}</p>
      )}
    </>
  )
}

interface GapProps {
  label: string
  value: string
  first?: boolean
  set(value: string): void
}

function Gap({ label, value, first, set }: GapProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="text"
        required
        autocomplete="off"
        maxLength={VALUE_MAX}
        {...(first ? { "data-first": true } : {})}
        value={value}
        onInput={(event) => set(event.currentTarget.value)}
      />
    </label>
  )
}

const labelOf = ({ of, name }: Asked): string => wt(of === "body" ? "template.gap" : "template.button_gap", { name })

/** What the customer will read. */
function Look({ one, chosen }: { one: Template; chosen: Chosen }): JSX.Element {
  const { footer, buttons } = partsOf(one)
  const header = headerOf(one, chosen)
  return (
    <div class="preview" role="region" aria-label={wt("template.preview")} tabIndex={0}>
      {header && (
        <p>
          <b>{header}</b>
        </p>
      )}
      <MarkedText text={bodyOf(one, chosen)} kind="whatsapp" />
      {footer && <p class="muted">{footer}</p>}
      {buttons.length > 0 && (
        <ul class="wa-chips">
          {buttons.map((title, n) => (
            <li key={n} class="tag">
              {title}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

function Fill({ incident, one, chosen }: { incident: Incident; one: Template; chosen: Chosen }): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => box.current?.querySelector<HTMLElement>("[data-first]")?.focus(), [one.name, one.language])
  const asked = askedOf(one)
  const put = (at: number, value: string): void => {
    const values = asked.map((_, n) => (n === at ? value : (chosen.values[n] ?? "")))
    choose(incident.id, one, { ...chosen, values })
  }
  return (
    <div class="wa-fill" ref={box}>
      <p class="wa-head">
        {one.name.replaceAll("_", " ")} <span class="tag">{one.language}</span>{" "}
        <button type="button" class="as-link" onClick={() => leaveTemplate(incident.id)}>
          {wt("template.other")}
        </button>
      </p>
      {one.header && (
        <Gap
          label={wt("template.header_gap")}
          first
          value={chosen.header}
          set={(header) => choose(incident.id, one, { ...chosen, header })}
        />
      )}
      {asked.map((gap, n) => (
        <Gap
          key={`${gap.of}${gap.name}`}
          label={labelOf(gap)}
          first={n === 0 && !one.header}
          value={chosen.values[n] ?? ""}
          set={(value) => put(n, value)}
        />
      ))}
      {lackingOf(one, chosen, draft.value.files.length) === "file" && (
        <p class="hint">{wt("template.file")}</p>
      )}
      <Look one={one} chosen={chosen} />
    </div>
  )
}

/** In place of the text, where nothing but a template may go. */
export function TemplatePicker({ incident }: { incident: Incident }): JSX.Element {
  const connection = incident.connection ?? ""
  const all = templates.value.get(connection)
  const chosen = draft.value.template?.chosen
  const one = chosen && templateOf(connection, chosen)
  useEffect(() => void loadTemplates(connection), [connection])
  return (
    <div class="wa-picker" role="group" aria-label={wt("template.choose")}>
      {!all && templatesError.value === null && <p class="empty-line">{wt("template.loading")}</p>}
      {!all && templatesError.value !== null && (
        <p class="empty-line" role="alert">
          {reason(templatesError.value)}{" "}
          <button type="button" class="as-link" onClick={() => void loadTemplates(connection)}>
            {t("do.retry")}
          </button>
        </p>
      )}
      {all && !one && <Search incident={incident} all={all} />}
      {one && chosen && <Fill incident={incident} one={one} chosen={chosen} />}
      {draft.value.reply.trim() !== "" && <p class="empty-line">{wt("template.kept")}</p>}
    </div>
  )
}
