/**
 * Calls back after the event loop has polled the sockets twice. Timers run before the loop polls, so a timer that fires
 * after a stall has not seen what arrived in the meantime. The second poll is needed because the poll that reads a
 * response does not see yet that the connection ended after it.
 */
export function afterPoll(callback: () => void): void {
  setImmediate(() => setImmediate(callback));
}
