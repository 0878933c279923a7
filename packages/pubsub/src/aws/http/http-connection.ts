import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { createAnswerReader, type HttpAnswer } from "./http-answer.ts";

/** What became of a request: an answer, or why there is none. */
export type Exchanged = HttpAnswer | { problem: string };

/** One keep-alive connection; one request at a time. */
export interface HttpConnection {
  /** Sends a request; `done` is called once, with its answer or the reason why there is none. */
  exchange(head: string, body: Uint8Array, done: (exchanged: Exchanged) => void): void;
  /** Whether another request can be sent. */
  usable(): boolean;
  /** When its last exchange ended, by the clock that goes on while the process is frozen. */
  lastUsedMs: number;
  /** What is under way ends with this reason. */
  destroy(reason: string): void;
}

export interface HttpOrigin {
  secure: boolean;
  hostname: string;
  port: number;
}

/** A head and a body this small go out as one piece, and one TLS record. */
const ONE_PIECE_BYTES_MAX = 16_384;

/**
 * Nothing between the request's bytes and the socket: `node:http` and `fetch` cost several times as much a post.
 * The measurements are in docs/decisions/0006.
 */
export function openHttpConnection(
  { secure, hostname, port }: HttpOrigin,
  { tlsSession, answerBytesMax }: { tlsSession: { latest?: Buffer }; answerBytesMax: number | undefined },
  onClose: (connection: HttpConnection) => void,
): HttpConnection {
  const to = { host: hostname, port, noDelay: true };
  const socket: Socket = secure
    ? connectTls({ ...to, ...serverName(hostname), ALPNProtocols: ["http/1.1"], ...resumed(tlsSession) })
    : connectPlain(to);
  let done: ((exchanged: Exchanged) => void) | undefined;
  const answers = createAnswerReader(answerBytesMax);
  let open = true;

  function end(exchanged: Exchanged): void {
    const ended = done;
    done = undefined;
    ended?.(exchanged);
  }

  const connection: HttpConnection = {
    lastUsedMs: Date.now(),
    usable: () => open,
    exchange(head, body, whenDone) {
      done = whenDone;
      write(socket, head, body);
    },
    destroy(reason) {
      if (!open) return;
      open = false;
      socket.destroy();
      end({ problem: reason });
      onClose(connection);
    },
  };

  // Whoever waits for a post keeps the process alive, by the pool's timer; a connection alone does not. Before it is
  // connected would be too early: the handle is another one for each of the host's addresses that is tried
  socket.once("connect", () => socket.unref());
  socket.on("data", (chunk: Buffer) => {
    if (!done) return connection.destroy("an answer to nothing");
    const answer = answers.read(chunk.toString("latin1"));
    if (answer === "incomplete") return;
    if ("problem" in answer) return connection.destroy(answer.problem);
    if (!answer.reusable) {
      open = false;
      socket.destroy();
      onClose(connection);
    }
    end(answer);
  });
  if (secure) socket.on("session", (session: Buffer) => (tlsSession.latest = session));
  socket.on("error", (error: NodeJS.ErrnoException) => {
    // It may be the session that the other side can't bear; with it no later connection would do better
    delete tlsSession.latest;
    connection.destroy(error.code ?? error.message);
  });
  socket.on("end", () => connection.destroy("closed by the other side"));
  socket.on("close", () => connection.destroy("closed"));
  return connection;
}

/** An address has no name to ask for. */
const serverName = (hostname: string): { servername?: string } =>
  /^[\d.]+$|:/.test(hostname) ? {} : { servername: hostname };

/** A resumed session saves most of the handshake's work. */
const resumed = ({ latest }: { latest?: Buffer }): { session?: Buffer } =>
  latest ? { session: latest } : {};

function write(socket: Socket, head: string, body: Uint8Array): void {
  const bytes = head.length + body.byteLength;
  if (bytes > ONE_PIECE_BYTES_MAX) {
    socket.cork();
    socket.write(head, "latin1");
    socket.write(body);
    socket.uncork();
    return;
  }
  const whole = Buffer.allocUnsafe(bytes);
  whole.write(head, "latin1");
  whole.set(body, head.length);
  socket.write(whole);
}
