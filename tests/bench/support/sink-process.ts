import { readFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:tls";
import { createDelayLine } from "./delay-line.ts";
import { createRequestParser, RequestError } from "./request-parser.ts";
import { ANSWERS, BAD_REQUEST } from "./sink-answers.ts";
import { createSinkLedger } from "./sink-ledger.ts";
import type { SinkAnswer, SinkOrder } from "./sink-protocol.ts";

/** How often the parent is told how far it is. */
const TELL_MS = 50;

let ledger = createSinkLedger({ latencyMs: 0 });
let told = 0;
const delayed = createDelayLine();

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  const parse = createRequestParser(({ path, body }) => {
    const id = path.slice(path.lastIndexOf("/") + 1);
    const answer = ANSWERS[ledger.post(id.includes("%") ? decodeURIComponent(id) : id, body.length)];
    delayed.after(ledger.settings.latencyMs, () => {
      if (socket.writable) socket.write(answer);
    });
  });
  socket.on("data", (chunk: Buffer) => {
    try {
      parse(chunk);
    } catch (error) {
      if (!(error instanceof RequestError || error instanceof URIError)) throw error;
      console.error(`sink: ${error.message}`);
      socket.removeAllListeners("data").resume().end(BAD_REQUEST);
    }
  });
  socket.on("error", () => {}); // a poster that ends cuts its connections
}

const certificate = new URL("../certificate/", import.meta.url);
const server = createServer(
  {
    key: readFileSync(new URL("localhost.key.pem", certificate)),
    cert: readFileSync(new URL("localhost.cert.pem", certificate)),
    ALPNProtocols: ["http/1.1"],
  },
  serve,
);

const tell = (answer: SinkAnswer): void => void process.send?.(answer);

process.on("message", (order: SinkOrder) => {
  if (order.do === "report") return tell({ type: "report", report: ledger.report() });
  ledger = createSinkLedger(order.settings);
  told = 0;
  tell({ type: "begun" });
});
process.on("disconnect", () => process.exit());

setInterval(() => {
  if (ledger.accepted() === told) return;
  told = ledger.accepted();
  tell({ type: "accepted", accepted: told });
}, TELL_MS);

server.on("tlsClientError", () => {}); // so does one that ends in the middle of its handshake
server.listen(0, "localhost", () => {
  tell({ type: "listening", port: (server.address() as AddressInfo).port });
});
