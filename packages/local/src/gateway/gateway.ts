import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { checkOptions } from "../options/check-options.ts";
import { listening } from "../ports.ts";
import { STACK_PATH } from "../stack-id.ts";
import { urlHost } from "../url-host.ts";
import { answers, sendError, sendJson } from "./answers.ts";
import type { Connection } from "./connection.ts";
import { accountBucketOf, connectBucketOf, createContext } from "./context.ts";
import type { GatewayCounts } from "./counts.ts";
import { createFaults } from "./faults.ts";
import { createHandshakes } from "./handshake.ts";
import { limitRules, resolveLimits } from "./limits.ts";
import { createManagementApi } from "./management-api.ts";
import { type ResolvedOptions, resolveOptions } from "./options.ts";
import { createSessions } from "./sessions.ts";
import type { Gateway, GatewayOptions } from "./types.ts";

const goingAway = 1001;

/**
 * Starts an API Gateway WebSocket API on one port of this machine: handshakes through `$connect`, messages to
 * their routes, `$disconnect`, the signed `@connections` API, AWS's limits, and injected faults.
 *
 * @throws PubsubLocalError INVALID_OPTION, before anything is opened. PORT_IN_USE, HOST_NOT_AVAILABLE.
 *
 * @example
 * const gateway = await startGateway({
 *   region: "us-east-1",
 *   credentials: { accessKeyId: "local", secretAccessKey: "local" },
 *   invoke: async (event) => ({ statusCode: 200 }),
 * });
 */
export async function startGateway(given: GatewayOptions): Promise<Gateway> {
  const options = resolveOptions(given);
  const faults = createFaults(options.faults);
  const server = createServer({ keepAliveTimeout: options.httpIdleMs });
  const port = await listen(server, options);
  const domainName = `${urlHost(options.host)}:${port}`;

  let limits = options.limits;
  const context = createContext({ options, faults, limits: () => limits, domainName });
  const sessions = createSessions(context);
  const handshakes = createHandshakes(context, sessions);
  const websocketUrl = `ws://${domainName}`;
  const managementApi = createManagementApi(context);
  server.on("request", (request, response: ServerResponse) => {
    const refusal = context.guard.refuseRequest(request.headers);
    if (refusal !== undefined) {
      context.counts.forbidden += 1;
      return sendError(response, { ...answers.forbidden, message: refusal });
    }
    const { stackId } = options;
    const asksForId = request.method === "GET" && request.url === STACK_PATH && stackId !== undefined;
    if (asksForId) sendJson(response, 200, { stackId, pid: process.pid, websocketUrl });
    else managementApi(request, response);
  });
  server.on("upgrade", handshakes.upgrade);

  const open = (): Connection[] => [...context.connections.values()].filter((one) => one.isOpen());
  let stopping: Promise<void> | undefined;

  function counts(): GatewayCounts {
    const nowMs = Date.now();
    let { connectionMs } = context.counts; // the time of closed connections
    for (const { info } of context.connections.values()) connectionMs += nowMs - info.connectedAtMs;
    return { ...context.counts, connections: context.connections.size, connectionMs };
  }

  async function stop(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    context.integration.stop();
    context.delays.stop();
    handshakes.stop();
    for (const connection of context.connections.values()) connection.destroy();
    server.closeAllConnections();
    await closed;
  }

  return {
    port,
    domainName,
    stage: options.stage,
    websocketUrl,
    managementEndpoint: `http://${domainName}/${options.stage}`,
    faults: faults.control,
    connectionIds: () => open().map((connection) => connection.info.connectionId),
    counts,
    disconnect(connectionId, code = goingAway) {
      context.connections.get(connectionId)?.close(code, "");
    },
    setLimits(changes) {
      checkOptions("setLimits", changes, limitRules);
      limits = resolveLimits(limits, changes);
      context.accountBucket.configure(accountBucketOf(limits));
      context.connectBucket.configure(connectBucketOf(limits));
      for (const connection of context.connections.values()) connection.rearm();
    },
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

async function listen(server: Server, { host, port }: ResolvedOptions): Promise<number> {
  server.listen(port, host);
  await listening(server, { host, port, service: "gateway" });
  return (server.address() as AddressInfo).port;
}
