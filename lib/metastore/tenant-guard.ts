import { type JavaLibrary, javaSources } from '../libraries/java-library';
import { type IObjectStore, TENANTS, WAREHOUSE } from '../object-store/object-store';

const CLASS = 'TenantGuard';

/** What the metastore asks before it changes a name, and what deletes folders for it. */
export const TENANT_GUARD: JavaLibrary = {
  sources: javaSources(__dirname, CLASS),
  jar: 'lakehouse-tenant-guard.jar',
  // Spark's own metastore classes are older.
  classPath: '/hive/*:/opt/spark/jars/*',
  // Of the metastore's image.
  java: '8',
};

export const TENANT_GUARD_CLASS = `lakehouse.${CLASS}`;

/** How the guard knows whose folder is whose. */
export const guardEnvironment = (store: IObjectStore, ownerOfDefault: string) => ({
  GUARD_TENANTS: `s3a://${store.bucket}/${TENANTS}`,
  GUARD_WAREHOUSE: `s3a://${store.bucket}/${WAREHOUSE}`,
  GUARD_WAREHOUSE_OWNER: ownerOfDefault,
});
