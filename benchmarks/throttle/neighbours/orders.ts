/** What the client process of this part is asked to do, in this order. */
export type NeighbourOrder =
  | { do: "connect"; websocketUrl: string; listeners: number; topics: number }
  /** Publishes to the first topic, so that the fan-out function has started. */
  | { do: "warm-up" }
  /** Publishes to all topics at once and asks until every event has arrived. */
  | { do: "measure"; patienceMs: number };

export interface NeighbourReply {
  /** Of each SUBSCRIBE, from the first try to SUBSCRIBED. */
  latenciesMs: number[];
  /** Tries that the account's rate refused. They are repeated. */
  refused: number;
  /** SUBSCRIBEs without SUBSCRIBED in time. */
  unanswered: number;
  /** Events that no listener got. */
  missing: number;
  /** From the publications to the last event. */
  fanoutSeconds: number;
}
