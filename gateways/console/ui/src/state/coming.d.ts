import "../../../../common/ui/wire"

declare module "../../../../common/ui/wire" {
  interface Identity {
    failed_at?: string | null
    failed_detail?: string | null
  }
  interface Delivery {
    bounced_at?: string | null
  }
  interface Message {
    automatic?: string | null
  }
  interface Agent {
    signature: string
  }
  interface AgentPreferParams {
    signature?: string | null
  }
  interface Methods {
    "identity.retry": { params: { id: number }; result: unknown }
  }
}
