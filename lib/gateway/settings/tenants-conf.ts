import { type Conf, type ConfigFile, KYUUBI_SPELLING, SPARK_SPELLING, spell } from '../../config/config-file';
import { textFile } from '../../config/config-volume';
import { PropertiesFile } from '../../config/properties';
import type { Release } from '../../release';
import type { Tenant } from '../../tenants/tenant';

/** The ConfigMap with what the gateway knows of its tenants. It changes while the gateway runs. */
export const TENANTS = 'kyuubi-tenants';

/** What the gateway knows of its tenants. */
export function tenantSettings(release: Release, tenants: Tenant[]): PropertiesFile {
  const namespaces = tenants.map((tenant) => tenant.namespace);
  const kubernetes: Conf = {
    // Default is the namespace 'default', in which there is nothing to watch.
    'kyuubi.kubernetes.namespace': namespaces[0]!,
    'kyuubi.kubernetes.namespace.allow.list': namespaces.join(','),
    'kyuubi.kubernetes.client.initialize.list': namespaces.map((namespace) => `:${namespace}`).join(','),
  };
  const users = tenants.flatMap((tenant) => tenant.users.map((user) => userDefaults(user, tenant)));
  return new PropertiesFile('tenants.conf', release.catalogs.kyuubi, KYUUBI_SPELLING, kubernetes, ...users);
}

/** `___ana___.spark.…`: settings that an engine of ana has whatever the defaults are. Kyuubi looks for a batch of hers where its own settings say. */
function userDefaults(user: string, tenant: Tenant): Conf {
  const conf = { ...tenant.conf, 'kyuubi.batchConf.spark.spark.kubernetes.namespace': tenant.namespace };
  return Object.fromEntries(
    Object.entries(conf).map(([key, value]) => [`___${user}___.${key}`, spell(value!, key.startsWith('spark.') ? SPARK_SPELLING : KYUUBI_SPELLING)]),
  );
}

/** Who belongs to a tenant, a name in each line. Raises an error if one is named twice. */
export function userNames(names: string[]): ConfigFile {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new Error(`the user '${twice}' is declared twice: a user belongs to one tenant, remove the other`);
  return textFile('users', names.map((name) => `${name}\n`).join(''));
}
