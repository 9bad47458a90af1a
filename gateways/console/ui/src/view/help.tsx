import type { JSX } from "preact"
import { dialog, keysOn, setKeysOn } from "../state/screen"
import { t, type Key as Text } from "../state/text"
import { DialogBox } from "./parts"

const KEYS: readonly (readonly [readonly string[], Text])[] = [
  [["j", "k"], "key.move"],
  [["Enter", "o"], "key.open"],
  [["Esc"], "key.close"],
  [["r"], "do.reply"],
  [["n"], "do.note"],
  [["Ctrl ↵"], "composer.send"],
  [["/"], "key.saved"],
  [["e"], "do.resolve"],
  [["a"], "assign.title"],
  [["i"], "assign.me"],
  [["c"], "new.title"],
  [["z"], "do.undo"],
  [["."], "key.take"],
  [["g q", "g m"], "key.go"],
  [["g r"], "report.title"],
  [["/"], "search.title"],
  [["Ctrl K"], "key.palette"],
  [["?"], "key.help"],
]

/** Every key, and the switch that turns single keys off. */
export function Help(): JSX.Element {
  return (
    <DialogBox
      title={t("help.title")}
      closeLabel={t("do.close")}
      close={() => (dialog.value = null)}
    >
      <dl class="keys">
        {KEYS.map(([keys, text]) => (
          <div key={text}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={keysOn.value}
          onChange={(event) => setKeysOn(event.currentTarget.checked)}
        />
        {t("help.single")}
      </label>
    </DialogBox>
  )
}
