interface ImportMetaEnv {
  readonly VITE_WEBSOCKET_URL: string;
}
