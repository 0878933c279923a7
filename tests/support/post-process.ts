/** A process that posts once, reports how the post ended, and does nothing else. */
import { createRequire } from "node:module";
import { createHttpPool } from "../../packages/pubsub/src/aws/transport/http-pool.ts";

const [protocol, port, ...addresses] = process.argv.slice(2);
const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));

/** Makes the host resolve to these addresses, independent of this machine's resolver. */
const dns: typeof import("node:dns") = createRequire(import.meta.url)("node:dns");
Object.assign(dns, {
  lookup: (_name: string, _options: object, done: (error: null, addresses: typeof found) => void) =>
    done(null, found),
});

// Fires only if something else keeps the process alive
const waiting = setTimeout(() => process.stdout.write("waiting\n"), 200).unref();

const pool = createHttpPool({ secure: protocol === "https", hostname: "localhost", port: Number(port) });
pool.exchange("POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n", Buffer.alloc(0), (exchanged) => {
  clearTimeout(waiting);
  process.stdout.write(`${JSON.stringify(exchanged)}\n`);
});
