/** Why WhatsApp refused a message, and what whoever wrote it can do. Codes are
 * Graph's; several say the same to an agent. */

/** What an agent can do about it. */
export type Way =
  | "admin"
  | "again"
  | "ask"
  | "document"
  | "mail"
  | "none"
  | "other_template"
  | "template"
  | "tomorrow"
  | "verify"
  | "wait"

export interface Refusal {
  /** Of the catalogue: `graph.WHAT`. */
  what: string
  way: Way
}

const REFUSALS: Readonly<Record<string, readonly [Way, ...number[]]>> = {
  token: ["admin", 0, 190],
  permission: ["admin", 3, 10, 131005],
  trouble: ["again", 1, 131000],
  service: ["again", 2, 131016, 131057, 133004, 2494100],
  calls: ["wait", 4, 80007],
  number_gone: ["admin", 33],
  request: ["admin", 100, 131008, 131009, 131051, 135000],
  locked: ["admin", 368, 131031],
  throughput: ["wait", 130429],
  experiment: ["mail", 130472],
  country: ["mail", 130497],
  self: ["none", 131021],
  undeliverable: ["mail", 131026],
  test_number: ["admin", 131030],
  display_name: ["admin", 131037],
  payment: ["admin", 131042],
  unregistered: ["admin", 131045, 133010, 133016],
  window: ["template", 131047],
  spam: ["admin", 131048],
  engagement: ["tomorrow", 131049],
  opted_out: ["mail", 131050],
  not_fetched: ["ask", 131052],
  file: ["document", 131053],
  pair: ["wait", 131056],
  user_id: ["mail", 131062],
  marketing: ["mail", 131063, 131064],
  gaps: ["other_template", 132000, 132008, 132012],
  no_template: ["other_template", 132001],
  template_long: ["other_template", 132005],
  template_policy: ["other_template", 132007],
  template_stopped: ["other_template", 132015, 132016],
  flow: ["other_template", 132068, 132069],
  identity: ["verify", 137000],
}

const byCode = new Map<number, Refusal>(
  Object.entries(REFUSALS).flatMap(([what, [way, ...codes]]) =>
    codes.map((code): [number, Refusal] => [code, { what, way }]),
  ),
)

/** What a code means; one that nobody knows says so. */
export function refusalOf(code: number): Refusal {
  if (code >= 200 && code <= 299) return { what: "permission", way: "admin" }
  return byCode.get(code) ?? { what: "other", way: "again" }
}

/** Every code that has words of its own. */
export const KNOWN_CODES: readonly number[] = [...byCode.keys()]
