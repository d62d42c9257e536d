import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import { parseAllDocuments } from 'yaml';
import { environment } from '../environments';
import { Lakehouse } from '../lib/lakehouse';
// Taken from the API server's own /openapi/v2, reduced to the kinds of a lakehouse; it refuses fields that a kind does not have.
import schema from './kubernetes-schema.json';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own.
  readonly spec?: any;
}

export const DIST = 'dist';

/** Writes the environment's YAML to `dist/` and returns it. */
export function synthesize(name: string): Manifest[] {
  new Lakehouse(environment(name), { outdir: DIST }).synth();
  return manifestsInDist();
}

export function manifestsInDist(): Manifest[] {
  const files = readdirSync(DIST).filter((file) => file.endsWith('.yaml'));
  return files.flatMap((file) => parseAllDocuments(readFileSync(join(DIST, file), 'utf8')).map((document) => document.toJS() as Manifest));
}

/** Raises an error that names each object that the Kubernetes API would refuse, and where. */
export function checkSchemas(manifests: Manifest[]): void {
  const ajv = new Ajv({ strict: false, allErrors: true });
  const validators = new Map<string, ValidateFunction>();
  const problems = manifests.flatMap((manifest) => {
    const kind = `${manifest.apiVersion}/${manifest.kind}`;
    const definition = (schema.kinds as Record<string, string>)[kind];
    const where = `${manifest.kind} '${manifest.metadata?.name}'`;
    if (!definition) return [`${where}: the kind ${kind} has no schema here`];
    const validate = validators.get(kind) ?? ajv.compile({ $ref: `#/definitions/${definition}`, definitions: schema.definitions });
    validators.set(kind, validate);
    validate(manifest);
    return (validate.errors ?? []).map(({ instancePath, message, params }) => `${where}: ${instancePath} ${message} ${JSON.stringify(params)}`);
  });
  if (problems.length > 0) throw new Error(`the Kubernetes API ${schema.version} would refuse:\n${problems.join('\n')}`);
}
