import type { WebSocketConstructor, WebSocketLike } from "../../../packages/client/src/index.ts";
import type { Chance, Faults } from "./faults.ts";
import { forgedFrom } from "./forgery.ts";
import type { ModelServer, ServerConnection } from "./model-server.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Both ends of one WebSocket, and the network between them. */
export interface NetworkConnection extends ServerConnection {
  readonly id: number;
  /** Whether the client's end is open: from its open event until its close. */
  isOpenAtClient: boolean;
  /** Half-open: no message passes any more, and neither end gets an event. */
  isDead: boolean;
  closedByClient: string | undefined;
  closeByServer(code: number): void;
}

export interface NetworkSettings {
  time: VirtualTime;
  chance: Chance;
  faults: () => Faults;
  server: ModelServer;
  /** The age at which the server closes a connection. */
  cutAfterMs: number;
  onClientFrame(connection: NetworkConnection, text: string): void;
  onServerFrame(connection: NetworkConnection, text: string): void;
  onClientClose(connection: NetworkConnection): void;
}

export interface Network {
  webSocket: WebSocketConstructor;
  readonly connections: readonly NetworkConnection[];
  isOffline: boolean;
}

const REFUSED = 1006;
const GOING_AWAY = 1001;

export function createNetwork(settings: NetworkSettings): Network {
  const { time, chance, faults, server } = settings;
  const connections: NetworkConnection[] = [];
  const latencyMs = (): number => 1 + chance.delayMs(faults().postDelayMs);

  class ScriptedSocket implements WebSocketLike {
    readonly #listeners: { type: string; listener: (event: unknown) => void }[] = [];
    readonly #connection: NetworkConnection;

    constructor() {
      const fire = this.#fire.bind(this);
      const connection: NetworkConnection = {
        id: connections.length + 1,
        isOpen: false,
        isOpenAtClient: false,
        isDead: false,
        closedByClient: undefined,
        post(text) {
          if (!connection.isOpen) return;
          if (chance.happens(faults().repeatedPost)) carry(text);
          carry(text);
        },
        closeByServer(code) {
          if (!connection.isOpen) return;
          connection.isOpen = false;
          server.disconnected(connection);
          time.after(latencyMs(), () => {
            if (isCutOff() || connection.closedByClient !== undefined) return;
            connection.isOpenAtClient = false;
            fire("close", { code, reason: "" });
          });
        },
      };
      this.#connection = connection;
      connections.push(connection);
      const isCutOff = (): boolean => connection.isDead || network.isOffline;

      function carry(text: string): void {
        if (chance.happens(faults().lostPost)) return;
        time.after(latencyMs(), () => {
          if (!connection.isOpenAtClient || isCutOff()) return;
          if (chance.happens(faults().forgedText)) fire("message", { data: forgedFrom(chance, text) });
          // The client may have closed the connection because of a text before this one
          if (!connection.isOpenAtClient) return;
          settings.onServerFrame(connection, text);
          fire("message", { data: text });
        });
      }

      if (chance.happens(faults().hangingConnect)) return;
      time.after(latencyMs(), () => {
        if (connection.closedByClient !== undefined) return;
        if (network.isOffline || chance.happens(faults().refusedConnect)) {
          fire("error");
          fire("close", { code: REFUSED, reason: "" });
          return;
        }
        connection.isOpen = true;
        connection.isOpenAtClient = true;
        time.after(settings.cutAfterMs, () => connection.closeByServer(GOING_AWAY));
        fire("open");
      });
    }

    addEventListener(type: string, listener: (event: unknown) => void): void {
      this.#listeners.push({ type, listener });
    }

    send(text: string): void {
      const connection = this.#connection;
      settings.onClientFrame(connection, text);
      if (connection.isDead || network.isOffline) return;
      time.after(latencyMs(), () => {
        if (connection.isOpen && !connection.isDead) server.receive(connection, text);
      });
    }

    close(_code?: number, reason = ""): void {
      const connection = this.#connection;
      if (connection.closedByClient !== undefined) return;
      connection.closedByClient = reason;
      settings.onClientClose(connection);
      connection.isOpenAtClient = false;
      time.after(latencyMs(), () => {
        if (!connection.isDead && connection.isOpen) {
          connection.isOpen = false;
          server.disconnected(connection);
        }
        this.#fire("close", { code: 1000, reason });
      });
    }

    #fire(type: string, event: object = {}): void {
      for (const { type: wanted, listener } of this.#listeners) if (wanted === type) listener(event);
    }
  }

  const network: Network = { webSocket: ScriptedSocket, connections, isOffline: false };
  return network;
}
