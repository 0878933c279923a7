import {
  type ClaimGuess,
  type Clock,
  createClaimGuess,
  createLimiter,
  createPostCeiling,
  FANOUT_SETTINGS_DEFAULT,
  handleBatch,
  inTurn,
  invocationLimits,
  type Limiter,
  type Ports,
  type ReceivedMessage,
} from "../../../pubsub/src/simulation/index.ts";
import { type Cpu, createCpu, type GatewayModel } from "./gateway-model.ts";
import { MODEL, type SimulateSettings } from "./model.ts";
import type { QueueModel } from "./queue-model.ts";
import { whileAlive } from "./while-alive.ts";

/** The fan-out function behind its event source mapping. */
export interface FunctionModel {
  invocations(): number;
  coldStarts(): number;
  billedMs(): number;
  concurrencyMax(): number;
  /** Invocations that their timeout ended. */
  timedOut(): number;
  /** Whether no batch is being handled. */
  isIdle(): boolean;
  /** Is called after each batch. */
  onBatchEnd: () => void;
}

/** An execution environment. What it has learned lasts as long as it does. */
interface Environment {
  limiter: Limiter;
  claimGuess: ClaimGuess;
  cpu: Cpu;
}

export function createFunctionModel(
  ports: Omit<Ports, "connections">,
  { queue, gateway }: { queue: QueueModel; gateway: GatewayModel },
  settings: SimulateSettings,
): FunctionModel {
  const { clock } = ports;
  const idle: Environment[] = [];
  let running = 0;
  let busySinceMs = 0;
  const counts = { invocations: 0, coldStarts: 0, billedMs: 0, concurrencyMax: 0, timedOut: 0 };

  /** Lambda begins with a few batches at once and adds more while messages are left. */
  function allowed(): number {
    const minutes = (clock.now() - busySinceMs) / 60_000;
    const grown = MODEL.batchesAtFirst.value + Math.floor(minutes * MODEL.batchesPerMinute.value);
    return Math.min(settings.workers, grown);
  }

  function poll(): void {
    if (running === 0) busySinceMs = clock.now();
    while (queue.visible > 0 && running < allowed()) {
      running += 1;
      counts.concurrencyMax = Math.max(counts.concurrencyMax, running);
      void invoke(queue.receive(MODEL.batchSize.value)).finally(() => {
        running -= 1;
        poll();
        model.onBatchEnd();
      });
    }
  }

  async function invoke(batch: readonly ReceivedMessage[]): Promise<void> {
    await clock.sleep(settings.timings.queueToFunctionMs * (0.5 + clock.random()));
    const startedMs = clock.now();
    counts.invocations += 1;
    const environment = idle.pop() ?? (await coldStart());
    const handled = await handleInTime(environment, batch);
    counts.billedMs += clock.now() - startedMs;
    // Lambda ends an environment whose invocation has timed out
    if (!handled) return;
    idle.push(environment);
    for (const [id, { outcome }] of handled) if (outcome === "done") queue.delete(id);
  }

  async function coldStart(): Promise<Environment> {
    counts.coldStarts += 1;
    await clock.sleep(settings.timings.coldStartMs * (0.75 + clock.random() / 2));
    return createEnvironment(clock, settings);
  }

  async function handleInTime(
    { limiter, claimGuess, cpu }: Environment,
    batch: readonly ReceivedMessage[],
  ): Promise<Awaited<ReturnType<typeof handleBatch>> | undefined> {
    const { value: timeoutMs } = MODEL.functionTimeoutMs;
    let cancel = (): void => {};
    let alive = true;
    const isAlive = (): boolean => alive;
    const timeout = new Promise<undefined>((resolve) => {
      cancel = clock.after(timeoutMs, () => {
        counts.timedOut += 1;
        alive = false;
        resolve(undefined);
      });
    });
    const context = {
      ...ports,
      log: whileAlive(ports.log, isAlive),
      ledger: whileAlive(ports.ledger, isAlive),
      subscriptions: whileAlive(ports.subscriptions, isAlive),
      queue: whileAlive(ports.queue, isAlive),
      connections: inTurn(whileAlive(gateway.connectionsOf(cpu), isAlive)),
      limiterOf: () => limiter,
      settings: { ...FANOUT_SETTINGS_DEFAULT, partSize: settings.partSize },
      claimGuess,
      ...invocationLimits(clock.now(), timeoutMs),
    };
    return Promise.race([handleBatch(context, batch), timeout]).finally(cancel);
  }

  queue.onVisible = poll;
  const model: FunctionModel = {
    invocations: () => counts.invocations,
    coldStarts: () => counts.coldStarts,
    billedMs: () => counts.billedMs,
    concurrencyMax: () => counts.concurrencyMax,
    timedOut: () => counts.timedOut,
    isIdle: () => running === 0,
    onBatchEnd() {},
  };
  return model;
}

function createEnvironment(clock: Clock, { postCeiling, workers }: SimulateSettings): Environment {
  const cpu = createCpu(clock);
  const ceiling =
    postCeiling === undefined ? undefined : createPostCeiling(postCeiling / workers, clock.now());
  const limiter = createLimiter(clock, { load: cpu.load, ceiling });
  return { limiter, claimGuess: createClaimGuess(), cpu };
}
