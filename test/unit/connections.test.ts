import { Construct } from 'constructs';
import { environment } from '../../environments';
import { Connections, DefaultDeny } from '../../lib/net/connections';
import { Endpoint } from '../../lib/net/endpoint';
import { type Manifest, Manifests } from '../manifests';

const peer = (name: string) => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'lakehouse' } },
  podSelector: { matchLabels: { 'app.kubernetes.io/name': name } },
});

/** The policies of `a` and `b` after `connect`. */
function policies(connect: (a: Connections, b: Connections) => void): Manifest[] {
  const manifests = Manifests.in((chart) => {
    const a = Connections.ofPods(new Construct(chart, 'a'), 'a');
    const b = Connections.ofPods(new Construct(chart, 'b'), 'b', 1234);
    connect(a, b);
  });
  return [manifests.get('NetworkPolicy', 'a').spec, manifests.get('NetworkPolicy', 'b').spec];
}

const withoutDns = ({ egress }: Manifest) => egress.slice(1);

test('may dial DNS, and nothing else, if nobody says more', () => {
  const [a] = policies(() => {});
  expect(a.egress).toEqual([
    {
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
          podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
        },
      ],
      ports: [
        { port: 53, protocol: 'UDP' },
        { port: 53, protocol: 'TCP' },
      ],
    },
  ]);
  expect(a).toMatchObject({ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'a' } }, policyTypes: ['Ingress', 'Egress'] });
  expect(a.ingress ?? []).toEqual([]);
});

test('an edge is a rule at both ends, on the port of the one that is dialled', () => {
  const [a, b] = policies((from, to) => from.allowTo({ connections: to }));
  const ports = [{ port: 1234, protocol: 'TCP' }];
  expect(withoutDns(a)).toEqual([{ to: [peer('b')], ports }]);
  expect(b.ingress).toEqual([{ from: [peer('a')], ports }]);
});

test('an edge to all ports names none', () => {
  const [a, b] = policies((from, to) => from.allowToAllPorts({ connections: to }));
  expect(withoutDns(a)).toEqual([{ to: [peer('b')] }]);
  expect(b.ingress).toEqual([{ from: [peer('a')] }]);
});

test('a component may let anybody dial its ports', () => {
  const [, b] = policies((_, to) => to.allowFromAnywhere(1234, 80));
  expect(b.ingress).toEqual([
    {
      ports: [
        { port: 1234, protocol: 'TCP' },
        { port: 80, protocol: 'TCP' },
      ],
    },
  ]);
});

test('an edge to a network has one end', () => {
  const network = Connections.ofNetwork('database', '10.1.2.0/24', 5432);
  const [a] = policies((from) => from.allowTo({ connections: network }));
  expect(withoutDns(a)).toEqual([{ to: [{ ipBlock: { cidr: '10.1.2.0/24' } }], ports: [{ port: 5432, protocol: 'TCP' }] }]);
});

test('nothing passes by default', () => {
  const manifests = Manifests.in((chart) => new DefaultDeny(chart, 'tenant-demo'));
  expect(manifests.get('NetworkPolicy', 'default-deny', 'tenant-demo').spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
});

test('fails for an edge to a component without a port', () => {
  expect(() => policies((from, to) => to.allowTo({ connections: from }))).toThrow("'a' listens on no port that 'b' could dial: use allowToAllPorts");
});

const networks = ['10.1.2.3', 'postgres.example.com', '10.1.2.3/', '10.1/16', '', '::/0', '10.0.0.0/8/9', '10.0.0.0/08'];

test.each(networks)("fails for the network '%s'", (cidr) => {
  expect(() => Connections.ofNetwork('database', cidr, 5432)).toThrow(
    `'database' has the network '${cidr}': write it as address and mask length, such as '10.1.2.3/32'`,
  );
});

// They look like networks; Kubernetes refuses them.
test.each(['300.1.2.3/32', '10.1.2.3/33'])("fails for the network '%s'", (cidr) => {
  expect(() => Connections.ofNetwork('database', cidr, 5432)).toThrow(`'${cidr}'`);
});

describe('the API server', () => {
  const of = (apiServer: { cidr?: string; port?: number }) => Manifests.of({ ...environment('kind'), apiServer });

  test('is where the environment says, for the gateway and for drivers', () => {
    const rule = { to: [{ ipBlock: { cidr: '10.96.0.1/32' } }], ports: [{ port: 443, protocol: 'TCP' }] };
    const manifests = of({ cidr: '10.96.0.1/32', port: 443 });
    for (const name of ['kyuubi', 'spark-driver']) expect(manifests.get('NetworkPolicy', name).spec.egress).toContainEqual(rule);
    expect(manifests.get('NetworkPolicy', 'spark-executor').spec.egress).not.toContainEqual(rule);
  });

  test('fails for a network that is none', () => {
    expect(() => of({ cidr: '10.96.0.1' })).toThrow("'api-server' has the network '10.96.0.1': write it as address and mask length");
  });

  // 70000 goes into the policies, 0 is "no port that 'spark-driver' could dial".
  test.each([0, 70000, 443.5])('fails for the port %d', (port) => {
    expect(() => of({ port })).toThrow(`the port ${port}: a port is a whole number from 1 to 65535`);
  });
});

describe('an endpoint', () => {
  test('is an address and a URL', () => {
    const endpoint = new Endpoint('postgres.lakehouse.svc', 5432);
    expect(endpoint.address).toBe('postgres.lakehouse.svc:5432');
    expect(endpoint.url('jdbc:postgresql', '/kyuubi')).toBe('jdbc:postgresql://postgres.lakehouse.svc:5432/kyuubi');
  });

  test.each(['', 'http://host', 'host:80', 'host/path', 'a b', '.host', 'host.', 'a..b', '300.1.1.1', 'a'.repeat(64)])(
    "fails for the host '%s'",
    (host) => {
      expect(() => new Endpoint(host, 80)).toThrow(`'${host}' is no host name`);
    },
  );

  test.each([0, 65536, 1.5, -80])('fails for the port %d', (port) => {
    expect(() => new Endpoint('host', port)).toThrow(`'host' has the port ${port}: a port is a whole number from 1 to 65535`);
  });
});
