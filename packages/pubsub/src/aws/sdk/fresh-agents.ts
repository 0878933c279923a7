import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIdleTooLong } from "../transport/idle-limit.ts";

interface Middlewares {
  middlewareStack: {
    add(
      middleware: <Args, Result>(next: (args: Args) => Promise<Result>) => (args: Args) => Promise<Result>,
      options: { step: "deserialize"; priority: "high"; name: string },
    ): void;
  };
}

/** The agents of an SDK client. Its connections are not used again after they were idle for too long. */
export interface FreshAgents {
  httpAgent: HttpAgent;
  httpsAgent: HttpsAgent;
  /** Makes the client close such connections before each request. A timer would come too late after a freeze. */
  guard(client: Middlewares): void;
}

export function createFreshAgents(maxSockets: number): FreshAgents {
  const httpAgent = new HttpAgent({ keepAlive: true, maxSockets });
  const httpsAgent = new HttpsAgent({ keepAlive: true, maxSockets });
  const closers = [httpAgent, httpsAgent].map(idleCloser);
  return {
    httpAgent,
    httpsAgent,
    guard({ middlewareStack }) {
      const options = { step: "deserialize", priority: "high", name: "closeIdleConnections" } as const;
      middlewareStack.add(
        (next) => (args) => {
          for (const closeIdle of closers) closeIdle();
          return next(args);
        },
        options,
      );
    },
  };
}

function idleCloser(agent: HttpAgent): () => void {
  const idleSinceMs = new WeakMap<object, number>();
  const keep = agent.keepSocketAlive;
  agent.keepSocketAlive = (socket) => {
    idleSinceMs.set(socket, Date.now());
    return keep.call(agent, socket);
  };
  return () => {
    for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) {
      if (isIdleTooLong(idleSinceMs.get(socket) ?? 0)) socket.destroy();
    }
  };
}
