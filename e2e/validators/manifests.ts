import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Document, parse, parseAllDocuments, stringify } from 'yaml';
import type { Manifest } from '../../cli/manifests';
import { environment } from '../../environments';
import { Lakehouse } from '../../lib/lakehouse';

interface Probe {
  readonly exec?: { readonly command: string[] };
}

interface Container {
  readonly name: string;
  readonly command?: string[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
}

interface ConfigMap extends Manifest {
  readonly data: Record<string, string>;
}

/** Writes all objects of the environment to the directory, and the pods of Spark, which only exist while an engine runs. */
export function writeManifests(environmentName: string, directory: string): void {
  const documents = synthesize(environmentName, join(directory, 'synthesized'));
  mkdirSync(judged(directory));
  // One file for each, called after it: not every validator says which object it means.
  mkdirSync(scripts(judged(directory)));
  const write = (manifest: Manifest, text: string) => {
    writeFileSync(join(judged(directory), fileName(manifest)), text);
    for (const [name, script] of scriptsOf(manifest)) writeFileSync(join(scripts(judged(directory)), fileName(manifest, `_${name}`)), script);
  };
  for (const document of documents) write(document.toJS(), String(document));
  // The validators read YAML 1.1, to which `off` is no text.
  for (const pod of sparkPods(documents.map((document) => document.toJS()))) write(pod, stringify(pod, { version: '1.1' }));
}

/** The folder of what the validators judge. */
export const judged = (directory: string) => join(directory, 'objects');

/** The folder of the shell scripts in them, as their containers run them. */
export const scripts = (objects: string) => join(dirname(objects), 'scripts');

const fileName = ({ kind, metadata: { name, namespace = '' } }: Manifest, suffix = '') => `${kind}_${namespace}_${name}${suffix}.yaml`;

/** Of containers and probes, each with the shell that runs it. */
function scriptsOf({ spec }: Manifest): [string, string][] {
  const { initContainers = [], containers = [] } = spec?.template?.spec ?? spec ?? {};
  return [...initContainers, ...containers].flatMap(({ name, command, startupProbe, readinessProbe, livenessProbe }: Container) => {
    const commands = {
      main: command,
      started: startupProbe?.exec?.command,
      ready: readinessProbe?.exec?.command,
      live: livenessProbe?.exec?.command,
    };
    return Object.entries(commands).flatMap(([of, words = []]): [string, string][] => {
      const shell = words.find((word) => word === 'sh' || word === 'bash');
      return shell ? [[`${name}-${of}`, `#!/bin/${shell} -eu\n${words.at(-1)}\n`]] : [];
    });
  });
}

/** `…/Job_lakehouse_publish.yaml` → `Job/publish`. */
export function objectOfFile(path: string): string {
  const [kind, , name] = path.split('/').at(-1)!.replace('.yaml', '').split('_');
  return `${kind}/${name}`;
}

function synthesize(environmentName: string, directory: string): Document[] {
  new Lakehouse(environment(environmentName), { outdir: directory }).synth();
  const files = readdirSync(directory).filter((file) => file.endsWith('.yaml'));
  return files.flatMap((file) => [...parseAllDocuments(readFileSync(join(directory, file), 'utf8'))]);
}

/** A driver and an executor for each tenant. */
function sparkPods(manifests: Manifest[]): Manifest[] {
  const data = (name: string) => (manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name) as ConfigMap).data;
  const conf = properties(data('kyuubi-spark-config')['spark-defaults.conf']!);
  const templates = data('kyuubi-pod-templates');
  const tenants = manifests.filter(({ kind, metadata }) => kind === 'Namespace' && metadata.name.startsWith('tenant-'));
  return tenants.flatMap(({ metadata }) =>
    ['driver', 'executor'].map((role) => complete(parse(templates[`${role}.yaml`]!) as Manifest, role, metadata.name, conf)),
  );
}

/** Adds what Spark does, for the security and the resources of the pod. Sizes that a tenant has of its own are left out: no validator compares them. */
function complete(template: Manifest, role: string, namespace: string, conf: Record<string, string>): Manifest {
  const [container, ...others] = template.spec.containers;
  const { requests, limits } = container.resources;
  const memory = `${mebibytes(conf[`spark.${role}.memory`]!) + mebibytes(conf[`spark.${role}.memoryOverhead`]!)}Mi`;
  const completed = {
    ...container,
    image: conf['spark.kubernetes.container.image'],
    // Spark's default of spark.kubernetes.container.image.pullPolicy.
    imagePullPolicy: conf['spark.kubernetes.container.image.pullPolicy'] ?? 'IfNotPresent',
    resources: { requests: { ...requests, memory, cpu: conf[`spark.kubernetes.${role}.request.cores`] }, limits: { ...limits, memory } },
  };
  return {
    ...template,
    metadata: { ...template.metadata, name: `spark-${role}`, namespace },
    spec: {
      ...template.spec,
      restartPolicy: 'Never',
      serviceAccountName: conf[`spark.kubernetes.authenticate.${role}.serviceAccountName`],
      containers: [completed, ...others],
    },
  };
}

function properties(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => /^[^#].*=/.test(line));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** `1152m` → 1152. */
function mebibytes(size: string): number {
  const [, number, unit] = /^(\d+)([mg])$/.exec(size) ?? [];
  if (!number) throw new Error(`'${size}' is no size of memory such as 512m or 2g`);
  return Number(number) * (unit === 'g' ? 1024 : 1);
}
