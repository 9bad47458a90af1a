import assert from "node:assert/strict"
import test from "node:test"
import { contrast, mix, on, parse, readable, type Rgb, write } from "../src/colour"
import { palette } from "../src/paint"

const all: Rgb[] = []
for (let r = 0; r <= 255; r += 51)
  for (let g = 0; g <= 255; g += 51) for (let b = 0; b <= 255; b += 51) all.push([r, g, b])

test("text on any colour reads", () => {
  for (const colour of all) assert.ok(contrast(on(colour), colour) >= 4.5, write(colour))
})

test("any brand gives a palette that reads, light and dark", () => {
  const texts = { light: "#1c1b18", dark: "#f1efea" }
  const grounds = { light: "#ffffff", dark: "#1d1c1a" }
  for (const colour of all)
    for (const theme of ["light", "dark"] as const) {
      const made = palette(colour, theme === "dark")
      const rgb = (name: string): Rgb => parse(made[name]) ?? [0, 0, 0]
      const soft = rgb("--accent-soft")
      const says = `${write(colour)} ${theme}`
      assert.ok(contrast(rgb("--on-brand"), rgb("--brand")) >= 4.5, says)
      assert.ok(contrast(rgb("--accent"), parse(grounds[theme])!) >= 4.5, says)
      assert.ok(contrast(rgb("--accent"), soft) >= 4.5, says)
      assert.ok(contrast(parse(texts[theme])!, soft) >= 7, says)
    }
})

test("colours are read strictly", () => {
  assert.deepEqual(parse("#0b6e63"), [11, 110, 99])
  assert.deepEqual(parse("#FFFFFF"), [255, 255, 255])
  for (const bad of ["", "#fff", "red", "#12345g", "#1234567", "x#123456", undefined, null])
    assert.equal(parse(bad), null)
  assert.equal(write(parse("#0a0b0c")!), "#0a0b0c")
})

test("a colour that reads stays as it is, another moves only so far", () => {
  const white: Rgb = [255, 255, 255]
  assert.deepEqual(readable([11, 110, 99], white, 4.5), [11, 110, 99])
  const yellow = readable([255, 220, 0], white, 4.5)
  assert.ok(contrast(yellow, white) >= 4.5)
  assert.ok(yellow[0] > yellow[2], "still yellow")
  assert.deepEqual(mix([0, 0, 0], white, 0.5), [128, 128, 128])
})
