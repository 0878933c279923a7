import { type Consumer, disconnect, type PubsubConfig, revoke } from "lambda-websocket-pubsub";
import { EXIT_CODES } from "../exit-codes.ts";
import { printable, printableJson } from "../printable.ts";
import { findStack } from "../stack/find-stack.ts";
import type { StackOptions } from "../stack/stack-options.ts";
import { toConfig } from "../stack/to-config.ts";
import { confirmed, processTerminal } from "../terminal/ask.ts";
import { NotAvailableError, UsageError } from "../usage-error.ts";

interface DisconnectOptions extends StackOptions {
  user?: string;
  connection?: string;
  topic?: string;
  reason?: string;
  yes?: true;
  "management-endpoint"?: string;
  json?: true;
}

type Subject = { userId: string } | { consumer: Consumer };

export async function runDisconnect(_: object, options: DisconnectOptions): Promise<number> {
  const subject = subjectOf(options);
  const { topic, reason, json, "management-endpoint": endpoint } = options;
  if (topic !== undefined && reason !== undefined) {
    throw new UsageError("--reason is for a connection that is closed: it cannot be combined with --topic");
  }
  const stack = await findStack(["table"], options);
  const config = toConfig({ ...stack, ...(endpoint !== undefined && { managementEndpoint: endpoint }) });
  if (!(await mayAct(options, stack.table))) {
    console.error("Nothing was done.");
    return EXIT_CODES.failed;
  }
  if (topic !== undefined) {
    await revoke({ ...subject, topicId: topic, config });
    console.log(
      json ? printableJson({ revoked: topic }) : `revoked: ${nameOf(options)} from ${printable(topic)}`,
    );
    return EXIT_CODES.done;
  }
  await close(subject, options, config);
  return EXIT_CODES.done;
}

async function close(subject: Subject, options: DisconnectOptions, config: PubsubConfig): Promise<void> {
  const { closed, gone } = await disconnect({ ...subject, reason: options.reason, config });
  const counts = `connections closed: ${closed}, already gone: ${gone}`;
  console.log(
    options.json ? printableJson({ closed, gone }) : `disconnected: ${nameOf(options)} (${counts})`,
  );
}

/** Acts at once only with --yes. Throws `NotAvailableError` if there is nobody to ask. */
async function mayAct(options: DisconnectOptions, table: string): Promise<boolean> {
  if (options.yes) return true;
  const terminal = processTerminal();
  const from = options.topic === undefined ? "all topics and close the connection" : printable(options.topic);
  const question = `Put out ${nameOf(options)} from ${from} (table ${printable(table)})`;
  if (!terminal.isPresent) {
    throw new NotAvailableError(`${question}: --yes agrees to that where there is no terminal to ask on`);
  }
  return confirmed(`${question}?`, terminal);
}

function subjectOf({ user, connection }: DisconnectOptions): Subject {
  if ((user === undefined) === (connection === undefined)) {
    const got = user === undefined ? "neither" : "both";
    throw new UsageError(`give either --user ID or --connection DOMAIN/STAGE/ID; got ${got}`);
  }
  if (user !== undefined) return { userId: user };
  const [domainName, stage, connectionId, ...more] = connection?.split("/") ?? [];
  if (!domainName || !stage || !connectionId || more.length > 0) {
    throw new UsageError(`--connection must be DOMAIN/STAGE/ID; got ${JSON.stringify(connection)}`);
  }
  return { consumer: { domainName, stage, connectionId } };
}

const nameOf = ({ user, connection = "" }: DisconnectOptions): string =>
  user === undefined ? `the connection ${printable(connection)}` : `the user ${printable(user)}`;
