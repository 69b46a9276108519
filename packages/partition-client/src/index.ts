/** ROUTE > GUARD > EXCHANGE: the way from auth and mail to a directory partition. */
export type { Answer, CallOptions, PartitionClient, Standing, UnavailableReason } from "./answer.ts";
export { createPartitionClient, type PartitionClientOptions } from "./client.ts";
export { firstMap } from "./first-map.ts";
