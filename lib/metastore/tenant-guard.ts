import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JavaLibrary } from '../libraries/java-library';
import { type IObjectStore, TENANTS, WAREHOUSE } from '../object-store/object-store';

/** What the metastore asks before it changes a name, and what deletes folders for it. */
export const TENANT_GUARD: JavaLibrary = {
  name: 'TenantGuard',
  source: readFileSync(join(__dirname, 'TenantGuard.java'), 'utf8'),
  jar: 'lakehouse-tenant-guard.jar',
  // Spark's own metastore classes are older.
  classPath: '/hive/*:/opt/spark/jars/*',
  // Of the metastore's image.
  java: '8',
};

export const TENANT_GUARD_CLASS = `lakehouse.${TENANT_GUARD.name}`;

/** How the guard knows whose folder is whose. */
export const guardEnvironment = (store: IObjectStore, ownerOfDefault: string) => ({
  GUARD_TENANTS: `s3a://${store.bucket}/${TENANTS}`,
  GUARD_WAREHOUSE: `s3a://${store.bucket}/${WAREHOUSE}`,
  GUARD_WAREHOUSE_OWNER: ownerOfDefault,
});
