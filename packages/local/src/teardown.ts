import { PubsubLocalError } from "./errors.ts";

export interface Teardown {
  /** Registers the function that undoes a step which has just succeeded. */
  defer(name: string, undo: () => unknown): void;
  /** Undoes all steps, last first, even if one of them fails. Later calls return the promise of the first call. */
  run(): Promise<void>;
}

export function createTeardown(): Teardown {
  const steps: { name: string; undo: () => unknown }[] = [];
  let running: Promise<void> | undefined;

  async function undoAll(): Promise<void> {
    const errors: unknown[] = [];
    const failed: string[] = [];
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      try {
        await step.undo();
      } catch (error) {
        errors.push(error);
        failed.push(step.name);
      }
    }
    if (errors.length > 0) {
      throw new PubsubLocalError("STOP_FAILED", `Stopping failed for: ${failed.join(", ")}`, {
        cause: errors.length === 1 ? errors[0] : new AggregateError(errors),
      });
    }
  }

  return {
    defer: (name, undo) => void steps.push({ name, undo }),
    run: () => {
      running ??= undoAll();
      return running;
    },
  };
}
