import { type Check, checkArgument, checkOptions } from "./check.ts";
import { PubsubClientError } from "./errors.ts";
import { isObject, isString } from "./is.ts";
import { INFO_BYTES_MAX } from "./limits.ts";
import type { PresenceOptions } from "./presence-types.ts";
import type { TopicOptions } from "./types.ts";

const aPresence: Check = ["true or { info }", (value) => value === true || isObject(value)];

export const anInfo: Check = [
  `JSON of at most ${INFO_BYTES_MAX} bytes`,
  (info) => {
    try {
      const text: unknown = JSON.stringify(info);
      return isString(text) && new TextEncoder().encode(text).length <= INFO_BYTES_MAX;
    } catch {
      return false;
    }
  },
];

const CHECKS: Record<keyof PresenceOptions, Check> = { info: anInfo };

/** Returns `presence` as a SUBSCRIBE has it: a copy, so that a later change of the caller's value does nothing. */
export function readPresence({ presence, onMembers }: TopicOptions): PresenceOptions | undefined {
  if (presence === undefined) {
    if (!onMembers) return undefined;
    throw new PubsubClientError("INVALID_ARGUMENT", "options must have presence with onMembers");
  }
  checkArgument("options.presence", presence, aPresence);
  const given = presence === true ? {} : presence;
  return JSON.parse(JSON.stringify(checkOptions<PresenceOptions>("options.presence", given, CHECKS)));
}
