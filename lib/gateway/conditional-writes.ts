import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { type ConsumerDatabase, type IDatabase, UNTIL_DATABASE, untilFound } from '../database/database';
import { NAMELESS_UID, shell } from '../k8s/pod';
import { EXIT_HOPELESS, Task } from '../k8s/task';
import { Volume } from '../k8s/volume';
import { Connections } from '../net/connections';
import { mc } from '../object-store/mc';
import type { IObjectStore } from '../object-store/object-store';
import type { Release } from '../release';

export interface ConditionalWritesProps {
  readonly release: Release;
  readonly objectStore: IObjectStore;
  /** Where the proof is written down. */
  readonly database: ConsumerDatabase;
  readonly server: IDatabase;
}

/** Of the pods, of the store's user and of its folder. */
const NAME = 'conditional-writes';

/** A proof that the store creates an object once, on which every commit relies. Until it is there, the gateway stays closed. */
export class ConditionalWrites extends Construct {
  /** Shell: waits until the proof is written down. */
  readonly wait: string;

  constructor(scope: Construct, id: string, { release, objectStore, database, server }: ConditionalWritesProps) {
    super(scope, id);
    const bucket = `${objectStore.url}/${objectStore.bucket}`;
    this.wait = untilFound(`SELECT 1 FROM conditional_writes WHERE bucket = '${bucket}'`);
    const login = objectStore.grant(this, NAME, { readWrite: [NAME] });
    new Task(this, 'prove', {
      name: NAME,
      uid: NAMELESS_UID,
      initContainers: [
        mc({
          name: 'prove',
          image: release.images.minio,
          url: objectStore.url,
          script: PROVE,
          env: { FOLDER: `${objectStore.bucket}/${NAME}` },
          mounts: { '/login': Volume.login('store-login', login), '/tmp': Volume.scratch('tmp', Size.mebibytes(64)) },
        }),
      ],
      containers: [
        database.psql({
          name: 'record',
          command: shell(record(bucket)),
          resources: { cpu: Cpu.millis(10), memory: Size.mebibytes(32) },
        }),
      ],
    });
    const connections = Connections.ofPods(this, NAME);
    for (const other of [objectStore, server]) connections.allowTo(other);
  }
}

/**
 * Eight writers race for one key, five times; then one more comes late. Exactly one may win, and what is there must be its.
 *
 * It begins when a plain write succeeds: users are made at the same time. No winner at all is no proof of anything; the Job tries again, and its log shows
 * what the store said.
 */
const PROVE = `
until echo plain | mc pipe --quiet "store/$FOLDER/$HOSTNAME/plain" >/dev/null 2>&1; do sleep 0.5; done
refuse() {
  echo "$STORE is no store for Delta tables of several writers: $1. Their commits would overwrite each other, so the gateway stays closed." >&2
  echo "Use a store that honours 'If-None-Match: *' on PUT: Amazon S3, or MinIO since RELEASE.2025-09-07." >&2
  exit ${EXIT_HOPELESS}
}
put() { echo "$1" >"/tmp/$1" && mc put --quiet -H 'If-None-Match:*' "/tmp/$1" "$2" >>/tmp/put.log 2>&1 && echo "$1" >>"$3"; }
for race in 1 2 3 4 5; do
  object="store/$FOLDER/$HOSTNAME/$race"
  won="/tmp/won-$race"
  : >"$won"
  for writer in 1 2 3 4 5 6 7 8; do put "$writer" "$object" "$won" & done
  wait
  [ -s "$won" ] || { cat /tmp/put.log >&2; grep -qi 'not implemented' /tmp/put.log && refuse 'it does not know conditional writes'; exit 1; }
  [ "$(wc -l <"$won")" -eq 1 ] || refuse "$(wc -l <"$won") of 8 writers created one object"
  [ "$(mc cat "$object")" = "$(cat "$won")" ] || refuse 'an object has the content of a writer that was refused'
  ! put late "$object" "$won" || refuse 'it created an object that was there'
done
mc rm --quiet --recursive --force "store/$FOLDER/$HOSTNAME" >/dev/null
echo "$STORE creates an object once"
`;

const record = (bucket: string) => `
${UNTIL_DATABASE}
psql -XqAt -v ON_ERROR_STOP=1 <<'SQL'
BEGIN;
SET client_min_messages = warning;
SELECT pg_advisory_xact_lock(10010);
CREATE TABLE IF NOT EXISTS conditional_writes (bucket text PRIMARY KEY, proven timestamptz NOT NULL);
INSERT INTO conditional_writes VALUES ('${bucket}', now()) ON CONFLICT (bucket) DO UPDATE SET proven = now();
COMMIT;
SQL
echo 'written down: ${bucket}'
`;
