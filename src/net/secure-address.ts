/** Which addresses secrets may be sent to. */

/** @param host as URL.hostname gives it */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

/** Plain HTTP, which nobody else can read as long as it stays on this machine. */
export function isLocalHttp({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && isLoopback(hostname);
}

export function isSecure(url: URL): boolean {
  return url.protocol === 'https:' || isLocalHttp(url);
}
