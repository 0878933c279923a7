import { type OnError, PubsubClientError } from "./errors.ts";

/** One way for background failures to go: never swallowed, never thrown at somebody else. */
export interface Guard {
  report: OnError;
  /** Calls somebody else's function; what it throws is reported. */
  call<Argument>(name: string, callback: (argument: Argument) => void, argument: Argument): void;
  /** Reports what somebody else's function threw. */
  threw(name: string, cause: unknown): void;
}

export function createGuard(onError: OnError): Guard {
  function report(error: PubsubClientError): void {
    try {
      onError(error);
    } catch (thrown) {
      // Whoever fails to handle errors hears of it where uncaught errors go
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
