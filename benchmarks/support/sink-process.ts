import { readFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:tls";
import { createDelayLine } from "./delay-line.ts";
import { createRequestParser, RequestError } from "./request-parser.ts";
import { createSinkLedger } from "./sink-ledger.ts";
import type { SinkMessage, SinkOrder } from "./sink-protocol.ts";
import { BAD_REQUEST, RESPONSES } from "./sink-responses.ts";

/** How often the process sends the number of accepted posts to the parent. */
const REPORT_MS = 50;

let ledger = createSinkLedger({ latencyMs: 0 });
let reported = 0;
const delayed = createDelayLine();

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  const parse = createRequestParser(({ path, body }) => {
    const id = path.slice(path.lastIndexOf("/") + 1);
    const response = RESPONSES[ledger.post(id.includes("%") ? decodeURIComponent(id) : id, body.length)];
    delayed.after(ledger.settings.latencyMs, () => {
      if (socket.writable) socket.write(response);
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
  socket.on("error", () => {}); // a poster cuts its connections when it ends
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

const send = (message: SinkMessage): void => void process.send?.(message);

process.on("message", (order: SinkOrder) => {
  if (order.do === "report") return send({ type: "report", report: ledger.report() });
  ledger = createSinkLedger(order.settings);
  reported = 0;
  send({ type: "begun" });
});
process.on("disconnect", () => process.exit());

setInterval(() => {
  if (ledger.accepted() === reported) return;
  reported = ledger.accepted();
  send({ type: "accepted", accepted: reported });
}, REPORT_MS);

server.on("tlsClientError", () => {}); // a poster can also end during its handshake
server.listen(0, "localhost", () => {
  send({ type: "listening", port: (server.address() as AddressInfo).port });
});
