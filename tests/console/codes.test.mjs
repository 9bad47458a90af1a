// Every code that a person may see has words in both languages: the codes are
// taken from the sources that send them.
import assert from "node:assert/strict"
import fs from "node:fs"
import path from "node:path"
import { test } from "node:test"

const root = process.env.POSTIGO_SRCDIR
const read = (file) => fs.readFileSync(path.join(root, file), "utf8")
const sources = (folder) =>
  fs.readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((one) => one.isFile() && one.name.endsWith(".c"))
    .map((one) => read(path.join(folder, one.name)))
    .join("\n")

const words = (language) =>
  new Set([...read(`gateways/console/ui/src/words-${language}.ts`).matchAll(/^ {2}"([\w.]+)":/gm)].map((found) => found[1]))
const catalogues = { es: words("es"), en: words("en") }

function spoken(group, codes) {
  for (const [language, keys] of Object.entries(catalogues))
    assert.deepEqual(codes.filter((code) => !keys.has(`${group}.${code}`)), [], `${group}, ${language}`)
}

const all = (text, pattern) => [...new Set([...text.matchAll(pattern)].map((found) => found[1]))].sort()

test("warnings of a message", () => {
  const text = sources("gateways/mail") + sources("daemon")
  const codes = [
    ...all(text, /\b\w*warn\w*\([^;"]*"([a-z0-9_]+)"/g),
    ...all(text, /"warnings"[^;]*?json_(?:pack\("\[s\]", |string\()"([a-z0-9_]+)"/g),
  ]
  for (const known of ["unparsed", "text_cut", "too_deep", "other_sender", "no_from"])
    assert.ok(codes.includes(known), `${known} was not found in the sources`)
  spoken("warning", codes)
})

/** The codes that a member's description lists after its colon. */
function listed(member) {
  const line = new RegExp(`^field ${member} string\\?? .*?: ([a-z0-9_, ]+)`, "m").exec(read("schema/wire/methods.tbl"))
  assert.ok(line, `no codes of ${member}`)
  return line[1].split(",").map((code) => code.trim()).filter(Boolean)
}

test("how a message found its incident", () => {
  const codes = listed("matched")
  assert.ok(codes.length > 4)
  spoken("matched", codes)
})

/** Words of the reports' mails: "name" to text. */
function mailed(language) {
  const unquote = (text) => [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((found) => found[1]).join("").replace(/\\"/g, '"')
  const rows = read(`daemon/report_text_${language}.c`).matchAll(/\{\s*"([\w.]+)",\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\}/g)
  return new Map([...rows].map((found) => [found[1], unquote(found[2])]))
}

/** All sentences of the console: "group.name" to text. */
function shown(language) {
  const files = ["reports", "words", "text"].map((name) => read(`gateways/console/ui/src/${name}-${language}.ts`)).join("\n")
  const rows = files.matchAll(/^ {2}"([\w.]+)":\s*"((?:[^"\\]|\\.)*)"/gm)
  return new Map([...rows].map((found) => [found[1], found[2].replace(/\\"/g, '"')]))
}

for (const language of ["es", "en"])
  test(`a report says the same by mail and on the screen, ${language}`, () => {
    const mail = mailed(language)
    const screen = shown(language)
    const named = (name) => [name, name.replace(/^define\./, "definition."), ...["cause", "channel", "clock"].map((group) => name.replace(/^key\./, `${group}.`))].find((one) => screen.has(one))
    const both = [...mail.keys()].filter(named)
    assert.ok(both.length > 110, `${both.length} words are in both`)
    assert.deepEqual(both.filter((name) => mail.get(name) !== screen.get(named(name))), [])
  })

test("why a program is thought to have written a message", () => {
  const named = /^param automatic string\? max=\d+ .*?: ([a-z0-9_, ]+)/m.exec(read("schema/wire/methods.tbl"))
  assert.ok(named)
  const codes = named[1].split(",").map((code) => code.trim()).filter(Boolean)
  assert.ok(codes.length > 5)
  const used = all(sources("gateways/mail"), /\bhint_robot\([^;"]*"([a-z0-9_]+)"/g)
  assert.ok(used.includes("absence"))
  spoken("robot", [...codes, ...used, "own_loop"])
})

test("what a report says of a mail of ours", () => {
  const event = /^event delivery\.bounced\n(?:field .*\n)*?field kind string {2}(.*)$/m.exec(read("schema/wire/events.tbl"))
  assert.ok(event)
  spoken("bounced", event[1].replace(/\([^)]*\)/g, "").split(",").map((code) => code.trim()))
})

test("every setting of a mailbox is a field of its form, or left to the command line on purpose", () => {
  const elsewhere = ["ca_file", "poll_s", "oauth_token_command", "oauth_token_file"]
  const fields = read("gateways/console/ui/src/state/mailbox-fields.ts")
  const kinds = read("daemon/kinds.c")
  for (const kind of ["maildir", "pipe", "mailbox"]) {
    const entry = new RegExp(`\\.name = "${kind}",[^]*?(?=\\{ \\.name = |\\n\\};)`).exec(kinds)?.[0] ?? ""
    const settings = all(entry, /\{\s*"([a-z_]+)",\s*FORM_/g)
    assert.ok(settings.includes("address"), kind)
    assert.deepEqual(settings.filter((one) => !elsewhere.includes(one) && !new RegExp(`"${one}(\\.es)?"`).test(fields)), [], kind)
  }
})
