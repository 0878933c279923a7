import { connect } from "node:net";
import { Violation } from "./surface.ts";

export interface Exchange {
  /** The status of every response, in order. */
  statuses: number[];
  /** Whether the server closed its side. An incomplete request must not make it wait for a client that is gone. */
  ended: boolean;
}

const TIMEOUT_MS = 60_000;

/** Sends bytes over a new connection, closes the sending side, and reads until the server closes the other side. */
export function exchange(port: number, bytes: Buffer): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let settled = false;
    const settle = (ended: boolean): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      // A reset leaves no port in TIME_WAIT. There are not 100,000 ports
      socket.resetAndDestroy();
      try {
        resolve({ statuses: readStatuses(Buffer.concat(chunks).toString("latin1")), ended });
      } catch (error) {
        reject(error);
      }
    };
    const timer = setTimeout(() => settle(false), TIMEOUT_MS);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket
      .on("end", () => settle(true))
      .on("error", () => settle(true))
      .on("close", () => settle(true));
    socket.end(bytes);
  });
}

/** Returns the statuses of all responses, using their content-lengths. After a 101, all bytes are frames. */
export function readStatuses(text: string): number[] {
  const statuses: number[] = [];
  for (let rest = text; rest !== ""; ) {
    const head = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(rest);
    if (!head) throw new Violation(`expected an HTTP response; got ${rest.slice(0, 200)}`);
    const status = Number(head[1]);
    statuses.push(status);
    if (status === 101) break;
    // Responses that Node creates for malformed requests are chunked and empty
    const chunked = /\r\ntransfer-encoding: chunked/i.test(head[0]) ? "0\r\n\r\n".length : 0;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head[0])?.[1] ?? chunked);
    rest = rest.slice(head[0].length + length);
  }
  return statuses;
}
