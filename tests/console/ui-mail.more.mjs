// What an agent sees of mails, and the settings, in a browser against
// ui-mock.mjs.
import assert from "node:assert/strict"
import { test } from "node:test"
import { DETAIL, RETURNED } from "./ui-mail.mjs"
import { missing, open } from "./ui-page.mjs"

const asked = (mock, method) => mock.state.requests.filter((one) => one.method === method).map((one) => one.params)

test("a mail that claims to belong to another incident says so, with a way there", { skip: missing }, async (t) => {
  const { page, problems } = await open(t, { kind: "mail", at: "/?incident=70" })
  const line = page.locator(".claims")
  assert.match(await line.innerText(), /Dice pertenecer a P-41; quien escribe no participa/)
  await line.getByRole("link", { name: "P-41" }).click()
  await page.locator(".ct h2", { hasText: "caja vacía" }).waitFor()
  await page.waitForURL((url) => url.searchParams.get("incident") === "41")
  await line.waitFor({ state: "detached" })
  assert.deepEqual(problems, [])
})

test("a forward is folded apart from what is quoted; nothing is lost", { skip: missing }, async (t) => {
  const { page, problems } = await open(t, { kind: "mail", at: `/?incident=${RETURNED}` })
  const first = page.locator(".m").first()
  assert.equal(await first.locator(".m-text").innerText(), "Mirad lo que me mandan.")
  await first.getByRole("button", { name: "Ver lo citado" }).click()
  assert.match(await first.locator(".m-text").innerText(), /Luz Prieto$/)
  const fold = first.getByRole("button", { name: "Reenviado de Transportes Rápidos: Entrega fallida" })
  assert.equal(await fold.getAttribute("aria-expanded"), "false")
  await fold.click()
  assert.match(await first.locator(".forward .m-text").innerText(), /^-+ Mensaje reenviado[^]*No había nadie en casa\.$/)
  assert.deepEqual(problems, [])
})

test("an answer that came back is seen, and an agent may say that the address works", { skip: missing }, async (t) => {
  const { page, mock, problems } = await open(t, { kind: "mail", at: `/?incident=${RETURNED}` })
  const answer = page.locator(".m.me")
  assert.match(await answer.locator(".sent").innerText(), /No se pudo entregar/)
  assert.match(await answer.locator(".returned").innerText(), /Volvió/)
  assert.ok((await answer.locator(".returned").innerText()).includes(DETAIL))
  const robot = page.locator(".m", { hasText: "Undelivered Mail" }).locator(".m-foot")
  assert.match(await robot.innerText(), /escrito por un programa: aviso de entrega · devolución de un correo nuestro/)
  assert.match(await page.locator(".m", { hasText: "¿Sabéis algo?" }).locator(".m-foot").innerText(), /cita un mensaje de esta incidencia/)

  const band = page.locator(".co .guard")
  assert.match(await band.innerText(), /luz@correo\.example volvió/)
  assert.match(await page.locator(".failed").innerText(), /El correo a esta dirección vuelve/)
  await page.locator("#tab-note").click()
  await band.waitFor({ state: "detached" })
  await page.locator("#tab-reply").click()
  await band.getByRole("button", { name: "Ya funciona" }).click()
  await band.waitFor({ state: "detached" })
  await page.locator(".failed").waitFor({ state: "detached" })
  assert.deepEqual(asked(mock, "identity.retry"), [{ id: RETURNED }])
  assert.deepEqual(problems, [])
})

test("the preview shows the mail with the signature, and markup of the text as text", { skip: missing }, async (t) => {
  const { page, mock, problems } = await open(t, { at: "/?settings=own" })
  await page.locator(".settings textarea").fill("*Laura*")
  await page.locator(".signature em", { hasText: "Laura" }).waitFor()
  await page.getByRole("button", { name: "Guardar la firma" }).click()
  await page.locator(".toast").waitFor()
  assert.deepEqual(asked(mock, "agent.prefer"), [{ signature: "*Laura*" }])

  await page.getByRole("link", { name: "Cola" }).first().click()
  await page.locator("[data-row='42']").click()
  await page.locator(".co textarea").fill("Hola, **Joan** <b>ya</b>\n[pulsa](javascript:alert(1))")
  assert.equal(await page.locator(".preview").count(), 0)
  await page.getByRole("button", { name: "Vista previa del correo" }).click()
  const preview = page.locator(".co .preview")
  await preview.locator("strong", { hasText: "Joan" }).waitFor()
  await preview.locator(".signature em", { hasText: "Laura" }).waitFor()
  assert.equal(await preview.locator("b, a").count(), 0)
  assert.match(await preview.innerText(), /<b>ya<\/b>/)
  await page.locator("#tab-note").click()
  await preview.waitFor({ state: "detached" })
  assert.deepEqual(problems, [])
})

