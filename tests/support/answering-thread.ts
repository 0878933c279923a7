/** A server in its own thread, which can respond while the thread that posts to it is stalled. */

import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

const answered = new Int32Array(workerData as SharedArrayBuffer);

const server = createServer((socket) => {
  socket.on("error", () => {});
  socket.on("data", () => {
    // Wait until the caller is stalled
    Atomics.wait(answered, 1, 0);
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx", () => {
      Atomics.add(answered, 0, 1);
      Atomics.notify(answered, 0);
    });
  });
});

server.listen(0, "127.0.0.1", () => {
  parentPort?.postMessage((server.address() as AddressInfo).port);
});
