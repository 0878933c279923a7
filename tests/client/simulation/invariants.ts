import type { Gap, Position, TopicEvent } from "../../../packages/client/src/index.ts";
import { BUFFER_EVENTS_MAX } from "../../../packages/client/src/limits.ts";
import { comparePositions } from "../../../packages/client/src/position.ts";
import type { LoggedEvent } from "./model-log.ts";
import type { PositionSent } from "./model-server.ts";
import { checkBeginning, checkLatest, checkLoaded } from "./modes.ts";
import type { Outcome, Trace, TraceItem } from "./outcome.ts";
import { checkPublications } from "./publications.ts";

/** Throws if a promise of docs/protocol.md or of the client's README is broken. */
export function checkOutcome(outcome: Outcome): void {
  const { watcher, traces, errors, timersLeft, network, scenario } = outcome;
  if (watcher.violations.length > 0) throw new Error(watcher.violations.join("; "));
  const expected = [
    "CONNECT_FAILED",
    "SERVER_ERROR",
    ...(scenario.faults.forgedText > 0 ? ["UNKNOWN_FRAME"] : []),
    ...(traces.some(({ mode }) => mode.mode === "load") ? ["LOAD_FAILED"] : []),
  ];
  const unexpected = errors.filter(({ code }) => !expected.includes(code));
  if (unexpected.length > 0) throw new Error(`reported: ${unexpected.map(String).join("; ")}`);
  if (timersLeft > 0) throw new Error(`${timersLeft} timers were left after close()`);
  const open = network.connections.filter(({ isOpenAtClient }) => isOpenAtClient);
  if (open.length > 0) throw new Error(`${open.length} connections were left after close()`);
  checkPublications(outcome);
  for (const trace of traces) {
    checkBeginning(outcome, trace);
    if (trace.mode.mode === "load") checkLoaded(outcome, trace);
    else if (trace.mode.mode === "latest") checkLatest(outcome, trace);
    else checkTrace(outcome, trace);
  }
}

/**
 * Every offset is delivered once, ascending, or is in one gap that covers exactly the missing offsets. At the end no
 * offset is left out.
 */
function checkTrace({ server, watcher }: Outcome, trace: Trace): void {
  const { topicId, items, since, ready, subscription, calledAfterEnd } = trace;
  const log = server.log(topicId);
  const positionsSent = server.positionsSent.filter((answer) => answer.topicId === topicId);
  if (calledAfterEnd > 0) throw new Error(`${topicId}: ${calledAfterEnd} callbacks after the end`);
  let at: Position | undefined = since ?? ready?.from ?? ready;
  let { receivedBefore } = trace;
  if (!at) {
    if (items.length > 0) throw new Error(`${topicId}: called back before ready, without since`);
    if (subscription) throw new Error(`${topicId}: never ready`);
    return;
  }
  // "New events" means those after all that the remaining subscribers had seen by then
  for (const other of since || ready?.from
    ? []
    : trace.others.filter(({ trace: { subscription: stayed } }) => stayed)) {
    if (comparePositions(at, other.position) < 0)
      throw new Error(`${topicId}: began at ${show(at)}, in the past`);
  }
  items.forEach((item, index) => {
    const from = crossed(positionsSent, at as Position, (item.event ?? item.gap.from).epoch);
    if (item.event) {
      checkEvent(log.history, from, item.event);
      at = item.event;
    } else {
      checkGap(positionsSent, from, item.gap, items[index + 1], !subscription);
      const received = watcher.received.slice(receivedBefore, item.received);
      if (item.gap.reason === "position-unknown") receivedBefore = item.received;
      else
        checkNothingWasThere(
          item.gap,
          received.filter((event) => event.topicId === topicId),
        );
      at = item.gap.to;
    }
  });
  if (!subscription) return;
  if (!ready) throw new Error(`${topicId}: never ready`);
  const end = log.position();
  const isThere = end.offset === 0 ? !existsBetween(log.history, at, end) : comparePositions(at, end) === 0;
  if (!isThere) throw new Error(`${topicId}: stopped at ${show(at)}, the log ends at ${show(end)}`);
}

/** A subscriber enters a new epoch without a gap only if the server said that nothing came between. */
function crossed(positionsSent: readonly PositionSent[], at: Position, epoch: string): Position {
  for (const { asked, to, recovered } of positionsSent) {
    if (at.epoch === epoch) break;
    if (!recovered || !asked || comparePositions(asked, at) !== 0 || to.epoch === at.epoch) continue;
    const further = crossed(positionsSent, { epoch: to.epoch, offset: 0 }, epoch);
    if (further.epoch === epoch) return further;
  }
  return at;
}

function checkEvent(history: readonly LoggedEvent[], at: Position, event: TopicEvent): void {
  const follows = event.epoch === at.epoch && event.offset === at.offset + 1;
  if (!follows) throw new Error(`${show(event)} was delivered after ${show(at)}`);
  const logged = history.find((candidate) => comparePositions(candidate, event) === 0);
  // The own event has the client's time
  const publishedAt = event.publicationId.startsWith("own-") ? logged?.publishedAt : event.publishedAt;
  const isSame = JSON.stringify({ ...event, publishedAt, topicId: undefined }) === JSON.stringify(logged);
  if (!isSame) throw new Error(`delivered ${JSON.stringify(event)}, published ${JSON.stringify(logged)}`);
}

function checkGap(
  positionsSent: readonly PositionSent[],
  at: Position,
  gap: Gap,
  next: TraceItem | undefined,
  isEnded: boolean,
): void {
  const { from, to, reason } = gap;
  if (from.epoch !== at.epoch || from.offset !== at.offset + 1) {
    throw new Error(`a gap from ${show(from)} after ${show(at)}`);
  }
  const answers = positionsSent.filter((answer) => answer.asked && comparePositions(answer.asked, at) === 0);
  if (reason === "position-unknown") {
    const isTold = answers.some(
      (answer) => comparePositions(answer.to, at) < 0 && comparePositions(answer.to, to) === 0,
    );
    if (!isTold) throw new Error(`a gap to ${show(to)} that the server knows nothing of`);
    return;
  }
  if (comparePositions(to, at) <= 0) throw new Error(`a gap to ${show(to)} after ${show(at)}`);
  const denials = answers.filter((answer) => !answer.recovered && comparePositions(answer.to, to) >= 0);
  if (denials.length === 0)
    throw new Error(`a gap to ${show(to)} after ${show(at)}, which the server did not deny`);
  const isWhole = denials.some((answer) => comparePositions(answer.to, to) === 0);
  const isCut = next?.event && next.event.epoch === to.epoch && next.event.offset === to.offset + 1;
  if (!isWhole && !isCut && !(isEnded && !next))
    throw new Error(`a gap to ${show(to)}, which is neither the end nor what comes next`);
}

/** An event that had arrived is not in a gap, unless more events waited than a client keeps. */
function checkNothingWasThere({ from, to }: Gap, received: readonly Position[]): void {
  if (received.length > BUFFER_EVENTS_MAX) return;
  const there = received.find(
    (event) => comparePositions(event, from) >= 0 && comparePositions(event, to) <= 0,
  );
  if (there) throw new Error(`the gap ${show(from)} to ${show(to)} covers ${show(there)}, which had arrived`);
}

const existsBetween = (history: readonly LoggedEvent[], after: Position, to: Position): boolean =>
  history.some((event) => comparePositions(event, after) > 0 && comparePositions(event, to) <= 0);

const show = ({ epoch, offset }: Position): string => `${epoch}/${offset}`;
