/** What the calls of the library have in common. */
import { isEpoch } from "../core/log/epoch.ts";
import { checkOptions } from "../core/options/check-options.ts";
import { checkedLater, type OptionRule, type RulesFor, wholeNumber } from "../core/options/option-rules.ts";
import type { PublishResult } from "../core/publish/publish.ts";
import type { Publication } from "../core/types.ts";
import type { PubsubConfig } from "./config.ts";
import { type Pubsub, pubsubOf } from "./create-pubsub.ts";

export interface Configured {
  config: PubsubConfig;
}

/** Checks the options of a call. Returns what its configuration needs. Throws `INVALID_ARGUMENT`. */
export function pubsubFor<Request extends Configured>(
  caller: string,
  request: Request,
  callRules: RulesFor<Request>,
): Pubsub {
  checkOptions(caller, request, callRules);
  return pubsubOf(request.config);
}

type Call = (request: never) => unknown;
export type CallRules<Calls extends Record<string, Call>> = {
  [Name in keyof Calls]: RulesFor<Parameters<Calls[Name]>[0]>;
};

export const epoch: OptionRule = {
  expected: "an epoch as a position has it, 9 characters of base 36",
  accepts: isEpoch,
};

/** A publication that a call is about: what a publish returned, or its position. */
export type NamedPublication = Configured &
  Publication &
  Partial<Pick<PublishResult, "publicationId" | "duplicate">>;

export const namedPublication: RulesFor<NamedPublication> = {
  topicId: checkedLater,
  epoch: { ...epoch, required: true },
  offset: { ...wholeNumber(1), required: true },
  // These two come with the result of a publish
  publicationId: checkedLater,
  duplicate: checkedLater,
  config: checkedLater,
};
