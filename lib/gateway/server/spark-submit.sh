#!/usr/bin/env bash
# For the gateway, in front of Spark's own. Kyuubi starts an engine with all settings of the session that needs it first, which would be the defaults of everybody's
# sessions on it. So an engine gets what is declared, and what no session may bring; each session brings its own settings to the engine later, too.
set -euo pipefail
export SPARK_HOME=/opt/spark
submit=$SPARK_HOME/bin/spark-submit
# A batch has no sessions: it keeps its settings.
[[ " $* " == *' --class org.apache.kyuubi.engine.spark.SparkSQLEngine '* ]] || exec "$submit" "$@"

[[ " $* " =~ ' --proxy-user '([^ ]+)' ' ]]
own=___${BASH_REMATCH[1]}___.
# What is declared for all, and over it what is declared for the user.
declare -A declared
while IFS='=' read -r name value; do
  [[ $name != ___* || $name == "$own"* ]] || continue
  declared[${name#"$own"}]=${value//\\\\/\\}
done <<<"$(grep = "$KYUUBI_HOME/conf/kyuubi-defaults.conf")"
IFS=, read -ra restricted <<<"${declared[kyuubi.session.conf.restrict.list]}"

is_restricted() {
  for pattern in "${restricted[@]}"; do
    # shellcheck disable=SC2053 # It is a pattern.
    [[ $1 != $pattern ]] || return 0
  done
  return 1
}

words=()
while (($# > 0)); do
  if [ "$1" != --conf ]; then
    words+=("$1")
    shift
    continue
  fi
  name=${2%%=*}
  # Kyuubi writes `spark.` in front of its own keys.
  plain=${name/#spark.kyuubi./kyuubi.}
  # Whose engine it is, and where it listens: so the gateway finds it.
  if [ "$plain" = kyuubi.ha.namespace ]; then
    port=kyuubi.frontend.thrift.binary.bind.port
    words+=(--conf "spark.kubernetes.driver.annotation.lakehouse.dev/engine=${2#*=}" --conf "spark.$port=${declared[$port]}")
  fi
  if is_restricted "$plain" || [[ $2 == spark.app.name=kyuubi_* ]]; then
    words+=(--conf "$2")
  elif [ -n "${declared[$plain]+declared}" ]; then
    words+=(--conf "$name=${declared[$plain]}")
  fi
  shift 2
done
exec "$submit" "${words[@]}"
