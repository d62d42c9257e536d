import type { Conf } from '../config/config-file';
import { type JavaLibrary, javaSources } from '../libraries/java-library';
import { type IObjectStore, TENANTS, WAREHOUSE } from '../object-store/object-store';

/** What the metastore asks before it changes a name, what deletes folders for it, and what it shows to whom. */
export const TENANT_GUARD: JavaLibrary = {
  sources: javaSources(__dirname),
  jar: 'lakehouse-tenant-guard.jar',
  // Spark's own metastore classes are older.
  classPath: '/hive/*:/opt/spark/jars/*',
  // Of the metastore's image.
  java: '8',
};

/** Keys by which the metastore asks it. */
export const guardConf = (discoverable: boolean): Conf => ({
  'metastore.hmshandler.proxy': 'lakehouse.TenantCalls',
  'metastore.pre.event.listeners': 'lakehouse.TenantGuard',
  'metastore.fs.handler.class': 'lakehouse.TenantGuard',
  ...(!discoverable && { 'metastore.server.filter.enabled': true, 'metastore.filter.hook': 'lakehouse.TenantView' }),
});

/** How the guard knows whose is what. @param schemas the ConfigMap in which it stands who has which schema, and who reads it */
export const guardEnvironment = (store: IObjectStore, ownerOfDefault: string, schemas: string, discoverable: boolean) => ({
  GUARD_TENANTS: `s3a://${store.bucket}/${TENANTS}`,
  GUARD_WAREHOUSE: `s3a://${store.bucket}/${WAREHOUSE}`,
  GUARD_WAREHOUSE_OWNER: ownerOfDefault,
  GUARD_SCHEMAS: schemas,
  GUARD_DISCOVERABLE: String(discoverable),
});
