// Every state on a desk and on a phone, and some in the other scheme and language.
process.env.LOOKS = "most"
await import("./ui-looks.test.mjs")
