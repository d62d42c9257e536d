import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { environment, environmentNames } from '../../environments';
import { kebabCase, LakehouseChart, namespaceOf, Wave } from '../../lib/k8s/chart';
import { Lakehouse, type LakehouseProps } from '../../lib/lakehouse';
import { Manifests } from '../manifests';

const kind = environment('kind');

describe('environments', () => {
  test('are chosen by name, kind if there is none', () => {
    expect(environmentNames).toEqual(['kind', 'test', 'production']);
    expect(environment()).toEqual(environment('kind'));
  });

  test('are throw-away or last', () => {
    expect(environmentNames.filter((name) => environment(name).throwAway)).toEqual(['kind', 'test']);
  });

  test.each(['staging', '', 'Kind', 'constructor'])("fails for '%s', listing the known", (name) => {
    expect(() => environment(name)).toThrow(`there is no environment '${name}': use one of kind, test, production, or add a file to environments/`);
  });
});

describe('recipes', () => {
  test('that are missing do not compile', () => {
    const { metastore, database, ...rest } = kind;
    // @ts-expect-error: no metastore
    const withoutMetastore: LakehouseProps = { ...rest, database };
    // @ts-expect-error: no database
    const withoutDatabase: LakehouseProps = { ...rest, metastore };
    const complete: LakehouseProps = { ...rest, metastore, database };
    expect([withoutMetastore, withoutDatabase, complete].map((props) => Object.keys(props).length)).toEqual([8, 8, 9]);
  });
});

describe('charts', () => {
  test('are files by wave', () => {
    expect(new Set(Object.keys(Manifests.of('kind').files))).toEqual(
      new Set(['0-namespaces', '1-storage', '2-libraries', '2-catalog', '3-demo', '4-gateway']),
    );
  });

  test('of an earlier synth are gone, other files stay', () => {
    const outdir = mkdtempSync(join(tmpdir(), 'lakehouse-'));
    writeFileSync(join(outdir, '3-gone.k8s.yaml'), '');
    writeFileSync(join(outdir, 'notes.txt'), '');
    new Lakehouse(kind, { outdir }).synth();
    expect(readdirSync(outdir)).toEqual(expect.arrayContaining(['notes.txt', '3-demo.k8s.yaml']));
    expect(readdirSync(outdir)).not.toContain('3-gone.k8s.yaml');
  });

  test('without objects are left out: their files would be empty', () => {
    expect(new Set(Object.keys(Manifests.of('production').files))).toEqual(
      new Set(['0-namespaces', '1-storage', '2-catalog', '3-analytics', '3-science', '4-gateway']),
    );
  });

  test('have Namespaces without a namespace, which survive a smaller environment', () => {
    const { metadata } = Manifests.of('kind').get('Namespace', 'lakehouse');
    expect(metadata).not.toHaveProperty('namespace');
    expect(metadata.annotations).toMatchObject({ 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' });
  });
});

describe('names', () => {
  const nameOf = (path: string[]) =>
    Manifests.in((chart) => {
      const scope = path.slice(0, -1).reduce<Construct>((parent, id) => new Construct(parent, id), chart);
      new k8s.KubeStatefulSet(scope, path.at(-1)!, {});
    }).all('StatefulSet')[0].metadata.name;

  test.each([
    [['minio', 'stateful-set'], 'minio'],
    [['minio', 'pods'], 'minio-pods'],
    [['hive-metastore', 'schema', 'stateful-set'], 'hive-metastore-schema'],
    [['stateful-set'], 'stateful-set'],
  ])('of %j is %s', (path, name) => {
    expect(nameOf(path)).toBe(name);
  });

  test.each([
    ['StatefulSet', 'stateful-set'],
    ['Service', 'service'],
    ['NetworkPolicy', 'network-policy'],
  ])('the kind %s is %s', (name, spelled) => {
    expect(kebabCase(name)).toBe(spelled);
  });

  test('the namespace is that of the chart', () => {
    Manifests.in((chart) => expect(namespaceOf(new Construct(chart, 'a'))).toBe('lakehouse'));
  });

  test('fails in a chart without a namespace', () => {
    const scope = new Construct(new LakehouseChart(new App(), 'namespaces', { wave: Wave.FOUNDATION }), 'scope');
    expect(() => namespaceOf(scope)).toThrow(
      "'0-namespaces/scope' is in the chart '0-namespaces', which has no namespace: put it into a chart that has one",
    );
  });

  test('fails for two objects of one name', () => {
    const twice: LakehouseProps['database'] = {
      bind: (scope, context) => {
        new k8s.KubeConfigMap(new Construct(scope, 'hive-metastore'), 'config-map', {});
        return kind.database.bind(scope, context);
      },
    };
    expect(() => Manifests.of({ ...kind, database: twice })).toThrow(
      "there are two of ConfigMap 'hive-metastore' in the namespace 'lakehouse': give one of the two components another name",
    );
  });
});
