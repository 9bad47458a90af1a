// Facts against what is expected of them, in the corpus's way.

/** Where is differs from want; undefined: nowhere. Arrays are of one length. */
export function differs(is, want, at) {
  if (want === null) return is === undefined ? undefined : `${at} is there: ${JSON.stringify(is)}`
  if (Array.isArray(want)) {
    if (!Array.isArray(is) || is.length !== want.length) return `${at}: ${JSON.stringify(is)}, wanted ${JSON.stringify(want)}`
    return want.map((one, i) => differs(is[i], one, `${at}[${i}]`)).find((x) => x)
  }
  if (typeof want === 'object') {
    if (typeof is !== 'object') return `${at}: ${JSON.stringify(is)}, wanted ${JSON.stringify(want)}`
    return Object.entries(want).map(([name, one]) => {
      if (name === 'text_prefix') return is.text?.startsWith(one) ? undefined : `${at}.text begins otherwise`
      return differs(is[name], one, `${at}.${name}`)
    }).find((x) => x)
  }
  return is === want ? undefined : `${at}: ${JSON.stringify(is)}, wanted ${JSON.stringify(want)}`
}
