import { Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { type ConsumerDatabase, type IDatabase, waitForRow } from '../database/database';
import { NAMELESS_UID } from '../k8s/pod';
import { EXIT_HOPELESS, waitFor } from '../k8s/shell';
import { Task } from '../k8s/task';
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
    this.wait = waitForRow(
      `the proof that ${bucket} is safe, which the Job kyuubi-conditional-writes-prove makes`,
      'conditional_writes',
      `bucket = '${bucket}'`,
    );
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
          script: record(bucket),
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
 * Only what the store said counts: a writer that was killed, or that did not reach it, is neither refused nor has it won, and the proof begins again.
 */
const PROVE = `
${waitFor('$STORE to let the proof write to $FOLDER', 'echo plain >/tmp/plain && mc put --quiet /tmp/plain "store/$FOLDER/$HOSTNAME/plain"')}
refuse() {
  echo "$STORE is no store for Delta tables of several writers: $1. Their commits would overwrite each other, so the gateway stays closed. Use a store that honours 'If-None-Match: *' on PUT: Amazon S3, or MinIO since RELEASE.2025-09-07." >&2
  exit ${EXIT_HOPELESS}
}
put() {
  status=0
  echo "$1" >"/tmp/$1"
  answer=$(mc put --quiet --json -H 'If-None-Match:*' "/tmp/$1" "$2" 2>&1) || status=$?
  case $status:$answer in
    0:*) echo "$1" >>"$3.won" ;;
    1:*'"PreconditionFailed"'* | 1:*'"ConditionalRequestConflict"'*) echo "$1" >>"$3.refused" ;;
    1:*'"NotImplemented"'*) echo "$1" >>"$3.unknown" ;;
    *) echo "writer $1 has no answer, mc ended with $status: $answer" >&2 ;;
  esac
}
count() { wc -l <"$1"; }
# Of this try alone: what one before left would refuse all of its writers.
try="store/$FOLDER/$HOSTNAME/$(date +%s)"
for race in 1 2 3 4 5; do
  object="$try/$race"
  seen="/tmp/race-$race"
  for list in won refused unknown; do : >"$seen.$list"; done
  for writer in 1 2 3 4 5 6 7 8; do put "$writer" "$object" "$seen" & done
  wait
  put late "$object" "$seen"
  [ ! -s "$seen.unknown" ] || refuse 'it does not know conditional writes'
  [ "$(count "$seen.won")" -le 1 ] || refuse "$(count "$seen.won") of 9 writers created one object"
  [ "$(count "$seen.won")" -eq 1 ] && [ "$(count "$seen.refused")" -eq 8 ] || { echo "not all writers have an answer: the proof begins again" >&2; exit 1; }
  [ "$(mc cat "$object")" = "$(cat "$seen.won")" ] || refuse 'an object has the content of a writer that was refused'
done
mc rm --quiet --recursive --force "store/$FOLDER/$HOSTNAME" >/dev/null
echo "$STORE creates an object once"
`;

const record = (bucket: string) => `
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
