/** The Java runtime that is downloaded if the machine has none: Eclipse Temurin, as its releases on GitHub have it. */
export const JAVA_VERSION = "17.0.18+8";

const RELEASE =
  "https://github.com/adoptium/temurin17-binaries/releases/download/jdk-17.0.18%2B8/OpenJDK17U-jre_";

export interface JavaArchive {
  url: string;
  sha256: string;
}

const archive = (platform: string, extension: string, sha256: string): JavaArchive => ({
  url: `${RELEASE}${platform}_hotspot_17.0.18_8.${extension}`,
  sha256,
});

/** By `process.platform` and `process.arch`. A new version changes the address and all hashes. */
export const JAVA_ARCHIVES: Readonly<Record<string, JavaArchive>> = {
  "linux-x64": archive(
    "x64_linux",
    "tar.gz",
    "8b418e38cca87945858ae911988401720095eb671357d47437b4adb49c28dcab",
  ),
  "linux-arm64": archive(
    "aarch64_linux",
    "tar.gz",
    "88727c16610d118c0e739f62e6c99dc1cb5a7b4a93a27054fe2a3aa7150e7b5d",
  ),
  "darwin-x64": archive(
    "x64_mac",
    "tar.gz",
    "486ab329956941fae40012f42d9f4bcbd48d036e11249b924e259fe7a86ee3dc",
  ),
  "darwin-arm64": archive(
    "aarch64_mac",
    "tar.gz",
    "6853987fa37340b157d7e8e895db0148efa13c3b2d6e6f3b289aac42e437d32e",
  ),
  "win32-x64": archive(
    "x64_windows",
    "zip",
    "95c9ebe3ee16baab7239531757513d9a03799ca06483ef2f3b530e81e93e7b5b",
  ),
};
