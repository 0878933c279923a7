import { type OnError, PubsubClientError } from "./errors.ts";

/** Sends all errors in the background to `onError`, so that none is swallowed or thrown at the wrong caller. */
export interface Guard {
  report: OnError;
  /** Calls a function of the user, and reports the error that it throws. */
  call<Argument>(name: string, callback: (argument: Argument) => void, argument: Argument): void;
  /** Reports the error that a function of the user threw. */
  threw(name: string, cause: unknown): void;
}

export function createGuard(onError: OnError): Guard {
  function report(error: PubsubClientError): void {
    try {
      onError(error);
    } catch (thrown) {
      // An error in `onError` itself becomes an uncaught error
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }

  function threw(name: string, cause: unknown): void {
    report(new PubsubClientError("CALLBACK_FAILED", `${name} threw`, { cause }));
  }

  return {
    report,
    call(name, callback, argument) {
      try {
        callback(argument);
      } catch (cause) {
        threw(name, cause);
      }
    },
    threw,
  };
}

export const logError: OnError = (error) => console.error(error);
