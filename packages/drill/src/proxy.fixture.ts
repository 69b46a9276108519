/** A fault proxy as the API tells it, with what it has bitten: what a drill looks at after its fault. */
import type { Proxy } from "@cordon/model";

const none = { connections: 0, open: 0, exchanges: 0, bytesUp: 0, bytesDown: 0, deliveredUp: 0, deliveredDown: 0 };

export const proxyWith = ({
  name,
  applied,
  toxics = [],
  enabled = true,
}: Pick<Proxy, "name"> & Partial<Pick<Proxy, "toxics" | "enabled">> & Pick<Proxy["counters"], "applied">): Proxy => ({
  name,
  listen: "127.0.0.1:1",
  upstream: "127.0.0.1:2",
  enabled,
  toxics,
  counters: { ...none, applied },
});
