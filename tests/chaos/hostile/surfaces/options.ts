import fc from "fast-check";
import { isPubsubClientError } from "../../../../packages/client/src/index.ts";
import { UsageError as LocalUsageError } from "../../../../packages/local/src/cli-arguments.ts";
import { PubsubLocalError } from "../../../../packages/local/src/errors.ts";
import { isPubsubError } from "../../../../packages/pubsub/src/core/errors.ts";
import { UsageError } from "../../options.ts";
import { awkwardValue } from "../inputs/awkward.ts";
import { mangled } from "../inputs/mangled.ts";
import { inspectInput } from "../inspect-input.ts";
import { startRefusingServer } from "../refusing-server.ts";
import type { Surface } from "../surface.ts";
import { targets as shipped, type Target } from "./options/targets.ts";

export interface OptionsInput {
  target: string;
  options: unknown;
}

/**
 * Starts the surface of every options object of the public API. A call with rejected options must not call AWS. A call
 * with accepted options meets a server that rejects every request, and must fail with one of our own errors.
 */
export async function startOptionsSurface(
  targets: Readonly<Record<string, Target>> = shipped,
): Promise<Surface<OptionsInput>> {
  const aws = await startRefusingServer();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "hostile",
    AWS_SECRET_ACCESS_KEY: "hostile",
    AWS_EC2_METADATA_DISABLED: "true",
  });
  const inputs = Object.entries(targets).map(([target, { valid }]) =>
    fc.record({
      target: fc.constant(target),
      options: fc.oneof(
        { weight: 9, arbitrary: mangled(fc.constant(valid), awkwardValue, 2) },
        { weight: 1, arbitrary: awkwardValue },
      ),
    }),
  );
  return {
    inputs: fc.oneof(...inputs),
    show: inspectInput,
    async attempt({ target, options }) {
      const before = aws.requests();
      try {
        await targets[target]?.call(options as never);
        return { accepted: true, rowsWritten: 0 };
      } catch (error) {
        if (isOutage(error)) return { accepted: true, rowsWritten: 0 };
        if (!isRejection(error)) throw error;
        return { accepted: false, rowsWritten: aws.requests() - before };
      }
    },
    stop: () => aws.stop(),
  };
}

const isRejection = (error: unknown): boolean =>
  (isPubsubError(error) && error.code.startsWith("INVALID_")) ||
  isPubsubError(error, "PAYLOAD_TOO_LARGE") ||
  isPubsubClientError(error, "INVALID_ARGUMENT") ||
  (error instanceof PubsubLocalError && error.code === "INVALID_OPTION") ||
  error instanceof UsageError ||
  error instanceof LocalUsageError;

const isOutage = (error: unknown): boolean =>
  isPubsubError(error, "STORAGE_FAILED") || isPubsubError(error, "QUEUE_FAILED");
