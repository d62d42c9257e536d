#!/usr/bin/env bash
# For the gateway, in front of Spark's own. Kyuubi starts an engine with all settings of the session that needs it first, which would be the defaults of everybody's
# sessions on it. So an engine gets what is declared, and what no session may bring; each session brings its own settings to the engine later, too.
set -euo pipefail
export SPARK_HOME=/opt/spark
submit=$SPARK_HOME/bin/spark-submit
# A batch has no sessions: it keeps its settings.
[[ " $* " == *' --class org.apache.kyuubi.engine.spark.SparkSQLEngine '* ]] || exec "$submit" "$@"

declare -A declared
while IFS= read -r line; do declared[$line]=yes; done <<<"$(grep = "$KYUUBI_HOME/conf/kyuubi-defaults.conf")"
IFS=, read -ra restricted <<<"$(sed -n 's/^kyuubi\.session\.conf\.restrict\.list=//p' "$KYUUBI_HOME/conf/kyuubi-defaults.conf")"

is_declared() {
  # Kyuubi writes `spark.` in front of its own keys.
  local setting=${1/#spark.kyuubi./kyuubi.}
  local name=${setting%%=*}
  [ "$name" != spark.app.name ] || return 0
  for pattern in "${restricted[@]}"; do
    # shellcheck disable=SC2053 # It is a pattern.
    [[ $name != $pattern ]] || return 0
  done
  [ -n "${declared[$setting]-}" ]
}

words=()
while (($# > 0)); do
  if [ "$1" != --conf ]; then
    words+=("$1")
  elif is_declared "$2"; then
    words+=(--conf "$2")
  fi
  [ "$1" != --conf ] || shift
  shift
done
exec "$submit" "${words[@]}"
