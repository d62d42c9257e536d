import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import type { KubernetesObject } from '../cli/kubectl';
import { EngineShare, type TenantProps } from '../lib/tenants/tenant';
import { applyChanged, cluster, ENVIRONMENT, eventually, gatewayLog, inSession } from './lakehouse';

/** Four tenants on two CPUs. */
const pod = { memory: Size.mebibytes(1280), cpu: Cpu.millis(50) };
export const engine = { driver: pod, executors: { ...pod, max: 1 } };

/** Those of the environment and two more. */
export const TENANTS: Record<string, TenantProps> = {
  ...ENVIRONMENT.tenants,
  analytics: { users: ['bea', 'bob'], share: EngineShare.TEAM, engine, schemas: ['sales', 'web'] },
  science: { users: ['cleo'], engine, reads: ['web'], queryTimeout: Duration.seconds(45) },
};

/** Containers that make something for each tenant, by the name of their pod. */
export const WATCHERS = [
  ['minio', 'store'],
  ['postgres', 'live'],
  ['postgres', 'databases'],
  ['kyuubi', 'live'],
  ['kyuubi', 'tenants'],
] as const;

/** Returns when the gateway has taken them over. */
export async function applyTenants(tenants: Record<string, TenantProps>): Promise<void> {
  await applyChanged({ tenants });
  await takenOver(tenants);
}

export async function takenOver(tenants: Record<string, TenantProps>): Promise<void> {
  const names = Object.values(tenants).flatMap(({ users }) => users);
  await eventually('the gateway knows the tenants', 150, async () => {
    const log = await gatewayLog('tenants');
    const known = log.split('\n').findLast((line) => line.startsWith('the gateway knows '));
    return known === `the gateway knows ${names.join(' ')}`;
  });
}

/** Takes them out of the environment, and out of the cluster. */
export async function removeTenants(...names: string[]): Promise<void> {
  await applyTenants(ENVIRONMENT.tenants);
  await cluster.kubectl('delete', 'namespace', ...names.map((name) => `tenant-${name}`), '--ignore-not-found', '--wait=true');
}

/** What the one statement of a user's session returns. */
export const as = (user: string, statement: string): Promise<unknown[][]> => inSession((session) => session.run(statement), user);

/** Those of the engines of a tenant that run. */
export const pods = (tenant: string, role: 'driver' | 'executor'): Promise<KubernetesObject[]> =>
  cluster.list('pods', '-n', `tenant-${tenant}`, '-l', `spark-role=${role}`, '--field-selector=status.phase=Running');

/** The names of its drivers. */
export const driversOf = async (tenant: string): Promise<string[]> => (await pods(tenant, 'driver')).map(({ metadata }) => metadata.name);
