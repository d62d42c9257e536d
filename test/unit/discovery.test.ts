import { Size } from 'cdk8s';
import { environment } from '../../environments';
import { Discovery } from '../../lib/discovery/discovery';
import { Manifests } from '../manifests';

const withDiscovery = (discovery: Discovery) => Manifests.of({ ...environment('kind'), discovery });

describe('ZooKeeper', () => {
  const zookeeper = withDiscovery(Discovery.zookeeper({ storage: Size.gibibytes(2), memory: Size.mebibytes(300) }));

  test('has half of its memory as heap', () => {
    const { env, resources } = zookeeper.container('StatefulSet zookeeper');
    expect(resources.limits.memory).toBe('300Mi');
    expect(env).toContainEqual({ name: 'JVMFLAGS', value: '-Xmx150m -XX:+UseSerialGC' });
  });

  test('keeps its data on a volume, and removes what is old', () => {
    expect(zookeeper.get('StatefulSet', 'zookeeper').spec.volumeClaimTemplates).toMatchObject([
      { metadata: { name: 'data' }, spec: { resources: { requests: { storage: '2Gi' } } } },
    ]);
    expect(zookeeper.properties('zoo.cfg')).toMatchObject({ dataDir: '/data', 'autopurge.purgeInterval': '1', 'autopurge.snapRetainCount': '3' });
  });

  test('is where the gateway registers', () => {
    expect(zookeeper.properties('kyuubi-defaults.conf')).toMatchObject({ 'kyuubi.ha.addresses': 'zookeeper.lakehouse.svc:2181' });
  });
});

describe('an external ZooKeeper', () => {
  test('is where the gateway registers, on all hosts', () => {
    const external = withDiscovery(Discovery.external({ hosts: ['zoo-1.example.com', '10.1.2.3'], port: 2182, cidr: '10.1.2.0/24' }));
    expect(external.pods.filter(({ owner }) => owner.includes('zookeeper'))).toEqual([]);
    expect(external.properties('kyuubi-defaults.conf')).toMatchObject({ 'kyuubi.ha.addresses': 'zoo-1.example.com:2182,10.1.2.3:2182' });
    expect(external.get('NetworkPolicy', 'kyuubi').spec.egress).toContainEqual({
      to: [{ ipBlock: { cidr: '10.1.2.0/24' } }],
      ports: [{ port: 2182, protocol: 'TCP' }],
    });
  });

  test('fails without a host', () => {
    expect(() => withDiscovery(Discovery.external({ hosts: [] }))).toThrow("'hosts' of the external ZooKeeper is empty: name at least one host");
  });

  test('fails for a host with a port', () => {
    expect(() => withDiscovery(Discovery.external({ hosts: ['zoo.example.com:2181'] }))).toThrow("'zoo.example.com:2181' is no host name");
  });

  test('fails for a port that is none', () => {
    expect(() => withDiscovery(Discovery.external({ hosts: ['zoo.example.com'], port: 0 }))).toThrow("'zoo.example.com' has the port 0");
  });
});
