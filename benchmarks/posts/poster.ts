import { connectionIds } from "../support/connection-ids.ts";
import { handleOrders } from "../support/handle-orders.ts";
import { profiled } from "../support/profiled.ts";

export interface PosterOrder {
  endpoint: string;
  posts: number;
  bodyBytes: number;
  sockets: number;
  /** Path of a CPU profile of the measured posts. */
  profileTo?: string;
}

export interface PosterFigures {
  postsPerSecond: number;
  cpuMicrosPerPost: number;
  /** The number of connections that got a post, including the warm-up. Each got exactly one. */
  connections: number;
}

/** Prepares one post of the same body to each of these connections. The returned function makes the posts. */
export type Prepare = (connectionIds: readonly string[]) => () => Promise<void>;

/** These posts open the sockets and let the code be compiled before the measurement. */
const WARM_UP_POSTS = 2_000;

/** Runs the process of a poster: it warms up, makes the posts and measures its own CPU time. */
export function runPoster(create: (order: PosterOrder) => Prepare): void {
  handleOrders(async (order: PosterOrder): Promise<PosterFigures> => {
    const prepare = create(order);
    const ids = connectionIds(WARM_UP_POSTS + order.posts);
    await prepare(ids.slice(0, WARM_UP_POSTS))();
    const post = prepare(ids.slice(WARM_UP_POSTS));
    return profiled(order.profileTo, async () => {
      const cpu = process.cpuUsage();
      const startedMs = performance.now();
      await post();
      const seconds = (performance.now() - startedMs) / 1_000;
      const { user, system } = process.cpuUsage(cpu);
      return {
        postsPerSecond: order.posts / seconds,
        cpuMicrosPerPost: (user + system) / order.posts,
        connections: ids.length,
      };
    });
  });
}
