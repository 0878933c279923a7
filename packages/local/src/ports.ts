import { once } from "node:events";
import { createServer } from "node:net";
import { PubsubLocalError } from "./errors.ts";

export interface PortUse {
  host: string;
  /** Absent: the service picks a free port, so there is nothing to check. */
  port: number | undefined;
  service: keyof typeof labels;
}

const labels = {
  gateway: "the gateway",
  dynamodb: "DynamoDB Local",
  sqs: "SQS",
  http: "the function URL",
  inspector: "the inspector",
} as const;

/**
 * Throws early if the port is in use; the error names the port and its service. Each server would fail later with a
 * message of its own, the JVM with a stack trace. Another program can still take the port in between.
 */
export async function assertPortFree({ host, port, service }: PortUse): Promise<void> {
  if (port === undefined) return;
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, "listening");
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    if (reason === "EADDRNOTAVAIL" || reason === "ENOTFOUND") {
      const message = `${host} is not an address of this machine (${reason}), so that ${labels[service]} can't listen on it`;
      throw new PubsubLocalError("HOST_NOT_AVAILABLE", message, { cause, context: { host } });
    }
    const problem =
      reason === "EADDRINUSE" ? "is in use by another program" : `cannot be listened on (${reason})`;
    throw new PubsubLocalError(
      "PORT_IN_USE",
      `Port ${port} on ${host}, needed by ${labels[service]}, ${problem}`,
      {
        cause,
        context: { host, port, service },
      },
    );
  }
  server.close();
  await once(server, "close");
}
