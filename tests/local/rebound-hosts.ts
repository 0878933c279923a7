/** The Host headers of a page whose name, or a name like this machine's, was rebound to 127.0.0.1. */
export const REBOUND_HOSTS: readonly string[] = [
  "evil.example",
  "evil.example:80",
  "127.0.0.1.evil.example",
  "localhost.evil.example",
  "evil.example@127.0.0.1",
  "127.0.0.1:evil",
];

/** What the refusal says. */
export const REFUSED_HOST: RegExp = /responds to localhost and to addresses, not to the host .*--allow-host/;
