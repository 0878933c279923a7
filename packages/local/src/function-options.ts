import type { FunctionUrlAuthType } from "./function-url/index.ts";
import { defaultFunctionPaths } from "./module-paths.ts";
import { type OptionGroup, type OptionRule, oneOf, wholeNumber } from "./options/option-rules.ts";
import { isEntry } from "./workers/function-entry.ts";

export interface FunctionOptions {
  /** Gets `$connect`, `$disconnect` and `$default`. */
  websocket?: string;
  /** Gets the messages of the fan-out queue. */
  fanout?: string;
  /**
   * Gets the messages of clients whose `action` is "PUBLISH", by a route `PUBLISH` of its own. Without it, and with a
   * websocket function of your own, the API has no such route: `$default` gets them.
   */
  publish?: string;
  /** Gets the requests to a function URL, which `httpUrl` names. Without it, the stack has none. */
  http?: string;
}

export interface FunctionPaths {
  websocket: string;
  fanout: string;
  /** Absent if the API has no route for it. */
  publish?: string;
  /** Absent if there is no function URL. */
  http?: string;
}

export interface FunctionSettings {
  memoryMb: number;
  timeoutMs: number;
  maximumConcurrency: number;
}

export type FunctionSizeOptions = { [Name in keyof FunctionSettings]?: FunctionSettings[Name] };

const functionEntry: OptionRule = {
  expected: "the path of a file, or path#exportName",
  accepts: (value) => typeof value === "string" && isEntry(value),
};

export const functionRules: OptionGroup = {
  group: { websocket: functionEntry, fanout: functionEntry, publish: functionEntry, http: functionEntry },
};

export const functionTimeout: OptionRule = wholeNumber(1, 900_000);
export const functionMemory: OptionRule = wholeNumber(128, 10_240);

/** Of a function that clients' messages invoke. */
export const messageFunctionRules: OptionGroup = {
  group: { memoryMb: functionMemory, timeoutMs: functionTimeout, maximumConcurrency: wholeNumber(1, 1_000) },
};

export interface HttpFunctionOptions extends FunctionSizeOptions {
  /**
   * As of a Lambda function URL. `AWS_IAM`, the default: requests must be signed with the stack's keys, for the service
   * `lambda`. `NONE`: the function gets every request.
   */
  authType?: FunctionUrlAuthType;
}

export const httpFunctionRules: OptionGroup = {
  group: { ...messageFunctionRules.group, authType: oneOf(["AWS_IAM", "NONE"]) },
};

/**
 * Fills in the library's own handlers. They are two functions as in `stacks/`, one that reads and one that publishes. A
 * websocket function of the caller's own may handle everything, so it keeps all messages unless the caller says otherwise.
 */
export function functionPaths({ websocket, fanout, publish, http }: FunctionOptions): FunctionPaths {
  const publisher = publish ?? (websocket === undefined ? defaultFunctionPaths.publish : undefined);
  return {
    websocket: websocket ?? defaultFunctionPaths.websocket,
    fanout: fanout ?? defaultFunctionPaths.fanout,
    ...(publisher !== undefined && { publish: publisher }),
    ...(http !== undefined && { http }),
  };
}

export const messageFunctionSettings = (given: FunctionSizeOptions = {}): FunctionSettings => ({
  memoryMb: given.memoryMb ?? 1_024,
  timeoutMs: given.timeoutMs ?? 10_000,
  maximumConcurrency: given.maximumConcurrency ?? 4,
});
