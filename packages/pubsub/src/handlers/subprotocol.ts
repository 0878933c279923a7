import { isRecord, type OptionRule } from "../core/options/option-rules.ts";
import { labelsOf } from "./labels-of.ts";
import type { WebsocketEvent } from "./lambda-types.ts";

/** Chooses one of the subprotocols that the client offers, in the client's order. `undefined` chooses none. */
export type ChooseSubprotocol = (offered: readonly string[], event: WebsocketEvent) => string | undefined;

/** The client's first subprotocol, the first of this list that the client offers, or a function. */
export type SubprotocolOption = "first" | readonly string[] | ChooseSubprotocol;

/** https://www.rfc-editor.org/rfc/rfc6455#section-4.1: a subprotocol is a token of HTTP. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER = "sec-websocket-protocol";

export const subprotocolRule: OptionRule = {
  expected: '"first", an array of subprotocol names, or a function',
  accepts: (value) => value === "first" || typeof value === "function" || isListOfNames(value),
};

const isListOfNames = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((name) => typeof name === "string" && TOKEN.test(name));

/** Returns the subprotocols that the client of a CONNECT offers, in its order. */
export function offeredSubprotocols({ headers, multiValueHeaders }: WebsocketEvent): string[] {
  const every = valuesOf(multiValueHeaders);
  const values = every.length > 0 ? every : valuesOf(headers);
  return values
    .flatMap((value) => value.split(","))
    .map((name) => name.trim())
    .filter((name) => TOKEN.test(name));
}

/** An API mapping with several levels passes header names in lower case. */
function valuesOf(headers: unknown): string[] {
  if (!isRecord(headers)) return [];
  return Object.entries(headers)
    .filter(([name]) => name.toLowerCase() === HEADER)
    .flatMap(([, value]) => value)
    .filter((value) => typeof value === "string");
}

export interface SubprotocolRequest {
  option: SubprotocolOption;
  /** What `authorize` chose. It wins. */
  authorized: string | undefined;
  event: WebsocketEvent;
}

/**
 * Returns the subprotocol for a CONNECT, or undefined for none. Throws if the function failed, or if the choice was not
 * offered: a client fails the handshake then. Messages contain no subprotocol, because it can be a token.
 */
export function chooseSubprotocol({ option, authorized, event }: SubprotocolRequest): string | undefined {
  const offered = offeredSubprotocols(event);
  const chosen: unknown = authorized ?? choiceOf(option, offered, event);
  if (chosen === undefined || (typeof chosen === "string" && offered.includes(chosen))) return chosen;
  const who = authorized === undefined ? "the subprotocol option" : "the authorize hook";
  throw new Error(`${who} chose a subprotocol that the client did not offer`);
}

function choiceOf(option: SubprotocolOption, offered: readonly string[], event: WebsocketEvent): unknown {
  const [first] = offered;
  if (first === undefined) return undefined;
  if (option === "first") return first;
  if (typeof option !== "function") return option.find((name) => offered.includes(name));
  try {
    return option(offered, event);
  } catch (error) {
    throw new Error(`the subprotocol option threw ${labelsOf(error)}`);
  }
}