test("a chat has no preview of a mail", { skip: missing }, async (t) => {
  const { page } = await open(t, { kind: "chat", at: "/?incident=60" })
  await page.locator(".co textarea").waitFor()
  assert.equal(await page.getByRole("button", { name: "Vista previa del correo" }).count(), 0)
})

test("an admin changes a mailbox; what the form does not know stays", { skip: missing }, async (t) => {
  const { page, mock, problems } = await open(t, { role: "admin", at: "/?settings=mail" })
  const line = page.locator(".plan", { hasText: "facturas" })
  assert.match(await line.innerText(), /No va bien[^]*log-in refused/)
  await page.locator(".plan", { hasText: "tienda" }).first().getByRole("button", { name: "Cambiar" }).click()
  const form = page.locator("dialog")
  assert.equal(await form.getByLabel("Texto de la confirmación").inputValue(), "plazo")
  await form.getByLabel("Servidor IMAP").fill("imap tienda")
  await form.getByRole("button", { name: "Guardar" }).click()
  await form.getByRole("alert").waitFor()
  const host = form.getByLabel("Servidor IMAP")
  await form.locator("[aria-invalid=true]").waitFor()
  assert.equal(await host.getAttribute("aria-invalid"), "true")
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-invalid") === "true")

  await host.fill("imap.tienda.example")
  await form.getByLabel("Qué se toma de lo que ya hay").selectOption("since")
  assert.equal(await form.getByRole("button", { name: "Guardar" }).getAttribute("aria-disabled"), "true")
  await form.getByLabel("Desde el día").fill("2026-01-31")
  await form.getByLabel("Confirmar a quien escribe").uncheck()
  await form.getByLabel("Citar el mensaje anterior").check()
  await form.getByLabel("Pedir avisos de entrega").uncheck()
  await form.getByLabel("Contraseña", { exact: true }).fill("nueva")
  await form.getByRole("button", { name: "Guardar" }).click()
  await form.waitFor({ state: "detached" })
  const last = asked(mock, "connection.update").at(-1)
  assert.deepEqual(last.secrets, { password: "nueva" })
  const { address, imap_host, poll_s, signature, ...others } = last.settings
  assert.deepEqual([address, imap_host, poll_s], ["ayuda@tienda.example", "imap.tienda.example", 30])
  assert.match(signature.es, /Tienda Robledo/)
  delete others.from_name
  delete others.smtp_host
  assert.deepEqual(others, { start: "since", start_since: "2026-01-31", quote_history: true, delivery_reports: false })
  assert.deepEqual(problems, [])
})

test("an admin adds a mailbox and tries it; a manager only looks", { skip: missing }, async (t) => {
  const { page, mock, problems } = await open(t, { role: "admin", at: "/?settings=mail" })
  await page.getByRole("button", { name: "Añadir buzón" }).click()
  const form = page.locator("dialog")
  await form.getByLabel("Nombre del buzón").fill("web")
  await form.getByLabel("Tipo").selectOption("pipe")
  assert.equal(await form.getByLabel("Servidor IMAP").count(), 0)
  await form.getByLabel("Dirección").fill("web@tienda.example")
  await form.getByLabel("Nombre que ven los clientes").fill("Web")
  await form.getByLabel("Carpeta de salida").fill("/srv/web")
  await form.getByRole("button", { name: "Guardar" }).click()
  await page.locator(".plan b", { hasText: /^web$/ }).waitFor()
  assert.deepEqual(asked(mock, "connection.add"), [
    { name: "web", kind: "pipe", settings: { address: "web@tienda.example", from_name: "Web", out: "/srv/web" }, secrets: {} },
  ])
  await page.locator(".plan", { hasText: "facturas" }).getByRole("button", { name: "Probar" }).click()
  await page.locator(".toast", { hasText: "log-in refused" }).waitFor()
  await page.locator(".plan", { hasText: "facturas" }).getByRole("button", { name: "Dejar de usar" }).click()
  await page.locator(".plan.off", { hasText: "facturas" }).waitFor()

  const manager = await open(t, { role: "manager", at: "/?settings=mail" })
  await manager.page.locator(".plan").first().waitFor()
  assert.equal(await manager.page.locator(".log-do").count(), 0)
  const agent = await open(t, { at: "/?settings=mail" })
  await agent.page.locator(".settings textarea").waitFor()
  assert.equal(await agent.page.getByRole("link", { name: "Buzones" }).count(), 0)
  assert.deepEqual([...problems, ...manager.problems, ...agent.problems], [])
})
