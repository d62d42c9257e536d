import { isIPv4 } from 'node:net';

/** A host and a port, reachable from any namespace. */
export class Endpoint {
  /** Raises an error for a host or a port that is none. */
  constructor(
    readonly host: string,
    readonly port: number,
  ) {
    portNumber(host, port);
    const labels = host.split('.');
    const name = host.length <= 253 && labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label));
    if (!name || (/^[\d.]+$/.test(host) && !isIPv4(host)))
      throw new Error(`'${host}' is no host name: give a DNS name or an address, without scheme, port or path`);
  }

  /** What a URL without a path names; nothing if it is none. @param ports the usual one of each scheme */
  static ofUrl(url: string, ports: Record<string, number>): { readonly scheme: string; readonly endpoint: Endpoint } | undefined {
    const [, scheme, host, port] = /^([a-z]+):\/\/([^/:]+)(?::(\d+))?\/?$/.exec(url) ?? [];
    if (!scheme || !host || !Object.hasOwn(ports, scheme)) return undefined;
    return { scheme, endpoint: new Endpoint(host, Number(port ?? ports[scheme])) };
  }

  /** `host:port` */
  get address(): string {
    return `${this.host}:${this.port}`;
  }

  url(scheme: string, path = ''): string {
    return `${scheme}://${this.address}${path}`;
  }
}

/** Raises an error for a port that is none. */
export function portNumber(name: string, port: number): number {
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new Error(`'${name}' has the port ${port}: a port is a whole number from 1 to 65535`);
  return port;
}
