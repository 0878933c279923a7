import { connect } from "node:net";
import { Violation } from "./surface.ts";

export interface Exchange {
  /** Of every answer that came, in order. */
  statuses: number[];
  /** Whether the server ended its side; half of a request must not leave it waiting for a client that is gone. */
  ended: boolean;
}

const PATIENCE_MS = 60_000;

/** Sends bytes over a connection of their own, ends its sending side, and reads until the server ends the other. */
export function exchange(port: number, bytes: Buffer): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let settled = false;
    const settle = (ended: boolean): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      // A reset leaves no port behind in TIME_WAIT: there are not 100,000 of them
      socket.resetAndDestroy();
      try {
        resolve({ statuses: statusesIn(Buffer.concat(chunks).toString("latin1")), ended });
      } catch (error) {
        reject(error);
      }
    };
    const timer = setTimeout(() => settle(false), PATIENCE_MS);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket
      .on("end", () => settle(true))
      .on("error", () => settle(true))
      .on("close", () => settle(true));
    socket.end(bytes);
  });
}

/** The answers, each with the length it announces; behind a 101 everything is frames. */
export function statusesIn(text: string): number[] {
  const statuses: number[] = [];
  for (let rest = text; rest !== ""; ) {
    const head = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(rest);
    if (!head) throw new Violation(`no HTTP: ${rest.slice(0, 200)}`);
    const status = Number(head[1]);
    statuses.push(status);
    if (status === 101) break;
    // Node's own refusals are chunked, and empty
    const chunked = /\r\ntransfer-encoding: chunked/i.test(head[0]) ? "0\r\n\r\n".length : 0;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head[0])?.[1] ?? chunked);
    rest = rest.slice(head[0].length + length);
  }
  return statuses;
}
