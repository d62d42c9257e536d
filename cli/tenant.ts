import { environment } from '../environments';
import { TENANTS } from '../lib/object-store/object-store';
import { consentTo } from './consent';
import { environmentOf, findCluster, type Target } from './context';
import type { Cluster } from './kubectl';
import { forgetUndeclared } from './user';

export interface RemoveTenantOptions extends Target {
  readonly deleteData?: boolean;
  readonly yes?: boolean;
}

/** Removes what is left of a tenant that is in the environment no more. Its data stays unless its deletion is asked for, then or later. */
export async function removeTenant(name: string, options: RemoveTenantOptions): Promise<void> {
  const environmentName = environmentOf(options);
  if (Object.hasOwn(environment(environmentName).tenants, name))
    throw new Error(`'${name}' is a tenant of the environment '${environmentName}': take it out there and apply first`);
  const cluster = await findCluster(options, { create: false });
  if (typeof cluster === 'string') throw new Error(cluster);
  const namespaces = (await cluster.list('namespaces')).map(({ metadata }) => metadata.name as string).filter((one) => one.startsWith('tenant-'));
  const isThere = namespaces.includes(`tenant-${name}`);
  const folder = `${TENANTS}/${name}/`;
  const hasData = options.deleteData && (await inStore(cluster, 'ls --recursive', folder)) !== '';
  if (!isThere && !hasData)
    throw new Error(`nothing is left of a tenant '${name}': there are ${namespaces.map((one) => one.slice('tenant-'.length)).join(', ') || 'none'}`);
  if (hasData) {
    if (!(await consentTo(`  ${folder} in the store`, options.yes))) return;
    await inStore(cluster, 'rm --recursive --force', folder);
  }
  if (isThere) await cluster.kubectl('delete', 'namespace', `tenant-${name}`);
  const users = await forgetUndeclared(options);
  if (isThere) console.log(`'${name}' is removed: its namespace with its engines, quota and login.`);
  if (users.length > 0) console.log(`Forgotten are the passwords of those who are in no tenant any more: ${users.join(', ')}.`);
  console.log(
    options.deleteData
      ? `Its data is deleted. The metastore still knows the names of its tables: a tenant '${name}' that comes again may drop them.`
      : `Its data stays in '${folder}' of the store, and the metastore knows its tables: a tenant '${name}' that comes again has them.`,
  );
}

/** What `mc` says of a folder as MinIO's administrator, whose login is in its pod. */
async function inStore(cluster: Cluster, command: 'ls --recursive' | 'rm --recursive --force', folder: string): Promise<string> {
  const [pod] = await cluster.list('pods', '-n', 'lakehouse', '-l', 'app.kubernetes.io/name=minio');
  if (!pod) throw new Error(`the store is somebody else's: delete '${folder}' there, then remove the tenant without --delete-data`);
  const bucket = pod.spec.containers.flatMap(({ env = [] }) => env).find(({ name }: { name: string }) => name === 'BUCKET').value;
  const script = `
export MC_CONFIG_DIR=$(mktemp -d)
printf '%s\\n%s\\n' "$(cat /login/username)" "$(cat /login/password)" | mc alias set store http://127.0.0.1:9000 >/dev/null
mc ${command} "store/$1"`;
  const { stdout } = await cluster.exec('lakehouse', pod.metadata.name, 'minio', ['sh', '-euc', script, 'sh', `${bucket}/${folder}`], '');
  return stdout.trim();
}
