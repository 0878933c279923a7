import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { PubsubLocalError } from "./errors.ts";

export interface PortUse {
  host: string;
  /** Absent: the service picks a free port, so there is nothing to check. */
  port: number | undefined;
  service: keyof typeof labels;
}

/** A port, or one that is taken if it is free: otherwise any free port. */
export type PortChoice = number | { prefer: number };

const labels = {
  gateway: "the gateway",
  dynamodb: "DynamoDB Local",
  sqs: "SQS",
  http: "the function URL",
  inspector: "the inspector",
  lambda: "the Lambda API",
} as const;

/**
 * Throws early if the port is in use, before anything is started. Another program can still take the port in between,
 * so that each server throws the same error when it listens.
 */
export async function assertPortFree({ host, port, service }: PortUse): Promise<void> {
  if (port === undefined) return;
  const server = createServer();
  server.listen({ host, port, exclusive: true });
  await listening(server, { host, port, service });
  server.close();
  await once(server, "close");
}

/** Resolves when the server listens. Throws PORT_IN_USE or HOST_NOT_AVAILABLE, which name the service. */
export async function listening(server: Server, use: PortUse): Promise<void> {
  try {
    await once(server, "listening");
  } catch (cause) {
    throw portError(cause, use);
  }
}

/** The error for a server that could not listen. */
export function portError(cause: unknown, { host, port = 0, service }: PortUse): PubsubLocalError {
  const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
  if (reason === "EADDRNOTAVAIL" || reason === "ENOTFOUND") {
    const message = `${host} is not an address of this machine (${reason}), so that ${labels[service]} can't listen on it`;
    return new PubsubLocalError("HOST_NOT_AVAILABLE", message, { cause, context: { host } });
  }
  const problem =
    reason === "EADDRINUSE" ? "is in use by another program" : `cannot be listened on (${reason})`;
  const message = `Port ${port} on ${host}, needed by ${labels[service]}, ${problem}`;
  return new PubsubLocalError("PORT_IN_USE", message, { cause, context: { host, port, service } });
}
