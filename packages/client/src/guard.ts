import { type OnError, PubsubClientError } from "./errors.ts";
import { isFunction, isObject } from "./is.ts";

/** Sends all errors in the background to `onError`, so that none is swallowed or thrown at the wrong caller. */
export interface Guard {
  report: OnError;
  /** Calls a function of the user, and reports the error that it throws, or with which its promise rejects. */
  call<Given extends unknown[]>(name: string, callback: (...given: Given) => unknown, ...given: Given): void;
  /** Reports that a function of the user failed. `how` follows its name: "threw" by default. */
  failed(name: string, cause: unknown, how?: string): void;
}

export function createGuard(onError: OnError): Guard {
  function report(error: PubsubClientError): void {
    attempt(
      () => onError(error),
      (cause, how) => {
        // Once more, because the handler may fail only for some errors. If it fails again, the console gets the error
        const failure = callbackFailed("onError", cause, how);
        attempt(
          () => onError(failure),
          () => logError(failure),
        );
      },
    );
  }

  function failed(name: string, cause: unknown, how?: string): void {
    report(callbackFailed(name, cause, how));
  }

  return {
    report,
    call(name, callback, ...given) {
      attempt(
        () => callback(...given),
        (cause, how) => failed(name, cause, how),
      );
    },
    failed,
  };
}

/** Calls `onFailed` if the callback throws, or if it returns a promise that rejects. */
function attempt(callback: () => unknown, onFailed: (cause: unknown, how?: string) => void): void {
  try {
    const result = callback();
    // An unhandled rejection would end a Node process
    if (isObject(result) && isFunction(result.then)) {
      Promise.resolve(result).catch((cause: unknown) => onFailed(cause, "rejected"));
    }
  } catch (cause) {
    onFailed(cause);
  }
}

const callbackFailed = (name: string, cause: unknown, how = "threw"): PubsubClientError =>
  new PubsubClientError("CALLBACK_FAILED", `${name} ${how}`, { cause });

export const logError: OnError = (error) => console.error(error);
