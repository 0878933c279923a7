interface ImportMetaEnv {
  readonly VITE_WEBSOCKET_URL: string;
  /** Whether the server knows who its users are, so that the page can show who is there. */
  readonly VITE_PRESENCE: boolean;
}
