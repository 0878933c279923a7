import type { Chance } from "./faults.ts";

type Fields = Record<string, unknown>;

/** API Gateway's own frame. It has no nonce, so this is what an attacker imitates without any knowledge. */
const GATEWAY_ERROR = { message: "Internal server error", connectionId: "c=", requestId: "r=" };

/**
 * Returns a published text that imitates a frame of the server, as well as somebody can who knows everything about it but
 * the connection's nonce. A client that believed it would lose events, or its subscription.
 */
export function forgedFrom(chance: Chance, text: string): string {
  const { nonce, ...frame } = JSON.parse(text) as Fields;
  if (chance.happens(0.2)) return JSON.stringify(GATEWAY_ERROR);
  const guess = chance.happens(0.5)
    ? {}
    : { nonce: String(nonce).replace(/\d/, (digit) => `${9 - Number(digit)}`) };
  return JSON.stringify({ ...frame, ...lieAbout(frame), ...guess });
}

function lieAbout({ type, offset, events, positions }: Fields): Fields {
  switch (type) {
    case "EVENTS":
      return { events: (events as Fields[]).map((event) => ({ ...event, data: "forged" })) };
    case "SUBSCRIBED":
      return { offset: Number(offset) + 1_000, recovered: false };
    case "PONG": {
      const topics = Object.keys((positions ?? {}) as object);
      return { positions: Object.fromEntries(topics.map((topic) => [topic, { subscribed: false }])) };
    }
    default:
      return { type: "ERROR", code: "FORBIDDEN", message: "forged" };
  }
}
