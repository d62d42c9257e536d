import { type Access, TENANTS, WAREHOUSE } from '../object-store/object-store';

/** The schema that every metastore has. It lies in the warehouse's own folder, and belongs to nobody unless a tenant names it. */
const DEFAULT = 'default';

/** Which schema belongs to which tenant. A name is known to all tenants, so it can belong to one only. */
export class Schemas {
  private readonly byName = new Map<string, string>();

  /** Raises an error for a bad name, and for a schema of two tenants. */
  constructor(private readonly tenants: Record<string, { readonly schemas?: string[]; readonly reads?: string[] }>) {
    for (const [tenant, { schemas = [] }] of Object.entries(tenants)) {
      for (const schema of schemas) {
        if (!/^[a-z][a-z0-9_]{0,127}$/.test(schema))
          throw new Error(
            `tenants.${tenant}: the schema '${schema}' has a bad name: use at most 128 lower-case letters, digits and underscores, beginning with a letter`,
          );
        if (schema === 'global_temp') throw new Error(`tenants.${tenant}: the schema 'global_temp' is Spark's own: give yours another name`);
        const other = this.byName.get(schema);
        if (other === tenant) throw new Error(`tenants.${tenant}: 'schemas' names '${schema}' twice: remove one`);
        if (other)
          throw new Error(
            `the schema '${schema}' belongs to the tenants '${other}' and '${tenant}': let one own it and the other name it in 'reads'`,
          );
        this.byName.set(schema, tenant);
      }
    }
  }

  /** What a tenant may do in the bucket. Raises an error for a schema to read that nobody has, and for one of its own. */
  access(tenant: string, reads: string[]): Access {
    const own = this.byName.get(DEFAULT) === tenant ? [WAREHOUSE] : [];
    return { readWrite: [...own, tenantFolder(tenant)], read: reads.map((schema) => this.folder(schema, tenant)) };
  }

  /** The tenant that has the schema `default`, if one has. */
  get ownerOfDefault(): string {
    return this.byName.get(DEFAULT) ?? '';
  }

  /** Which tenant has a schema. */
  get owners(): Record<string, string[]> {
    return Object.fromEntries([...this.byName].map(([schema, tenant]) => [schema, [tenant]]));
  }

  /** Which tenants read a schema of another one. */
  get readers(): Record<string, string[]> {
    const all = Object.entries(this.tenants).flatMap(([tenant, { reads = [] }]) => reads.map((schema) => ({ tenant, schema })));
    return Object.fromEntries(
      [...new Set(all.map(({ schema }) => schema))].map((name) => [name, all.filter(({ schema }) => schema === name).map(({ tenant }) => tenant)]),
    );
  }

  /** Those of a tenant that have to be created. */
  toCreate(tenant: string): string[] {
    return [...this.byName].filter(([schema, owner]) => owner === tenant && schema !== DEFAULT).map(([schema]) => schema);
  }

  private folder(schema: string, reader: string): string {
    const owner = this.byName.get(schema);
    if (!owner || owner === reader) {
      const others = [...this.byName].filter(([, other]) => other !== reader).map(([name]) => name);
      throw new Error(
        `tenants.${reader}: 'reads' names the schema '${schema}', ${owner ? 'which is its own' : 'which no tenant has'}: use one of ${others.join(', ') || 'none, since no other tenant declares any'}`,
      );
    }
    return schema === DEFAULT ? WAREHOUSE : `${tenantFolder(owner)}/${schema}.db`;
  }
}

export const tenantFolder = (tenant: string) => `${TENANTS}/${tenant}`;
