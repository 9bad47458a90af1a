/** The notification `typing` of PROTOCOL.md. */
export interface Typing {
  incident: number
  who: "customer" | "agent"
  name: string
  on: boolean
  /** The agent's row. */
  agent?: number
}

/** The notification `visitor.state` of PROTOCOL.md. */
export interface VisitorNews {
  incident: number
  online: boolean
  got: number
}
