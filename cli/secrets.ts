import { Yaml } from 'cdk8s';
import { environment } from '../environments';
import { Lakehouse } from '../lib/lakehouse';
import { Secrets } from '../lib/secrets/secrets';

/** Prints a Secret with fresh random values for each that the environment refers to. Nothing keeps them: apply, seal or encrypt what is printed. */
export function secrets({ environment: name }: { environment: string }): void {
  console.log(
    freshSecrets(name)
      .map((manifest) => Yaml.stringify(manifest))
      .join('---\n'),
  );
}

export function freshSecrets(name: string) {
  const props = environment(name);
  const { charts } = new Lakehouse({ ...props, secrets: Secrets.random(props.secrets), throwAway: true });
  const found = charts.flatMap((chart) => chart.toJson()).filter(({ kind }) => kind === 'Secret');
  // Without the labels of what the lakehouse applies: `npm stop` must not remove the only copy of a password.
  return found.map(({ apiVersion, kind, metadata, data }) => ({
    apiVersion,
    kind,
    metadata: { name: metadata.name, namespace: metadata.namespace },
    data: data as Record<string, string>,
  }));
}
