/** A process that posts several requests at once, reports how they ended, and is frozen in between. */
import { createHttpPool } from "../../packages/pubsub/src/aws/transport/http-pool.ts";

const [port, requests, giveUpAfterMs] = process.argv.slice(2).map(Number);
const pool = createHttpPool({ secure: false, hostname: "127.0.0.1", port: port ?? 0 });
const ends = Array.from({ length: requests ?? 0 }, () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  pool.exchange("POST / HTTP/1.1\r\n\r\n", Buffer.alloc(0), resolve, { giveUpAfterMs: giveUpAfterMs ?? 0 });
  return promise;
});
process.stdout.write(JSON.stringify(await Promise.all(ends)));
