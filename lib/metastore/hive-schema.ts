import { Duration, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import type { ConsumerDatabase } from '../database/database';
import type { ContainerProps } from '../k8s/pod';
import { probes } from '../k8s/probes';
import { EXIT_HOPELESS, shell } from '../k8s/shell';
import { Volume } from '../k8s/volume';
import type { Release } from '../release';

/** In it is when the schema was made, if it was made since this pod began: a metastore that started on another one has to start anew. */
const FOLDER = '/schema';
export const SCHEMA_MADE = `${FOLDER}/made`;

export interface HiveSchemaProps {
  readonly release: Release;
  readonly database: ConsumerDatabase;
}

/**
 * Makes the metastore's tables, and watches over them: a database that was emptied gets them again. The metastore starts on the schema of its release and on no
 * other.
 *
 * Hive's own script, run by `psql` in one transaction: schematool commits each statement, and one that was killed half-way can neither go on nor
 * begin again.
 */
export function hiveSchema({ release, database }: HiveSchemaProps): { initContainers: ContainerProps[]; mounts: ContainerProps['mounts'] } {
  const scripts = Volume.scratch('schema-scripts', Size.mebibytes(64));
  const mounts = { [FOLDER]: Volume.scratch('schema', Size.mebibytes(1)) };
  return {
    mounts,
    initContainers: [
      {
        name: 'schema-scripts',
        image: release.images.hive,
        command: shell('cp /opt/hive/scripts/metastore/upgrade/postgres/*.sql /scripts/'),
        mounts: { '/scripts': scripts },
        resources: { cpu: Cpu.millis(10), memory: Size.mebibytes(64) },
      },
      database.psql({
        name: 'schema',
        // It goes on beside the metastore.
        restartPolicy: 'Always',
        script: watchSchema(release.versions.hive),
        mounts: { ...mounts, '/scripts': scripts },
        resources: { cpu: Cpu.millis(10), memory: Size.mebibytes(64) },
        startupProbe: probes({ started: `stat ${SCHEMA_MADE} >/dev/null`, within: Duration.minutes(20) }).startupProbe,
      }),
    ],
  };
}

const watchSchema = (version: string) => `
make() {
  psql -XqAt1 -v ON_ERROR_STOP=1 <<'SQL'
SET client_min_messages = warning;
SELECT pg_advisory_xact_lock(9083);
SELECT to_regclass('public."VERSION"') IS NULL AS missing \\gset
\\if :missing
\\i /scripts/hive-schema-${version}.postgres.sql
\\echo made
\\endif
SQL
}
look() {
  out=$(make 2>&1) || { echo "$out"; return 1; }
  case $out in
    *made)
      echo "made the metastore's schema ${version}"
      date +%s >${SCHEMA_MADE} ;;
  esac
  found=$(psql -XqAtc 'SELECT "SCHEMA_VERSION" FROM "VERSION"')
  [ "$found" = ${version} ] || { echo "the metastore's schema is $found, this release needs ${version}: upgrade it with that release's schematool, or go back to the release that made it" >&2; exit ${EXIT_HOPELESS}; }
}
look
[ -e ${SCHEMA_MADE} ] || : >${SCHEMA_MADE}
echo "the metastore's schema is ${version}"
while :; do
  sleep 10 &
  wait $!
  look || echo "the metastore's schema cannot be looked at" >&2
done
`;
