import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { type ConsumerDatabase, type IDatabase, waitForRow } from '../database/database';
import { type ContainerProps, NAMELESS_UID } from '../k8s/pod';
import { EXIT_HOPELESS, shell } from '../k8s/shell';
import { Task } from '../k8s/task';
import { Volume } from '../k8s/volume';
import { Connections } from '../net/connections';
import type { Release } from '../release';

export interface HiveSchemaProps {
  readonly release: Release;
  readonly database: ConsumerDatabase;
  readonly server: IDatabase;
}

/**
 * The metastore's tables.
 *
 * Hive's own script, run by `psql` in one transaction: schematool commits each statement, and one that was killed half-way can neither go on nor
 * begin again.
 */
export class HiveSchema extends Construct {
  private readonly version: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: HiveSchemaProps,
  ) {
    super(scope, id);
    const { release, database, server } = props;
    this.version = release.versions.hive;
    const scripts = Volume.scratch('scripts', Size.mebibytes(64));
    const name = 'hive-metastore-schema';
    new Task(this, 'create', {
      name,
      uid: NAMELESS_UID,
      initContainers: [
        {
          name: 'scripts',
          image: release.images.hive,
          command: shell('cp /opt/hive/scripts/metastore/upgrade/postgres/*.sql /scripts/'),
          mounts: { '/scripts': scripts },
          resources: { cpu: Cpu.millis(10), memory: Size.mebibytes(64) },
        },
      ],
      containers: [
        database.psql({
          name: 'create',
          script: this.create(),
          mounts: { '/scripts': scripts },
          resources: { cpu: Cpu.millis(50), memory: Size.mebibytes(64) },
        }),
      ],
    });
    Connections.ofPods(this, name).allowTo(server);
  }

  /** An init container that lets the metastore start on the schema that it needs, and on no other. */
  wait(): ContainerProps {
    return this.props.database.psql({
      name: 'schema',
      script: `
${waitForRow("the metastore's schema, which the Job hive-metastore-schema-create makes", '"VERSION"')}
version=$(psql -XqAtc 'SELECT "SCHEMA_VERSION" FROM "VERSION"')
${this.compare()}`,
      resources: { cpu: Cpu.millis(10), memory: Size.mebibytes(32) },
    });
  }

  private create(): string {
    return `
psql -XqAt1 -v ON_ERROR_STOP=1 >/dev/null <<'SQL'
SET client_min_messages = warning;
SELECT pg_advisory_xact_lock(9083);
SELECT to_regclass('public."VERSION"') IS NULL AS missing \\gset
\\if :missing
\\i /scripts/hive-schema-${this.version}.postgres.sql
\\endif
SQL
version=$(psql -XqAtc 'SELECT "SCHEMA_VERSION" FROM "VERSION"')
${this.compare()}`;
  }

  private compare(): string {
    return `[ "$version" = ${this.version} ] || { echo "the metastore's schema is $version, this release needs ${this.version}: upgrade it with that release's schematool, or go back to the release that made it" >&2; exit ${EXIT_HOPELESS}; }
echo "the metastore's schema is $version"
`;
  }
}
