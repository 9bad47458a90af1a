import type { JSX } from "preact"
import type { Decision, RuleCondition, RuleVerdict } from "../../../../common/ui/wire"
import { listHref } from "../state/route"
import { dialog } from "../state/screen"
import { t, word } from "../state/text"
import { reason } from "../state/toasts"
import { decisions, whyError, whyOf } from "../state/trial"
import { fieldValue } from "./event-line"
import { DialogBox, When } from "./parts"

/** The text round what matched, with it marked. */
function Excerpt({ of }: { of: RuleCondition }): JSX.Element | null {
  const text = of.excerpt
  if (!text) return null
  const parts: (string | JSX.Element)[] = []
  let from = 0
  for (const [begin, end] of (of.marks ?? []) as [number, number][]) {
    if (begin < from || end <= begin) continue
    parts.push(text.slice(from, begin), <mark key={begin}>{text.slice(begin, end)}</mark>)
    from = end
  }
  parts.push(text.slice(from))
  return (
    <p class="why-text">
      {of.field && <span class="muted">{`${word("fact", of.field)}: `}</span>}
      {parts}
    </p>
  )
}

function Condition({ of }: { of: RuleCondition }): JSX.Element {
  return (
    <li>
      <span class={`verdict ${of.verdict}`}>{word("verdict", of.verdict)}</span>
      {of.source && <code>{of.negated ? `not ${of.source}` : of.source}</code>}
      <Excerpt of={of} />
    </li>
  )
}

function Rule({ of }: { of: RuleVerdict }): JSX.Element {
  return (
    <li>
      <p class="why-rule">
        <span class={`verdict ${of.verdict}`}>{word("verdict", of.verdict)}</span>
        <b>{of.rule}</b>
        <span class="muted">{t("why.line", { line: of.line })}</span>
        {of.why && <span class="muted">{word("verdict_why", of.why)}</span>}
      </p>
      {of.conditions.length > 0 && (
        <ul class="why-conditions">
          {of.conditions.map((one) => (
            <Condition key={`${one.line}:${one.column}:${one.field ?? ""}`} of={one} />
          ))}
        </ul>
      )}
    </li>
  )
}

function Done({ of }: { of: Decision }): JSX.Element | null {
  const by = (of.by ?? {}) as Record<string, string>
  const set = Object.entries((of.set ?? {}) as Record<string, unknown>)
  if (set.length === 0) return null
  return (
    <dl class="why-set">
      {set.map(([field, to]) => (
        <div key={field}>
          <dt>{word("field", field)}</dt>
          <dd>
            {fieldValue(field, to)}
            {by[field] && <span class="muted">{` · ${by[field]}`}</span>}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function One({ of }: { of: Decision }): JSX.Element {
  return (
    <section class="why-one">
      <p class="muted">
        <When at={of.at} />
        {" · "}
        <a href={listHref({ book: "log" })}>{t("book.version", { version: of.book })}</a>
        {of.tried !== undefined &&
          of.tried !== null &&
          ` · ${t("why.tried", { n: of.tried })}`}
      </p>
      <Done of={of} />
      <ul class="why-rules">
        {of.rules.map((one) => (
          <Rule key={one.rule} of={one} />
        ))}
      </ul>
      {of.stopped_by && <p class="muted">{t("why.stopped", { rule: of.stopped_by })}</p>}
      {!of.known && <p class="muted">{t("why.unknown")}</p>}
    </section>
  )
}

function Content(): JSX.Element {
  if (whyError.value !== null) return <p role="alert">{reason(whyError.value)}</p>
  const list = decisions.value
  if (list === null) return <p class="muted" aria-busy="true" />
  if (list.length === 0) return <p class="muted">{t("why.none")}</p>
  return (
    <>
      {list.map((one) => (
        <One key={one.event} of={one} />
      ))}
    </>
  )
}

/** Why an incident went where it did. */
export function WhyDialog(): JSX.Element | null {
  const about = whyOf.value
  if (about === null) return null
  const close = (): void => {
    dialog.value = null
    whyOf.value = null
  }
  return (
    <DialogBox wide title={t("why.title")} closeLabel={t("do.close")} close={close}>
      <Content />
      <label class="check">
        <input
          data-first
          type="checkbox"
          checked={about.all}
          onChange={(event) => (whyOf.value = { ...about, all: event.currentTarget.checked })}
        />
        {t("why.all")}
      </label>
    </DialogBox>
  )
}
